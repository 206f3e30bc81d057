"""Which doctor looks after which patient: many to many, with who said so and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def route(doctor, patient=None) -> str:
    return f"/api/v1/doctors/{doctor.pk}/patients" + (f"/{patient.pk}" if patient else "")


def test_assigning_notes_who_and_when_and_opens_the_record(api):
    admin, patient = UserFactory(role=Role.ADMIN), PatientFactory()
    doctor = DoctorFactory(with_account=True)
    record = f"/api/v1/patients/{patient.pk}"
    assert api(doctor.user).get(record).status_code == 404

    first = api(admin).post(route(doctor, patient))
    again = api(UserFactory(role=Role.ADMIN)).post(route(doctor, patient))

    assert (first.status_code, again.status_code) == (201, 200)
    assignment = CareAssignment.objects.get()
    assert assignment.assigned_by == admin
    assert timezone.now() - assignment.assigned_at < timedelta(minutes=1)
    assert api(doctor.user).get(record).status_code == 200


def test_many_doctors_look_after_many_patients(api):
    client = api(UserFactory(role=Role.ADMIN))
    doctors, patients = DoctorFactory.create_batch(2), PatientFactory.create_batch(2)
    for doctor in doctors:
        for patient in patients:
            assert client.post(route(doctor, patient)).status_code == 201

    assert client.delete(route(doctors[0], patients[0])).status_code == 204
    assert client.delete(route(doctors[0], patients[0])).status_code == 404

    listed = [{row["id"] for row in client.get(route(d)).json()["results"]} for d in doctors]
    assert listed == [{str(patients[1].pk)}, {str(patient.pk) for patient in patients}]


def test_the_end_of_an_assignment_closes_the_record(api):
    doctor, patient = DoctorFactory(with_account=True), PatientFactory()
    client = api(UserFactory(role=Role.ADMIN))
    client.post(route(doctor, patient))
    client.delete(route(doctor, patient))

    assert api(doctor.user).get(f"/api/v1/patients/{patient.pk}").status_code == 404


def test_me_names_the_doctor_or_the_patient_behind_the_account(api):
    doctor, patient = DoctorFactory(with_account=True), PatientFactory(with_account=True)
    desk = UserFactory()

    told = [api(user).get("/api/v1/auth/me").json() for user in (doctor.user, patient.user, desk)]

    assert [(me["doctor_id"], me["patient_id"]) for me in told] == [
        (str(doctor.pk), None),
        (None, str(patient.pk)),
        (None, None),
    ]
