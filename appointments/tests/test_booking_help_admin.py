"""What the console says of a time: free ones instead of a refused one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import opened, said, signed_in
from appointments.models import Appointment
from appointments.tests.absences import working_doctor
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.test_booking_admin import ADD, booking, page
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def test_a_refused_time_offers_free_ones_that_book_in_one_click(desk):
    doctor = working_doctor()
    taken = AppointmentFactory(doctor=doctor)
    typed = booking(doctor, PatientFactory(), taken.starts_at)

    refused = desk.post(ADD, typed)

    slots = refused.context["alternatives"]
    assert len(slots) == 5
    assert {abs(slot.starts_at - taken.starts_at) for slot in slots[:2]} == {timedelta(minutes=30)}
    take = slots[0].starts_at.isoformat()
    assert f'name="take" value="{take}"' in refused.content.decode()
    assert desk.post(ADD, typed | {"take": take}).status_code == 302
    booked = Appointment.objects.exclude(pk=taken.pk).get()
    assert (booked.starts_at, booked.reason) == (slots[0].starts_at, "Cough since Monday")


def test_a_refused_move_offers_free_times_as_well(desk):
    doctor = working_doctor()
    taken = AppointmentFactory(doctor=doctor)
    visit = AppointmentFactory(doctor=doctor, starts_at=next_monday(14))
    typed = booking(doctor, visit.patient, taken.starts_at) | opened(desk, page(visit))

    refused = desk.post(page(visit), typed)
    take = refused.context["alternatives"][0].starts_at
    desk.post(page(visit), typed | {"take": take.isoformat()})

    visit.refresh_from_db()
    assert (visit.starts_at, visit.sequence) == (take, 1)


def test_a_doctor_without_hours_has_nothing_to_offer(desk):
    taken = AppointmentFactory()

    refused = desk.post(ADD, booking(taken.doctor, PatientFactory(), taken.starts_at))

    assert refused.context["alternatives"] == []
    assert "This doctor has no free time" in refused.content.decode()


@pytest.mark.parametrize("take", ["x", "9999-12-31T23:59:59+00:00", "2027-01-01T10:00"])
def test_a_button_that_makes_no_sense_is_left_aside(desk, take):
    desk.post(ADD, booking(DoctorFactory(), PatientFactory()) | {"take": take})

    assert Appointment.objects.get().starts_at == next_monday(9)


def test_both_hours_of_the_autumn_night_can_be_taken(desk):
    """On 31 October 2027, clocks in Berlin show 02:30 twice."""
    for hour in (0, 1):
        take = f"2027-10-31T0{hour}:30:00+00:00"
        desk.post(ADD, booking(DoctorFactory(), PatientFactory()) | {"take": take})

    starts = Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert [f"{timezone.localtime(at):%H:%M%z}" for at in starts] == ["02:30+0200", "02:30+0100"]


def test_nothing_is_said_of_an_ordinary_time(desk):
    doctor = working_doctor()

    response = desk.post(ADD, booking(doctor, PatientFactory()))

    assert len(said(response)) == 1
