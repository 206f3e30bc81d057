"""The OpenAPI document and the pages that show it."""

import json
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import V1

pytestmark = pytest.mark.django_db
VERBS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict:
    output = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=output)
    return json.loads(output.getvalue())


def test_the_document_is_valid_and_made_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_the_document_is_served_to_anybody(api, document):
    response = api().get("/openapi.json")

    assert response.status_code == 200
    assert response.json()["paths"] == document["paths"]


def test_every_route_is_in_it(document):
    api = next(entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/v1/")
    expected = set()
    for pattern in api.url_patterns:
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", str(pattern.pattern))
        path = f"{V1}/{path.removeprefix('^').removesuffix('/?' + chr(92) + 'Z')}"
        expected |= {(path, verb) for verb in pattern.callback.actions if verb in VERBS}

    told = {(path, verb) for path, verbs in document["paths"].items() for verb in verbs}
    assert (
        told - {(path, "get") for path in ("/health", "/livez", "/readyz", "/metrics")} == expected
    )


def test_what_views_say_of_actions_is_about_actions_that_they_have():
    api = next(entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/v1/")
    for view in {pattern.callback.cls for pattern in api.url_patterns}:
        told = {*view.limits, *view.tagged, *view.matched, *view.queries, *view.parsers}
        assert told <= set(view.permissions), view


def test_limits_and_tags_are_told_where_they_are(document):
    paths = {path.removeprefix(V1): verbs for path, verbs in document["paths"].items()}
    limited = {(verb, path) for path, verbs in paths.items() for verb, operation in verbs.items()
               if "429" in operation["responses"]}  # fmt: skip

    assert {("post", "/auth/login"), ("get", "/slots"), ("post", "/patients")} <= limited
    assert not {("get", "/patients"), ("get", "/appointments"), ("get", "/auth/me")} & limited
    for path in ("/doctors/{id}/working-hours", "/doctors/{id}/time-off"):
        assert "headers" not in paths[path]["get"]["responses"]["200"]
    feed = paths["/doctors/{id}/calendar.ics"]["get"]
    assert [field["name"] for field in feed["parameters"]][-1] == "If-None-Match"


def test_authorize_logs_in_with_the_password_grant(document):
    scheme = document["components"]["securitySchemes"]

    assert list(scheme) == ["OAuth2"]
    assert scheme["OAuth2"]["flows"]["password"]["tokenUrl"] == f"{V1}/auth/login"
    assert document["paths"][f"{V1}/patients"]["get"]["security"] == [{"OAuth2": []}]


def test_headers_and_problems_are_told(document):
    paths = document["paths"]

    def headers(path, verb):
        parameters = paths[V1 + path][verb]["parameters"]
        return [field["name"] for field in parameters if field["in"] == "header"]

    assert headers("/appointments", "post") == headers("/patients", "post") == ["Idempotency-Key"]
    for path in ("/patients/{id}", "/doctors/{id}"):
        for verb in ("put", "patch", "delete"):
            assert headers(path, verb) == ["If-Match"]
            assert {"401", "403", "404", "409", "412", "422"} <= set(
                paths[V1 + path][verb]["responses"]
            )
    booked = paths[f"{V1}/appointments"]["post"]["responses"]["201"]
    assert set(booked["headers"]) == {"ETag", "Location"}
    for verbs in paths.values():
        for operation in verbs.values():
            assert operation["responses"]["default"]["content"]["application/json"]


def test_queries_are_told_with_their_types(document):
    parameters = document["paths"][f"{V1}/appointments"]["get"]["parameters"]
    formats = {field["name"]: field["schema"].get("format") for field in parameters}

    assert formats == {
        "date": "date",
        "from": "date-time",
        "to": "date-time",
        "doctor_id": "uuid",
        "patient_id": "uuid",
        "status": None,
        "ordering": None,
        "page": None,
        "page_size": None,
    }
    sizes = next(field["schema"] for field in parameters if field["name"] == "page_size")
    assert (sizes["type"], sizes["minimum"], sizes["maximum"]) == ("integer", 1, 200)


def test_a_form_is_told_with_the_names_that_it_takes(document):
    content = document["paths"][f"{V1}/patients"]["post"]["requestBody"]["content"]
    fields = content["multipart/form-data"]["schema"]["properties"]

    assert fields["document_photo"]["format"] == "binary"
    assert {"address.zip", "emergency_contact.phone", "insurance_info.provider"} <= set(fields)


@pytest.mark.parametrize(
    ("path", "name"), [("appointments", "AppointmentDetail"), ("patients", "Patient")]
)
def test_answers_have_the_fields_that_are_told(api, document, path, name):
    appointment = AppointmentFactory()
    id = appointment.pk if path == "appointments" else appointment.patient_id

    told = api(UserFactory()).get(f"{V1}/{path}/{id}").json()

    assert set(told) == set(document["components"]["schemas"][name]["properties"])


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_load_nothing_from_elsewhere_and_have_no_inline_script(api, path):
    response = api().get(path)
    page = response.content.decode()

    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page)
    assert "<style" not in page
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    for source in re.findall(r"<script src=\"([^\"]+)", page):
        assert api().get(source).status_code in (200, 404)  # Files are served by the server.


@pytest.mark.parametrize("path", ["working-hours", "extra-hours", "time-off", "slots"])
def test_bounded_lists_are_described_as_plain_arrays(document, path):
    for name in {f"/api/v1/doctors/{{id}}/{path}", "/api/v1/slots"}:
        answer = document["paths"][name]["get"]["responses"]["200"]
        assert answer["content"]["application/json"]["schema"]["type"] == "array", name
