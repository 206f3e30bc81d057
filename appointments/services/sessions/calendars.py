"""What giving a group session its time asks: who may, what it needs, what else would be free."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC
from uuid import UUID

from django.core.exceptions import ValidationError

from accounts.models import User
from appointments.models import AppointmentResource, GroupSession
from appointments.scheduling import availability
from appointments.scheduling.availability import Limits
from appointments.scheduling.set_up import SetUp
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted, wanted_of
from appointments.services.booking import TIME_REFUSED, faults_of
from appointments.services.fitting import hours_place, settle_place
from appointments.services.rooms import RoomChange, change_rooms, give_up
from clinic.days import day_at
from clinic.errors import DOCTOR_DOUBLE_BOOKED, DOCTOR_INACTIVE, NotAllowed, constraint_errors
from clinic.statements import insert_together
from doctors.models import Doctor

KEYS = {"doctor", "service", "location", "created_by"}


def check_runs(session: GroupSession, by: User) -> None:
    """Raise NotAllowed where this user may not have sessions in this calendar."""
    if not by.has_perm("appointments.change_groupsession"):
        raise NotAllowed("Only staff run group sessions.")
    manages = by.has_perm("appointments.manage_all_appointment")
    if not manages and session.doctor.user_id != by.pk:
        raise NotAllowed("Doctors run sessions in their own calendar only.")


def check_takes_sessions(session: GroupSession, active: Iterable[UUID]) -> None:
    if session.doctor_id not in active:
        sentence = "This doctor takes no appointments at present."
        raise ValidationError({"doctor": ValidationError(sentence, code=DOCTOR_INACTIVE)})


def check_whole(session: GroupSession) -> None:
    """Raise ValidationError of faulty fields. Its keys exist, and the database checks the rest as
    it writes."""
    session.full_clean(exclude=KEYS, validate_unique=False, validate_constraints=False)


def settle_session(
    session: GroupSession,
    wanted: Wanted,
    set_up: SetUp,
    has: Iterable[AppointmentResource] = (),
) -> RoomChange:
    """Where the session takes place, and in which rooms. Its doctor must be
    locked."""
    hours_at = hours_place(session, wanted, set_up)
    settle_place(session, wanted, set_up, hours_at, kept=session.location_id)
    return change_rooms(session, wanted, set_up, has)


def write_session(session: GroupSession, rooms: RoomChange, names: Iterable[str] = ()) -> None:
    """Write a new session, or these fields of one, and its rooms. The caller's own transaction
    ends with what is raised."""
    with constraint_errors(
        session, AppointmentResource, deadlock_code=DOCTOR_DOUBLE_BOOKED, in_whole=True
    ):
        give_up(rooms.gone)
        if session._state.adding:
            session.save(force_insert=True)
        else:
            session.save(update_fields=names)
        if rooms.new:
            insert_together(*rooms.new)


@contextmanager
def session_alternatives(session: GroupSession, by: User) -> Iterator[None]:
    """Where the time is refused, look for free ones near it, once nothing is locked any more."""
    try:
        yield
    except ValidationError as error:
        codes = {fault.code for fault in faults_of(error)}
        error.alternatives = (  # type: ignore[attr-defined]
            nearest_to(session, by) if codes & TIME_REFUSED else None
        )
        raise


def nearest_to(session: GroupSession, by: User) -> list[availability.Slot]:
    period = Period(session.starts_at.astimezone(UTC), session.ends_at.astimezone(UTC))
    return availability.nearest(session.doctor_id, period, Limits.of(by), wanted=wanted_of(session))


def session_warnings(session: GroupSession) -> list[str]:
    """The codes of what staff should know about the time (see `availability.WARNINGS`)."""
    first, last = day_at(session.starts_at), day_at(session.ends_at)
    own = Doctor.objects.filter(pk=session.doctor_id)
    calendar = availability.load_calendars(own, first, last)[session.doctor_id]
    return calendar.warnings(Period(session.starts_at, session.ends_at), wanted_of(session))
