"""Giving an appointment its time: the one way into a calendar."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, AppointmentChange, AppointmentResource
from appointments.scheduling import availability
from appointments.scheduling.availability import DoctorCalendar
from appointments.scheduling.set_up import SetUp
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted, of_visit
from appointments.services.calendars import lock_calendars
from appointments.services.care import end_care_later
from appointments.services.fitting import fit, fit_move, hours_place, settle_place
from appointments.services.offers import settle_and_tell
from appointments.services.records import (
    Check,
    change_of,
    keep_history,
    keep_rooms,
    lock_appointment,
    offer_freed_time,
    wrong_state,
)
from appointments.services.rooms import (
    NO_ROOMS,
    RoomChange,
    change_rooms,
    give_up,
    rooms_of,
)
from appointments.services.rules import (
    Calendars,
    check_active,
    check_allowed,
    check_not_paused,
    check_notice,
    check_visits_ahead,
    deceased,
    in_utc,
    is_patient,
)
from appointments.transitions import Status
from clinic.errors import (
    DOCTOR_DOUBLE_BOOKED,
    PATIENT_DOUBLE_BOOKED,
    RESOURCE_DOUBLE_BOOKED,
    WRONG_STATE,
    constraint_errors,
    gone_errors,
    violation,
)
from clinic.statements import insert_together
from doctors.models import Doctor, Location
from patients.models import CareAssignment
from patients.services import bring_into_use

TAKES_PART = _("This visit is part of a group session: it can't be moved on its own.")
NO_SLOT = "no_free_slot"
# What giving a booked visit another time changes of it.
PLACE = (
    "doctor",
    "location",
    "starts_at",
    "ends_at",
    "local_start",
    "time_zone",
    "booked_at",
    "overbook_reason",
    "sequence",
    "updated_at",
)
TIME_REFUSED = {DOCTOR_DOUBLE_BOOKED, PATIENT_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED, NO_SLOT}


class Keep(Enum):
    """Says that nothing else is asked for than what there is."""

    PLACE = "place"


KEEP_PLACE = Keep.PLACE
KEYS = {"doctor", "patient", "created_by", "service", "location", "series", "session"}


def book(appointment: Appointment, by: User | None) -> Appointment:
    """Save a new appointment, its history and what is owed to the patient, or do none of it.

    Its `service` and `location` are what is asked for, if anything is; buffers, price, the place
    and the rooms follow from them, and without `ends_at` the length, too. An `overbook_reason`
    lets it share its time with others, never its rooms. Raises ValidationError (field errors,
    `doctor_inactive`, `no_free_slot`, or the violated constraint's own sentence and code; where
    the time is what was refused, its `alternatives` are free ones) and NotAllowed.
    """
    appointment.starts_at = in_utc(appointment.starts_at)
    if appointment.ends_at is not None:
        appointment.ends_at = in_utc(appointment.ends_at)
    with alternatives(appointment, by, appointment.location_id) as read, transaction.atomic():
        doctors = [appointment.doctor_id]
        locked = lock_calendars(doctors, appointment.patient_id, appointment.service_id)
        read.append(locked.set_up)
        check_allowed(appointment, by)
        wanted = fit(appointment, by, locked.set_up)
        appointment.created_by = by
        place(appointment, by, locked, change_of(appointment, by, before=None), wanted)
        bring_into_use(appointment.patient)
        settle_and_tell(appointment, "appointment_booked", tasks.send_confirmation)
    return appointment


def reschedule(
    appointment: Appointment,
    by: User | None,
    starts_at: datetime,
    duration: timedelta | None = None,
    doctor: Doctor | None = None,
    overbook_reason: str = "",
    check: Check | None = None,
    location: Location | Keep | None = KEEP_PLACE,
) -> Appointment:
    """Move a booked appointment to another time, length, doctor or place. It keeps its id.

    Of what it was booked with, it keeps the buffers and the price, and the length where no other
    is named. It takes place where the hours say that it then begins in, else where it was; or at
    `location`, None being wherever it can. Its rooms it keeps where they are free. The old time is
    freed in the same transaction; where nothing changes, nobody is told. `check` may refuse what
    has changed since it was shown. Raises as `book()` does, and ValidationError (`wrong_state`)
    where it isn't booked any more, or is part of a session.
    """
    asked = location.pk if isinstance(location, Location) else None
    wish = moved_to(appointment, starts_at, duration, doctor, overbook_reason, location)
    with alternatives(wish, by, asked) as read, transaction.atomic():
        doctors = {appointment.doctor_id, wish.doctor_id}
        locked = lock_calendars(doctors, appointment.patient_id, appointment.service_id)
        read.append(locked.set_up)
        before = lock_appointment(appointment, check)
        check_movable(before, appointment, by)
        moved = moved_to(before, starts_at, duration, wish.doctor, overbook_reason, location)
        if has_same_place(moved, before):
            return before
        moved.sequence += 1
        check_allowed(moved, by)
        wanted = fit_move(moved, before, by, locked.set_up, keeps_place=isinstance(location, Keep))
        place(moved, by, locked, change_of(moved, by, before), wanted)
        settle_and_tell(moved, "appointment_moved", tasks.send_change)
        offer_freed_time(before)
        if moved.doctor_id != before.doctor_id:
            end_care_later(before)
    return moved


def moved_to(
    appointment: Appointment,
    starts_at: datetime,
    duration: timedelta | None,
    doctor: Doctor | None,
    overbook_reason: str,
    location: Location | Keep | None,
) -> Appointment:
    """A copy of it then and there, as long as it is where no length is named."""
    moved = copy(appointment)
    moved.doctor, moved.overbook_reason = doctor or appointment.doctor, overbook_reason
    moved.starts_at = in_utc(starts_at)
    moved.ends_at = moved.starts_at + (duration or appointment.duration)
    if not isinstance(location, Keep):
        moved.location = location
    return moved


def check_movable(before: Appointment, known: Appointment, by: User | None) -> None:
    """Raise ValidationError (`wrong_state`) or NotAllowed of a visit that can't be moved, or not
    as the one that was `known` to whoever asks."""
    if before.status != Status.BOOKED or before.doctor_id != known.doctor_id:
        raise wrong_state(before, gettext("moved"))
    if before.session_id is not None:
        raise ValidationError(TAKES_PART, code=WRONG_STATE)
    check_notice(before, by)


def has_same_place(moved: Appointment, before: Appointment) -> bool:
    """Is nothing to be changed? Where no place is named, any is as good."""
    names = ["doctor_id", "starts_at", "ends_at", "overbook_reason"]
    names += ["location_id"] if moved.location_id is not None else []
    return all(getattr(moved, name) == getattr(before, name) for name in names)


@contextmanager
def alternatives(
    appointment: Appointment, by: User | None, asked: UUID | None
) -> Iterator[list[SetUp]]:
    """Where the time is refused, look for free ones near it, once nothing is locked any more; at
    the place that is `asked` for, or at any. The caller adds what is set up of the visit's type to
    the list that it gets, and ends its transaction in here."""
    read: list[SetUp] = []
    try:
        with gone_errors():
            yield read
    except ValidationError as error:
        codes = {fault.code for fault in faults_of(error)}
        found = None
        if codes & TIME_REFUSED:
            wanted = of_visit(appointment, read[0].wanted).at(asked)
            found = availability.alternatives_to(appointment, by, wanted)
        error.alternatives = found  # type: ignore[attr-defined]
        raise


def faults_of(error: ValidationError) -> Iterator[ValidationError]:
    if hasattr(error, "error_dict"):
        for faults in error.error_dict.values():
            yield from faults
    else:
        yield from error.error_list


def place(
    appointment: Appointment,
    by: User | None,
    locked: Calendars,
    change: AppointmentChange,
    wanted: Wanted | None = None,
) -> None:
    """Give the appointment its time, place and rooms, and write down that change. The calendars
    are locked. `wanted` is what `fit()` says that it is to be; None: it is part of a session, which
    has all that.

    From then on the doctor looks after the patient. Where somebody on the waitlist is offered the
    time, the caller withdraws that. The caller's own transaction ends with what is raised.
    """
    now = timezone.now()
    appointment.booked_at = now
    # The rows are locked and exist, and the database checks keys and constraints as it writes.
    appointment.full_clean(exclude=KEYS, validate_unique=False, validate_constraints=False)
    if locked.is_deceased:
        raise deceased()
    check_not_paused(locked.is_paused, by)
    check_active(appointment, locked)
    rooms = NO_ROOMS
    if wanted is not None:
        rooms = find_place_and_rooms(appointment, by, locked, wanted)
    local = timezone.localtime(appointment.starts_at)
    appointment.local_start = f"{local:%Y-%m-%dT%H:%M}"
    appointment.time_zone = settings.TIME_ZONE
    care = CareAssignment(
        doctor=appointment.doctor, patient=appointment.patient, assigned_by=by, by_booking=True
    )
    with constraint_errors(
        appointment, AppointmentResource, deadlock_code=DOCTOR_DOUBLE_BOOKED, in_whole=True
    ):
        if appointment._state.adding:
            insert_together(appointment, care, *rooms.new, change, once=(care,))
            keep_history(appointment, change)
        else:
            give_up(rooms.gone)
            appointment.save(update_fields=PLACE)
            insert_together(care, *rooms.new, change, once=(care,))
    if wanted is not None:
        keep_rooms(appointment, rooms.all)


def find_place_and_rooms(
    appointment: Appointment, by: User | None, locked: Calendars, wanted: Wanted
) -> RoomChange:
    """Where the appointment takes place, and in which rooms. A patient's must be a free time."""
    if is_patient(by):
        calendar = check_is_free(appointment, by, wanted)
        hours_at = calendar.place_at(appointment.starts_at, wanted)
    else:
        hours_at = hours_place(appointment, wanted, locked.set_up)
    settle_place(appointment, wanted, locked.set_up, hours_at, kept=appointment.location_id)
    has = () if appointment._state.adding else rooms_of(appointment)
    return change_rooms(appointment, wanted, locked.set_up, has)


def check_is_free(
    appointment: Appointment, by: User | None, wanted: Wanted, *, is_limited: bool = True
) -> DoctorCalendar:
    """Raise ValidationError where this is none of the free times that patients can book or, with
    `is_limited`, where the patient has as many visits ahead as patients may. The calendars must be
    locked. Returns the doctor's.

    Times that only overbooked visits hold are taken, too: the constraint lets them pass.
    """
    calendar, ahead = availability.known_of(appointment)
    if is_limited:
        check_visits_ahead(appointment, ahead)
    period = Period(appointment.starts_at, appointment.ends_at)
    if not availability.is_slot(calendar, period, by, wanted):
        sentence = _("This is none of the free times that can be booked.")
        raise ValidationError({"starts_at": ValidationError(sentence, code=NO_SLOT)})
    held = Period(appointment.holds_from, appointment.holds_until)
    if any(map(held.overlaps, calendar.visits)):
        taken = violation(appointment, "violation_error_code", DOCTOR_DOUBLE_BOOKED)
        raise taken or AssertionError("The constraint is gone.")
    return calendar
