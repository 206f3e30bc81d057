"""In which language patients are answered and written to."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.services import book
from appointments.tests.calendars import read
from appointments.tests.factories import AppointmentFactory
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.registration import PASSWORD, URL, filled_in

YEAR = timezone.now().year + 1
STARTS_AT = datetime(YEAR, 3, 15, 9, tzinfo=UTC)  # 10:00 in Berlin.
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
SWITCH = "/language/"


def language_of(response) -> str:
    return response.content.decode().partition('<html lang="')[2].partition('"')[0]


@pytest.fixture
def german():
    return PatientFactory(with_account=True, language="de", email="ada@mail.example")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH,fr;q=0.5", "de"),
        ("fr,de;q=0.3", "de"),
        ("fr", "en"),
        ("en-US,de;q=0.9", "en"),
        ("*", "en"),
        ("de;q=0,en", "en"),
        ("x" * 5000, "en"),
        (";q=,,%00", "en"),
    ],
)
@pytest.mark.django_db
def test_a_page_is_in_the_language_that_the_browser_asks_for(client, asked, answered):
    assert language_of(client.get("/sign-in/", headers={"Accept-Language": asked})) == answered


@pytest.mark.django_db
def test_the_clinics_own_language_is_the_first_one(client, settings):
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]

    assert language_of(client.get("/sign-in/", headers={"Accept-Language": "fr"})) == "de"
    assert PatientFactory().language == "de"


@pytest.mark.django_db
def test_the_switch_is_kept_in_the_browser(client):
    response = client.post(SWITCH, {"language": "de", "next": "/sign-in/?next=/me/"})

    assert response["Location"] == "/sign-in/?next=/me/"
    cookie = response.cookies["language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("de", True, "Lax")
    page = client.get("/sign-in/", headers={"Accept-Language": "en"})
    assert language_of(page) == "de"
    assert 'value="de" lang="de" aria-current="true"' in page.content.decode()


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "x", ""],
)
@pytest.mark.django_db
def test_the_switch_leads_nowhere_else(client, elsewhere):
    assert client.post(SWITCH, {"language": "de", "next": elsewhere})["Location"] == "/"


@pytest.mark.django_db
def test_the_switch_knows_no_other_language(client):
    for language in ("fr", "", "de\x00", "../de"):
        response = client.post(SWITCH, {"language": language, "next": "/"})
        assert response.status_code == 400
        assert "language" not in response.cookies
    assert client.get(SWITCH).status_code == 405
    client.cookies["language"] = "xx"
    assert language_of(client.get("/")) == "en"


@pytest.mark.django_db
def test_other_sites_dont_press_the_switch(german):
    client = signed_in(german.user)

    sent = {"language": "en", "next": "/"}
    response = client.post(SWITCH, sent, headers={"Origin": "https://evil.example"})

    assert response.status_code == 403
    german.refresh_from_db()
    assert german.language == "de"
    assert client.post(SWITCH, sent, headers={"Origin": "http://testserver"}).status_code == 302


@pytest.mark.django_db
def test_a_patients_own_language_wins_after_signing_in(german):
    client = Client(headers={"Accept-Language": "en"})
    client.cookies["language"] = "en"
    german.user.set_password(PASSWORD)
    german.user.save()
    assert language_of(client.get("/sign-in/")) == "en"

    client.post("/sign-in/", {"email": german.email, "password": PASSWORD})

    page = client.get("/me/")
    assert language_of(page) == "de"
    assert "Es ist nichts gebucht." in page.content.decode()
    assert language_of(client.get("/no-such-page/")) == "de"
    assert language_of(client.get("/privacy/")) == "de"


@pytest.mark.django_db
def test_the_switch_changes_a_patients_own_language(german):
    client = signed_in(german.user)

    assert client.post(SWITCH, {"language": "en", "next": "/me/"})["Location"] == "/me/"

    german.refresh_from_db()
    assert german.language == "en"
    assert language_of(client.get("/me/")) == "en"


@pytest.mark.django_db
def test_who_registers_on_a_german_page_is_written_to_in_german(client):
    client.post(URL, filled_in(), headers={"Accept-Language": "de"})

    assert Patient.objects.get().language == "de"


@pytest.mark.django_db
def test_the_console_stays_english_and_changes_a_patients_language(german):
    desk = signed_in(Role.RECEPTIONIST)
    path = f"/admin/patients/patient/{german.pk}/change/"

    page = desk.get(path, headers={"Accept-Language": "de"}).content.decode()

    assert '<html lang="en-gb"' in page
    assert '<option value="de" selected>Deutsch</option>' in page
    assert "Prefer not to say" in page


@pytest.mark.django_db
def test_the_api_stays_english(german):
    client = Client(headers={"Accept-Language": "de"})
    client.cookies["language"] = "de"

    answer = client.post(
        "/api/v1/patient/register",
        {"email": german.email, "gender": "x"},
        content_type="application/json",
    )

    assert answer.status_code == 422
    told = answer.content.decode()
    assert "This field is required." in told
    assert "Must be one of" in told
    assert "Accept-Language" not in answer.get("Vary", "")
    schema = client.get("/openapi.json").content.decode()
    assert "Prefer not to say" in schema or "prefer_not_to_say" in schema
    assert "Keine Angabe" not in schema


@pytest.mark.django_db
def test_the_api_takes_no_language():
    answer = Client().post(
        "/api/v1/patient/register", {"language": "de"}, content_type="application/json"
    )

    assert answer.status_code == 422
    assert answer.json()["errors"]["language"] == ["Unknown field."]


@pytest.mark.django_db(transaction=True)
def test_a_german_mail(mailbox, settings, german):
    settings.CLINIC_PHONE = "+49 30 123456"
    doctor = DoctorFactory(first_name="Grace", last_name="Keller")
    clerk = UserFactory(role=Role.ADMIN)

    book(AppointmentFactory.build(patient=german, doctor=doctor, starts_at=STARTS_AT), by=clerk)
    run_due_jobs()

    [(_, mail)] = mailbox.mails
    named = f"Ihr Termin am 15. März {YEAR}, 10:00 Uhr bei Riverside Clinic"
    assert mail["Subject"].strip() == named
    text, html = part(mail, "plain"), part(mail, "html")
    for words in (
        f"Guten Tag {german.name},",
        f"{WEEKDAYS[STARTS_AT.weekday()]}, 15. März {YEAR}",
        "10:00 bis 10:30 Uhr",
        "Ortszeit Europe/Berlin (CET)",
        "Mit freundlichen Grüßen",
    ):
        assert words in text
        assert words in html
    assert '<html lang="de">' in html
    [attached] = list(mail.iter_attachments())
    _, [event] = read(attached.get_payload(decode=True))
    assert event.summary.startswith("Riverside Clinic: Termin bei ")
    assert event.description.startswith("Zum Verschieben oder Absagen: ")


@pytest.mark.django_db(transaction=True)
def test_two_patients_two_languages(mailbox, german):
    other = PatientFactory(email="grace@mail.example", language="en")
    clerk = UserFactory(role=Role.ADMIN)
    for patient in (german, other):
        doctor = DoctorFactory()
        visit = AppointmentFactory.build(patient=patient, doctor=doctor, starts_at=STARTS_AT)
        book(visit, by=clerk)

    run_due_jobs()

    subjects = {(mail["To"], mail["Subject"].split()[0]) for _, mail in mailbox.mails}
    assert subjects == {("ada@mail.example", "Ihr"), ("grace@mail.example", "Your")}
