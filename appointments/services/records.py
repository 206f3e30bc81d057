"""What every change of an appointment leaves behind: a row of history, and mails that are owed."""

from collections.abc import Callable, Collection, Iterable
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

from accounts.models import User
from appointments.models import (
    Appointment,
    AppointmentChange,
    AppointmentResource,
    AppointmentSeries,
    GroupSession,
    WaitlistEntry,
)
from clinic.errors import WRONG_STATE
from patients.reach import owe_to_reached

Check = Callable[[Appointment], None]


def lock_appointment(appointment: Appointment, check: Check | None = None) -> Appointment:
    """The row as it stands, held until the transaction ends; `check` may refuse it by raising.

    Locked first and then read with its people: a join would look for those of the row as it was
    before whoever held it moved it to another doctor, and find nothing.
    """
    rows = Appointment.objects.filter(pk=appointment.pk)
    list(rows.order_by().select_for_update(no_key=True).values_list("pk"))
    current = rows.with_people().with_offering().get()
    if check is not None:
        check(current)
    return current


def record_change(
    appointment: Appointment,
    by: User | None,
    before: Appointment | None,
    reason: str = "",
    reason_code: str = "",
) -> None:
    """Add a row to the appointment's history."""
    change_of(appointment, by, before, reason, reason_code).save(force_insert=True)


def keep_history(appointment: Appointment, change: AppointmentChange) -> None:
    """Of a new appointment this one step is the whole history: it needn't be read."""
    keep_related(appointment, "history", AppointmentChange.objects, [change])


def keep_rooms(appointment: Appointment, rooms: Iterable[AppointmentResource]) -> None:
    """All that the appointment has of rooms and devices: it needn't be read."""
    known: list[AppointmentResource] = list(rooms)
    keep_related(appointment, "resource_bookings", AppointmentResource.objects, known)
    named = sorted((one.resource for one in known), key=attrgetter("name", "pk"))
    appointment.__dict__["rooms"] = named


def keep_related(appointment: Appointment, name: str, manager: Any, found: list[Any]) -> None:
    rows = manager.filter(appointment=appointment)  # What is asked of them further is of these.
    rows._result_cache, rows._prefetch_done = found, True
    known: Any = appointment
    known._prefetched_objects_cache = getattr(known, "_prefetched_objects_cache", {}) | {name: rows}


def change_of(
    appointment: Appointment,
    by: User | None,
    before: Appointment | None,
    reason: str = "",
    reason_code: str = "",
) -> AppointmentChange:
    """The row that is to be added to the appointment's history."""
    change = AppointmentChange(
        appointment=appointment,
        by=by,
        reason=reason,
        reason_code=reason_code,
        to_status=appointment.status,
        to_starts_at=appointment.starts_at,
        to_ends_at=appointment.ends_at,
        to_doctor=appointment.doctor,
    )
    if before is not None:
        change.from_status = before.status
        change.from_starts_at, change.from_ends_at = before.starts_at, before.ends_at
        change.from_doctor = before.doctor
    change.full_clean(exclude={"appointment", "by", "to_doctor", "from_doctor"})
    return change


def tell_patient(
    appointment: Appointment, event: str, task: Task, told: Collection | None = None
) -> None:
    """Owe whom mails about the patient reach (see `reach()`) one about the appointment as it is
    now: once it has changed again, the mail isn't sent any more."""
    version = appointment.sequence
    event = f"{event}:{version}:{appointment.pk}"
    owe_to_reached(appointment.patient, event, appointment.pk, task, version=version, told=told)


def tell_of_series(series: AppointmentSeries, event: str, task: Task) -> None:
    """The same of all visits of a series, in one mail."""
    version = series.sequence
    event = f"{event}:{version}:{series.pk}"
    owe_to_reached(series.patient, event, series.pk, task, version=version)


def offer_freed_time(appointment: Appointment | GroupSession) -> None:
    """Let a job look for somebody on the waitlist who fits the time that became free."""
    doctor = appointment.doctor
    if WaitlistEntry.objects.waiting().seen_by(doctor).exists():
        # By its name: jobs call services, never the other way round.
        app.configure_task("appointments.offer_free_times").defer(doctor_id=str(doctor.pk))


def wrong_state(appointment: Appointment, step: str) -> ValidationError:
    status = appointment.get_status_display().lower()
    sentence = _("This appointment is %(status)s; it can't be %(step)s.")
    return ValidationError(sentence, code=WRONG_STATE, params={"status": status, "step": step})
