"""Making a group session, and changing what it is called and how many places it has."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from appointments.models import Appointment, GroupSession
from appointments.scheduling.set_up import read_set_up
from appointments.services.fitting import fit
from appointments.services.offers import withdraw_offers
from appointments.services.rules import in_utc
from appointments.services.seats import SessionCheck, check_stands, lock_session, taken_seats
from appointments.services.sessions.calendars import (
    check_runs,
    check_takes_sessions,
    check_whole,
    session_alternatives,
    settle_session,
    write_session,
)
from clinic.errors import IN_USE
from doctors.services import lock_doctors

TOO_FEW = "{} take part: there can't be fewer places. Cancel some of them first."


def open_session(session: GroupSession, by: User) -> GroupSession:
    """Save a new group session, which holds the doctor's time and the rooms from now on.

    Any time to come will do, as for staff who book a visit. Buffers, price, place and rooms follow
    from its visit type, and without `ends_at` the length, too. Raises NotAllowed, and
    ValidationError as `book()` does: field errors, `doctor_inactive`, `doctor_double_booked`,
    `resource_double_booked`.
    """
    session.starts_at = in_utc(session.starts_at)
    if session.ends_at is not None:
        session.ends_at = in_utc(session.ends_at)
    with session_alternatives(session, by), transaction.atomic():
        active = lock_doctors([session.doctor_id])
        check_runs(session, by)
        check_takes_sessions(session, active)
        set_up = read_set_up(session.service_id)
        wanted = fit(session, by, set_up)
        session.created_by = by
        session.booked_at = timezone.now()
        check_whole(session)
        rooms = settle_session(session, wanted, set_up)
        write_session(session, rooms)
        withdraw_offers(session)
    return session


@transaction.atomic
def change_session(
    session: GroupSession,
    by: User,
    *,
    capacity: int | None = None,
    title: str | None = None,
    check: SessionCheck | None = None,
) -> GroupSession:
    """Give a session another number of places, or another name. `check` may refuse what has
    changed since it was shown.

    Raises NotAllowed, and ValidationError: field errors, `in_use` where more take part.
    """
    lock_doctors([session.doctor_id])
    current = lock_session(session, check)
    check_stands(current)
    check_runs(current, by)
    current.capacity = current.capacity if capacity is None else capacity
    current.title = current.title if title is None else title
    check_whole(current)
    taken = taken_seats(current)
    if len(taken) > current.capacity:
        fault = ValidationError(TOO_FEW.format(len(taken)), code=IN_USE)
        raise ValidationError({"capacity": fault})
    current.save(update_fields=["capacity", "title", "updated_at"])
    move_up(current, taken)
    return current


def move_up(session: GroupSession, taken: set[int]) -> None:
    """Who has a place that there isn't any more, gets one of those that are left."""
    left = [seat for seat in range(1, session.capacity + 1) if seat not in taken]
    beyond = sorted(seat for seat in taken if seat > session.capacity)
    taking_part = Appointment.objects.holding_time().filter(session=session)
    for seat, other in zip(beyond, left, strict=False):
        taking_part.filter(seat=seat).update(seat=other)
