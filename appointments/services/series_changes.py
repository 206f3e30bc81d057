"""Changes of a series: this visit and the later ones. What has been moved or cancelled on its own
stays as it is."""

from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.tasks import Task

from accounts.models import User
from appointments import tasks
from appointments.models import Appointment, AppointmentSeries, SeriesDate
from appointments.scheduling.calendars import Limits
from appointments.scheduling.conflicts import read_diary
from appointments.scheduling.recurrence import (
    at_clock,
    clock_text,
    days_later,
    occurrences,
    on_the_clocks,
    read_rule,
    shift_between,
)
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted
from appointments.services.booking import place
from appointments.services.calendars import lock_calendars
from appointments.services.care import end_care_later
from appointments.services.fitting import fit_move
from appointments.services.records import (
    change_of,
    offer_freed_time,
    tell_of_series,
)
from appointments.services.rules import (
    check_allowed,
    check_notice,
    in_utc,
    is_patient,
)
from appointments.services.series import (
    NOT_ONLINE,
    check_full_minute,
    refusal,
    settle_waitlist,
)
from appointments.services.visits import write_step
from appointments.transitions import CancelReason, Status
from clinic.days import TOO_FAR, is_too_far
from clinic.errors import WRONG_STATE, NotAllowed
from patients.services import check_reach, lock_patient

NOTHING_LEFT = _("No visit of this series is left that this is about.")
ON_ITS_OWN = _("This visit isn't where the series has it any more: change it on its own.")
OWN_CALENDAR = "Doctors change the series in their own calendar only."
From = Appointment | datetime | None
CheckSeries = Callable[[AppointmentSeries], None]


class Planned(NamedTuple):
    """A visit that is where its series has it."""

    date: SeriesDate
    visit: Appointment


@transaction.atomic
def cancel_series(
    series: AppointmentSeries,
    by: User,
    from_: From = None,
    reason: str = "",
    reason_code: str = "",
    check: CheckSeries | None = None,
) -> AppointmentSeries:
    """Free the times of the visits from this one, or this instant, on; None: of all to come. One
    mail tells of it.

    `check` may refuse what has changed since it was shown. Raises ValidationError (`wrong_state`)
    where there are none, and NotAllowed where it is too late
    for the patient to cancel one of them.
    """
    if is_patient(by):
        lock_patient(series.patient)
        check_reach(series.patient, by)
    check_own_calendar(series, by)
    current = lock_series(series, check)
    planned = lock_planned(current, from_)
    for _date, visit in planned:
        check_notice(visit, by)
    code = reason_code or (CancelReason.PATIENT if is_patient(by) else "")
    for _date, visit in planned:
        write_step(visit, Status.CANCELLED, by, reason, code)
    offer_freed_time(planned[0].visit)
    end_care_later(planned[0].visit)
    return told_of_change(current, "series_cancelled", tasks.send_series_cancellation)


@transaction.atomic
def reschedule_series(
    series: AppointmentSeries,
    by: User,
    from_: Appointment | datetime,
    starts_at: datetime,
    check: CheckSeries | None = None,
) -> AppointmentSeries:
    """Move the first visit from this one, or this instant, on to another time, and the later ones
    by as much as the clinic's clocks show. One mail tells of it.

    All of them or none. Raises ValidationError: `wrong_state` where there are none, or the code of
    the first conflict (the error's `occurrences` are all new times then); and NotAllowed.
    """
    if is_patient(by):
        raise NotAllowed(NOT_ONLINE)
    starts_at = in_utc(starts_at)
    check_full_minute(starts_at)
    check_own_calendar(series, by)
    kinds = series.appointments.order_by("starts_at").values_list("service", flat=True)
    locked = lock_calendars([series.doctor_id], series.patient_id, kinds.first())
    current = lock_series(series, check)
    planned = lock_planned(current, from_)
    shift = shift_between(planned[0].visit.starts_at, starts_at, timezone.get_default_timezone())
    moves = moves_by(shift, planned, starts_at)
    if all(moved.starts_at == before.visit.starts_at for before, moved in moves):
        return current
    check_times(moves, by)
    wanted = {}
    for before, moved in moves:
        wanted[moved.pk] = fit_move(moved, before.visit, by, locked.set_up, keeps_place=True)
    check_conflicts(moves, wanted[planned[0].visit.pk], by)
    # Away from those that are still to be moved: none is ever in the way of another.
    for before, moved in reversed(moves) if shift > timedelta() else moves:
        place(moved, by, locked, change_of(moved, by, before.visit), wanted[moved.pk])
        before.date.planned_start = moved.local_start
    SeriesDate.objects.bulk_update([before.date for before, _ in moves], ["planned_start"])
    follow_rule(current, planned[0].date, shift)
    settle_waitlist([moved for _before, moved in moves])
    offer_freed_time(planned[0].visit)
    return told_of_change(current, "series_moved", tasks.send_series_change)


def moves_by(
    shift: timedelta, planned: Iterable[Planned], first: datetime
) -> list[tuple[Planned, Appointment]]:
    """Each visit as it is, and as it is to be. The first one begins exactly then."""
    zone = timezone.get_default_timezone()
    moves: list[tuple[Planned, Appointment]] = []
    for one in planned:
        moved = copy(one.visit)
        moved.starts_at = on_the_clocks(shift, one.visit.starts_at, zone) if moves else first
        moved.ends_at = moved.starts_at + one.visit.duration
        moved.overbook_reason = ""
        moved.sequence += 1
        moves.append((one, moved))
    return moves


def check_times(moves: list[tuple[Planned, Appointment]], by: User) -> None:
    first, last = moves[0][1], moves[-1][1]
    check_allowed(first, by)
    first.booked_at = timezone.now()
    first.clean()
    if is_too_far(last.starts_at):
        raise ValidationError({"starts_at": TOO_FAR})


def check_conflicts(moves: list[tuple[Planned, Appointment]], wanted: Wanted, by: User) -> None:
    """Raise ValidationError, with all new times, where one of them can't be had."""
    visits = [moved for _before, moved in moves]
    diary = read_diary(
        visits[0],
        [moved.starts_at for moved in visits],
        wanted,
        without=[before.visit for before, _moved in moves],
    )
    found = diary.judged([Period(one.starts_at, one.ends_at) for one in visits], Limits.of(by))
    if any(one.conflict for one in found):
        raise refusal(found)


def check_own_calendar(series: AppointmentSeries, by: User) -> None:
    manages = by.has_perm("appointments.manage_all_appointment")
    if by.is_staff and not manages and series.doctor.user_id != by.pk:
        raise NotAllowed(OWN_CALENDAR)


def lock_series(series: AppointmentSeries, check: CheckSeries | None = None) -> AppointmentSeries:
    """The row as it stands, held until the transaction ends. After calendars and patient, before
    its visits."""
    rows = AppointmentSeries.objects.filter(pk=series.pk).order_by()
    list(rows.select_for_update(no_key=True).values_list("pk"))
    current = rows.select_related("doctor", "patient").get()
    if check is not None:
        check(current)
    return current


def lock_planned(series: AppointmentSeries, from_: From) -> list[Planned]:
    """The visits to come that are booked where the series has them, in order, from this one or
    this instant on. Raises ValidationError (`wrong_state`) where there are none."""
    rows = Appointment.objects.filter(series=series)
    list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    planned = planned_in(series)
    if isinstance(from_, Appointment):
        of_visit = [one.visit.starts_at for one in planned if one.visit.pk == from_.pk]
        if not of_visit:
            raise ValidationError(ON_ITS_OWN, code=WRONG_STATE)
        from_ = of_visit[0]
    after = max(filter(None, [timezone.now(), from_]))
    found = [one for one in planned if one.visit.starts_at >= after]
    if not found:
        raise ValidationError(NOTHING_LEFT, code=WRONG_STATE)
    return found


def planned_in(series: AppointmentSeries) -> list[Planned]:
    """The visits that are booked where the series has them, in order."""
    visits = Appointment.objects.filter(series=series).with_people().with_offering().in_bulk()
    dates = SeriesDate.objects.filter(series=series).exclude(appointment=None)
    all_of_it = [Planned(date, visits[date.appointment_id]) for date in dates]
    planned = [one for one in all_of_it if is_as_planned(series, *one)]
    return sorted(planned, key=lambda one: one.visit.starts_at)


def later_visits(visit: Appointment) -> list[Appointment]:
    """This visit of a series and the later ones, as far as they go with it; empty where this one
    doesn't."""
    series = visit.series
    planned = [one.visit for one in planned_in(series)] if series else []
    if all(one.pk != visit.pk for one in planned):
        return []
    after = max(timezone.now(), visit.starts_at)
    return [one for one in planned if one.starts_at >= after]


def is_as_planned(series: AppointmentSeries, date: SeriesDate, visit: Appointment) -> bool:
    """Is the visit one that goes where the series goes?"""
    is_there = visit.local_start == date.planned_start and visit.doctor_id == series.doctor_id
    return is_there and visit.status == Status.BOOKED


def follow_rule(series: AppointmentSeries, first: SeriesDate, shift: timedelta) -> None:
    """Where no earlier visit takes place, let the rule follow the visits, if there is one that
    says it: what calendars show stays regular. Else each of them is an exception to the rule."""
    dates = list(series.dates.select_related("appointment"))
    earlier = [date.appointment for date in dates if date.local_start < first.local_start]
    if any(visit and visit.status != Status.CANCELLED for visit in earlier):
        return
    before = datetime.fromisoformat(dates[0].local_start)
    moved = [datetime.fromisoformat(date.local_start) + shift for date in dates]
    texts = [f"{local:%Y-%m-%dT%H:%M}" for local in moved]
    rule = days_later(read_rule(series.rule), (moved[0].date() - before.date()).days)
    zone = timezone.get_default_timezone()
    try:
        starts = occurrences(rule, at_clock(texts[0], zone), zone)
    except ValidationError:
        return
    if [clock_text(at, zone) for at in starts] != texts:
        return
    for date, text in zip(dates, texts, strict=True):
        date.local_start = text
    SeriesDate.objects.bulk_update(dates, ["local_start"])
    series.rule = str(rule)


def told_of_change(series: AppointmentSeries, event: str, task: Task) -> AppointmentSeries:
    series.sequence += 1
    series.save(update_fields=["rule", "sequence"])
    tell_of_series(series, event, task)
    return series
