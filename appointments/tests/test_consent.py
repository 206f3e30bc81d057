"""Consent to the privacy notice at every door, its withdrawal, and restricted records: what is
noted, and what is no longer done."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, WaitlistEntry
from appointments.services import book, cancel
from appointments.services.reminders import owe_reminders
from appointments.services.waitlist import join
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.errors import NotAllowed
from clinic.models import Notification
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import Patient
from patients.services import consents, erase, invite_on_paper, merge
from patients.tests.accounts import URL as REGISTER
from patients.tests.accounts import sent
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from patients.tests.registration import URL as PAGE
from patients.tests.registration import filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient() -> Patient:
    return PatientFactory(
        with_account=True,
        email_verified_at=timezone.now(),
        consented_at=timezone.now(),
        date_of_birth="1990-01-02",
    )


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


def by_page(api, admin, tmp_path):
    assert Client().post(PAGE, filled_in()).status_code == 302
    return "site"


def by_api(api, admin, tmp_path):
    assert api().post(REGISTER, sent(privacy_consent=True), format="json").status_code == 201
    return "api"


def by_api_at_the_desk(api, admin, tmp_path):
    body = {"first_name": "Grace", "last_name": "Hopper", "privacy_consent": True}
    assert api(admin).post("/api/v1/patients", body, format="json").status_code == 201
    return "api"


def by_api_alone(api, admin, tmp_path):
    body = {
        "name": "Grace Hopper",
        "email": "grace@mail.example",
        "phone": "030 901820",
        "document_photo": upload(),
        "privacy_consent": "true",
    }
    answer = api().post("/api/v1/patients", body)
    assert answer.status_code == 201, answer.content
    return "api"


def by_console(api, admin, tmp_path):
    form = {"last_name": "Hopper", "country": "DE", "agrees": "on"}
    assert (
        signed_in(Role.RECEPTIONIST).post("/admin/patients/patient/add/", form).status_code == 302
    )
    return "admin"


def by_file(api, admin, tmp_path):
    file = tmp_path / "patients.csv"
    file.write_text("Last name,First name,Privacy notice\nHopper,Grace,yes\nByron,Ada,\n")
    call_command("import_patients", str(file), "--by", admin.email, verbosity=0)
    assert Patient.objects.get(last_name="Byron").consented_at is None
    return "command"


@pytest.mark.parametrize(
    "door", [by_page, by_api, by_api_at_the_desk, by_api_alone, by_console, by_file]
)
def test_each_door_notes_when_to_what_and_how(door, api, admin, tmp_path, settings):
    settings.PRIVACY_NOTICE_VERSION = "2026-11"

    name = door(api, admin, tmp_path)

    patient = Patient.objects.get(last_name="Hopper")
    assert patient.has_consented
    assert patient.consent_version == "2026-11"
    event = Patient.pgh_event_model.objects.filter(pgh_obj=patient, consent_version="2026-11")
    assert (event.first().pgh_context or {}).get("door", "command") == name


def test_without_a_word_none_is_noted(api):
    assert api().post(REGISTER, sent(), format="json").status_code == 201
    assert not Patient.objects.get().has_consented


def test_who_opens_an_account_agrees_to_the_notice_of_now(settings, admin):
    patient = PatientFactory(date_of_birth="1990-01-02")
    _, code = invite_on_paper(patient, by=admin)

    services.claim(code, date(1990, 1, 2), "Right-horse-9", True)

    patient.refresh_from_db()
    assert (patient.has_consented, patient.consent_version) == (True, "1")


def booked_by(user, patient) -> Appointment:
    starts_at = next_monday(15)
    visit = AppointmentFactory.build(
        doctor=DoctorFactory(), patient=Patient.objects.get(pk=patient.pk), starts_at=starts_at
    )
    return book(visit, by=user)


def due_soon(patient) -> Appointment:
    """A visit whose reminder is to be sent now."""
    starts_at, booked_at = (timezone.now() + timedelta(hours=hours) for hours in (23.9, -100))
    return AppointmentFactory(patient=patient, starts_at=starts_at, booked_at=booked_at)


def waiting(patient, by) -> WaitlistEntry:
    today = timezone.localdate()
    entry = WaitlistEntry(
        patient=Patient.objects.get(pk=patient.pk),
        doctor=DoctorFactory(),
        from_date=today,
        to_date=today + timedelta(days=9),
    )
    return join(entry, by)


HOLDS = {
    "withdrawn": lambda patient, by: consents.set_consent(patient, by, agrees=False),
    "restricted": lambda patient, by: consents.restrict(patient, by, "Doubts the address."),
}


@pytest.mark.parametrize("hold", HOLDS)
def test_nobody_books_online_is_reminded_or_offered_a_time(hold, patient, admin):
    entry = waiting(patient, admin)
    due_soon(patient)
    assert entry in WaitlistEntry.objects.waiting()

    HOLDS[hold](patient, admin)

    owe_reminders()
    assert not Notification.objects.filter(event__startswith="reminder").exists()
    assert entry not in WaitlistEntry.objects.waiting()
    for attempt in (
        lambda: booked_by(patient.user, patient),
        lambda: waiting(patient, patient.user),
    ):
        with pytest.raises(NotAllowed, match="paused"):
            attempt()
    assert booked_by(admin, patient).pk  # With the patient's word.


@pytest.mark.parametrize("hold", HOLDS)
def test_it_can_be_taken_back(hold, patient, admin):
    HOLDS[hold](patient, admin)

    if hold == "withdrawn":
        consents.set_consent(patient, patient.user, agrees=True)
    else:
        consents.lift_restriction(patient, admin)

    assert Patient.objects.get(pk=patient.pk).has_consented
    due_soon(patient)
    assert owe_reminders() == 1


def test_of_what_is_booked_one_hears_still_but_not_of_a_restricted_record(patient, admin):
    first, second = booked_by(admin, patient), AppointmentFactory(patient=patient)
    Notification.objects.all().delete()
    consents.set_consent(patient, admin, agrees=False)

    cancel(first, admin)
    assert Notification.objects.count() == 1

    consents.restrict(patient, admin, "Doubts it.")
    cancel(second, admin)
    assert Notification.objects.count() == 1


def test_patients_withdraw_and_agree_on_their_page(patient):
    browser = signed_in(patient.user)
    assert "You get no more reminders" in browser.get("/me/consent/").content.decode()

    browser.post("/me/consent/", {"withdraws": ""})

    assert "Consent was withdrawn on" in browser.get("/me/profile/").content.decode()
    assert not Patient.objects.get(pk=patient.pk).has_consented
    browser.post("/me/consent/", {"agrees": ""})
    assert Patient.objects.get(pk=patient.pk).has_consented


def test_the_desk_notes_it_and_restricts(patient):
    desk, url = signed_in(Role.RECEPTIONIST), f"/admin/patients/patient/{patient.pk}/privacy/"
    page = f"/admin/patients/patient/{patient.pk}/change/"

    desk.post(url, {"withdraws": ""})
    assert "Consent withdrawn on" in desk.get(page).content.decode()
    assert "Why?" in desk.post(url, {"restricts": "", "reason": " "}).content.decode()
    desk.post(url, {"restricts": "", "reason": "Doubts the address."})
    shown = desk.get(page).content.decode()

    assert "Restricted since" in shown
    assert "Doubts the address." in shown
    desk.post(url, {"lifts": ""})
    desk.post(url, {"agrees": ""})
    patient.refresh_from_db()
    assert (patient.restricted_at, patient.restriction_reason) == (None, "")
    assert patient.has_consented


def test_who_may_not(patient):
    doctor, other = UserFactory(role=Role.DOCTOR), PatientFactory(with_account=True)
    with pytest.raises(NotAllowed):
        consents.restrict(patient, doctor, "x")
    with pytest.raises(NotAllowed):
        consents.set_consent(patient, other.user, agrees=False)


def test_a_merge_keeps_consent_and_restriction(patient, admin):
    other = PatientFactory()
    consents.restrict(patient, admin, "Doubts it.")

    merge(other, Patient.objects.get(pk=patient.pk), admin)

    other.refresh_from_db()
    assert other.has_consented
    assert other.restriction_reason == "Doubts it."


def test_nothing_is_booked_for_who_was_erased(admin):
    patient = PatientFactory()
    AppointmentFactory.past(patient=patient)
    erase(patient, admin, "Asked for.")

    with pytest.raises(ValidationError, match="was erased"):
        booked_by(admin, patient)
