"""Patients wait for a time, and answer when one is offered: signed in, and by the mail's link."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.tests.console import Browser, said, signed_in
from appointments.links import offer_path
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.tests.pages import free_times, text_of, verified_patient, working_doctor
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    return verified_patient(first_name="Ada")


@pytest.fixture
def doctor():
    return working_doctor()


@pytest.fixture
def client(patient):
    return signed_in(patient.user)


def days(**changes) -> dict:
    today = timezone.localdate()
    sent = {"from_date": today + timedelta(days=1), "to_date": today + timedelta(days=9)}
    return sent | {"earliest": "10:00", "latest": ""} | changes


@pytest.fixture
def offer(patient, doctor):
    entry = WaitlistEntry(
        patient=patient,
        doctor=doctor,
        from_date=timezone.localdate() + timedelta(days=1),
        to_date=timezone.localdate() + timedelta(days=9),
    )
    waitlist.join(entry, patient.user)
    [offer] = waitlist.offer_free_times(doctor.pk)
    return offer


def test_joining_and_leaving(client, patient, doctor):
    path = f"/me/waitlist/?doctor={doctor.pk}"
    assert str(doctor) in text_of(client.get(path))

    response = client.post(path, days())

    assert response["Location"] == "/me/"
    entry = WaitlistEntry.objects.get()
    assert (entry.patient, entry.doctor, entry.duration_minutes) == (patient, doctor, None)
    assert f"{entry.earliest:%H:%M}" == "10:00"
    page = text_of(client.get("/me/"))
    assert f"You are on the waitlist for {doctor}." in page
    assert "not before 10:00" in page

    leave = f"/me/waitlist/{entry.pk}/leave/"
    answers = [client.post(leave) for _ in range(2)]

    assert [answer["Location"] for answer in answers] == ["/me/", "/me/"]
    entry.refresh_from_db()
    assert entry.state == "left"
    assert "You are waiting for" not in text_of(client.get("/me/"))


def test_joining_for_a_field_twice(client, doctor):
    path = "/me/waitlist/?specialization=general+practice"

    answers = [client.post(path, days()) for _ in range(2)]

    assert WaitlistEntry.objects.get().specialization == "General practice"
    assert said(answers[1])[-1] == "You are on the waitlist for General practice already."


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_date": "2020-01-01", "from_date": "2020-01-01"}, "to_date"),
        ({"from_date": "", "to_date": "x"}, "from_date"),
        ({"earliest": "12:00", "latest": "11:00"}, "latest"),
        ({"to_date": timezone.localdate()}, "to_date"),
    ],
)
def test_faults_are_said_beside_their_fields(client, doctor, changes, field):
    response = client.post(f"/me/waitlist/?doctor={doctor.pk}", days(**changes))

    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not WaitlistEntry.objects.exists()


def test_waiting_needs_a_confirmed_address(doctor):
    client = signed_in(PatientFactory(with_account=True).user)
    path = f"/me/waitlist/?doctor={doctor.pk}"

    shown, pressed = client.get(path), client.post(path, days())

    assert "First confirm your e-mail address" in text_of(shown)
    assert "Put me on the waitlist" not in text_of(shown)
    assert "Please confirm your e-mail address first." in text_of(pressed)
    assert not WaitlistEntry.objects.exists()


def test_nobody_to_wait_for(client):
    assert client.get("/me/waitlist/")["Location"] == "/me/book/"


def test_accepting_on_the_own_page(client, offer):
    page = text_of(client.get("/me/"))
    assert "A time has become free" in page
    assert timezone.localtime(offer.expires_at).strftime("%H:%M") in page

    answers = [client.post(f"/me/offers/{offer.pk}/answer/", {"answer": "accept"}) for _ in "12"]

    visit = Appointment.objects.get()
    assert (visit.starts_at, visit.patient) == (offer.starts_at, offer.entry.patient)
    assert {answer["Location"] for answer in answers} == {f"/me/visits/{visit.pk}/"}
    assert said(answers[1]) == ["Your visit is booked."]


def test_declining_on_the_own_page(client, offer):
    answers = [client.post(f"/me/offers/{offer.pk}/answer/", {"answer": "decline"}) for _ in "12"]

    assert {answer["Location"] for answer in answers} == {"/me/"}
    offer.refresh_from_db()
    assert offer.state == "declined"
    assert not Appointment.objects.exists()
    assert WaitlistEntry.objects.get().state == "waiting"


def test_an_answer_that_is_none_changes_nothing(client, offer):
    assert client.post(f"/me/offers/{offer.pk}/answer/")["Location"] == "/me/"

    offer.refresh_from_db()
    assert offer.state == "open"


def test_the_waiting_and_offers_of_others_are_not_there(offer):
    stranger = signed_in(verified_patient().user)

    assert stranger.post(f"/me/waitlist/{offer.entry_id}/leave/").status_code == 404
    path = f"/me/offers/{offer.pk}/answer/"
    assert stranger.post(path, {"answer": "accept"}).status_code == 404
    offer.refresh_from_db()
    assert offer.state == "open"


def open_link(offer) -> Browser:
    browser = Browser()
    response = browser.get(offer_path(offer))
    assert response["Location"] == "/offer/"
    assert response["Referrer-Policy"]
    return browser


def test_accepting_by_the_link_without_signing_in(offer):
    browser = open_link(offer)
    shown = browser.get("/offer/")
    assert shown.status_code == 200
    assert str(offer.doctor) in text_of(shown)
    assert "Ada" not in text_of(shown)
    assert not Appointment.objects.exists()
    assert AccessLog.objects.get().user is None

    answers = [browser.post("/offer/", {"answer": "accept"}) for _ in range(2)]

    assert answers[0]["Location"] == "/offer/"
    assert answers[1].status_code == 200
    visit = Appointment.objects.get()
    assert (visit.starts_at, visit.patient) == (offer.starts_at, offer.entry.patient)
    for page in (answers[1], browser.get("/offer/")):
        assert "The visit is booked" in text_of(page)
        assert "What to bring" in text_of(page)


def test_declining_by_the_link(offer):
    browser = open_link(offer)

    browser.post("/offer/", {"answer": "decline"})

    page = text_of(browser.get("/offer/"))
    assert "The time goes to somebody else" in page
    assert "The place on the waitlist is kept" in page
    assert not Appointment.objects.exists()


def test_an_offer_that_ran_out(offer):
    SlotOffer.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    browser = open_link(offer)

    shown, pressed = browser.get("/offer/"), browser.post("/offer/", {"answer": "accept"})

    for page in (shown, pressed):
        assert page.status_code == 200
        assert "This offer is over" in text_of(page)
        assert "The place on the waitlist is kept" in text_of(page)
    assert f"/me/book/?doctor={offer.doctor_id}" in text_of(shown)
    assert not Appointment.objects.exists()


def test_a_link_that_the_clinic_never_made(offer):
    browser = Browser()
    for token in ("x", offer_path(offer).partition("token=")[2][:-1] + "x", "%00"):
        assert browser.get(f"/offer/?token={token}")["Location"] == "/offer/"
        assert browser.get("/offer/").status_code == 410
        assert browser.post("/offer/", {"answer": "accept"}).status_code == 410
    assert not Appointment.objects.exists()


def test_what_is_offered_is_held_for_the_patient_alone(client, offer, doctor):
    slot = free_times(doctor)[0]
    other = signed_in(verified_patient().user)
    day = timezone.localdate(offer.starts_at)
    path = f"/me/book/?doctor={doctor.pk}&date={day}"
    wanted = f"starts={offer.starts_at:%Y-%m-%dT%H:%M:%SZ}"

    assert slot.starts_at > offer.starts_at
    assert wanted in text_of(client.get(path))
    assert wanted not in text_of(other.get(path))
