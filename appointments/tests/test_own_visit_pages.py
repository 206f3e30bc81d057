"""Patients look at their visits, move and cancel them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.console import said, signed_in
from appointments.models import Appointment
from appointments.services import book, reschedule
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import (
    free_times,
    starts,
    text_of,
    times_on,
    verified_patient,
    working_doctor,
)
from clinic.models import Notification
from patients.models import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    return verified_patient(first_name="Ada")


@pytest.fixture
def doctor():
    return working_doctor()


@pytest.fixture
def visit(patient, doctor):
    slot = free_times(doctor)[0]
    wanted = AppointmentFactory.build(
        patient=patient, doctor=doctor, starts_at=slot.starts_at, ends_at=slot.ends_at
    )
    return book(wanted, by=patient.user)


@pytest.fixture
def client(patient):
    return signed_in(patient.user)


def move_path(visit, slot, tail: str = "") -> str:
    query = f"doctor={slot.doctor_id}&starts={starts(slot.starts_at)}"
    return f"/me/visits/{visit.pk}/move/?{query}{tail}"


def test_the_overview_shows_the_ways(client, visit):
    page = text_of(client.get("/me/"))

    for way in ("", "move/", "cancel/"):
        assert f'href="/me/visits/{visit.pk}/{way}"' in page
    assert "Book an appointment" in page


def test_too_late_to_change(client, visit, settings):
    settings.CANCELLATION_NOTICE = timedelta(days=30)

    for path in ("/me/", f"/me/visits/{visit.pk}/"):
        page = text_of(client.get(path))
        assert "It is too late to move or cancel this visit here." in page
        assert f"/me/visits/{visit.pk}/move/" not in page
    for way in ("move", "cancel"):
        path = f"/me/visits/{visit.pk}/{way}/"
        assert client.get(path)["Location"] == f"/me/visits/{visit.pk}/"
        assert client.post(path, {"reason_code": "pat"})["Location"] == f"/me/visits/{visit.pk}/"
    visit.refresh_from_db()
    assert (visit.status, visit.sequence) == ("booked", 0)


def test_past_visits(client, patient):
    shown = AppointmentFactory.past(patient=patient, status="fulfilled")
    AppointmentFactory(patient=patient, status="cancelled")
    AppointmentFactory.past(
        patient=patient,
        status="entered_in_error",
        doctor__last_name="Mistaken",
        starts_at=timezone.now() - timedelta(days=3),
    )
    AppointmentFactory.past(doctor__last_name="Foreign")

    page = text_of(client.get("/me/visits/past/"))

    assert str(shown.doctor) in page
    assert page.count('<div class="visit">') == 2
    assert page.count("Cancelled") == 1
    assert "Mistaken" not in page
    assert "Foreign" not in page
    assert str(shown.doctor) not in text_of(client.get("/me/"))


def test_past_visits_come_in_pages(client, patient, doctor):
    for number in range(21):
        AppointmentFactory.past(
            patient=patient, doctor=doctor, starts_at=timezone.now() - timedelta(days=number + 1)
        )

    first, second = (client.get(f"/me/visits/past/?page={page}") for page in (1, 2))

    assert [text_of(page).count('<div class="visit">') for page in (first, second)] == [20, 1]
    assert "?page=2" in text_of(first)


def test_moving_keeps_the_visit_and_shows_both_times(client, visit, doctor):
    slots = free_times(doctor)
    day = timezone.localdate(visit.starts_at)
    picker = client.get(f"/me/visits/{visit.pk}/move/?date={day}")
    assert move_path(visit, slots[1]) in times_on(picker)
    assert len(times_on(picker)) == 9  # Not the one that it has.

    page = text_of(client.get(move_path(visit, slots[1])))

    for time in (visit.starts_at, slots[1].starts_at):
        assert timezone.localtime(time).strftime("%H:%M") in page

    response = client.post(move_path(visit, slots[1]))

    assert response["Location"] == f"/me/visits/{visit.pk}/"
    assert said(response) == ["Your visit is moved."]
    moved = Appointment.objects.get()
    assert (moved.pk, moved.starts_at, moved.sequence) == (visit.pk, slots[1].starts_at, 1)


def test_moving_twice_moves_once(client, visit, doctor):
    slot = free_times(doctor)[1]

    answers = [client.post(move_path(visit, slot)) for _ in range(2)]

    assert {answer["Location"] for answer in answers} == {f"/me/visits/{visit.pk}/"}
    assert Appointment.objects.get().sequence == 1


def test_two_clicks_at_once_move_once_and_tell_once(patient, visit, doctor):
    slot = free_times(doctor)[1]
    stale = [Appointment.objects.get(), Appointment.objects.get()]

    moved = [reschedule(each, patient.user, slot.starts_at) for each in stale]

    assert [each.sequence for each in moved] == [1, 1]
    assert Appointment.objects.get().history.count() == 2
    assert Notification.objects.filter(event__startswith="appointment_moved").count() == 1


def test_moving_to_a_colleague(client, visit, doctor):
    colleague = working_doctor(last_name="Zorn")
    foreign = working_doctor(specialization="Surgery")
    slot = free_times(colleague)[2]
    picker = client.get(f"/me/visits/{visit.pk}/move/?specialization=General+practice")
    assert any(str(colleague.pk) in address for address in times_on(picker))

    elsewhere = client.get(move_path(visit, free_times(foreign)[2]))
    response = client.post(move_path(visit, slot, "&of=General+practice"))

    assert not any(str(foreign.pk) in address for address in times_on(elsewhere))
    assert response.status_code == 302
    moved = Appointment.objects.get()
    assert (moved.doctor, moved.starts_at) == (colleague, slot.starts_at)


def test_moving_to_a_time_that_is_gone(client, visit, doctor):
    slots = free_times(doctor)
    AppointmentFactory(doctor=doctor, starts_at=slots[4].starts_at, ends_at=slots[4].ends_at)

    seen, pressed = client.get(move_path(visit, slots[4])), client.post(move_path(visit, slots[4]))

    assert (seen.status_code, pressed.status_code) == (200, 200)
    for response in (seen, pressed):
        assert "The visit stays as it was" in text_of(response)
        assert move_path(visit, slots[5]) in times_on(response)
    visit.refresh_from_db()
    assert visit.sequence == 0


def test_moving_without_a_confirmed_address(client, visit, doctor):
    Patient.objects.update(email_verified_at=None)
    slot = free_times(doctor)[1]

    response = client.post(move_path(visit, slot))

    assert said(response) == ["Please confirm your e-mail address first."]
    assert Appointment.objects.get().sequence == 0


def test_cancelling(client, visit):
    path = f"/me/visits/{visit.pk}/cancel/"
    assert "Cancel this visit?" in text_of(client.get(path))
    assert Appointment.objects.get().status == "booked"

    response = client.post(path, {"reason_code": "pat-lt", "reason": "The car is broken."})
    again = client.post(path, {"reason_code": "pat"})

    assert response["Location"] == again["Location"] == f"/me/visits/{visit.pk}/"
    assert said(response) == ["Your visit is cancelled."]
    change = visit.history.get(to_status="cancelled")
    assert (change.reason_code, change.reason) == ("pat-lt", "The car is broken.")
    assert "Cancelled" in text_of(client.get(response["Location"]))


@pytest.mark.parametrize("code", ["", "prov", "nonsense"])
def test_reasons_are_those_of_patients(client, visit, code):
    response = client.post(f"/me/visits/{visit.pk}/cancel/", {"reason_code": code})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["reason_code"]
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize("way", ["", "move/", "cancel/"])
def test_the_visits_of_others_are_not_there(visit, way):
    stranger = signed_in(verified_patient().user)

    for answer in (stranger.get, stranger.post) if way else (stranger.get,):
        assert answer(f"/me/visits/{visit.pk}/{way}").status_code == 404
    assert Appointment.objects.get().status == "booked"
