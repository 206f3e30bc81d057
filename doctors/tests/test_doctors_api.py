"""`/doctors` and the patients whom a doctor looks after."""

import pytest

from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import V1, check_problem
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db

GIVEN = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@clinic.example",
    "phone": "030 123456",
    "specialization": "Cardiology",
    "license_number": "LIC-7",
    "is_active": False,
    "default_duration_minutes": 45,
}


@pytest.fixture
def admin(api):
    return api(UserFactory(role="admin"))


def path_of(doctor) -> str:
    return f"{V1}/doctors/{doctor.pk}"


def test_a_doctor_is_created_read_changed_and_deleted(admin):
    created = admin.post(f"{V1}/doctors", GIVEN, format="json")

    doctor = Doctor.objects.get()
    assert created.status_code == 201
    assert created["Location"] == f"http://testserver{path_of(doctor)}"
    told = created.json()
    assert {name: told[name] for name in GIVEN} == {**GIVEN, "phone": "+4930123456"}
    read = admin.get(created["Location"])
    assert (read.json(), read["ETag"]) == (told, created["ETag"])

    patched = admin.patch(path_of(doctor), {"is_active": True}, format="json")
    assert patched.json()["is_active"] is True
    assert patched.json()["license_number"] == "LIC-7"

    needed = ("first_name", "last_name", "email", "specialization")
    replaced = admin.put(
        path_of(doctor), {name: GIVEN[name] for name in needed}, format="json"
    ).json()
    left_out = {name: replaced[name] for name in set(GIVEN) - set(needed)}
    assert left_out == {
        "phone": "",
        "license_number": "",
        "is_active": True,
        "default_duration_minutes": 30,
    }

    deleted = admin.delete(path_of(doctor))
    assert (deleted.status_code, deleted.content) == (204, b"")
    check_problem(admin.get(path_of(doctor)), 404, "not_found")
    check_problem(admin.delete(path_of(doctor)), 404, "not_found")


def test_what_a_doctor_must_have(admin):
    missing = admin.post(f"{V1}/doctors", {}, format="json")
    blank = admin.put(path_of(DoctorFactory()), dict.fromkeys(GIVEN, " "), format="json")

    needed = ("first_name", "last_name", "email", "specialization")
    check_problem(missing, 422, "validation_error", *needed)
    names = {*GIVEN} - {"phone", "license_number"}
    check_problem(blank, 422, "validation_error", *names)
    assert Doctor.objects.count() == 1


@pytest.mark.parametrize(("minutes", "status"), [(14, 422), (15, 201), (180, 201), (181, 422)])
def test_the_usual_length_is_15_to_180_minutes(admin, minutes, status):
    given = {**GIVEN, "default_duration_minutes": minutes}

    assert admin.post(f"{V1}/doctors", given, format="json").status_code == status


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_a_known_email_conflicts(admin, method):
    known, other = DoctorFactory(), DoctorFactory()
    path = f"{V1}/doctors" if method == "post" else path_of(other)

    response = getattr(admin, method)(path, {**GIVEN, "email": known.email.upper()}, format="json")

    check_problem(response, 409, "already_registered", "email")
    other.refresh_from_db()
    assert (other.first_name, Doctor.objects.count()) == ("Maria", 2)


def test_a_doctor_with_appointments_is_not_deleted(admin):
    appointment = AppointmentFactory()

    check_problem(admin.delete(path_of(appointment.doctor)), 409, "in_use")
    assert Doctor.objects.get() == appointment.doctor


def test_doctors_in_order_and_of_one_specialization(api):
    for last_name, specialization in (("B", "X"), ("A", "Y"), ("C", "X"), ("A", "X")):
        DoctorFactory(last_name=last_name, specialization=specialization)

    def listed(**query):
        rows = api().get(f"{V1}/doctors", query).json()["results"]
        return [row["last_name"] + row["specialization"] for row in rows]

    assert [name[0] for name in listed()] == list("AABC")
    assert listed() == listed(ordering="last_name") == listed(ordering="-last_name")[::-1]
    assert listed(ordering="specialization") == ["AX", "BX", "CX", "AY"]
    assert listed(ordering="-specialization") == ["AY", "CX", "BX", "AX"]
    assert listed(specialization="x") == ["AX", "BX", "CX"]


def test_patients_are_assigned_many_to_many(admin):
    doctors = DoctorFactory(), DoctorFactory()
    patient, other = PatientFactory(), PatientFactory()
    path = f"{path_of(doctors[0])}/patients/{patient.pk}"

    first, again = admin.post(path), admin.post(f"{path}/", {}, format="json")
    admin.post(f"{path_of(doctors[1])}/patients/{patient.pk}")
    admin.post(f"{path_of(doctors[0])}/patients/{other.pk}")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == admin.get(f"{V1}/patients/{patient.pk}").json()
    assert CareAssignment.objects.count() == 3
    listed = admin.get(f"{path_of(doctors[0])}/patients").json()
    assert [row["id"] for row in listed["results"]] == [str(patient.pk), str(other.pk)]

    ended = admin.delete(path)
    assert (ended.status_code, ended.content) == (204, b"")
    check_problem(admin.delete(path), 404, "not_found")
    assert admin.get(f"{path_of(doctors[0])}/patients").json()["count"] == 1


def test_only_who_is_known_is_assigned_and_nothing_else_is_said(admin):
    doctor, patient, unknown = DoctorFactory(), PatientFactory(), PatientFactory.build().pk

    for ids in ((doctor.pk, unknown), (unknown, patient.pk), (doctor.pk, "x"), ("x", patient.pk)):
        path = "{}/doctors/{}/patients/{}".format(V1, *ids)
        check_problem(admin.post(path), 404, "not_found")
        check_problem(admin.delete(path), 404, "not_found")
    path = f"{path_of(doctor)}/patients/{patient.pk}"
    response = admin.post(path, {"since": "today"}, format="json")
    check_problem(response, 422, "validation_error", "since")
    check_problem(admin.get(f"{V1}/doctors/x/patients"), 404, "not_found")
    assert not CareAssignment.objects.exists()


def test_a_doctor_lists_the_own_patients(api):
    doctor, patient = DoctorFactory(with_account=True), PatientFactory()
    CareAssignmentFactory(doctor=doctor, patient=patient)
    CareAssignmentFactory(doctor=DoctorFactory(), patient=PatientFactory())

    (row,) = api(doctor.user).get(f"{path_of(doctor)}/patients").json()["results"]

    assert row["id"] == str(patient.pk)
