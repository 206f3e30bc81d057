"""A room or device out of service over booked visits, in the console."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from appointments.models import Appointment, AppointmentResource
from appointments.services import book
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.models import Notification
from doctors.models import ResourceOutage
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    ResourceFactory,
    WorkingHoursFactory,
)

pytestmark = pytest.mark.django_db


def page(room) -> str:
    return f"/admin/doctors/resource/{room.pk}/out-of-service/"


@pytest.fixture
def kind():
    service = HealthcareServiceFactory(name="Echo")
    service.needs.create(pool="Ultrasound")
    return service


def booked(kind, hour: int) -> Appointment:
    doctor = WorkingHoursFactory().doctor
    visit = AppointmentFactory.build(doctor=doctor, starts_at=next_monday(hour), service=kind)
    visit.patient.save()
    return book(visit, by=None)


def rooms(visit: Appointment) -> list[str]:
    rows = AppointmentResource.objects.filter(appointment=visit.pk)
    return list(rows.values_list("resource__name", flat=True))


def taken_out(room, desk) -> tuple[str, ResourceOutage]:
    """Where the browser is led once the room is out of service on the Monday of the visits."""
    day = timezone.localdate(next_monday(9)).isoformat()
    response = desk.post(page(room), {"first": day, "reason": "Repair"})
    assert said(response)[0] == f"{room} is out of service then."
    return response.headers["Location"], room.outages.get()


def test_visits_get_another_room_where_one_is_free_and_are_told_apart_where_not(kind):
    one, two = ResourceFactory(name="A"), ResourceFactory(name="B")
    early, late, other = booked(kind, 9), booked(kind, 11), booked(kind, 11)
    assert (rooms(early), rooms(late), rooms(other)) == (["A"], ["A"], ["B"])
    mails = Notification.objects.count()
    desk = signed_in(Role.RECEPTIONIST)

    address, outage = taken_out(one, desk)
    assert address == f"{page(one)}{outage.pk}/visits/"
    shown = desk.get(address)
    ways = {
        row.appointment: [option.is_open for option in row.options if option.way == "other_room"]
        for row in shown.context["rows"]
    }
    assert ways == {early: [True], late: [False]}

    typed = {f"way-{visit.pk.hex}": "other_room" for visit in (early, late)}
    content = desk.post(address, typed).content.decode()

    assert (rooms(early), rooms(late)) == (["B"], ["A"])
    assert "has another room at the same time: B." in " ".join(content.split())
    assert "No room or device that this needs is free then." in content
    assert Notification.objects.count() == mails
    assert early.history.count() == 1
    assert desk.get(address).context["page"].paginator.count == 1
    assert two.bookings.filter(is_held=True).count() == 2


def test_what_is_chosen_for_the_others_is_done_as_for_an_absence(kind):
    room = ResourceFactory(name="A")
    visit, cancelled = booked(kind, 9), booked(kind, 10)
    desk = signed_in(Role.RECEPTIONIST)
    address, _ = taken_out(room, desk)
    [row, _] = desk.get(address).context["rows"]
    slot = next(option.slot for option in row.options if option.way == "same_doctor")

    desk.post(
        address,
        {
            f"way-{visit.pk.hex}": "same_doctor",
            f"same_doctor-{visit.pk.hex}": f"{slot.doctor_id.hex}/{slot.starts_at.isoformat()}",
            f"way-{cancelled.pk.hex}": "cancel",
        },
    )

    visit.refresh_from_db()
    cancelled.refresh_from_db()
    assert visit.starts_at == slot.starts_at
    assert slot.starts_at.date() != next_monday(9).date()
    assert rooms(visit) == ["A"]
    assert cancelled.status == "cancelled"
    assert desk.get(address).context["rows"] == []


def test_a_time_out_of_service_is_taken_back(kind):
    room = ResourceFactory()
    desk = signed_in(Role.RECEPTIONIST)
    _, outage = taken_out(room, desk)
    assert "Repair" in desk.get(page(room)).content.decode()

    response = desk.post(f"{page(room)}{outage.pk}/delete/")

    assert response.headers["Location"] == page(room)
    assert not ResourceOutage.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"), [({"first": ""}, "first"), ({"first": "2030-01-02", "last": "x"}, "last")]
)
def test_a_fault_stands_beside_its_field(typed, field):
    response = signed_in(Role.ADMIN).post(page(ResourceFactory()), typed)

    assert list(response.context["form"].errors) == [field]


def test_doctors_take_no_rooms_out_of_service():
    assert (
        signed_in(DoctorFactory(with_account=True).user).get(page(ResourceFactory())).status_code
        == 403
    )
