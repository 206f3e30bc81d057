"""Group sessions through the services: who takes part, moving, cancelling, and taking that back."""

from datetime import timedelta

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import (
    Appointment,
    AppointmentResource,
    GroupSession,
    SlotOffer,
    WaitlistEntry,
)
from appointments.services import sessions
from appointments.tests.factories import (
    AppointmentFactory,
    GroupSessionFactory,
    ParticipantFactory,
    next_monday,
)
from appointments.tests.scheduling import codes, visit
from appointments.transitions import CancelReason, Status
from clinic.errors import NotAllowed
from clinic.models import Notification
from doctors.models import HealthcareService, Location, Resource, ServiceNeed
from doctors.tests.factories import DoctorFactory
from patients.models import CareAssignment, Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
NINE, NOON = next_monday(9), next_monday(12)
HOUR = timedelta(hours=1)


@pytest.fixture
def desk():
    return UserFactory()


def fresh(record):
    return type(record).objects.get(pk=record.pk)


def wished(doctor=None, starts_at=NINE, **fields) -> GroupSession:
    fields.setdefault("ends_at", starts_at + HOUR)
    return GroupSession(doctor=doctor or DoctorFactory(), starts_at=starts_at, capacity=3, **fields)


def joined(session, desk, count=1) -> list[Appointment]:
    return [sessions.add_participant(session, PatientFactory(), desk) for _ in range(count)]


def told(event: str) -> int:
    return Notification.objects.filter(event__startswith=event).count()


def refusal(call, *args, **kwargs) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        call(*args, **kwargs)
    found = codes(refused.value)
    return {"" if name == NON_FIELD_ERRORS else name: of_it for name, of_it in found.items()}


def yoga(**fields) -> HealthcareService:
    """Three quarters of an hour, a quarter to air the room, and one of two rooms at one place."""
    here = Location.objects.create(name="Mill Lane")
    service = HealthcareService.objects.create(
        name="Yoga",
        duration_minutes=45,
        buffer_after_minutes=15,
        price_amount=12,
        price_currency="EUR",
        **fields,
    )
    ServiceNeed.objects.create(service=service, pool="Hall")
    for name in ("East", "West"):
        Resource.objects.create(name=name, pool="Hall", location=here)
    return service


def test_a_session_has_length_buffers_price_place_and_room_of_its_type(desk):
    session = sessions.open_session(wished(service=yoga(), ends_at=None), desk)
    taking_part = joined(session, desk)[0]

    for one in (fresh(session), fresh(taking_part)):
        assert (one.duration_minutes, one.buffer_after_minutes) == (45, 15)
        assert (one.price_text, str(one.location)) == ("12.00 EUR", "Mill Lane")
        assert [room.name for room in one.rooms] == ["East"]
    (held,) = AppointmentResource.objects.all()
    assert (held.session, held.busy_until) == (session, NINE + HOUR)


def test_rooms_are_held_for_the_session_and_free_again_once_it_is_cancelled(desk):
    service = yoga()
    first, second = (sessions.open_session(wished(service=service), desk) for _ in range(2))

    assert refusal(sessions.open_session, wished(service=service), desk) == {
        "starts_at": ["resource_double_booked"]
    }
    sessions.cancel_session(first, desk)
    third = sessions.open_session(wished(service=service), desk)
    assert [room.name for room in third.rooms] == ["East"]
    assert [room.name for room in fresh(second).rooms] == ["West"]
    assert refusal(sessions.restore_session, first, desk) == {
        "starts_at": ["resource_double_booked"]
    }


@pytest.mark.parametrize("minutes", [-29, 0, 59])
def test_a_session_and_a_visit_never_share_their_doctors_time(desk, minutes):
    beside = NINE + timedelta(minutes=minutes)
    taken, session = AppointmentFactory(starts_at=beside), GroupSessionFactory()

    assert refusal(sessions.open_session, wished(taken.doctor), desk) == {
        "starts_at": ["doctor_double_booked"]
    }
    other = visit(session.doctor, PatientFactory(), beside)
    assert refusal(services.book, other, desk) == {"starts_at": ["doctor_double_booked"]}
    assert refusal(sessions.open_session, wished(session.doctor, beside), desk) == {
        "starts_at": ["doctor_double_booked"]
    }


def test_what_is_offered_to_the_waitlist_is_withdrawn_for_a_session(desk):
    entry = WaitlistEntry.objects.create(
        patient=PatientFactory(), doctor=DoctorFactory(), from_date=NINE, to_date=NINE
    )
    offer = entry.offers.create(
        doctor=entry.doctor, starts_at=NINE, ends_at=NINE + HOUR, expires_at=NINE
    )

    sessions.open_session(wished(entry.doctor), desk)

    assert fresh(offer).state == SlotOffer.State.WITHDRAWN


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.PATIENT])
def test_doctors_run_sessions_in_their_own_calendar_and_patients_none(role):
    own = DoctorFactory(with_account=True)
    other = own.user if role == Role.DOCTOR else UserFactory(role=role)
    session = GroupSessionFactory()

    for call in (
        lambda: sessions.open_session(wished(), other),
        lambda: sessions.move_session(session, other, NOON),
        lambda: sessions.cancel_session(session, other),
        lambda: sessions.change_session(session, other, capacity=4),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert sessions.open_session(wished(own, NOON), own.user).created_by == own.user


def test_whoever_takes_part_has_an_appointment_with_all_that_belongs_to_it(desk):
    session = GroupSessionFactory()

    first, second = joined(session, desk, 2)

    assert [one.seat for one in (first, second)] == [1, 2]
    assert first.local_start
    assert fresh(first).history.get().by == desk
    assert CareAssignment.objects.filter(doctor=session.doctor).count() == 2
    assert told("appointment_booked") == 2


def test_the_last_place_is_given_once_and_a_freed_one_again(desk):
    session = GroupSessionFactory(capacity=2)
    first, second = joined(session, desk, 2)

    assert refusal(joined, session, desk) == {"": ["session_full"]}
    sessions.remove_participant(first, desk)
    assert joined(session, desk)[0].seat == 1
    assert refusal(services.correct, first, Status.BOOKED, desk) == {"": ["session_full"]}
    sessions.remove_participant(second, desk)
    assert services.correct(first, Status.BOOKED, desk).seat == 2


@pytest.mark.parametrize("why", ["twice", "elsewhere", "deceased", "merged", "over", "cancelled"])
def test_who_can_not_take_part_is_refused(desk, why):
    session, patient = GroupSessionFactory(), PatientFactory()
    expected = {"starts_at": ["patient_double_booked"]}
    if why == "twice":
        sessions.add_participant(session, patient, desk)
    elif why == "elsewhere":
        AppointmentFactory(patient=patient, starts_at=NINE + HOUR / 2)
    elif why in ("deceased", "merged"):
        changed = {"is_deceased": True} if why == "deceased" else {"merged_into": PatientFactory()}
        Patient.objects.filter(pk=patient.pk).update(**changed)
        expected = {"patient": ["wrong_state"]}
    elif why == "over":
        past = NINE - timedelta(days=30)
        session = GroupSessionFactory(starts_at=past, booked_at=past - HOUR)
        expected = {"starts_at": [None]}
    else:
        session = sessions.cancel_session(session, desk)
        expected = {"": ["wrong_state"]}
    before = set(Appointment.objects.values_list("pk", flat=True))

    assert refusal(sessions.add_participant, session, patient, desk) == expected
    assert set(Appointment.objects.values_list("pk", flat=True)) == before


def test_all_who_take_part_move_along_and_are_told(desk):
    session = GroupSessionFactory()
    first, second, gone = joined(session, desk, 3)
    services.cancel(gone, desk)
    other = DoctorFactory()

    moved = sessions.move_session(session, desk, NOON, timedelta(minutes=45), other)

    for one in (first, second):
        now = fresh(one)
        assert (now.starts_at, now.duration_minutes, now.doctor) == (NOON, 45, other)
        assert (now.sequence, now.history.last().from_starts_at) == (1, NINE)
        assert CareAssignment.objects.filter(patient=one.patient_id, doctor=other).exists()
    assert (moved.sequence, fresh(session).doctor) == (1, other)
    assert (fresh(gone).starts_at, told("appointment_moved")) == (NINE, 2)
    assert sessions.move_session(moved, desk, NOON).sequence == 1
    assert refusal(services.correct, gone, Status.BOOKED, desk) == {"": ["wrong_state"]}


def test_a_session_moves_with_all_or_not_at_all(desk):
    session = GroupSessionFactory()
    joined(session, desk, 2)
    busy = PatientFactory(last_name="Busy")
    sessions.add_participant(session, busy, desk)
    AppointmentFactory(patient=busy, starts_at=NOON)

    with pytest.raises(ValidationError, match="Busy already has an appointment then"):
        sessions.move_session(session, desk, NOON)

    assert codes_of_times() == {NINE}
    assert told("appointment_moved") == 0


def codes_of_times() -> set:
    of_sessions = Appointment.objects.filter(session__isnull=False)
    return set(of_sessions.values_list("starts_at", flat=True)) | set(
        GroupSession.objects.values_list("starts_at", flat=True)
    )


def test_nobody_moves_alone_and_no_session_that_has_begun(desk):
    session = GroupSessionFactory()
    taking_part = joined(session, desk)[0]

    assert refusal(services.reschedule, taking_part, desk, NOON) == {"": ["wrong_state"]}
    services.advance(taking_part, Status.CHECKED_IN, desk, early=True)
    assert refusal(sessions.move_session, session, desk, NOON) == {"": ["wrong_state"]}
    services.advance(taking_part, Status.IN_CONSULTATION, desk)
    assert refusal(sessions.cancel_session, session, desk) == {"": ["wrong_state"]}


def test_a_cancelled_session_cancels_all_and_takes_them_back(desk):
    session = GroupSessionFactory()
    first, second, gone = joined(session, desk, 3)
    services.cancel(gone, desk)

    cancelled = sessions.cancel_session(session, desk, "The hall is flooded")

    assert (cancelled.cancelled_at is None, told("appointment_cancelled")) == (False, 3)
    step = fresh(first).history.last()
    assert (step.to_status, step.reason) == (Status.CANCELLED, "The hall is flooded")
    assert step.reason_code == CancelReason.PROVIDER
    between = services.book(visit(session.doctor, second.patient, NINE), desk)
    assert refusal(sessions.restore_session, session, desk) == {
        "starts_at": ["doctor_double_booked"]
    }
    services.reschedule(between, desk, NINE, doctor=DoctorFactory())
    restored, left_out = sessions.restore_session(session, desk)
    assert (restored.cancelled_at, left_out) == (None, [second])
    assert [fresh(one).status for one in (first, second, gone)] == [
        Status.BOOKED,
        Status.CANCELLED,
        Status.CANCELLED,
    ]
    assert told("appointment_restored") == 1


def test_there_are_never_fewer_places_than_take_part(desk):
    session = GroupSessionFactory(capacity=3)
    first, _, third = joined(session, desk, 3)

    assert refusal(sessions.change_session, session, desk, capacity=2) == {"capacity": ["in_use"]}
    sessions.remove_participant(first, desk)
    changed = sessions.change_session(session, desk, capacity=2, title="Backs")

    assert (changed.capacity, changed.name, fresh(third).seat) == (2, "Backs", 1)
    assert refusal(joined, session, desk) == {"": ["session_full"]}
    for faulty in (1, 31):
        assert "capacity" in refusal(sessions.change_session, session, desk, capacity=faulty)


def test_the_database_keeps_a_place_for_one(desk):
    taking_part = ParticipantFactory()

    with pytest.raises(Exception, match="appointment_seat_once"):
        ParticipantFactory(session=taking_part.session)
