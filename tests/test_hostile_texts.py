"""Texts that mean harm: refused, or kept as they are, and inert wherever they are shown."""

import json
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction

from accounts.tests.factories import UserFactory
from appointments.tests.factories import GroupSessionFactory, next_monday
from clinic.api.made_document import MAKER
from clinic.tests.problems import V1
from clinic.tests.test_openapi import NEW_RECORDS
from doctors.tests.factories import DoctorFactory, ResourceFactory
from patients.tests.factories import PatientFactory
from tests import access_world
from tests.access_walk import ask, read_table
from tests.hostile.texts import CALENDAR, COMPUTED, MARKUP, NAUGHTY, TAG

OURS = ("accounts", "doctors", "patients", "appointments")
# What the database or the code reads: nothing that people write.
READ = (
    *("email", "slug", "code", "language", "country", "currency", "time_zone", "rrule", "kind"),
    *("password", "secret", "token", "hash", "session", "key", "rule", "values", "start"),
)


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(MAKER.document().content)


def texts_of(schema: dict, document: dict, path: tuple = ()) -> Iterator[tuple]:
    """Where in a body a text may stand that isn't one of a few."""
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    for variant in schema.get("oneOf", schema.get("anyOf", ())):
        yield from texts_of(variant, document, path)
    if "string" in schema.get("type", "") and "enum" not in schema and "format" not in schema:
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from texts_of(inner, document, (*path, name))


def with_text(body: dict, path: tuple, text: str) -> dict:
    *way, last = path
    body = inner = json.loads(json.dumps(body))
    for name in way:
        inner = inner.setdefault(name, {})
    inner[last] = text
    return body


def value_at(body: dict, path: tuple):
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


@pytest.mark.django_db
@pytest.mark.parametrize("route", NEW_RECORDS)
def test_the_api_keeps_a_text_as_it_is_or_refuses_it(api, document, route):
    """Each text of each body: what is answered 201 is read again as it was sent, but for blanks
    around it; anything else is a fault of that field."""
    keys = {"<doctor>": str(DoctorFactory().pk), "<patient>": str(PatientFactory().pk)}
    owners = {"patients": keys["<patient>"], "doctors": keys["<doctor>"]}
    owners["resources"] = str(ResourceFactory().pk)
    owners["group-sessions"] = str(GroupSessionFactory(starts_at=next_monday(15)).pk)
    client = api(UserFactory(role="doctor" if "emergency" in route else "admin"))
    text = json.dumps(NEW_RECORDS[route])
    for name, key in keys.items():
        text = text.replace(name, key)
    address = V1 + route.replace("{id}", owners.get(route.split("/")[1], ""))
    content = document["paths"][V1 + route]["post"]["requestBody"]["content"]
    wrong = []
    for path in dict.fromkeys(texts_of(content["application/json"]["schema"], document)):
        for name, naughty in NAUGHTY.items():
            body = with_text(json.loads(text), path, naughty)
            with transaction.atomic():
                answer = client.post(address, json.dumps(body), content_type="application/json")
                kept = None
                if answer.status_code == 201:
                    kept = value_at(client.get(answer["Location"]).json(), path)
                transaction.set_rollback(True)
            is_same = not kept or str(kept).split() == naughty.split()
            if answer.status_code not in (201, 409, 413, 422) or not is_same:
                wrong.append((".".join(path), name, answer.status_code, kept))

    assert not wrong, wrong


def people_write(model: type[models.Model]) -> list[models.Field]:
    """The texts of a model that people make up."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not (field.choices or field.unique or field.primary_key)
        and not any(word in field.name for word in READ)
        and (field.max_length is None or field.max_length >= len(TAG) + 10)
    ]


def poison() -> set[str]:
    """Put hostile text into every text of every record that there is; returns which."""
    poisoned = set()
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            for field in people_write(model):
                text = (CALENDAR if isinstance(field, models.TextField) else "") + MARKUP
                try:
                    with transaction.atomic():
                        if model.objects.update(**{field.name: text[: field.max_length]}):
                            poisoned.add(f"{model._meta.model_name}.{field.name}")
                except (DatabaseError, TypeError):
                    continue  # A rule of the database holds it, or it is computed.
    return poisoned


@pytest.mark.walk
@pytest.mark.django_db
def test_no_page_obeys_a_text_that_somebody_wrote(settings):
    """All that can be read by those who may read most, of a clinic whose every text is hostile."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/h")
    world = access_world.build()
    poisoned = poison()
    assert {"patient.last_name", "appointment.reason", "doctor.title"} & poisoned, poisoned
    assert len(poisoned) > 25, poisoned
    wrong, shown = [], 0
    for route in read_table().values():
        for actor in ("admin", "doctor", "A", "anonymous"):
            cells = route.cells.get("GET", {})
            if cells.get(actor) not in ("ok", "to", "-") or (
                actor != "admin" and "/admin" in route.name
            ):
                continue
            response = ask(world, actor, route, "GET", route.url(world))
            text = response.whole.decode(errors="replace")
            kind = response.get("Content-Type", "")
            where = f"GET {route.name} as {actor}"
            if response.status_code >= 500:
                wrong.append(f"{where}: {response.status_code}")
            if "html" in kind:
                shown += "&lt;x-evil" in text
                if TAG in text or COMPUTED in text:
                    wrong.append(f"{where}: {text[max(0, text.find(TAG) - 200) :][:300]}")
            if "calendar" in kind and re.search(r"^BEGIN:VALARM", text, re.M):
                wrong.append(f"{where}: a line of its own in a calendar")
            if any("\n" in value for _, value in response.items()):
                wrong.append(f"{where}: a line of its own in a header")

    assert not wrong, "\n".join(wrong)
    assert shown > 20, shown
