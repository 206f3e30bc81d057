"""`Idempotency-Key`, `If-Match` and `If-None-Match` at every route of the API: honoured, or refused
by name, and never ignored."""

import threading

import pytest
from django.db import connection, transaction
from django.http import HttpResponse

from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import V1, check_problem
from clinic.tests.test_api_idempotency import wait_until_somebody_waits
from tests import access_world
from tests.access_walk import METHODS, OPEN, PLACE, Route, read_table

STATED = [route for route in read_table().values() if route.name.startswith(V1)]
SAFE = ("GET", "HEAD")
VISIT, DOCTOR, PATIENT = (f"{V1}/{name}/<id>" for name in ("appointments", "doctors", "patients"))
STEPS = ("reschedule", "cancel", "check-in", "start", "fulfill", "no-show")
SESSION = f"{V1}/group-sessions/<id>"
OFFERED = tuple(f"{V1}/{name}/<id>" for name in ("services", "locations", "resources"))
# What changes a single patient, doctor or appointment, or what is offered.
RELATED = f"{PATIENT}/related-persons/<related_id>"
MATCHED = {
    *(("POST", f"{VISIT}/{step}") for step in STEPS),
    *(
        (method, path)
        for method in ("PUT", "PATCH", "DELETE")
        for path in (DOCTOR, PATIENT, *OFFERED)
    ),
    ("POST", f"{DOCTOR}/approve"),
    ("PUT", f"{DOCTOR}/working-hours"),
    ("PATCH", SESSION),
    *(
        ("POST", f"{path}/{step}")
        for path in (SESSION, f"{V1}/appointment-series/<id>")
        for step in ("cancel", "reschedule")
    ),
    ("PUT", f"{PATIENT}/document"),
    ("PATCH", f"{V1}/patient/profile/<id>"),
    *((method, RELATED) for method in ("PATCH", "DELETE")),
}
TAGGED = {
    *(VISIT, DOCTOR, PATIENT, f"{PATIENT}/document", f"{V1}/patient/profile/<id>"),
    f"{DOCTOR}/working-hours",
    RELATED,
    *(SESSION, f"{V1}/appointment-series/<id>", *OFFERED),
}
# What answers tokens, or ends them.
SECRET = {
    *(f"{V1}/auth/{name}" for name in ("login", "refresh", "logout", "password/change", "step-up")),
    *(f"{V1}/patient/login", f"{DOCTOR}/calendar-token"),
}


@pytest.fixture
def world(settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/h")
    return access_world.build()


def walked(*methods: str):
    """Every route and method of the API that there is, with somebody to whom it is open."""
    for route in STATED:
        for method in methods:
            cells = route.cells[method]
            actors = [actor for actor in ("admin", "A", "doctor") if cells[actor] in OPEN]
            if actors and cells[actors[0]] != "405":
                yield route, method, actors[0]


def send(world, route: Route, method: str, actor: str, name: str, value: str) -> HttpResponse:
    browser = world.browsers[actor]
    browser.cookies.clear()
    headers = {"Authorization": f"Bearer {world.tokens[actor]}", name: value}
    sent = {}
    if method not in SAFE:
        body = route.bodies.get(method, "{}")
        body = PLACE.sub(lambda match: world.keys[match[1]][0], body)
        sent = {"data": body, "content_type": "application/json"}
    return getattr(browser, method.lower())(route.url(world), headers=headers, **sent)


@pytest.mark.django_db
def test_every_post_is_done_once_for_a_key_and_nothing_else_takes_one(world):
    replayed = set()
    for route, method, actor in walked(*METHODS[:-1]):
        with transaction.atomic():
            one, two = (
                send(world, route, method, actor, "Idempotency-Key", "key") for _ in range(2)
            )
            transaction.set_rollback(True)
        if method != "POST" or route.name in SECRET:
            assert_refused(one, method, "Idempotency-Key")
            continue
        assert one.status_code < 500, route.name
        assert "Idempotent-Replayed" not in one, route.name
        assert two.headers.get("Idempotent-Replayed") == "true", route.name
        assert (two.status_code, two.content) == (one.status_code, one.content), route.name
        replayed.add(route.name)
    assert {f"{VISIT}/cancel", f"{V1}/waitlist", f"{V1}/closures", f"{DOCTOR}/approve"} < replayed


@pytest.mark.django_db
def test_every_change_of_a_record_heeds_what_was_read_of_it_and_nothing_else_takes_a_tag(world):
    heeded = set()
    for route, method, actor in walked(*METHODS[:-1]):
        response = send(world, route, method, actor, "If-Match", '"stale"')
        if (method, route.name) in MATCHED:
            check_problem(response, 412, "precondition_failed")
            heeded.add((method, route.name))
        else:
            assert_refused(response, method, "If-Match")
    assert heeded == MATCHED


@pytest.mark.django_db
def test_what_has_a_tag_is_not_sent_again(world):
    tagged = set()
    for route, method, actor in walked(*METHODS[:-1]):
        if method not in SAFE:
            response = send(world, route, method, actor, "If-None-Match", "*")
            assert_refused(response, method, "If-None-Match")
            continue
        tag = send(world, route, method, actor, "Accept-Language", "en").headers.get("ETag")
        known = send(world, route, method, actor, "If-None-Match", tag or '"none"')
        assert known.status_code == (304 if tag else 200), (method, route.name)
        tagged |= {route.name} if tag else set()
    assert tagged == TAGGED


def assert_refused(response: HttpResponse, method: str, name: str) -> None:
    where = response.wsgi_request.path
    if method == "HEAD":
        assert response.status_code == 400, where
    else:
        assert check_problem(response, 400, "malformed_request", name), where


@pytest.mark.django_db(transaction=True)
def test_of_two_who_read_the_same_visit_only_one_changes_it(api):
    """What was read is judged once the row is held: here, both get so far before either does."""
    visit, user = AppointmentFactory(), UserFactory()
    path = f"{V1}/appointments/{visit.pk}"
    tag = api(user).get(path)["ETag"]
    clients = {step: api(user) for step in ("check-in", "cancel")}
    answers = []

    def change(step: str) -> None:
        body = {"early": True} if step == "check-in" else {}
        headers = {"If-Match": tag}
        answers.append(clients[step].post(f"{path}/{step}", body, format="json", headers=headers))
        connection.close()

    threads = [threading.Thread(target=change, args=[step]) for step in clients]
    with transaction.atomic():
        Appointment.objects.select_for_update().get(pk=visit.pk)
        for thread in threads:
            thread.start()
        wait_until_somebody_waits(len(threads))
    for thread in threads:
        thread.join(20)

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert visit.history.count() == 1
