"""The page on which patients download everything that is held on them."""

import json

import pytest

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from appointments.tests.factories import AppointmentFactory
from patients.tests.factories import PatientFactory

URL = "/me/download/"
pytestmark = pytest.mark.django_db


def test_the_file_is_the_export_of_the_api(api):
    patient = PatientFactory(with_account=True, first_name="Zoé", medical_history="Asthma")
    visit = AppointmentFactory(patient=patient)
    AppointmentFactory(
        starts_at=visit.ends_at, ends_at=visit.ends_at + (visit.ends_at - visit.starts_at)
    )
    client = signed_in(patient.user)
    assert "Download the file" in client.get(URL).content.decode()
    assert not AccessLog.objects.exists()

    response = client.post(URL)

    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == f'attachment; filename="{patient.record_number}.json"'
    assert "no-store" in response["Cache-Control"]
    data = json.loads(response.content)
    assert data["record"]["first_name"] == "Zoé"
    assert data["record"]["medical_history"] == ["Asthma"]
    assert [each["id"] for each in data["appointments"]] == [str(visit.pk)]
    assert AccessLog.objects.get().action == "export"
    other = api(patient.user).get(f"/api/v1/patient/profile/{patient.pk}/export").json()
    assert data.keys() == other.keys()
    assert data["record"] == other["record"]
    assert patient.user.password not in response.content.decode()


def test_the_overview_lists_the_next_visits():
    patient = PatientFactory(with_account=True)
    visit = AppointmentFactory(patient=patient)
    AppointmentFactory(patient=patient, status="cancelled")
    AppointmentFactory.past(patient=patient)
    AppointmentFactory(
        starts_at=visit.ends_at, ends_at=visit.ends_at + (visit.ends_at - visit.starts_at)
    )

    page = signed_in(patient.user).get("/me/").content.decode()

    assert page.count('<div class="visit">') == 1
    assert str(visit.doctor) in page


def test_it_is_for_patients(client):
    assert client.post(URL)["Location"] == f"/sign-in/?next={URL}"
    assert signed_in(Role.ADMIN).post(URL)["Location"] == "/admin/"
