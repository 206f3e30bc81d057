"""The messages about appointments."""

from operator import attrgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from appointments.invites import home_page, invitation_part, page_of
from appointments.links import offer_path
from appointments.models import (
    Appointment,
    AppointmentChange,
    AppointmentSeries,
    SeriesDate,
    SlotOffer,
)
from appointments.series_invites import series_part
from appointments.transitions import HOLDING, CancelReason, Status
from clinic.languages import spoken
from clinic.mail import SENDS_MAIL, deliver, send_text
from clinic.models import Notification
from doctors.models import Location
from patients.reach import read_by

OFFER_OPEN = 1  # What an offer's mail tells; once it is over, the mail isn't sent any more.
BY_CLINIC = (CancelReason.PROVIDER, CancelReason.ABSENCE)
STARTS = attrgetter("starts_at")
OVER = -1  # No version of anything: what is about it is outdated.


@app.task(name="appointments.send_confirmation", **SENDS_MAIL)
def send_confirmation(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/booked", with_invitation)


@app.task(name="appointments.send_change", **SENDS_MAIL)
def send_change(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/moved", about_change)


@app.task(name="appointments.send_cancellation", **SENDS_MAIL)
def send_cancellation(context: JobContext, notification_id: str) -> None:
    deliver(
        notification_id, context.job.attempts, "appointments/email/cancelled", about_cancellation
    )


@app.task(name="appointments.send_restoration", **SENDS_MAIL)
def send_restoration(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/restored", with_invitation)


@app.task(name="appointments.send_reminder", **SENDS_MAIL)
def send_reminder(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/reminder", about_coming)


@app.task(name="appointments.text_reminder", **SENDS_MAIL)
def text_reminder(context: JobContext, notification_id: str) -> None:
    deliver(
        notification_id,
        context.job.attempts,
        "appointments/email/reminder",
        about_coming,
        send_text,
    )


@app.task(name="appointments.send_offer", **SENDS_MAIL)
def send_offer(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/offered", about_offer)


@app.task(name="appointments.send_series_confirmation", **SENDS_MAIL)
def send_series_confirmation(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/series_booked", about_series)


@app.task(name="appointments.send_series_change", **SENDS_MAIL)
def send_series_change(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/series_moved", about_series)


@app.task(name="appointments.send_series_cancellation", **SENDS_MAIL)
def send_series_cancellation(context: JobContext, notification_id: str) -> None:
    deliver(
        notification_id, context.job.attempts, "appointments/email/series_cancelled", about_series
    )


def about_series(notification: Notification) -> dict:
    """All visits of a series to come, as they are now: `coming`, and those called off, `gone`."""
    series = AppointmentSeries.objects.select_related("patient").get(pk=notification.subject_id)
    read = read_by(series.patient, notification)
    dates = list(SeriesDate.objects.filter(series=series).with_visits())
    visits = sorted((date.appointment for date in dates if date.appointment), key=STARTS)
    ahead = [visit for visit in visits if visit.starts_at > timezone.now()]
    steps = AppointmentChange.objects.filter(appointment__series=series).order_by("-at", "-id")
    with spoken(read["language"]):
        part = series_part(series, dates, read["recipient"])
    return read | {
        "series": series,
        "coming": [visit for visit in ahead if visit.status in HOLDING],
        "gone": [visit for visit in ahead if visit.status == Status.CANCELLED],
        "first": (ahead or visits)[0],
        "by_clinic": steps.values_list("reason_code", flat=True).first() in BY_CLINIC,
        "page": home_page() if read["recipient"].signs_in else "",
        "version": series.sequence,
        "attachments": [part],
    }


def about_offer(notification: Notification) -> dict:
    offers = SlotOffer.objects.select_related("entry__patient", "doctor", "service", "location")
    offer = offers.get(pk=notification.subject_id)
    is_open = SlotOffer.objects.held().filter(pk=offer.pk).exists()
    return read_by(offer.entry.patient, notification) | {
        "offer": offer,
        "page": settings.CLINIC_URL + offer_path(offer),
        "version": OFFER_OPEN if is_open else OVER,
    }


def about_appointment(notification: Notification) -> dict:
    appointment = Appointment.objects.with_people().with_offering().get(pk=notification.subject_id)
    read = read_by(appointment.patient, notification)
    return read | {
        "appointment": appointment,
        "page": page_of(appointment) if read["recipient"].signs_in else "",
        "version": appointment.sequence,
    }


def about_coming(notification: Notification) -> dict:
    """A visit that has begun needs no reminder."""
    context = about_appointment(notification)
    if context["appointment"].starts_at <= timezone.now():
        context["version"] = OVER
    return context


def with_invitation(notification: Notification) -> dict:
    context = about_appointment(notification)
    with spoken(context["language"]):
        part = invitation_part(context["appointment"], context["recipient"])
        return context | {"attachments": [part]}


def about_change(notification: Notification) -> dict:
    """And how it was before, as far as the patient knows."""
    context = with_invitation(notification)
    appointment = context["appointment"]
    told, before = as_last_told(appointment)
    place = place_in(appointment, told)
    return context | {
        "before": before,
        "is_other_time": before is not None and before.to_starts_at != appointment.starts_at,
        "is_other_doctor": before is not None and before.to_doctor_id != appointment.doctor_id,
        "place_before": None if before is None or place == appointment.location else place,
    }


def about_cancellation(notification: Notification) -> dict:
    """And whether it is the clinic that can't keep it."""
    context = with_invitation(notification)
    last_step = context["appointment"].history.order_by("at", "id").last()
    return context | {"by_clinic": last_step is not None and last_step.reason_code in BY_CLINIC}


def as_last_told(appointment: Appointment) -> tuple[int, AppointmentChange | None]:
    """The step of the visit's history that the patient knows of, and which it is: the last one
    whose mail was sent, or else the booking. None where there is none before the one that is to be
    told.

    Every step counts the visit's `sequence` on, so that it is the place of the step's row.
    """
    steps = list(appointment.history.select_related("to_doctor").order_by("at", "id"))
    told = Notification.objects.filter(
        event__in=[
            f"{event}:{version}:{appointment.pk}"
            for event in ("appointment_booked", "appointment_moved", "appointment_restored")
            for version in range(appointment.sequence)
        ],
        status=Notification.Status.SENT,
    )
    last = told.aggregate(last=Max("subject_version"))["last"] or 0
    if appointment.series_id:
        last = max(last, last_told_in_series(appointment.series_id, steps))
    return last, steps[last] if last < len(steps) - 1 else None


def last_told_in_series(series_id: UUID, steps: list[AppointmentChange]) -> int:
    """The last step of a visit of a series that was there when a mail of the whole series was owed
    that was sent."""
    told = Notification.objects.filter(subject_id=series_id, status=Notification.Status.SENT)
    at = told.aggregate(last=Max("created_at"))["last"]
    return max(0, sum(step.at <= at for step in steps) - 1) if at else 0


def place_in(appointment: Appointment, version: int) -> Location | None:
    """Where the visit was to be in this version of it."""
    events: Any = Appointment
    kept = events.pgh_event_model.objects.filter(pgh_obj=appointment.pk, sequence=version)
    return Location.objects.filter(pk__in=kept.order_by("pgh_id").values("location")[:1]).first()
