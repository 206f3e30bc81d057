"""The OpenAPI document and the pages that show it."""

import json
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from openapi_spec_validator import validate

from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory, GroupSessionFactory, next_monday
from clinic.api.errors import codes_of
from clinic.errors import CONFLICTS
from clinic.tests.problems import V1
from doctors.tests.factories import DoctorFactory, ResourceFactory
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db
VERBS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict:
    output = StringIO()
    call_command("spectacular", "--format", "openapi-json", "--fail-on-warn", stdout=output)
    return json.loads(output.getvalue())


@pytest.fixture(scope="module")
def operations(document) -> list[dict]:
    return [operation for verbs in document["paths"].values() for operation in verbs.values()]


def test_the_document_is_valid(document):
    validate(document)


def test_every_operation_has_a_name_a_summary_a_description_and_a_tag(document, operations):
    """Clients name their functions by the ids, and their modules by the tags."""
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", id) for id in ids), ids
    assert {"auth_login", "appointments_check_in", "doctors_calendar_token_renew", "livez"} < {*ids}

    summaries = [operation["summary"] for operation in operations]
    assert len(summaries) == len(set(summaries))
    assert all(len(summary) < 50 for summary in summaries), summaries
    assert all(operation["description"] for operation in operations)

    told = [tag["name"] for tag in document["tags"] if tag["description"]]
    assert {tag for operation in operations for tag in operation["tags"]} == {*told}


def test_problems_name_their_codes(document):
    codes = {
        name.removesuffix("Code"): schema["enum"]
        for name, schema in document["components"]["schemas"].items()
        if name.endswith("Code") and "enum" in schema
    }

    assert codes["Conflict"] == codes_of(409)
    assert {*CONFLICTS.values(), "request_in_progress"} == {*codes["Conflict"]}
    assert codes["NotFound"] == ["not_found"]
    assert {*codes["Problem"]} == {code for status in codes.values() for code in status} | {
        "address_too_long",
        "headers_too_large",
        "method_not_allowed",
        "server_error",
        "unavailable",
    }


def test_what_stands_beside_an_appointment_or_a_refused_time_is_told(document):
    schemas = document["components"]["schemas"]
    for path in ("/appointments", "/appointments/{id}/reschedule"):
        answers = document["paths"][V1 + path]["post"]["responses"]
        names = {
            status: answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            for status, answer in answers.items()
        }
        done = schemas[names.get("201") or names["200"]]
        assert done["properties"]["warnings"]["items"] == {"type": "string"}
        for status in ("409", "422"):
            free = schemas[names[status]]["properties"]["alternatives"]["items"]
            assert free == {"$ref": "#/components/schemas/DoctorSlot"}


def test_what_a_record_may_go_without_is_answered_all_the_same(document):
    schemas = document["components"]["schemas"]
    assert {"email", "phone"} <= {*schemas["Patient"]["required"]}
    for name in ("HealthcareService", "Location", "Resource", "WorkingHours", "Outage", "Session"):
        assert {*schemas[name]["required"]} == {*schemas[name]["properties"]}, name
    assert "warnings" not in schemas["SavedService"]["required"]
    for name in ("PatientRequest", "RegistrationRequest"):
        assert not {"email", "phone"} & {*schemas[name].get("required", ())}


def test_the_document_is_served_to_anybody(api, document):
    for again in ("", "?lang=de"):  # It is made once, in English.
        response = api().get(f"/openapi.json{again}")

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
    assert "headers" not in paths["/doctors/{id}/time-off"]["get"]["responses"]["200"]
    feed = paths["/doctors/{id}/calendar.ics"]["get"]
    assert [field["name"] for field in feed["parameters"]][-1] == "If-None-Match"


def test_authorize_logs_in_with_the_password_grant_or_takes_a_token(document):
    scheme = document["components"]["securitySchemes"]

    assert list(scheme) == ["OAuth2", "bearer", "metrics"]
    assert scheme["OAuth2"]["flows"]["password"]["tokenUrl"] == f"{V1}/auth/login"
    assert (scheme["bearer"]["type"], scheme["bearer"]["scheme"]) == ("http", "bearer")
    signed_in = [{"OAuth2": []}, {"bearer": []}]
    for path, needed in {"patients": signed_in, "doctors": [*signed_in, {}], "clinic": []}.items():
        assert document["paths"][f"{V1}/{path}"]["get"]["security"] == needed


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
    limited = paths[f"{V1}/auth/login"]["post"]["responses"]["429"]
    assert set(limited["headers"]) == {"Retry-After"}
    booked = paths[f"{V1}/appointments"]["post"]["responses"]["201"]
    assert set(booked["headers"]) == {"ETag", "Location", "Idempotent-Replayed"}
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
        "service_id": "uuid",
        "location_id": "uuid",
        "resource_id": "uuid",
        "status": None,
        "ordering": None,
        "page": None,
        "page_size": None,
    }
    sizes = next(field["schema"] for field in parameters if field["name"] == "page_size")
    assert (sizes["type"], sizes["minimum"], sizes["maximum"]) == ("integer", 1, 200)


@pytest.mark.parametrize("path", ["/patients", "/patient/register"])
def test_a_body_can_be_sent_as_it_is_told(api, document, path):
    """As a form with the names of inner fields and a photo, and as JSON without one."""
    content = document["paths"][V1 + path]["post"]["requestBody"]["content"]
    form, body = (
        document["components"]["schemas"][media["schema"]["$ref"].rpartition("/")[2]]
        for media in (content["multipart/form-data"], content["application/json"])
    )
    fields = form["properties"]
    assert fields["document_photo"]["format"] == "binary"
    assert {"address.zip", "emergency_contact.phone", "insurance_info.provider"} <= set(fields)
    assert set(form["required"]) <= set(fields)
    assert "document_photo" not in body["properties"]

    (example,) = content["multipart/form-data"]["examples"].values()
    assert set(form["required"]) <= set(example["value"]) < set(fields)
    sent = {**example["value"], "document_photo": upload()}
    answer = api().post(V1 + path, sent, format="multipart")
    assert answer.status_code == 201, answer.content


NEW_RECORDS = {
    "/patients": {"name": "Grete Weil", "email": "grete@mail.example", "phone": "+4930123456"},
    "/doctors": {
        "first_name": "Grace",
        "last_name": "Hopper",
        "email": "grace@clinic.example",
        "specialization": "Cardiology",
    },
    "/appointments": {
        "doctor_id": "<doctor>",
        "patient_id": "<patient>",
        "starts_at": next_monday(9).isoformat(),
        "duration_minutes": 30,
    },
    "/group-sessions": {
        "doctor_id": "<doctor>",
        "starts_at": next_monday(12).isoformat(),
        "duration_minutes": 60,
        "capacity": 8,
    },
    "/group-sessions/{id}/participants": {"patient_id": "<patient>"},
    "/doctors/{id}/time-off": {
        "starts_at": "2035-03-05T09:00:00Z",
        "ends_at": "2035-03-05T12:00:00Z",
    },
    "/doctors/{id}/extra-hours": {
        "starts_at": "2035-03-05T09:00:00Z",
        "ends_at": "2035-03-05T12:00:00Z",
    },
    "/patients/{id}/related-persons": {"name": "Charles Babbage", "relationship": "caregiver"},
    "/services": {"name": "Scan", "duration_minutes": 30},
    "/locations": {"name": "Mill Lane"},
    "/resources": {"name": "Sono", "pool": "Ultrasound"},
    "/resources/{id}/out-of-service": {
        "starts_at": "2035-03-05T09:00:00Z",
        "ends_at": "2035-03-05T12:00:00Z",
    },
    "/appointment-series": {
        "doctor_id": "<doctor>",
        "patient_id": "<patient>",
        "starts_at": next_monday(10).isoformat(),
        "duration_minutes": 30,
        "rrule": "FREQ=WEEKLY;COUNT=3",
    },
    "/closures": {"starts_on": "2035-03-05", "ends_on": "2035-03-06"},
    "/emergency-accesses": {"patient_id": "<patient>", "reason": "Unconscious, brought in"},
    "/waitlist": {
        "patient_id": "<patient>",
        "doctor_id": "<doctor>",
        "from_date": "2035-03-05",
        "to_date": "2035-03-06",
    },
}


def test_the_address_of_a_new_record_shows_it_to_whoever_made_it(api, document):
    told = {
        path.removeprefix(V1)
        for path, verbs in document["paths"].items()
        for answer in verbs.get("post", {}).get("responses", {}).values()
        if "Location" in answer.get("headers", {})
    }
    assert told == set(NEW_RECORDS)

    doctor, patient = str(DoctorFactory().pk), str(PatientFactory().pk)
    owners = {"patients": patient, "doctors": doctor, "resources": str(ResourceFactory().pk)}
    owners["group-sessions"] = str(GroupSessionFactory(starts_at=next_monday(15)).pk)
    admin, another = api(UserFactory(role="admin")), DoctorFactory(with_account=True).user
    for path, body in NEW_RECORDS.items():
        client = api(another) if path == "/emergency-accesses" else admin
        text = json.dumps(body).replace("<doctor>", doctor).replace("<patient>", patient)
        address = path.replace("{id}", owners.get(path.split("/")[1], ""))
        made = client.post(V1 + address, text, content_type="application/json")
        assert made.status_code == 201, (path, made.content)
        shown = client.get(made["Location"])
        assert shown.status_code == 200, (path, shown.content)
        assert shown.json()["id"] == made.json()["id"]


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
