"""Who may do what: the table of permissions, asked for row by row through the API."""

import pytest

from accounts.roles import PERMISSIONS, Role, may
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.tests.problems import V1, check_problem
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment, Patient
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db
CALLERS = ("anonymous", "patient", "doctor", "receptionist", "admin")

# For each request what the five callers are answered. The patient and the doctor are those of
# the appointment; nobody has sent a photo, and the bodies are empty where one would be needed.
TABLE = {
    "get patients": (401, 403, 200, 200, 200),
    "post patients": (422, 403, 403, 422, 422),
    "get patients/{patient}": (401, 200, 200, 200, 200),
    "put patients/{patient}": (401, 403, 403, 422, 422),
    "patch patients/{patient}": (401, 403, 403, 200, 200),
    "delete patients/{patient}": (401, 403, 403, 403, 409),
    "get patients/{patient}/document": (401, 404, 403, 404, 404),
    "put patients/{patient}/document": (401, 422, 403, 422, 422),
    "get doctors": (200, 200, 200, 200, 200),
    "post doctors": (401, 403, 403, 403, 422),
    "get doctors/{doctor}": (200, 200, 200, 200, 200),
    "put doctors/{doctor}": (401, 403, 403, 403, 422),
    "patch doctors/{doctor}": (401, 403, 403, 403, 200),
    "delete doctors/{doctor}": (401, 403, 403, 403, 409),
    "get doctors/{doctor}/patients": (401, 403, 200, 200, 200),
    "post doctors/{doctor}/patients/{patient}": (401, 403, 403, 403, 200),
    "delete doctors/{doctor}/patients/{patient}": (401, 403, 403, 403, 204),
    "get appointments": (401, 200, 200, 200, 200),
    "post appointments": (401, 422, 422, 422, 422),
    "get appointments/{appointment}": (401, 200, 200, 200, 200),
    "post appointments/{appointment}/reschedule": (401, 422, 422, 422, 422),
    "post appointments/{appointment}/cancel": (401, 200, 200, 200, 200),
    "post appointments/{appointment}/check-in": (401, 403, 200, 200, 200),
    "post appointments/{appointment}/start": (401, 403, 409, 409, 409),
    "post appointments/{appointment}/fulfill": (401, 403, 409, 409, 409),
    "post appointments/{appointment}/no-show": (401, 403, 409, 409, 409),
    "get auth/me": (401, 200, 200, 200, 200),
    "get clinic": (200, 200, 200, 200, 200),
}


@pytest.fixture
def house():
    """An appointment of a doctor and an assigned patient who both have accounts."""
    doctor, patient = DoctorFactory(with_account=True), PatientFactory(with_account=True)
    CareAssignmentFactory(doctor=doctor, patient=patient)
    return AppointmentFactory(doctor=doctor, patient=patient)


def client_of(api, caller: str, house: Appointment):
    match caller:
        case "anonymous":
            return api()
        case "patient":
            return api(house.patient.user)
        case "doctor":
            return api(house.doctor.user)
    return api(UserFactory(role=caller))


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("asked", TABLE)
def test_the_table_holds(api, house, caller, asked):
    method, path = asked.split()
    path = path.format(patient=house.patient_id, doctor=house.doctor_id, appointment=house.pk)
    client = client_of(api, caller, house)
    form = {"format": "multipart"} if path.endswith("/document") else {"format": "json"}

    form |= {"data": {"early": True}} if path.endswith("/check-in") else {}
    response = getattr(client, method)(f"{V1}/{path}", **({} if method == "get" else form))

    assert response.status_code == TABLE[asked][CALLERS.index(caller)], response.content


@pytest.fixture
def stranger():
    """An appointment of another doctor and another patient."""
    return AppointmentFactory(doctor=DoctorFactory(with_account=True), starts_at=next_monday(11))


@pytest.mark.parametrize("caller", ["doctor", "patient"])
def test_there_is_no_trace_of_what_is_not_theirs(api, house, stranger, caller):
    client = client_of(api, caller, house)

    for path in (f"patients/{stranger.patient_id}", f"appointments/{stranger.pk}"):
        unknown = client.get(f"{V1}/{path.partition('/')[0]}/01890a5d-ac96-774b-bcce-b302099a8057")
        answer = client.get(f"{V1}/{path}")
        check_problem(answer, 404, "not_found")
        assert answer.json()["message"] == unknown.json()["message"]
    mine = client.get(f"{V1}/appointments").json()
    assert [row["id"] for row in mine["results"]] == [str(house.pk)]
    assert mine["count"] == 1
    for name in ("doctor_id", "patient_id"):
        page = client.get(f"{V1}/appointments", {name: str(getattr(stranger, name))}).json()
        assert (page["count"], page["results"]) == (0, [])


def test_a_doctor_finds_no_trace_of_a_patient_who_is_not_assigned(api, house, stranger):
    client, hidden = api(house.doctor.user), stranger.patient
    Patient.objects.filter(pk=hidden.pk).update(first_name="Zebedee", date_of_birth="1960-01-02")
    hidden.refresh_from_db()

    searches = [hidden.first_name, hidden.last_name, hidden.email, str(hidden.phone)]
    for text in (*searches, hidden.record_number, "1960-01-02"):
        found = client.get(f"{V1}/patients", {"search": text}).json()
        assert str(hidden.pk) not in [row["id"] for row in found["results"]]
        assert found["count"] == len(found["results"])
    for query in ({}, {"ordering": "-created_at"}, {"doctor_id": str(stranger.doctor_id)}):
        page = client.get(f"{V1}/patients", query).json()
        assert page["count"] == len(page["results"]) == ("doctor_id" not in query)
    of_other = client.get(f"{V1}/doctors/{stranger.doctor_id}/patients").json()
    assert (of_other["count"], of_other["results"]) == (0, [])
    for step in ("reschedule", "cancel", "check-in", "start", "fulfill", "no-show"):
        check_problem(client.post(f"{V1}/appointments/{stranger.pk}/{step}"), 404, "not_found")
    assert not Appointment.objects.exclude(status="booked").exists()


def test_an_assignment_that_ended_ends_what_the_doctor_sees(api, house):
    client = api(house.doctor.user)
    assert client.get(f"{V1}/patients").json()["count"] == 1

    CareAssignment.objects.all().delete()

    assert client.get(f"{V1}/patients").json()["count"] == 0
    check_problem(client.get(f"{V1}/patients/{house.patient_id}"), 404, "not_found")


def test_a_patient_reads_and_replaces_the_own_photo_only(api, house, stranger):
    client = api(house.patient.user)
    own, other = (
        f"{V1}/patients/{patient.pk}/document" for patient in (house.patient, stranger.patient)
    )

    assert client.put(own, {"document_photo": upload()}, format="multipart").status_code == 204
    assert client.get(own)["Content-Type"] == "image/jpeg"
    check_problem(client.get(other), 404, "not_found")
    refused = client.put(other, {"document_photo": upload()}, format="multipart")
    check_problem(refused, 404, "not_found")
    assert not hasattr(Patient.objects.get(pk=stranger.patient_id), "document")


def test_inactive_doctors_are_shown_to_the_front_office_and_themselves(api, house):
    Doctor.objects.update(is_active=False)
    path = f"{V1}/doctors/{house.doctor_id}"

    for caller in ("anonymous", "patient"):
        check_problem(client_of(api, caller, house).get(path), 404, "not_found")
        assert client_of(api, caller, house).get(f"{V1}/doctors").json()["count"] == 0
    for caller in ("doctor", "receptionist", "admin"):
        assert client_of(api, caller, house).get(path).status_code == 200


def test_only_the_front_office_sees_more_of_a_doctor_than_the_public(api, house):
    public = {
        *("id", "first_name", "last_name", "specialization", "specialization_code"),
        "default_duration_minutes",
    }

    for caller in CALLERS:
        client = client_of(api, caller, house)
        one = client.get(f"{V1}/doctors/{house.doctor_id}").json()
        (listed,) = client.get(f"{V1}/doctors").json()["results"]
        assert set(one) == set(listed)
        assert (set(one) == public) == (caller not in ("receptionist", "admin"))


def test_every_role_has_its_permissions_and_no_other_has_any():
    assert set(PERMISSIONS) == set(Role)
    assert may(Role.ADMIN, "doctors.delete_doctor")
    assert not may(Role.RECEPTIONIST, "doctors.delete_doctor")
    assert may(Role.DOCTOR, "appointments.")
    assert not may(Role.PATIENT, "accounts.")
    assert not may("owner", "doctors.view_doctor")
    assert not UserFactory(role="admin", is_active=False).has_perm("doctors.view_doctor")
