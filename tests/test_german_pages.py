"""A German patient's way through all pages: no English is left on them."""

from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.tests.console import signed_in
from appointments.models import SlotOffer, WaitlistEntry
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import confirm_path, free_times, verified_patient, working_doctor
from appointments.transitions import Status
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from patients.tests.relations import child_of, guardian, related

pytestmark = pytest.mark.django_db

CATALOGUE = settings.BASE_DIR / "clinic" / "locale" / "de" / "LC_MESSAGES" / "django.po"
SPOKEN = ("aria-label", "alt", "title", "placeholder", "content")
# What is the same in both languages: names, and the pages' own two names.
DATA = {
    *("Amy March", "Amy", "Beth March", "Robert March"),
    *("Ada", "Lovelace", "Ada Lovelace", "Uferweg 7", "Berlin", "10115 Berlin", "Riverside Clinic"),
    *("English", "Deutsch", "ada@mail.example", "reception@clinic.example", "light dark"),
    "width=device-width, initial-scale=1",
    *("Dr Grace Keller", "Dr Alan Moss", "P-000001"),
}


# Those that are called the same, in full or short.
MONTHS = {"April", "August", "September", "November", "Jan", "Feb", "Apr", "Aug", "Sept", "Nov"}


class Words(HTMLParser):
    """All that a page says, in its text and in what is read out."""

    def __init__(self, page: str):
        super().__init__()
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        for name, value in attrs:
            if value and (name in SPOKEN or name.startswith("data-")):
                self.said.append(value)

    def handle_data(self, data):
        if self.open[-1:] != ["option"]:  # Countries: many are called the same.
            self.said.append(" ".join(data.split()))


def words_of(response) -> set[str]:
    said = Words(response.content.decode()).said
    return {each for each in said if sum(letter.isalpha() for letter in each) > 1}


def same_in_both() -> set[str]:
    return {entry.msgid for entry in polib.pofile(str(CATALOGUE)) if entry.msgid == entry.msgstr}


def assert_is_german(german, english) -> None:
    """The two answers are the same page, and only names are the same on both."""
    page = german.content.decode()
    assert '<html lang="de">' in page
    assert '<html lang="en">' in english.content.decode()
    assert german.status_code == english.status_code
    left = {words.strip(" ·,.()") for words in words_of(german) & words_of(english)}
    left = {words for words in left if sum(letter.isalpha() for letter in words) > 1}
    unknown = left - DATA - same_in_both()
    assert not {words for words in unknown if not is_data(words)}, german.request["PATH_INFO"]
    assert len(words_of(german) - words_of(english)) > 5


def is_data(words: str) -> bool:
    """Months and days are called the same in part, and a zone or an address is no sentence."""
    is_token = " " not in words and any(sign in words for sign in "/@=-_:0123456789")
    return is_token or words.endswith("Europe/Berlin") or words in MONTHS


@pytest.fixture
def patient():
    return verified_patient(
        first_name="Ada", last_name="Lovelace", email="ada@mail.example",
        street="Uferweg 7", city="Berlin", zip="10115",
    )  # fmt: skip


@pytest.fixture
def doctor():
    return working_doctor(first_name="Grace", last_name="Keller", specialization="Kinderheilkunde")


@pytest.fixture
def offer(patient):
    other = DoctorFactory(first_name="Alan", last_name="Moss", specialization="Kinderheilkunde")
    day = timezone.localdate()
    entry = WaitlistEntry.objects.create(
        patient=patient, doctor=other, from_date=day, to_date=day + timedelta(days=9),
        earliest="09:00", latest="15:00",
    )  # fmt: skip
    starts_at = timezone.now() + timedelta(days=3)
    return SlotOffer.objects.create(
        entry=entry, doctor=other, starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30), expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/", "/privacy/", "/register/", "/sign-in/", "/password/reset/", "/password/reset/sent/",
     "/password/reset/confirm/", "/verify-email/", "/claim/", "/claim/ask/", "/claim/ask/sent/",
     "/offer/", "/no-such-page/"],
)  # fmt: skip
def test_pages_for_everybody(path):
    german = Client().get(path, headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    english = Client().get(path, headers={"Accept-Language": "en"})

    assert_is_german(german, english)
    assert "Accept-Language" in german["Vary"]


@pytest.mark.parametrize("path", ["/register/", "/sign-in/", "/password/reset/", "/claim/"])
def test_what_is_wrong_with_a_form(path):
    sent = {"email": "nonsense", "date_of_birth_0": "x", "password": "aaaaaaa", "zip": "1"}
    german = Client().post(path, sent, headers={"Accept-Language": "de"})
    english = Client().post(path, sent, headers={"Accept-Language": "en"})

    assert_is_german(german, english)


def test_a_patients_pages(patient, doctor, offer, settings):
    settings.VISITS_AHEAD_PER_DAY = 9
    client = signed_in(patient.user)
    slot, other, third = free_times(doctor)[:3]
    visit = AppointmentFactory(
        patient=patient, doctor=doctor, starts_at=slot.starts_at, ends_at=slot.ends_at
    )
    gone = AppointmentFactory(
        patient=patient, doctor=doctor, starts_at=third.starts_at, ends_at=third.ends_at
    )
    gone.status = Status.CANCELLED
    gone.save()
    moved = f"/me/visits/{visit.pk}/move/"
    target = urlsplit(confirm_path(other)).query
    pages = [
        "/me/", "/me/book/", "/me/book/?q=nobody", f"/me/book/?doctor={doctor.pk}",
        "/me/book/?specialization=Kinderheilkunde", f"/me/book/?doctor={doctor.pk}&date=2020-01-01",
        confirm_path(other), confirm_path(third), f"/me/waitlist/?doctor={doctor.pk}",
        f"/me/visits/{visit.pk}/", f"/me/visits/{gone.pk}/", f"{moved}?doctor={doctor.pk}",
        f"{moved}?{target}", f"/me/visits/{visit.pk}/cancel/", "/me/visits/past/",
        "/me/profile/", "/me/profile/change/", "/me/photo/replace/", "/me/phone/", "/me/access/",
        "/me/access/?own=yes", "/me/download/", "/password/change/", "/me/sign-ins/",
        "/me/people/", "/me/people/add/",
    ]  # fmt: skip
    for path in pages:
        answers = []
        for language in ("de", "en"):
            type(patient).objects.filter(pk=patient.pk).update(language=language)
            answers.append(client.get(path))
        assert answers[0].status_code == 200, path
        assert_is_german(*answers)


def test_the_pages_of_somebody_who_is_acted_for(patient, doctor):
    child = child_of(patient, first_name="Amy", last_name="March")
    waits = child_of(first_name="Beth", last_name="March")
    related(waits, patient, may_act=False)
    relation = related(patient, guardian(first_name="Robert", last_name="March"))
    client = signed_in(patient.user)
    visit = AppointmentFactory(patient=child, doctor=doctor)
    pages = [
        "/me/people/", f"/me/people/{relation.pk}/withdraw/",
        f"/me/people/{child.related_persons.get().pk}/withdraw/",
        f"/me/visits/{visit.pk}/", "/me/", "/me/profile/", "/me/profile/change/", "/me/access/",
        "/me/download/", "/me/people/", "/me/book/",
    ]  # fmt: skip
    for path in pages:
        answers = []
        for language in ("de", "en"):
            type(patient).objects.filter(pk=patient.pk).update(language=language)
            answers.append(client.get(path))
        assert answers[0].status_code == 200, path
        assert_is_german(*answers)


def test_a_patient_who_must_confirm_the_address_first(doctor):
    patient = PatientFactory(
        with_account=True, first_name="Ada", last_name="Lovelace", email="ada@mail.example"
    )
    client = signed_in(patient.user)
    for path in ("/me/", f"/me/book/?doctor={doctor.pk}", f"/me/waitlist/?doctor={doctor.pk}"):
        answers = []
        for language in ("de", "en"):
            type(patient).objects.filter(pk=patient.pk).update(language=language)
            answers.append(client.get(path))
        assert_is_german(*answers)
