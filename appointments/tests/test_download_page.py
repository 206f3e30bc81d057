"""The page on which patients download everything that is held on them."""

import json
from base64 import b64encode

import pytest
from django.utils import timezone, translation

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from appointments.models import Appointment
from appointments.services.records import record_change
from appointments.tasks import send_confirmation
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import text_of
from appointments.views.export_words import label_of
from clinic.mail import owe
from patients import services as patients
from patients.models import Patient, RelatedPerson
from patients.photos import CleanPhoto, clean_photo
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.photos import upload

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


def paths(data, where: str = "") -> set[str]:
    """Where something stands in an export, less the numbers of lists."""
    if isinstance(data, list):
        return {path for each in data for path in paths(each, where)}
    if not isinstance(data, dict):
        return set()
    here = {name: f"{where}.{name}" if where else name for name in data}
    return set(here.values()).union(*(paths(data[name], path) for name, path in here.items()))


def one_with_everything(language: str) -> tuple[Patient, Appointment, CleanPhoto]:
    patient = PatientFactory(
        with_account=True, first_name="Zoé <b>", medical_history="Asthma\nHeuschnupfen",
        language=language, gender="female", insurance_policy_number="A-123",
        email_verified_at=timezone.now(),
    )  # fmt: skip
    photo = clean_photo(upload())
    patients.replace_document(patient, photo, by=patient.user)
    visit = AppointmentFactory(patient=patient, reason="Husten", status="cancelled")
    CareAssignmentFactory(patient=patient, doctor=visit.doctor)
    RelatedPerson.objects.create(patient=patient, name="Eva Roth", relationship="sibling")
    record_change(visit, patient.user, before=visit, reason="Zu früh")
    owe("appointment_booked:1:x", patient.email, visit.pk, send_confirmation)
    return patient, visit, photo


WORDS = {
    "en": [
        "Female",
        "Cancelled",
        "A booked visit",
        "Germany (DE)",
        "Read the record",
        "Brother or sister",
    ],
    "de": [
        "Weiblich",
        "Abgesagt",
        "Ein gebuchter Termin",
        "Deutschland (DE)",
        "Akte gelesen",
        "Bruder oder Schwester",
    ],
}


@pytest.mark.parametrize("language", WORDS)
def test_the_readable_copy_has_all_that_the_file_has(language):
    patient, visit, photo = one_with_everything(language)
    client = signed_in(patient.user)
    client.get("/me/profile/")
    data = json.loads(client.post(URL).content)

    response = client.post(URL, {"form": "readable"})

    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{patient.record_number}.html"'
    assert "no-store" in response["Cache-Control"]
    assert [one.action for one in AccessLog.objects.order_by("id")] == ["read", "export", "export"]
    page = text_of(response)
    told = paths(data) - {"document.content_base64"}
    assert len(told) > 70
    with translation.override(language):
        assert [path for path in told if f">{label_of(path)}<" not in page] == []
    values = ["Asthma", "Heuschnupfen", "Husten", "Zu früh", "A-123", patient.email, str(visit.pk)]
    values += [str(visit.doctor), patient.street, patient.record_number, "Zoé <b>"]
    assert [value for value in values + WORDS[language] if value not in page] == []
    assert f"data:image/jpeg;base64,{b64encode(photo.content).decode()}" in page
    assert "Zoé &lt;b&gt;" in response.content.decode()
    assert f'<html lang="{language}">' in page
    assert [one for one in ("<script", "<link", "http://", "https://") if one in page] == []


def test_the_readable_copy_of_a_record_with_little_on_it():
    patient = PatientFactory(with_account=True)
    page = text_of(signed_in(patient.user).post(URL, {"form": "readable"}))
    assert page.count("Nothing.") >= 3


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
