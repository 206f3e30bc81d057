"""Patients see and find fields of medicine in their own language, whoever wrote them in which."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
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


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        *(("Herzarzt", {"Keller", "Türk"}), ("heart", {"Keller", "Türk"})),
        *(("Kardiolgie", {"Keller", "Türk"}), ("Kellar", {"Keller"}), ("Tuerk", {"Türk"})),
        *(("türk cardio", {"Türk"}), ("TURK", {"Türk"}), ("Hautarzt", {"Haase"})),
        *(("Herzsport", {"Adler"}), ("skin doctor", {"Haase"}), ("Zahnarzt", set())),
        *(("Kellar Hautarzt", set()), ("", {"Keller", "Türk", "Haase", "Adler"})),
    ],
)
def test_searching_by_lay_words_and_with_slips(
    client, hearts, wanted, names, django_assert_max_num_queries
):
    DoctorFactory(last_name="Haase", specialization="Dermatology")
    DoctorFactory(last_name="Adler", specialization="Herzsportgruppe")
    with django_assert_max_num_queries(8):
        page = text_of(client.get("/me/book/", {"q": wanted}))
    assert {name for name in ("Keller", "Türk", "Haase", "Adler") if name in page} == names


@pytest.mark.parametrize("word", ["Kardiologie", "cardiology", "Herz", "Kardiologe", "Kardiolgie"])
def test_slots_of_a_field(api, hearts, word):
    doctor_at_work(specialization="Dermatology")
    slots = api().get(f"{V1}/slots", {"specialization": word, "days": 7}).json()
    assert {slot["doctor_id"] for slot in slots} == {str(doctor.pk) for doctor in hearts}


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
    own = AppointmentFactory.build(doctor=hearts[1], patient=patient)
    waitlist.leave(entry, by=patient.user)
    assert own.doctor.is_named("Herz")


def test_the_console_names_fields_in_english_and_once(hearts):
    Doctor.objects.update(is_active=True)
    desk = signed_in(UserFactory())
    form = text_of(desk.get("/admin/appointments/waitlistentry/add/"))
    assert form.count('value="Cardiology"') == 1
    assert "Kardiologie" not in form
    [proposal] = absences.propose([AppointmentFactory(doctor=hearts[0])])
    assert proposal.colleague.doctor_id == hearts[1].pk
