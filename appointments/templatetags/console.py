"""What the console's pages show of the day's appointments."""

from collections import Counter

from django import template
from django.utils import timezone

from accounts.audit import Action
from accounts.services.access import note_read
from appointments.models import Appointment
from appointments.steps import StepBack, open_steps, step_back
from appointments.transitions import Status

register = template.Library()
AHEAD = (Status.BOOKED, Status.CHECKED_IN, Status.IN_CONSULTATION)


@register.inclusion_tag("admin/appointments/appointment/_today.html", takes_context=True)
def todays_appointments(context) -> dict:
    """The appointments of today that the user may see, by time, and how many are where."""
    request = context["request"]
    today = timezone.localdate()
    appointments = list(
        Appointment.objects.visible_to(request.user)
        .on_day(today)
        .with_people()
        .order_by("starts_at", "pk")
    )
    note_read(request, Action.LIST, [appointment.patient_id for appointment in appointments])
    counts = Counter(appointment.status for appointment in appointments)
    rows = [
        (one, open_steps(one, request.user)[:1], undo(one, request.user)) for one in appointments
    ]
    return {
        "day": today,
        "total": len(rows),
        "counts": [(status, counts[status]) for status in Status if counts[status]],
        "ahead": [row for row in rows if row[0].status in AHEAD],
        "over": [row for row in rows if row[0].status not in AHEAD],
        "request": request,
        "may_book": request.user.has_perm("appointments.add_appointment"),
        "csrf_token": context.get("csrf_token"),
    }


def undo(appointment: Appointment, user) -> StepBack | None:
    """The step back that is offered in the list. A cancelled visit's patient was told: taking
    that back wants a look at the visit's own page."""
    return None if appointment.status == Status.CANCELLED else step_back(appointment, user)
