"""Patients are reminded of what they have booked, some time before it.

Whose time has come, the rows themselves tell: a worker that was down for a while makes good
what it missed, as long as the visit hasn't begun.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from appointments import tasks
from appointments.models import Appointment
from appointments.transitions import Status
from clinic import sms
from clinic.mail import owe_all
from clinic.models import Notification
from patients.reach import reach_of

BATCH = 500
# Of a patient, what `reach_of()` reads.
READ = (
    *("first_name", "last_name", "preferred_name", "email", "phone", "phone_verified_at"),
    *("language", "user", "is_deceased", "restricted_at"),
)
Channel = Notification.Channel


def owe_reminders() -> int:
    """Owe every reminder whose time has come and that isn't owed yet. Returns how many those are.

    Where the times of several have passed, the latest is enough. A visit that was booked or
    moved after its time had come needs none: the patient has just heard of it.
    """
    now, owed, nearer = timezone.now(), 0, timedelta()
    for before in sorted(set(settings.REMINDERS)):
        due = booked_between(now + nearer, now + before)
        due = due.filter(booked_at__lte=F("starts_at") - before)
        visits = list(due.order_by("starts_at", "pk"))
        for start in range(0, len(visits), BATCH):
            owed += owe_some(visits[start : start + BATCH], before)
        nearer = before
    return owed


def booked_between(after: datetime, until: datetime) -> QuerySet[Appointment]:
    """The booked visits that start in this span, its end included, with all that a reminder
    needs of them."""
    booked = Appointment.objects.filter(
        status=Status.BOOKED,
        starts_at__gt=after,
        starts_at__lte=until,
        patient__is_deceased=False,
        patient__restricted_at=None,
        patient__consent_withdrawn_at=None,
    )
    return booked.select_related("patient").only(
        "starts_at", "sequence", *(f"patient__{name}" for name in READ)
    )


def owe_some(visits: list[Appointment], before: timedelta) -> int:
    """Owe the reminders of these visits: by mail, and by text message."""
    events = {visit.pk: event_of(visit, before) for visit in visits}
    reached = reach_of(visit.patient for visit in visits)
    sent = Notification.objects.filter(event__in=events.values())
    known = set(sent.values_list("event", "channel"))

    def owed_to(visit: Appointment, channel: str, recipient: str) -> Notification:
        return Notification(
            event=events[visit.pk],
            channel=channel,
            recipient=recipient,
            subject_id=visit.pk,
            subject_version=visit.sequence,
        )

    by_mail = [
        owed_to(visit, Channel.EMAIL, recipient.email)
        for visit in visits
        for recipient in reached[visit.patient_id]
        if recipient.email and (events[visit.pk], Channel.EMAIL) not in known
    ]
    by_text = [
        owed_to(visit, Channel.SMS, recipient.phone)
        for visit in visits
        for recipient in reached[visit.patient_id]
        if recipient.phone and sms.is_set_up() and (events[visit.pk], Channel.SMS) not in known
    ]
    return owe_all(by_mail, tasks.send_reminder) + owe_all(by_text, tasks.text_reminder)


def event_of(visit: Appointment, before: timedelta) -> str:
    """The reminder's event: one for each time that the visit was ever booked for."""
    minutes = int(before.total_seconds() // 60)
    return f"appointment_reminder:{minutes}:{visit.starts_at.isoformat()}:{visit.pk}"
