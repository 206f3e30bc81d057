"""One shape for everything that goes wrong, and nothing of the inside in it."""

import json
import re

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.tests.factories import UserFactory
from clinic.tests.problems import V1, check_problem
from patients.models import IdentityDocument
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


def send(api, body: bytes | str, content_type: str = JSON):
    return api(UserFactory(role="admin")).generic(
        "POST", f"{V1}/doctors", body, content_type=content_type
    )


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", f"{V1}/nothing", f"{V1}/doctors/1/2/3", f"{V1}/doctors%0a"]
)
def test_an_unknown_route_is_not_found(api, settings, debug, method, path):
    settings.DEBUG = debug

    check_problem(getattr(api(), method)(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("delete", "/appointments/x", "GET"),
        ("put", "/appointments/x", "GET"),
        ("get", "/auth/login", "POST"),
        ("patch", "/patients", "GET, POST"),
        ("put", "/doctors?nothing=1", "GET, POST"),
        ("post", "/patients/x", "GET, PUT, PATCH, DELETE"),
    ],
)
def test_a_method_that_a_route_has_not_is_refused_and_the_others_are_named(
    api, method, path, allowed
):
    response = getattr(api(), method)(V1 + path)

    check_problem(response, 405, "method_not_allowed")
    assert set(response["Allow"].split(", ")) == {*allowed.split(", "), "HEAD", "OPTIONS"} - (
        set() if "GET" in allowed else {"HEAD"}
    )


@pytest.mark.parametrize("role", ["", "doctor"])
def test_options_names_the_methods(api, role):
    response = api(UserFactory(role=role) if role else None).options(f"{V1}/appointments")

    assert response.status_code == 204
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_only_json_is_served_and_taken(api):
    check_problem(api().get(f"{V1}/doctors", HTTP_ACCEPT="text/csv"), 406, "not_acceptable")
    check_problem(send(api, "name=x", "text/plain"), 415, "unsupported_media_type")
    check_problem(send(api, "{}", ""), 415, "unsupported_media_type")
    check_problem(send(api, "{}", f"{JSON}; charset=utf-16"), 415, "unsupported_media_type")
    assert send(api, "{}", f'{JSON}; charset="UTF-8"').status_code == 422
    check_problem(api().get(f"{V1}/doctors?format=csv"), 422, "validation_error", "format")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        '{"first_name": NaN}',
        '{"default_duration_minutes": -Infinity}',
        '{"first_name": "a", "first_name": "b"}',
        "[" * 100_000,
        '{"a":' * 33 + "1" + "}" * 33,
        b'{"first_name": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        '{"default_duration_minutes": ' + "9" * 5000 + "}",
    ],
    ids=range(10),
)
def test_a_body_that_is_no_json_is_malformed(api, body):
    if body == "":  # An empty body is the empty object.
        names = ("email", "first_name", "last_name", "specialization")
        check_problem(send(api, body), 422, "validation_error", *names)
    else:
        check_problem(send(api, body), 400, "malformed_request")


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "7", "true"])
def test_a_body_that_is_no_object_is_refused(api, body):
    check_problem(send(api, body), 422, "validation_error", "non_field_errors")


def test_a_query_that_is_not_utf8_is_malformed(api):
    check_problem(api().get(f"{V1}/doctors?specialization=%ff"), 400, "malformed_request")


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3_000_000])
def test_json_over_a_mebibyte_is_too_large(api, size):
    body = json.dumps({"first_name": ""})[:-2] + "x" * (size - 18) + '"}'

    check_problem(send(api, body), 413, "payload_too_large")


def test_a_body_over_the_limit_of_all_is_too_large_and_is_not_parsed(api, settings):
    settings.MAX_BODY_BYTES = 1000

    check_problem(send(api, "{" + " " * 1000), 413, "payload_too_large")
    check_problem(send(api, "{" + " " * 998), 400, "malformed_request")


def test_a_body_of_unknown_length_is_not_taken_for_none(api):
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked"}

    check_problem(api().post(f"{V1}/auth/refresh", **chunked), 400, "malformed_request")
    assert api().post("/register/", **chunked).status_code == 400


@pytest.mark.parametrize("given", ["abc-12345", "<b>\t12345"])
def test_a_given_request_id_never_stands_for_our_own(api, given):
    told = check_problem(api().get(f"{V1}/x", HTTP_X_REQUEST_ID=given), 404, "not_found")

    assert re.fullmatch(r"[0-9a-f]{32}", told["request_id"])


def test_a_fault_of_ours_tells_nothing_of_the_inside(api):
    patient = PatientFactory()
    IdentityDocument.objects.create(
        patient=patient, file="lost/file", content_type="image/jpeg", width=1, height=1
    )
    client: APIClient = api(UserFactory())
    client.raise_request_exception = False

    response = client.get(f"{V1}/patients/{patient.pk}/document")

    body = check_problem(response, 500, "server_error")
    assert body["errors"] == {}
    assert "lost" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_without_the_database_the_service_is_unavailable(api, monkeypatch):
    token = api(UserFactory())
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", "there_is_no_such_database")
        patch.setitem(connection.settings_dict, "OPTIONS", {})
        connection.close()

        answers = [api().get(f"{V1}/doctors"), token.get(f"{V1}/auth/me")]
        ready, alive, health = (api().get(path) for path in ("/readyz", "/livez", "/health"))
    connection.close()

    for answer in answers:
        check_problem(answer, 503, "unavailable")
        assert int(answer["Retry-After"]) > 0
        assert "there_is_no" not in answer.content.decode()
    assert (ready.status_code, alive.status_code, health.status_code) == (503, 200, 503)
    assert health.json() == {
        "status": "unavailable",
        "database": "unavailable",
        "jobs": "unavailable",
    }
