"""Free times of a visit type, at a place, with rooms: `service_id` and `location_id`."""

from datetime import time, timedelta

import pytest

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import (
    Appointment,
    AppointmentResource,
    GroupSession,
    SlotOffer,
    WaitlistEntry,
)
from appointments.scheduling import availability
from appointments.scheduling.availability import wanted_for
from appointments.scheduling.gaps import next_gap
from appointments.services.absences import propose
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working, patient_online
from appointments.tests.test_slots_api import clock, path, starts
from clinic.tests.problems import V1, check_problem
from doctors.models import (
    ExtraHours,
    HoursService,
    ResourceOutage,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
    WorkingHours,
)
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
    WorkingHoursFactory,
)
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
MONDAY = next_monday(12).date()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def doctor():
    return WorkingHoursFactory(starts=time(9), ends=time(12)).doctor


def service(length=30, before=0, after=0, pools=(), **fields):
    found = HealthcareServiceFactory(
        duration_minutes=length,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        **fields,
    )
    for pool in pools:
        ServiceNeed.objects.create(service=found, pool=pool)
    return found


def visit(doctor, start: str, length=30, before=0, after=0, **fields) -> Appointment:
    return AppointmentFactory(
        doctor=doctor,
        starts_at=clock(start),
        ends_at=clock(start) + length * MINUTE,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        **fields,
    )


def in_room(room, start: str, doctor=None) -> Appointment:
    """A visit that holds the room, to another doctor."""
    taken = visit(doctor or DoctorFactory(), start, after=10)
    AppointmentResource.objects.create(
        resource=room, appointment=taken, busy_from=taken.holds_from, busy_until=taken.holds_until
    )
    return taken


def asked(kind=None, place=None, **more) -> dict:
    query = {"date": str(MONDAY), **more}
    query |= {"service_id": str(kind.pk)} if kind else {}
    return query | ({"location_id": str(place.pk)} if place else {})


def test_times_are_as_long_as_the_type_is_with_the_doctor_who_offers_it(api, doctor):
    kind = service(45)
    assert starts(api().get(path(doctor), asked(kind))) == ["09:00", "09:45", "10:30", "11:15"]

    own = ServiceDoctor.objects.create(service=kind, doctor=doctor, duration_minutes=90)
    other = WorkingHoursFactory(starts=time(9), ends=time(10)).doctor
    assert starts(api().get(path(doctor), asked(kind))) == ["09:00", "10:30"]
    assert starts(api().get(path(other), asked(kind))) == []
    told = api().get(f"{V1}/slots", asked(kind)).json()
    assert {slot["doctor_id"] for slot in told} == {str(doctor.pk)}

    own.delete()
    assert len(api().get(f"{V1}/slots", asked(kind)).json()) == 5


def test_buffers_stay_clear_of_all_that_holds_time_and_may_reach_beyond_the_hours(api, doctor):
    kind = service(30, before=10, after=15)
    visit(doctor, "10:30", after=5)

    # 10:00 would hold until 10:45, and 11:00 from 10:50; 11:30 until 12:15.
    assert starts(api().get(path(doctor), asked(kind))) == ["09:00", "09:30", "11:30"]


@pytest.mark.parametrize("of_what", ["visit", "offer", "session", "absence", "own visit"])
def test_what_holds_time_keeps_its_buffers_but_an_absence_and_the_patients_own_visit(
    doctor, of_what
):
    """At 10:00, for half an hour, with 15 minutes kept free on each side. The type looked for has
    15 minutes after it."""
    kind = wanted_for(service(30, after=15).pk)
    patient = PatientFactory()
    times = {"starts_at": clock("10:00"), "ends_at": clock("10:30")}
    held = {"buffer_before_minutes": 15, "buffer_after_minutes": 15}
    if of_what == "visit":
        visit(doctor, "10:00", before=15, after=15)
    elif of_what == "offer":
        days = {"from_date": MONDAY, "to_date": MONDAY}
        entry = WaitlistEntry.objects.create(patient=PatientFactory(), doctor=doctor, **days)
        SlotOffer.objects.create(
            entry=entry, doctor=doctor, expires_at=clock("09:00"), **times, **held
        )
    elif of_what == "session":
        session = GroupSession.objects.create(doctor=doctor, capacity=5, **times, **held)
        taken = AppointmentFactory.build(doctor=doctor, session=session, seat=1, **times, **held)
        taken.patient.save()
        taken.save()
    elif of_what == "absence":
        doctor.absences.create(**times)
    else:
        visit(DoctorFactory(), "10:00", before=15, after=15, patient=patient)
    own = availability.own_visits(patient.pk, MONDAY, MONDAY)

    found = availability.free(
        doctor.pk, MONDAY, 1, availability.Limits.of(UserFactory()), busy=own, wanted=kind
    )

    local = [f"{slot.starts_at.astimezone(clock('10:00').tzinfo):%H:%M}" for slot in found]
    is_held = of_what in ("visit", "offer", "session")
    free = ["09:00", "11:00", "11:30"] if is_held else ["09:00", "09:30", "10:30", "11:00", "11:30"]
    assert local == free


def test_hours_say_where_and_for_what_a_slot_is(api):
    doctor = DoctorFactory()
    north, south = LocationFactory(name="North"), LocationFactory(name="South")
    kind, other = service(60), service(60)
    hours = [("09:00", "10:00", north), ("10:00", "11:00", None), ("11:00", "12:00", south)]
    spans = [
        WorkingHours.objects.create(
            doctor=doctor, weekday=0, starts=starts_at, ends=ends_at, location=place
        )
        for starts_at, ends_at, place in hours
    ]
    HoursService.objects.create(hours=spans[2], service=kind)
    ExtraHours.objects.create(
        doctor=doctor, starts_at=clock("13:00"), ends_at=clock("14:00"), location=south
    )

    def told(kind=None, place=None) -> list[tuple[str, str | None]]:
        response = api().get(path(doctor), asked(kind, place, **({} if kind else {"duration": 60})))
        places = {str(north.pk): "north", str(south.pk): "south", None: None}
        where = [places[slot["location_id"]] for slot in response.json()]
        return list(zip(starts(response), where, strict=True))

    morning, open_to_all = [("09:00", "north"), ("10:00", None)], [("13:00", "south")]
    assert told() == told(other) == morning + open_to_all
    assert told(kind) == [*morning, ("11:00", "south"), *open_to_all]
    assert told(kind, north) == [("09:00", "north"), ("10:00", "north")]
    assert told(kind, south) == [("10:00", "south"), ("11:00", "south"), ("13:00", "south")]
    ServiceLocation.objects.create(service=kind, location=south)
    assert told(kind) == [("10:00", "south"), ("11:00", "south"), ("13:00", "south")]
    assert told(kind, north) == []


def test_the_only_place_in_use_is_where_every_time_is(api, doctor):
    only = LocationFactory()
    assert {slot["location_id"] for slot in api().get(path(doctor), asked()).json()} == {
        str(only.pk)
    }
    LocationFactory()
    assert {slot["location_id"] for slot in api().get(path(doctor), asked()).json()} == {None}


def test_a_time_is_free_only_while_a_room_of_each_pool_is(api, doctor):
    north, south = LocationFactory(name="North"), LocationFactory(name="South")
    kind = service(30, after=10, pools=["Ultrasound", "Couch"])
    first = ResourceFactory(pool="Ultrasound", location=north)
    second = ResourceFactory(pool="Ultrasound", location=south)
    ResourceFactory(pool="Couch", location=None)
    in_room(first, "09:00")
    ResourceOutage.objects.create(resource=second, starts_at=clock("09:35"), ends_at=clock("10:10"))

    response = api().get(path(doctor), asked(kind))

    # Until 9:40 the first is taken, and from 9:35 the second, which 9:00 would hold until 9:40.
    assert starts(response) == ["10:00", "10:30", "11:00", "11:30"]
    assert {slot["location_id"] for slot in response.json()} == {str(north.pk)}
    southern = starts(api().get(path(doctor), asked(kind, south)))
    assert southern == ["10:30", "11:00", "11:30"]
    # Of no other room of the pool, and none elsewhere.
    for room in (first, second):
        room.is_active = False
        room.save()
    assert starts(api().get(path(doctor), asked(kind))) == []


@pytest.mark.parametrize(
    ("by", "fields", "query", "field"),
    [
        (None, {"is_online": False}, {}, "service_id"),
        (None, {"is_active": False}, {}, "service_id"),
        (Role.RECEPTIONIST, {"is_active": False}, {}, "service_id"),
        (Role.PATIENT, {"is_online": False}, {}, "service_id"),
        (None, {}, {"service_id": "x"}, "service_id"),
        (None, {}, {"service_id": "0190c6a0-0000-7000-8000-000000000000"}, "service_id"),
        (None, {}, {"location_id": "0190c6a0-0000-7000-8000-000000000000"}, "location_id"),
        (None, {}, {"location_id": "north"}, "location_id"),
        (Role.PATIENT, {}, {"duration": 30}, "duration"),
    ],
)
def test_what_cannot_be_asked_for(api, doctor, by, fields, query, field):
    kind = service(30, **fields)
    user = None
    if by:
        user = patient_online().user if by == Role.PATIENT else UserFactory(role=by)
    client = api(user) if user else api()

    for address in (path(doctor), f"{V1}/slots"):
        response = client.get(address, asked(kind) | query)
        check_problem(response, 422, "validation_error", field)


def test_staff_ask_for_another_length_and_for_types_that_are_not_online(api, doctor):
    client = api(UserFactory(role=Role.RECEPTIONIST))
    kind = service(30, is_online=False)

    assert starts(client.get(path(doctor), asked(kind, duration=90))) == ["09:00", "10:30"]


def test_a_walk_in_of_a_type_gets_the_first_gap_that_holds_its_buffers_and_a_room(doctor):
    kind = service(20, before=5, after=10, pools=["Ultrasound"])
    room = ResourceFactory(pool="Ultrasound")
    visit(doctor, "09:30")
    in_room(room, "10:00")  # Until 10:40.
    wanted = wanted_for(kind.pk)
    calendar = availability.load_calendars(
        type(doctor).objects.filter(pk=doctor.pk), MONDAY, MONDAY
    )
    rooms = availability.rooms_for([wanted], MONDAY, MONDAY)

    found = next_gap(calendar[doctor.pk], MONDAY, clock("08:00"), wanted, rooms)
    late = next_gap(calendar[doctor.pk], MONDAY, clock("09:02"), wanted, rooms)

    assert found.period == (clock("09:00"), clock("09:20"))
    assert late.period == (clock("10:45"), clock("11:05"))


def test_affected_visits_are_offered_what_they_were_booked_with_and_no_room_twice(doctor):
    """Two visits with scanners, of which there are two; in the first free hour one is left."""
    kind = service(60, pools=["Ultrasound"])
    first, second = (ResourceFactory(pool="Ultrasound", name=name) for name in "AB")
    colleague = doctor_working("09:00-12:00", weekdays=[0], specialization=doctor.specialization)
    third = doctor_working("09:00-12:00", weekdays=[0], specialization=doctor.specialization)
    visits = []
    for one, room in ((doctor, first), (third, second)):
        booked = visit(one, "09:00", 60, service=kind)
        AppointmentResource.objects.create(
            resource=room,
            appointment=booked,
            busy_from=booked.busy_from,
            busy_until=booked.busy_until,
        )
        visits.append(booked)
    in_room(second, "10:00")  # Until 10:40.

    one, other = propose(visits)

    assert one.same_doctor.starts_at == clock("10:00")
    # With another doctor it keeps its time and its own room.
    assert one.colleague.starts_at == clock("09:00")
    # Another doctor is free at ten, but no room is: until it was given away, one was.
    assert other.same_doctor.starts_at == clock("11:00")
    assert other.colleague.starts_at == clock("11:00")  # In the other room.
    assert colleague.pk in {one.colleague.doctor_id, other.colleague.doctor_id}


def test_staff_are_told_of_another_place_and_of_hours_for_other_types():
    doctor = DoctorFactory()
    north, south = LocationFactory(), LocationFactory()
    kind = service(30)
    hours = WorkingHoursFactory(doctor=doctor, starts=time(9), ends=time(12), location=north)
    HoursService.objects.create(hours=hours, service=kind)

    def codes(**fields) -> list[str]:
        wish = Appointment(
            doctor=doctor,
            patient=PatientFactory(),
            starts_at=clock("09:00"),
            ends_at=clock("09:30"),
            **fields,
        )
        return availability.warnings_for(wish)

    assert codes(service=kind) == codes(service=kind, location=north) == []
    assert codes(service=kind, location=south) == ["other_place"]
    assert codes() == ["for_other_services"]
    assert codes(service=service(30, for_new_patients="never")) == [
        "for_other_services",
        "for_known_patients",
    ]


@pytest.mark.parametrize("differ", [None, "place", "types"])
def test_hours_over_midnight_are_one_shift_only_where_they_are_for_the_same(api, differ):
    doctor, kind = DoctorFactory(), service(45)
    north, south = LocationFactory(), LocationFactory()
    late = WorkingHoursFactory(doctor=doctor, starts=time(22), ends=time(0), location=north)
    where = south if differ == "place" else north
    early = {"weekday": 1, "starts": time(0), "ends": time(1, 30)}
    HoursService.objects.create(hours=late, service=kind)
    night = WorkingHoursFactory(doctor=doctor, location=where, **early)
    if differ != "types":
        HoursService.objects.create(hours=night, service=kind)

    found = starts(api().get(path(doctor), asked(kind, days=2)))

    after_midnight = ["00:00", "00:45"] if differ else ["23:30", "00:15"]
    assert found == ["22:00", "22:45", *after_midnight]
