"""What a single request may cost: what is beyond it is refused, and what that took is bounded."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.test import Client

from accounts.tests.factories import UserFactory
from clinic.api import made_document
from clinic.api.budget import MOST_FAULTS, MOST_MEMBERS, MOST_MEMBERS_SIGNED_IN
from clinic.tests.problems import V1, check_problem
from patients.tests.photos import upload

JSON = "application/json"
NAMES = {f"n{number}": 1 for number in range(110_000)}


@pytest.fixture(autouse=True, scope="module")
def _warm():
    """What is loaded with the first request of a process is no cost of a request."""
    Client().get(f"{V1}/nowhere")


@contextmanager
def at_most(seconds: float):
    """Of the processor, in this thread: the machine may be busy with others."""
    before = time.thread_time()
    yield
    assert time.thread_time() - before < seconds


def wide(names: int) -> str:
    return json.dumps({f"n{number}": 1 for number in range(names)})


def tall(entries: int) -> str:
    return json.dumps({"doctor_ids": [""] * entries})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps(NAMES), 413),
        (json.dumps({"name": "x" * 65_536}), 413),
        ("[" * 60_000, 400),
        (wide(MOST_MEMBERS + 1), 400),
        (tall(MOST_MEMBERS), 400),
        (json.dumps({"x" * 101: 1}), 400),
        ('{"name":' + "[0]," * 10 + "1}", 400),
        (wide(MOST_MEMBERS), 422),
        (tall(MOST_MEMBERS - 1), 422),
        ('{"name": ' + "9" * 4_000 + "}", 422),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("path", ["/patients", "/auth/login", "/patient/register"])
def test_a_body_of_a_stranger_costs_little_whatever_is_in_it(api, path, body, status):
    client = api()
    if (path, status) == ("/auth/login", 422):
        status = 400  # As RFC 6749 has it.
    with at_most(0.25):
        response = client.generic("POST", V1 + path, body, content_type=JSON)

    assert response.status_code == status, response.content[:200]
    assert sum(map(len, response.json()["errors"].values())) <= MOST_FAULTS
    assert len(response.content) < 10_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps(NAMES)[: 2**20 - 1], 400),
        (json.dumps(NAMES), 413),
        (wide(80_000), 400),
        (tall(MOST_MEMBERS_SIGNED_IN), 400),
        (wide(MOST_MEMBERS_SIGNED_IN), 422),
        (tall(1_000), 422),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_of_staff_may_hold_more_and_costs_little_too(api, body, status):
    client = api(UserFactory(role="admin"))
    with at_most(0.7):
        response = client.generic("POST", f"{V1}/services", body, content_type=JSON)

    assert response.status_code == status, response.content[:200]
    assert len(response.content) < 10_000


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ["multipart", "urlencoded"])
def test_a_form_of_a_stranger_has_the_budget_of_json(api, content_type):
    sent = {"name": "x" * 65_536, "document_photo": upload()}
    if content_type == "multipart":
        response = api().post(f"{V1}/patients", sent, format="multipart")
        named = api().post(f"{V1}/patients", {"x" * 101: "1"}, format="multipart")
        check_problem(named, 400, "malformed_request")
    else:
        form = f"username={sent['name']}"
        kind = "application/x-www-form-urlencoded"
        response = api().generic("POST", f"{V1}/auth/login", form, content_type=kind)

    check_problem(response, 413, "payload_too_large")


@pytest.mark.django_db
def test_a_query_has_fifty_parameters_at_most(api):
    fifty = "&".join(f"n{number}=1" for number in range(50))

    check_problem(api().get(f"{V1}/doctors?{fifty}&n=1"), 400, "malformed_request")
    body = check_problem(api().get(f"{V1}/doctors?{fifty}"), 422, "validation_error")
    assert len(body["errors"]) == MOST_FAULTS


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"QUERY_STRING": "a" * 8_192}, 414),
        ({"HTTP_ACCEPT": "a/b," * 4_200}, 431),
        ({"HTTP_COOKIE": "a=b;" * 4_200}, 431),
        ({f"HTTP_X_{number}": "a" * 1_700 for number in range(10)}, 431),
    ],
    ids=["address", "accept", "cookie", "many"],
)
def test_a_head_that_is_too_large_is_refused_unread(more, status):
    for path in (f"{V1}/doctors", "/sign-in/", "/nowhere"):
        with at_most(0.02):
            response = Client().get(path, **more)
        assert response.status_code == status
        if path.startswith(V1):
            check_problem(
                response, status, {414: "address_too_long"}.get(status, "headers_too_large")
            )


def test_the_document_is_made_once_whoever_asks_first(monkeypatch):
    maker, made = made_document.Maker(), []

    def make():
        made.append(1)
        return document()

    document = made_document.make_document
    monkeypatch.setattr(made_document, "MAKER", maker)
    monkeypatch.setattr(made_document, "make_document", make)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: Client().get("/openapi.json"), range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == len(made) == 1


def test_the_document_costs_nothing_from_the_second_time_on_and_is_packed_for_who_takes_it():
    plain = Client().get("/openapi.json")
    with at_most(0.02):
        packed = Client().get("/openapi.json", HTTP_ACCEPT_ENCODING="br, gzip;q=0.5")
        known = Client().get("/openapi.json", HTTP_IF_NONE_MATCH=plain["ETag"])
        unpacked = Client().get("/openapi.json", HTTP_ACCEPT_ENCODING="gzip;q=0")

    assert gzip.decompress(packed.content) == plain.content == unpacked.content
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content) / 8
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", plain["ETag"])
