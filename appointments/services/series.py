"""Series of visits: looked at before they are booked, and booked at once or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, AppointmentSeries, SeriesDate
from appointments.scheduling.calendars import Limits, Slot
from appointments.scheduling.conflicts import REPLACED_WITHIN, Occurrence, read_diary
from appointments.scheduling.recurrence import Rule, clock_text, occurrences, read_rule
from appointments.scheduling.set_up import read_set_up
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted
from appointments.services.booking import place
from appointments.services.calendars import lock_calendars
from appointments.services.fitting import fit
from appointments.services.offers import end_waiting, waitlist_statement, withdraw_offers
from appointments.services.records import change_of, tell_of_series
from appointments.services.rules import (
    Calendars,
    check_active,
    check_allowed,
    deceased,
    in_utc,
    is_patient,
)
from clinic.days import TOO_FAR, is_too_far, moment_text
from clinic.errors import WRONG_STATE, NotAllowed
from patients.services import bring_into_use

REFUSE, SKIP, NEAREST = "refuse", "skip", "nearest"
ON_CONFLICT = {
    REFUSE: "All dates or none.",
    SKIP: "Those that are free.",
    NEAREST: "For each of the others the nearest free time, at most a week from it.",
}
FULL_MINUTE = "The visits of a series begin at a full minute."
NOT_ONLINE = "Series of visits are booked and moved by the clinic."
STALE = "These are not the dates of this rule any more: look at them once more."
TOO_DISTANT = "A visit may be at most a week from its date by the rule."

T = TypeVar("T")
# What somebody chose for dates of the rule: another time, or None for no visit.
Choices = Mapping[datetime, datetime | None]


class Wish(NamedTuple):
    """What is to be booked: the rule and its dates, and what each visit is to be."""

    rule: Rule
    starts: list[datetime]
    wanted: Wanted


class Outcome(NamedTuple):
    """A date of the rule and what is done about it: a visit then or at another time, or none."""

    date: datetime
    starts_at: datetime | None
    conflict: str = ""  # Why it isn't the date itself; empty where somebody chose so.


def preview(appointment: Appointment, rule: str, by: User) -> list[Occurrence]:
    """The dates of a series that begins with this appointment, each with what stands in its way.

    Nothing is written or locked. Raises as `book_series()` does, but for the conflicts.
    """
    patient, doctor = appointment.patient, appointment.doctor
    active = frozenset({doctor.pk} if doctor.is_active else ())
    known = Calendars(active, patient.is_deceased, read_set_up(appointment.service_id))
    wish = check_wish(appointment, rule, by, known)
    return look_at(appointment, wish.starts, wish.wanted, by)


def book_series(
    appointment: Appointment,
    rule: str,
    by: User,
    on_conflict: str = REFUSE,
    choices: Choices | None = None,
) -> AppointmentSeries:
    """Book the visits of a series that begins with this appointment, and owe one mail of them.

    `rule` is an RRULE of RFC 5545 (see `recurrence`). With `choices`, what was chosen for single
    dates holds, and a conflict of what is left refuses all. Raises NotAllowed and ValidationError:
    field errors, those of the rule on `rule`, `doctor_inactive`, or the code of the first conflict;
    the error's `occurrences` are all dates then.
    """
    with transaction.atomic():
        doctors = [appointment.doctor_id]
        locked = lock_calendars(doctors, appointment.patient_id, appointment.service_id)
        wish = check_wish(appointment, rule, by, locked)
        outcomes = decide_dates(appointment, wish, by, on_conflict, choices or {})
        series = AppointmentSeries(
            doctor=appointment.doctor,
            patient=appointment.patient,
            rule=str(wish.rule),
            created_by=by,
        )
        series.full_clean(exclude={"doctor", "patient", "created_by"})
        series.save(force_insert=True)
        dates = [book_date(appointment, series, outcome, by, locked) for outcome in outcomes]
        SeriesDate.objects.bulk_create(dates)
        settle_waitlist([date.appointment for date in dates if date.appointment])
        bring_into_use(appointment.patient)
        tell_of_series(series, "series_booked", tasks.send_series_confirmation)
    return series


def check_wish(appointment: Appointment, rule: str, by: User, known: Calendars) -> Wish:
    """Give the appointment what its type says, and read the rule. Raises ValidationError with all
    faults of both, and NotAllowed."""
    if is_patient(by):
        raise NotAllowed(NOT_ONLINE)
    appointment.starts_at = in_utc(appointment.starts_at)
    if appointment.ends_at is not None:
        appointment.ends_at = in_utc(appointment.ends_at)
    check_allowed(appointment, by)
    if known.is_deceased:
        raise deceased()
    check_active(appointment, known)
    faults: dict[str, list] = {}
    wanted = attempted(lambda: fit(appointment, by, known.set_up), faults)
    read = attempted(lambda: read_rule(rule), faults)
    if appointment.ends_at is not None:
        attempted(appointment.clean, faults)
    attempted(lambda: check_full_minute(appointment.starts_at), faults)
    if faults or wanted is None or read is None:
        raise ValidationError(faults)
    starts = occurrences(read, appointment.starts_at, timezone.get_default_timezone())
    if is_too_far(starts[-1]):
        raise ValidationError({"rule": TOO_FAR})
    return Wish(read, starts, wanted)


def attempted(check: Callable[[], T], faults: dict[str, list]) -> T | None:
    try:
        return check()
    except ValidationError as error:
        error.update_error_dict(faults)
        return None


def check_full_minute(starts_at: datetime) -> None:
    if starts_at.second or starts_at.microsecond:
        raise ValidationError({"starts_at": FULL_MINUTE})


def look_at(
    appointment: Appointment, starts: Sequence[datetime], wanted: Wanted, by: User
) -> list[Occurrence]:
    length = appointment.ends_at - appointment.starts_at
    diary = read_diary(appointment, starts, wanted)
    return diary.judged([Period(at, at + length) for at in starts], Limits.of(by))


def decide_dates(
    appointment: Appointment, wish: Wish, by: User, on_conflict: str, choices: Choices
) -> list[Outcome]:
    """What is done about each date. Raises ValidationError where that is nothing at all, or a
    conflict is to refuse all."""
    chosen = chosen_times(wish.starts, choices)
    times = [at for at in chosen.values() if at is not None]
    if not times:
        raise ValidationError("No date is left to be booked.", code=WRONG_STATE)
    found = dict(zip(times, look_at(appointment, times, wish.wanted, by), strict=True))
    refused = [one for one in found.values() if one.conflict]
    if refused and (on_conflict == REFUSE or choices):
        raise refusal(list(found.values()))
    outcomes = []
    for date, at in chosen.items():
        one = found[at] if at is not None else None
        if one is None or not one.conflict:
            outcomes.append(Outcome(date, at))
        else:
            slot: Slot | None = one.nearest if on_conflict == NEAREST else None
            outcomes.append(Outcome(date, slot.starts_at if slot else None, one.conflict))
    if not any(outcome.starts_at for outcome in outcomes):
        raise refusal(list(found.values()))
    return outcomes


def chosen_times(starts: Iterable[datetime], choices: Choices) -> dict[datetime, datetime | None]:
    """By each date of the rule, when its visit is to be; None: there is to be none."""
    chosen: dict[datetime, datetime | None] = {at: at for at in starts}
    for date, at in choices.items():
        if date not in chosen:
            raise ValidationError(STALE, code=WRONG_STATE)
        if at is not None:
            check_full_minute(at)
            if abs(at - date) > REPLACED_WITHIN + timedelta(days=1):
                raise ValidationError({"starts_at": TOO_DISTANT})
        chosen[date] = at and at.astimezone(UTC)
    times = [at for at in chosen.values() if at is not None]
    if len(set(times)) < len(times):
        raise ValidationError({"starts_at": "Two visits of the series are at the same time."})
    return chosen


def refusal(found: Sequence[Occurrence]) -> ValidationError:
    """Why a series can't be had, with the code of its first conflict."""
    refused = [one for one in found if one.conflict]
    told = " ".join(f"{moment_text(one.starts_at)}: {one.sentence}" for one in refused[:3])
    more = f" And {len(refused) - 3} more." if len(refused) > 3 else ""
    sentence = f"{len(refused)} of {len(found)} dates can't be had. {told}{more}"
    error = ValidationError({"starts_at": ValidationError(sentence, code=refused[0].conflict)})
    error.occurrences = found  # type: ignore[attr-defined]
    return error


def book_date(
    wish: Appointment, series: AppointmentSeries, outcome: Outcome, by: User, locked: Calendars
) -> SeriesDate:
    zone = timezone.get_default_timezone()
    date = SeriesDate(
        series=series,
        local_start=clock_text(outcome.date, zone),
        refused_code=outcome.conflict,
    )
    if outcome.starts_at is None:
        return date
    visit = Appointment(
        doctor=wish.doctor,
        patient=wish.patient,
        service=wish.service,
        location=wish.location,
        starts_at=outcome.starts_at,
        ends_at=outcome.starts_at + (wish.ends_at - wish.starts_at),
        reason=wish.reason,
        overbook_reason=wish.overbook_reason,
        created_by=by,
        series=series,
    )
    wanted = fit(visit, by, locked.set_up)
    place(visit, by, locked, change_of(visit, by, before=None), wanted)
    date.appointment, date.planned_start = visit, visit.local_start
    return date


def settle_waitlist(visits: Sequence[Appointment]) -> None:
    """What the waitlist has to do with visits that were given their times. Most often nothing:
    one look for all of them tells."""
    first = visits[0]
    touched = waitlist_statement().rows(
        doctor=first.doctor_id,
        patient=first.patient_id,
        starts=min(visit.holds_from for visit in visits),
        ends=max(visit.holds_until for visit in visits),
    )
    for visit in visits if touched else ():
        withdraw_offers(visit)
        end_waiting(visit)
