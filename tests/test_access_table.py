"""Who may do what, at every door: each route, method and asker against a stated table.

What stands behind the addresses belongs to patient A and the doctor assigned to A; see
`access_world.py`. The table is `access_table.txt`; its head says how to read and extend it.
"""

import re
import shutil
from collections.abc import Iterator
from functools import cache as remembered
from itertools import zip_longest
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from tests import access_world
from tests.access_walk import (
    METHODS,
    OPEN,
    PLACE,
    Route,
    ask,
    code_of,
    comparable,
    everything,
    header_faults,
    observed,
    place_of,
    read_limits,
    read_table,
    routes,
)
from tests.access_world import ACTORS, FOREIGN, NO_PHOTOS

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = pytest.mark.walk

STATED = read_table()
MOST = read_limits()
# Those to whom patient A is foreign, and who are signed in.
STRANGERS = ["B", "other"]
# To whom a foreign record must not be told from a missing one.
UNKNOWING = ["anonymous", "disabled", "former", *STRANGERS]
# Whose existence is no secret: a doctor who takes appointments is on every page.
PUBLIC = ("doctor",)
# Who read something is noted, and the secret that a page shows is kept until it is confirmed;
# nothing else comes of reading.
NOTED = re.compile(r'"accounts_accesslog"|INSERT INTO "accounts_secondfactor"')
NONSENSE = "Zyxxyvern"
LISTS = [
    *("/api/v1/patients", "/api/v1/appointments", "/api/v1/doctors", "/api/v1/auth/sign-ins"),
    *(f"/api/v1/patients?ordering={key}" for key in ("last_name", "-last_name", "-created_at")),
    *("/api/v1/appointments?ordering=-starts_at", "/api/v1/patients?page_size=1"),
    *(f"/admin/patients/patient/?o={column}" for column in ("1", "-2", "3.4", "5", "-6")),
    *(f"/admin/appointments/appointment/?day={day}" for day in ("all", "week", "today")),
    *("/admin/patients/patient/?all=", "/admin/doctors/doctor/?o=1", "/admin/?"),
    "/admin/patients/patient/?_popup=1&_to_field=email",
]
# Whatever is searched for: a name, a number, an address, a key.
SEARCHES = [
    *("/api/v1/patients?search=<term>", "/api/v1/patients?doctor_id=<term>"),
    *("/api/v1/appointments?patient_id=<term>", "/api/v1/appointments?doctor_id=<term>"),
    *(f"/admin/{page}/?q=<term>" for page in ("patients/patient", "doctors/doctor")),
    "/admin/appointments/appointment/?q=<term>",
    "/admin/appointments/appointment/?day=all&q=<term>",
    "/admin/appointments/appointment/?patient__id__exact=<term>",
    "/admin/appointments/appointment/?patient__last_name__startswith=<term>",
    "/admin/appointments/appointment/add/?patient=<term>",
    "/admin/appointments/appointment/add/?patient=<term>&doctor=<term>",
    "/admin/patients/patient/?email__startswith=<term>",
    "/admin/patients/patient/?id__exact=<term>",
    "/admin/patients/patient/?user__email=<term>",
    "/admin/patients/patient/add/?email=<term>",
]


@pytest.fixture(autouse=True)
def _clean_slate():
    """The photos stay: nothing that is asked here is left behind, see `ask()`."""
    yield
    cache.clear()


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One for all tests of this file."""
    limits = {"RATE_LIMITS": dict.fromkeys(settings.RATE_LIMITS, "1000000/h")}
    # The offer is of a day on which there is a visit, of a doctor with whom there are several.
    limits |= {"VISITS_AHEAD_PER_DAY": 0, "VISITS_AHEAD_PER_DOCTOR": 0, "VISITS_AHEAD": 0}
    documents = Path(settings.STORAGES["documents"]["OPTIONS"]["location"])
    with django_db_blocker.unblock(), override_settings(**limits), transaction.atomic():
        yield access_world.build()
        transaction.set_rollback(True)
        shutil.rmtree(documents)


def test_every_route_is_stated(world):
    """How to state a new route stands in the failure and in the head of the table."""
    existing = list(dict.fromkeys(routes()))
    unstated = [name for name in existing if name not in STATED]
    gone = [name for name in STATED if name not in existing]

    lines = "\n\n".join(proposal(world, name) for name in unstated)
    assert not unstated, (
        "These routes are not in tests/access_table.txt. This is how they answer now; compare it "
        f"with what the contract says of them, and state what is right:\n\n{lines}"
    )
    assert not gone, f"Stated in tests/access_table.txt, but there is no such route: {gone}"
    print(f"{len(existing)} routes, {len(existing) * len(METHODS) * len(ACTORS)} cells")


def proposal(world, name: str) -> str:
    try:
        return observed(world, name)
    except AssertionError as error:
        return str(error)


@pytest.mark.parametrize("actor", ACTORS)
def test_every_cell_is_as_stated(world, actor):
    """No answer bears a trace of a patient who is foreign to the asker, and to whom they are
    unknown a foreign record is answered as a missing one. None costs more statements than stated:
    as each cell is asked for here anyway, they are counted here, too."""
    wrong, found, differing, costly, writing, bare = [], [], [], [], [], []
    secrets = [trace for letter in FOREIGN[actor] for trace in world.traces[letter]]
    for route in existing_routes():
        url = route.url(world)
        secret = [trace for trace in secrets if trace not in url]
        for method in METHODS:
            if actor not in route.askers(method):
                continue
            response = ask(world, actor, route, method, url)
            stated, code = route.cells[method][actor], code_of(response)
            if code != stated:
                wrong.append(f"{method} {route.name} as {actor}: {code}, but {stated} is stated")
            if code == "ok" and response.statements > most_of(method, route):
                costly.append(f"{response.statements:>4}  {method} {route.name}")
            missing = header_faults(route, response, actor in world.tokens)
            bare += [f"{method} {route.name}: {', '.join(missing)}"] if missing else []
            if method in ("GET", "HEAD", "OPTIONS"):
                writing += [f"{method} {route.name}: {sql}" for sql in changes_of(response)]
            whole = everything(response)
            found += [f"{method} {url} shows {trace}" for trace in secret if trace in whole]
            if actor in NO_PHOTOS and any(photo in response.whole for photo in world.photos):
                found.append(f"{method} {url} shows the ID photo")
            if actor in UNKNOWING and stated not in OPEN - {"to"}:
                differing += told_apart(world, actor, route, method, response)

    assert not wrong, "\n".join(wrong)
    assert not found, "\n".join(found)
    assert not differing, "\n".join(differing)
    assert not bare, f"Headers that are missing, as {actor}:\n" + "\n".join(bare)
    lines = "\n".join(costly)
    assert not writing, "Reading changed something:\n" + "\n".join(writing)
    assert not costly, f"More statements than tests/statements.txt says, as {actor}:\n{lines}"


def changes_of(response) -> list[str]:
    """What an answer changed but for what is noted."""
    return [sql for sql in response.writes if not NOTED.search(sql)]


def most_of(method: str, route: Route) -> int:
    method = "GET" if method == "HEAD" else method
    return MOST.get(f"{method} {route.name}", MOST["*"])


def test_a_session_of_a_closed_account_opens_nothing_even_once(world):
    """What it asks for first is answered as all that comes after: the session is there still."""
    stated = [route for route in existing_routes() if not route.is_api and "GET" in route.cells]
    wrong = []
    for route in stated:
        response = ask(world, "untouched", route, "GET", route.url(world))
        if code_of(response) != route.cells["GET"]["disabled"]:
            wrong.append(f"{route.name}: {code_of(response)}")

    assert not wrong, "\n".join(wrong)


def told_apart(world, actor: str, route: Route, method: str, real) -> Iterator[str]:
    """Where this answer differs from that about a record that there is not."""
    for place, address, body in missing_variants(route, world, method):
        if place in PUBLIC:
            continue
        keys = world.keys[place]
        absent = ask(world, actor, with_body(route, method, body), method, address)
        one, two = comparable(real, *keys), comparable(absent, *keys)
        if one != two:
            yield f"{method} {route.name} as {actor}, by {place}: {difference(one, two)}"


def existing_routes() -> list[Route]:
    existing = set(routes())
    return [route for name, route in STATED.items() if name in existing]


def difference(one: str, two: str) -> str:
    """The first lines in which two answers differ."""
    lines = zip_longest(one.splitlines(), two.splitlines(), fillvalue="")
    return next((f"{a[:300]!r} and {b[:300]!r}" for a, b in lines if a != b), "")


def missing_variants(route: Route, world, method: str):
    """The request with one of its keys replaced by one that nobody has: (place, url, body)."""
    body = route.bodies.get(method, "")
    for match in PLACE.finditer(route.address):
        place = place_of(match, route.address)
        yield place, route.url(world, missing=match[1]), body
    for match in PLACE.finditer(body):
        absent = body.replace(match[0], world.keys[match[1]][1])
        yield match[1], route.url(world), absent


def with_body(route: Route, method: str, body: str) -> Route:
    bodies = {**route.bodies, method: body} if body else route.bodies
    return Route(route.name, route.address, route.cells, bodies)


@pytest.mark.parametrize("actor", [actor for actor in ACTORS if FOREIGN[actor]])
def test_lists_hold_no_trace(world, actor):
    secrets = [trace for letter in FOREIGN[actor] for trace in world.traces[letter]]
    found = []
    for url in LISTS:
        response = get(world, actor, url)
        assert response.status_code < 500, url
        found += [f"{url} shows {trace}" for trace in secrets if trace in everything(response)]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("actor", STRANGERS)
def test_searches_find_nothing_of_a_foreign_patient(world, actor):
    """A search for what is foreign answers as one for what doesn't exist, to the byte."""
    differing = []
    key, absent_key = world.keys["patient"]

    @remembered
    def answer_to_nothing(url: str, nothing: str) -> str:
        return comparable(get(world, actor, url.replace("<term>", nothing)), nothing)

    names = [term for term in world.traces["A"] if term.replace("-", "").isalnum()]
    probes = [(url, term) for url in SEARCHES for term in names]
    probes += [(url, term) for url in suggestions() for term in (names[1], key)]
    for url, term in probes:
        nothing = absent_key if is_uuid(term) else NONSENSE
        found = get(world, actor, url.replace("<term>", term))
        assert found.status_code < 500, url
        if comparable(found, term) != answer_to_nothing(url, nothing):
            differing.append(f"{url} as {actor} for {term}")

    assert not differing, "\n".join(differing)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def get(world, actor: str, url: str):
    return ask(world, actor, Route(url, url, {}, {}), "GET", url)


def suggestions() -> list[str]:
    """What every relation of our models could offer while somebody types."""
    ours = ("accounts", "doctors", "patients", "appointments", "clinic")
    return [
        f"/admin/autocomplete/?app_label={app}&model_name={model._meta.model_name}"
        f"&field_name={field.name}&term=<term>"
        for app in ours
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete
    ]


@pytest.mark.parametrize("action", ["check_in", "start", "fulfill", "no_show"])
def test_an_action_on_a_foreign_visit_does_nothing(world, action):
    page = "/admin/appointments/appointment/?day=all"
    visit, absent = world.keys["appointment"]
    body = '{"action": "%s", "_selected_action": "%s"}'

    answers = [
        ask(world, "other", Route(page, page, {}, {"POST": body % (action, key)}), "POST", page)
        for key in (visit, absent)
    ]

    assert comparable(answers[0], visit, absent) == comparable(answers[1], visit, absent)
