"""Who read what: each request that shows a patient's data leaves one row, any other none."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import Patient
from patients.photos import clean_photo
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db

V1 = "/api/v1"
LIST, READ, DOCUMENT, EXPORT, *_ = AccessLog.Action.values
FROM = {"HTTP_X_REQUEST_ID": "request-0001", "REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def doctor() -> Doctor:
    return DoctorFactory(with_account=True)


@pytest.fixture
def patient(doctor) -> Patient:
    """One with an account, a photo, a doctor and a visit; nobody has seen the record yet."""
    patient = PatientFactory(with_account=True)
    CareAssignmentFactory(doctor=doctor, patient=patient)
    services.replace_document(patient, clean_photo(upload()), by=UserFactory())
    AppointmentFactory(doctor=doctor, patient=patient)
    return patient


def row() -> AccessLog:
    """The one row of the access log."""
    return AccessLog.objects.get()


def of_api(patient: Patient) -> dict[str, str]:
    visit = patient.appointments.get()
    return {
        "patients": f"{V1}/patients",
        "patient": f"{V1}/patients/{patient.pk}",
        "document": f"{V1}/patients/{patient.pk}/document",
        "doctors_patients": f"{V1}/doctors/{visit.doctor_id}/patients",
        "appointments": f"{V1}/appointments",
        "appointment": f"{V1}/appointments/{visit.pk}",
    }


@pytest.mark.parametrize(
    ("route", "action"),
    [
        ("patients", LIST), ("patient", READ), ("document", DOCUMENT),
        ("doctors_patients", LIST), ("appointments", LIST), ("appointment", READ),
    ],
)  # fmt: skip
def test_each_read_by_the_api_is_one_row(api, patient, route, action):
    desk = UserFactory()

    response = api(desk).get(of_api(patient)[route], **FROM)

    assert response.status_code == 200
    assert (row().user, row().action, row().patients) == (desk, action, [patient.pk])
    assert (row().door, row().address) == ("api", "203.0.113.9")
    assert row().request_id == response["X-Request-ID"] != FROM["HTTP_X_REQUEST_ID"]


@pytest.mark.parametrize("route", ["patient", "document", "appointments", "appointment"])
def test_patients_who_read_their_own_data_are_noted_too(api, patient, route):
    api(patient.user).get(of_api(patient)[route])

    assert (row().user, row().patients) == (patient.user, [patient.pk])


def test_a_list_names_the_patients_of_its_page_alone(api, doctor):
    shown, other, stranger = PatientFactory.create_batch(3)
    for one in (shown, other):
        CareAssignmentFactory(doctor=doctor, patient=one)
    client = api(doctor.user)

    client.get(f"{V1}/patients?page_size=1&page=1")
    client.get(f"{V1}/patients?search={other.email}")
    client.get(f"{V1}/patients?search={stranger.email}")

    rows = list(AccessLog.objects.order_by("id").values_list("patients", flat=True))
    assert rows == [[shown.pk], [other.pk]]


def test_two_visits_of_a_patient_in_a_list_name_the_patient_once(api, patient):
    AppointmentFactory(patient=patient, starts_at=next_monday(15))

    api(UserFactory()).get(f"{V1}/appointments")

    assert row().patients == [patient.pk]


def test_a_change_that_is_answered_with_the_record_shows_it(api, patient):
    path = of_api(patient)["patient"]

    api(UserFactory()).patch(path, {"last_name": "Hopper"}, format="json")

    assert (row().action, row().patients) == (READ, [patient.pk])


@pytest.mark.parametrize(
    ("role", "route", "status"),
    [
        (None, "patient", 401), (None, "patients", 401), (None, "document", 401),
        (Role.PATIENT, "patients", 403), (Role.PATIENT, "patient", 404),
        (Role.PATIENT, "document", 404), (Role.PATIENT, "appointment", 404),
        (Role.DOCTOR, "patient", 404), (Role.DOCTOR, "document", 403),
        (Role.DOCTOR, "appointment", 404),
    ],
)  # fmt: skip
def test_what_is_refused_is_no_read(api, patient, role, route, status):
    client = api(UserFactory(role=role)) if role else api()

    assert client.get(of_api(patient)[route]).status_code == status
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("query", ["page=9", "a=1", "search=nobody-of-that-name"])
def test_a_list_that_shows_nobody_is_no_read(api, patient, query):
    api(UserFactory()).get(f"{V1}/patients?{query}")

    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("route", ["patient", "document", "appointment"])
def test_what_the_client_has_already_is_not_shown_again(api, patient, route):
    client, path = api(UserFactory()), of_api(patient)[route]
    tag = client.get(path)["ETag"]

    assert client.get(path, HTTP_IF_NONE_MATCH=tag).status_code == 304
    assert AccessLog.objects.count() == 1


def of_console(patient: Patient) -> dict[str, str]:
    visit = patient.appointments.get()
    record, visits = f"/admin/patients/patient/{patient.pk}", "/admin/appointments/appointment/"
    choice = "app_label=appointments&model_name=appointment&field_name=patient"
    return {
        "patients": "/admin/patients/patient/",
        "search": f"/admin/patients/patient/?q={patient.email}",
        "patient": f"{record}/change/",
        "photo": f"{record}/photo/",
        "history": f"{record}/history/",
        "delete": f"{record}/delete/",
        "suggestions": f"/admin/autocomplete/?{choice}&term={patient.last_name}",
        "appointments": f"{visits}?day=all",
        "appointment": f"{visits}{visit.pk}/change/",
        "cancel": f"{visits}{visit.pk}/step/cancel/",
        "changes": f"/admin/pghistory/events/?record={patient.pk}",
    }


@pytest.mark.parametrize(
    ("page", "action"),
    [
        ("patients", LIST), ("search", LIST), ("patient", READ), ("photo", DOCUMENT),
        ("history", READ), ("delete", READ), ("suggestions", LIST), ("appointments", LIST),
        ("appointment", READ), ("cancel", READ), ("changes", LIST),
    ],
)  # fmt: skip
def test_each_page_of_the_console_is_one_row(patient, page, action):
    admin = UserFactory(role=Role.ADMIN)

    response = signed_in(admin).get(of_console(patient)[page], **FROM)

    assert response.status_code == 200
    assert (row().user, row().action, row().patients) == (admin, action, [patient.pk])
    assert (row().door, row().address) == ("admin", "203.0.113.9")
    assert row().request_id == response["X-Request-ID"] != FROM["HTTP_X_REQUEST_ID"]


def test_the_console_notes_whom_today_shows(doctor, today_visit):
    signed_in(doctor.user).get("/admin/")

    assert (row().action, row().patients) == (LIST, [today_visit.patient_id])


@pytest.fixture
def today_visit(doctor):
    AppointmentFactory.past()  # Another doctor's.
    return AppointmentFactory.past(doctor=doctor)


def test_a_form_that_comes_back_with_faults_shows_the_record(patient):
    response = signed_in(Role.RECEPTIONIST).post(of_console(patient)["patient"], {"last_name": ""})

    assert response.status_code == 200
    assert row().patients == [patient.pk]


@pytest.mark.parametrize("page", ["patient", "photo", "history", "appointment", "cancel"])
def test_pages_that_a_doctor_may_not_see_are_no_read(patient, page):
    stranger = DoctorFactory(with_account=True)

    assert signed_in(stranger.user).get(of_console(patient)[page]).status_code in (302, 403)
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("page", ["/admin/patients/patient/", "/admin/autocomplete/"])
def test_patients_and_visitors_read_nothing_in_the_console(client, patient, page):
    client.get(page)
    signed_in(patient.user).get(page)

    assert not AccessLog.objects.exists()


def test_what_cannot_be_noted_is_not_shown(api, patient):
    desk = api(UserFactory())
    admin = signed_in(Role.ADMIN)
    admin.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_accesslog ADD CHECK (false) NOT VALID")

    for client, pages in ((desk, of_api(patient)), (admin, of_console(patient))):
        client.raise_request_exception = False
        for page in pages.values():
            with transaction.atomic():
                response = client.get(page)
                transaction.set_rollback(True)
            assert response.status_code >= 500, page
            assert patient.last_name not in response.content.decode()


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_accesslog SET door = 'x'", "DELETE FROM accounts_accesslog"]
)
def test_the_database_refuses_to_change_or_delete_rows(api, patient, statement):
    api(UserFactory()).get(of_api(patient)["patient"])

    with (
        pytest.raises(DatabaseError, match="Cannot update or delete rows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert row().door == "api"


@pytest.mark.parametrize("count", [1, 3])
def test_a_read_costs_one_insert_however_many_are_shown(api, count, django_assert_max_num_queries):
    client = api(UserFactory())
    PatientFactory.create_batch(count)

    with django_assert_max_num_queries(4) as queries:
        client.get(f"{V1}/patients")

    written = [query["sql"] for query in queries if "INSERT INTO" in query["sql"]]
    assert len(written) == 1
    assert len(row().patients) == count
