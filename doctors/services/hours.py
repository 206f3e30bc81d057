"""Keeping the doctors' hours, absences and the clinic's closures, for all doors alike.

Every change locks the doctor's row first, as every booking does: a booking sees the hours as
they were before the change or after it, and so does whoever lists the bookings that it affects.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from clinic.copies import take_over, write
from clinic.errors import WRONG_STATE, NotAllowed, constraint_errors
from clinic.opened import mark_of
from clinic.statements import Statement, stand_in_key
from doctors.models import (
    Absence,
    Closure,
    Doctor,
    ExtraHours,
    HealthcareService,
    HoursService,
    Location,
    WorkingHours,
)
from doctors.services.offering import put_list

Time = TypeVar("Time", Absence, ExtraHours)

MOST_SPANS = 100
WEEK_CHANGED = (
    "Somebody else changed this week while you had it open: it is drawn above as it is now. "
    "Nothing is saved yet, and what you typed is kept. To put your week in its place, save again."
)
WEEK_FIELDS = ("weekday", "starts", "ends", "location_id", "valid_from", "valid_until")
NO_PLACE = "There is no such place, or it is not in use."
NO_SERVICE = "There is no such visit type."


def lock_doctors(doctors: Iterable[UUID]) -> frozenset[UUID]:
    """Hold the doctors' calendars until the transaction ends, in the order of their ids. Returns
    those who take appointments."""
    keys = set(doctors)
    if len(keys) == 1:
        rows = lock_statement().rows(key=keys.pop())
    else:
        locked = Doctor.objects.select_for_update(no_key=True).filter(pk__in=keys)
        rows = list(locked.order_by("pk").values_list("pk", "is_active"))
    return frozenset(pk for pk, is_active in rows if is_active)


@cache
def lock_statement() -> Statement:
    key = stand_in_key()
    locked = Doctor.objects.select_for_update(no_key=True).filter(pk=key).order_by()
    return Statement(locked.values_list("pk", "is_active"), key=key)


def check_keeps_hours(doctor: Doctor, by: User) -> None:
    """Raise NotAllowed where this user may not see or change this doctor's hours."""
    if by.has_perm("doctors.manage_all_workinghours"):
        return
    if not by.has_perm("doctors.change_workinghours") or doctor.user_id != by.pk:
        raise NotAllowed("Doctors keep their own hours only.")


@transaction.atomic
def set_week(
    doctor: Doctor, week: Sequence[WorkingHours], by: User, version: str = ""
) -> list[WorkingHours]:
    """Make these the doctor's working hours, all of them, and return them in order.

    Each span is taken with its place and its `service_ids`. What stays as it was is left alone.
    `version` is that of the week as it was shown; without one,
    whatever stands is replaced. Raises NotAllowed, and ValidationError: keyed to
    `<index>.<field>` of `week`, or `wrong_state` where somebody else has changed it since.
    """
    check_keeps_hours(doctor, by)
    if len(week) > MOST_SPANS:
        raise ValidationError(f"A week has {MOST_SPANS} spans at most.")
    lock_doctors([doctor.pk])
    kept = {as_key(hours): hours for hours in doctor.working_hours.with_services()}
    if version and version != week_version(kept.values()):
        raise ValidationError(WEEK_CHANGED, code=WRONG_STATE)
    wanted = {as_key(hours) for hours in week}
    for key, hours in kept.items():
        if key not in wanted:
            hours.delete()
    new = {}
    for index, hours in enumerate(week):
        if kept.pop(as_key(hours), None) is None:
            new[index] = hours  # The same span once more, too: it overlaps with itself.
    if faults := insert_spans(doctor, new):
        raise ValidationError(faults)
    return list(doctor.working_hours.with_services())


def insert_spans(
    doctor: Doctor, spans: Mapping[int, WorkingHours]
) -> dict[str, list[ValidationError]]:
    """What is wrong with them, keyed to `<index>.<field>`."""
    faults: dict[str, list[ValidationError]] = {}
    missing = missing_from(list(spans.values()))
    for index, hours in spans.items():
        hours.doctor = doctor
        try:
            check_named(hours, missing)
            insert_hours(hours)
        except ValidationError as error:
            for field, found in error.update_error_dict({}).items():
                faults.setdefault(f"{index}.{field}", []).extend(found)
    return faults


def insert_hours(hours: WorkingHours) -> None:
    hours.full_clean(exclude={"doctor", "location"}, validate_constraints=False)
    with constraint_errors(hours):
        hours.save(force_insert=True)
        put_services(hours, hours.service_ids)


def put_services(hours: WorkingHours, keys: Iterable[UUID]) -> None:
    wanted: dict[UUID, dict] = {key: {} for key in keys}
    put_list(HoursService.objects.all(), {"hours": hours}, "service_id", wanted)


def missing_from(times: Sequence[WorkingHours | ExtraHours]) -> set[UUID]:
    """What these name that isn't there: places, which must be in use, and visit types. No query
    where none names any. The places are locked: none goes out of use meanwhile."""
    places = {time.location_id for time in times if time.location_id}
    services = {key for time in times if isinstance(time, WorkingHours) for key in time.service_ids}
    known: set[UUID] = set()
    if places:
        rows = Location.objects.select_for_update(no_key=True).filter(pk__in=places)
        known |= {place.pk for place in rows.order_by("pk") if place.is_active}
    if services:
        types = HealthcareService.objects.filter(pk__in=services)
        known |= set(types.values_list("pk", flat=True))
    return (places | services) - known


def check_named(time: WorkingHours | ExtraHours, missing: set[UUID]) -> None:
    """Raise ValidationError, keyed to `location` and `services`, of what isn't there."""
    faults = {}
    if time.location_id in missing:
        faults["location"] = NO_PLACE
    if isinstance(time, WorkingHours) and time.service_ids & missing:
        faults["services"] = NO_SERVICE
    if faults:
        raise ValidationError(faults)


@transaction.atomic
def save_hours(hours: WorkingHours, by: User) -> WorkingHours:
    """Add one span to a doctor's week, or change it; which visit types it names, where they were
    set. Raises NotAllowed, and ValidationError keyed to fields."""
    check_keeps_hours(hours.doctor, by)
    lock_doctors([hours.doctor_id])
    if hours._state.adding:
        check_named(hours, missing_from([hours]))
        insert_hours(hours)
        return hours
    now = WorkingHours.objects.with_services().get(pk=hours.pk)
    changed = take_over(hours, now)
    is_named_anew = hours.has_set_services and hours.service_ids != now.service_ids
    if is_named_anew or "location" in changed:
        check_named(hours, missing_from([hours]))
    hours.full_clean(exclude={"doctor", "location"}, validate_constraints=False)
    write(hours, changed)
    if is_named_anew:
        put_services(hours, hours.service_ids)
    return hours


def week_version(week: Iterable[WorkingHours]) -> str:
    """Changes whenever the week does: what a page that shows it sends back."""
    return mark_of(sorted(map(repr, map(as_key, week))))


def as_key(hours: WorkingHours) -> tuple:
    named = tuple(sorted(map(str, hours.service_ids)))
    return (*(getattr(hours, name) for name in WEEK_FIELDS), named)


@transaction.atomic
def add_absence(absence: Absence, by: User) -> Absence:
    """Save time off. Visits that are booked in it stay as they are.

    Raises NotAllowed, and ValidationError keyed to fields.
    """
    return add_time(absence, by)


@transaction.atomic
def add_extra_hours(extra: ExtraHours, by: User) -> ExtraHours:
    """Save hours beyond the week. Raises NotAllowed, and ValidationError keyed to fields."""
    return add_time(extra, by)


def add_time(time: Time, by: User) -> Time:
    check_keeps_hours(time.doctor, by)
    lock_doctors([time.doctor_id])
    if isinstance(time, ExtraHours):
        check_named(time, missing_from([time]))
    time.created_by = by
    time.full_clean(exclude={"doctor", "created_by", "location"}, validate_constraints=False)
    with constraint_errors(time):
        time.save(force_insert=True)
    return time


@transaction.atomic
def remove_time(time: Absence | ExtraHours, by: User) -> None:
    """Take time off, or extra hours, out of the calendar again. Raises NotAllowed."""
    check_keeps_hours(time.doctor, by)
    lock_doctors([time.doctor_id])
    time.delete()


@transaction.atomic
def add_closure(closure: Closure, by: User) -> Closure:
    """Close the clinic. Raises NotAllowed, and ValidationError keyed to fields."""
    check_closes(by)
    lock_doctors(Doctor.objects.active().values_list("pk", flat=True))
    closure.created_by = by
    closure.full_clean(exclude={"created_by"}, validate_constraints=False)
    with constraint_errors(closure):
        closure.save(force_insert=True)
    return closure


@transaction.atomic
def remove_closure(closure: Closure, by: User) -> None:
    """Open the clinic again. Raises NotAllowed."""
    check_closes(by)
    closure.delete()


def check_closes(by: User) -> None:
    if not by.has_perm("doctors.add_closure"):
        raise NotAllowed("Only the front desk closes the clinic.")
