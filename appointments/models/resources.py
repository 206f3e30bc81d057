from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.models.appointments import Appointment
from appointments.models.held import BUSY_PERIOD
from appointments.models.sessions import GroupSession
from appointments.models.waitlist import SlotOffer
from clinic.errors import RESOURCE_DOUBLE_BOOKED
from clinic.history import tracked
from doctors.models import Resource


class AppointmentResourceQuerySet(models.QuerySet["AppointmentResource"]):
    def held(self, now: datetime | None = None) -> "AppointmentResourceQuerySet":
        """What nobody else can have: not what is kept for an offer that has run out."""
        is_kept = Q(offer=None) | Q(offer__expires_at__gt=now or timezone.now())
        return self.filter(is_kept, is_held=True)


@tracked()
class AppointmentResource(models.Model):
    """A room or device that a visit, or a session, has for as long as it holds time; or that is
    kept for an open offer.

    What an offer keeps goes with its end. Triggers on the other two keep `busy_from`, `busy_until`
    and `is_held` as theirs are: a visit that was cancelled keeps its row, which holds nothing any
    more.
    """

    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="resource_bookings"
    )
    session = models.ForeignKey(
        GroupSession, on_delete=models.PROTECT, null=True, related_name="resource_bookings"
    )
    offer = models.ForeignKey(
        SlotOffer, on_delete=models.CASCADE, null=True, related_name="resource_bookings"
    )
    busy_from = models.DateTimeField()
    busy_until = models.DateTimeField()
    is_held = models.BooleanField(default=True)

    objects = AppointmentResourceQuerySet.as_manager()

    constraint_fields: dict[str, str] = {}

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="appointment_resource_of_one",
                condition=Q(appointment__isnull=False, session=None, offer=None)
                | Q(appointment=None, session__isnull=False, offer=None)
                | Q(appointment=None, session=None, offer__isnull=False),
            ),
            ExclusionConstraint(
                name="appointment_resource_free",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    (BUSY_PERIOD, RangeOperators.OVERLAPS),
                ],
                condition=Q(is_held=True),
                violation_error_code=RESOURCE_DOUBLE_BOOKED,
                violation_error_message=_("No room or device that this needs is free then."),
            ),
        ]
        indexes = [
            models.Index(fields=["resource", "busy_from"], name="appointment_resource_by_start")
        ]

    def __str__(self) -> str:
        return f"{self.resource}: {self.appointment or self.session or self.offer}"


def note_rooms(appointments: Iterable[Appointment]) -> None:
    """Let each know its `rooms`, by one query; by none where no visit has a type."""
    typed = [one for one in appointments if one.service_id and "rooms" not in one.__dict__]
    if not typed:
        return
    owners = [one.session_id or one.pk for one in typed]
    held = AppointmentResource.objects.filter(
        Q(appointment__in=owners) | Q(session__in=owners), is_held=True
    )
    found = defaultdict(list)
    for row in held.select_related("resource").order_by("resource__name", "resource"):
        found[row.appointment_id or row.session_id].append(row.resource)
    for one, owner in zip(typed, owners, strict=True):
        one.__dict__["rooms"] = found[owner]
