"""Patients book so many visits ahead with one doctor, on one day and in all; staff book more."""

import threading
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, SlotOffer, WaitlistEntry
from appointments.scheduling.calendars import IN_ALL, ON_DAY, WARNINGS, WITH_DOCTOR
from appointments.services import waitlist
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import starts, times_on
from appointments.tests.scheduling import HALF_HOUR, doctor_working, patient_online, visit
from appointments.transitions import Status
from clinic.tests.problems import V1, check_problem

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
NINE = datetime(2027, 3, 8, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SENTENCES = {
    WITH_DOCTOR: "You have 3 visits ahead with this doctor already. "
    "To book another, please call us.",
    IN_ALL: "You have 4 visits ahead already. To book another, please call us.",
    ON_DAY: "You have a visit on this day already. To book another, please call us.",
}


@pytest.fixture(autouse=True)
def _monday():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def doctor():
    return doctor_working("09:00-12:00")


@pytest.fixture
def patient():
    return patient_online()


def booked(patient, doctor=None, days=0, **fields) -> Appointment:
    at = NINE + HALF_HOUR + days * DAY
    people = {"patient": patient, "doctor": doctor or doctor_working("09:00-12:00")}
    return AppointmentFactory(starts_at=at, ends_at=at + HALF_HOUR, **people, **fields)


@pytest.fixture(params=[WITH_DOCTOR, ON_DAY, IN_ALL])
def limit(request, doctor, patient, settings) -> str:
    """One of the limits, which the patient has reached for nine o'clock."""
    if request.param == ON_DAY:
        booked(patient)
    for days in (1, 2, 3) if request.param == WITH_DOCTOR else ():
        booked(patient, doctor, days)
    if request.param == IN_ALL:
        settings.VISITS_AHEAD = 4
        for days in (1, 2, 3, 4):
            booked(patient, days=days)
    return request.param


def by_service(doctor, patient, api) -> str:
    with pytest.raises(ValidationError) as refused:
        services.book(visit(doctor, patient, NINE), by=patient.user)
    return " ".join(refused.value.message_dict["starts_at"])


def by_api(doctor, patient, api) -> str:
    wish = {"doctor_id": str(doctor.pk), "starts_at": NINE.isoformat(), "duration_minutes": 30}
    answer = api(patient.user).post(f"{V1}/appointments", wish, "json")
    problem = check_problem(answer, 422, "validation_error", "starts_at")
    return " ".join(problem["errors"]["starts_at"])


def by_moving(doctor, patient, api) -> str:
    moved = booked(patient, days=9)
    body = {"doctor_id": str(doctor.pk), "starts_at": NINE.isoformat()}
    answer = api(patient.user).post(f"{V1}/appointments/{moved.pk}/reschedule", body, "json")
    problem = check_problem(answer, 422, "validation_error", "starts_at")
    return " ".join(problem["errors"]["starts_at"])


def by_page(doctor, patient, api) -> str:
    address = f"/me/book/confirm/?doctor={doctor.pk}&starts={starts(NINE)}"
    return unescape(signed_in(patient.user).post(address, {"reason": ""}).content.decode())


def by_offer(doctor, patient, api) -> str:
    entry = WaitlistEntry.objects.create(
        patient=patient, doctor=doctor, from_date=NOW.date(), to_date=NINE.date()
    )
    offer = SlotOffer.objects.create(
        entry=entry, doctor=doctor, starts_at=NINE, ends_at=NINE + HALF_HOUR, expires_at=NINE
    )
    with pytest.raises(ValidationError) as refused:
        waitlist.accept(offer)
    return " ".join(refused.value.message_dict["starts_at"])


@pytest.mark.parametrize("door", [by_service, by_api, by_moving, by_page, by_offer])
def test_a_patient_books_no_more_than_the_limit(door, limit, doctor, patient, api):
    if door is by_moving and limit == IN_ALL:
        services.reschedule(booked(patient, days=9), patient.user, NINE, doctor=doctor)
        return  # One that is moved makes no more of them.
    assert SENTENCES[limit] in door(doctor, patient, api)
    assert not Appointment.objects.filter(starts_at=NINE).exists()


def test_staff_are_told_and_not_refused(limit, doctor, patient, api):
    wish = {"doctor_id": str(doctor.pk), "patient_id": str(patient.pk), "duration_minutes": 30}

    answer = api(UserFactory()).post(
        f"{V1}/appointments", wish | {"starts_at": NINE.isoformat()}, "json"
    )

    assert answer.status_code == 201
    assert answer.json()["warnings"] == [WARNINGS[limit]]


def test_the_page_says_so_before_a_time_is_chosen(limit, doctor, patient):
    client = signed_in(patient.user)
    page = f"/me/book/?doctor={doctor.pk}&date={NINE.date()}"

    shown = client.get(page)

    assert SENTENCES[limit] in unescape(shown.content.decode())
    assert times_on(shown) == []
    link = f"/me/book/confirm/?doctor={doctor.pk}&starts={starts(NINE)}"
    assert client.get(link)["Location"] == page


def test_what_is_over_cancelled_or_moved_counts_for_nothing(doctor, patient, settings):
    past = booked(patient, doctor, -8, booked_at=NOW - 9 * DAY)
    booked(patient, doctor, 0, status=Status.CANCELLED)
    assert past.ends_at < NOW + 3 * HALF_HOUR
    for days in (1, 2, 3, 4):
        last = booked(patient, doctor, days)  # One more than the limit: by staff.

    with time_machine.travel(NOW + timedelta(hours=4)):
        services.reschedule(last, patient.user, last.starts_at + HALF_HOUR)
        settings.VISITS_AHEAD_PER_DOCTOR = 0
        services.book(visit(doctor, patient, NINE), by=patient.user)


def test_nobody_is_offered_what_they_may_not_book(limit, doctor, patient):
    entry = WaitlistEntry.objects.create(
        patient=patient, doctor=doctor, from_date=NINE.date(), to_date=NINE.date()
    )

    waitlist.offer_free_times(doctor.pk)

    assert not entry.offers.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_exactly_one_is_booked(patient):
    """With two doctors, at two times of one day."""
    wishes = [visit(doctor_working("09:00-12:00"), patient, NINE + n * HALF_HOUR) for n in range(2)]
    barrier, ends = threading.Barrier(2, timeout=60), []

    def attempt(wish: Appointment) -> None:
        barrier.wait()
        try:
            services.book(wish, by=patient.user)
            ends.append("booked")
        except ValidationError as error:
            ends.append(error.message_dict["starts_at"][0])
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == sorted(["booked", SENTENCES[ON_DAY]])
    assert Appointment.objects.filter(patient=patient).count() == 1


def test_the_console_tells_it(limit, doctor, patient):
    desk = signed_in(Role.RECEPTIONIST)
    answer = desk.post(
        "/admin/appointments/appointment/add/",
        {
            "patient": patient.pk,
            "doctor": doctor.pk,
            "starts_at_0": "2027-03-08",
            "starts_at_1": "09:00",
            "duration_minutes": "30",
            "reason": "",
            "overbook_reason": "",
        },
    )
    assert WARNINGS[limit] in said(answer)
