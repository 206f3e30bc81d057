"""Patients see and find fields of medicine in their own language, whoever wrote them in which."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import WaitlistEntry
from appointments.scheduling import availability
from appointments.services import absences, waitlist
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import confirm_path, free_times, text_of, verified_patient
from appointments.tests.pages import working_doctor as doctor_at_work
from clinic.tests.problems import V1
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    return verified_patient(first_name="Ada", language="de")


@pytest.fixture
def client(patient):
    return signed_in(patient.user)


@pytest.fixture
def hearts():
    """Two doctors of one field, written in two languages."""
    return [
        doctor_at_work(last_name="Keller", specialization="Kardiologie"),
        doctor_at_work(last_name="Türk", specialization="Cardiology"),
    ]


def in_english(patient):
    type(patient).objects.filter(pk=patient.pk).update(language="en")


def test_one_field_has_one_entry_in_the_readers_language(client, patient, hearts):
    page = text_of(client.get("/me/book/"))
    assert page.count("<h2") == 1
    assert "?specialization=Kardiologie" in page
    assert "Cardiology" not in page
    times = text_of(client.get("/me/book/?specialization=cardiology"))
    assert {str(doctor.pk) in times for doctor in hearts} == {True}
    confirm = confirm_path(free_times(hearts[1])[0])
    assert "Dr Maria Türk</bdi>, Kardiologie" in text_of(client.get(confirm))
    assert "specialization=Kardiologie" in text_of(client.get(f"{confirm}&of=Cardiology"))
    in_english(patient)
    page = text_of(client.get("/me/book/"))
    assert "?specialization=Cardiology" in page
    assert "Kardiologie" not in page


def test_searching_by_lay_words_and_with_slips(client, hearts, django_assert_max_num_queries):
    DoctorFactory(last_name="Haase", specialization="Dermatology")
    DoctorFactory(last_name="Adler", specialization="Herzsportgruppe")
    for wanted, names in {
        "Herzarzt": {"Keller", "Türk"},
        "heart": {"Keller", "Türk"},
        "Kellar": {"Keller"},
        "Kardiolgie": {"Keller", "Türk"},
        "Tuerk": {"Türk"},
        "TURK": {"Türk"},
        "türk cardio": {"Türk"},
        "Hautarzt": {"Haase"},
        "skin doctor": {"Haase"},
        "Herzsport": {"Adler"},
        "Zahnarzt": set(),
        "Kellar Hautarzt": set(),
        "": {"Keller", "Türk", "Haase", "Adler"},
    }.items():
        with django_assert_max_num_queries(8):
            page = text_of(client.get("/me/book/", {"q": wanted}))
        found = {name for name in ("Keller", "Türk", "Haase", "Adler") if name in page}
        assert found == names, wanted


def test_slots_of_a_field(api, hearts):
    doctor_at_work(specialization="Dermatology")
    for word in ("Kardiologie", "cardiology", "Herz", "Kardiologe", "Kardiolgie"):
        slots = api().get(f"{V1}/slots", {"specialization": word, "days": 7}).json()
        assert {slot["doctor_id"] for slot in slots} == {str(doctor.pk) for doctor in hearts}, word


def waiting_for(patient, text: str) -> WaitlistEntry:
    day = timezone.localdate()
    entry = WaitlistEntry(
        patient=patient, specialization=text, from_date=day, to_date=day + timedelta(days=9)
    )
    return waitlist.join(entry, by=patient.user)


def test_waiting_for_a_field_is_for_all_its_spellings(client, patient, hearts):
    entry = waiting_for(patient, "Herzarzt")
    assert set(waitlist.doctors_for(entry)) == set(hearts)
    assert set(availability.of_specialization("Herzarzt")) == set(hearts)
    for doctor in hearts:
        assert entry in WaitlistEntry.objects.filter(doctor.same_field)
    with pytest.raises(ValidationError, match="already"):
        waiting_for(patient, "Cardiology")
    assert "Kardiologie" in text_of(client.get("/me/"))
    assert waiting_for(patient, "Alchemie").specialization_code == ""
    with pytest.raises(ValidationError, match="already"):
        waiting_for(patient, "ALCHEMIE")
    waitlist.move_on()
    assert entry.offers.get().doctor in hearts


def test_of_two_places_for_one_field_the_older_one_stays(patient):
    """Of a database in which both were allowed."""
    [once] = [one for one in WaitlistEntry._meta.constraints if one.name == "waitlist_once"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(WaitlistEntry, once)
    first, other = waiting_for(patient, "Herzarzt"), waiting_for(patient, "Alchemie")
    again = [waiting_for(patient, text) for text in ("Cardiology", "ALCHEMIE")]
    migration = import_module("appointments.migrations.0002_specialization_codes")
    migration.end_twice_waiting(apps, None)
    assert list(WaitlistEntry.objects.waiting()) == [first, other]
    assert {entry.pk for entry in WaitlistEntry.objects.filter(state="left")} == {
        entry.pk for entry in again
    }


def test_the_console_names_fields_in_english_and_once(hearts):
    Doctor.objects.update(is_active=True)
    desk = signed_in(UserFactory())
    form = text_of(desk.get("/admin/appointments/waitlistentry/add/"))
    assert form.count('value="Cardiology"') == 1
    assert "Kardiologie" not in form
    [proposal] = absences.propose([AppointmentFactory(doctor=hearts[0])])
    assert proposal.colleague.doctor_id == hearts[1].pk
