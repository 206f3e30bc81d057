"""One time of a doctor for several patients."""

from datetime import date
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.roles import Role
from appointments.models.appointments import (
    FUTURE_SENTENCE,
    LENGTH_SENTENCE,
    LONGEST,
    MOST_PLACES,
    SHORTEST,
    Appointment,
)
from appointments.models.held import BUSY_PERIOD, Held
from appointments.models.triggers import apart_from_visits, rooms_kept
from clinic.checks import CheckedAtOnce
from clinic.days import TOO_FAR, day_bounds, is_too_far, moment_text
from clinic.errors import DOCTOR_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED
from clinic.history import tracked
from clinic.money import Priced, price_whole
from clinic.text import PlainText
from doctors.models import BUFFER_SENTENCE, Doctor, HealthcareService, Location, Resource

FEWEST_PLACES = 2
PLACES_SENTENCE = _("A session has 2 to 30 places.")


class GroupSessionQuerySet(models.QuerySet["GroupSession"]):
    def standing(self) -> "GroupSessionQuerySet":
        """Those that hold their time."""
        return self.filter(cancelled_at=None)

    def on_day(self, day: date) -> "GroupSessionQuerySet":
        """Those that start on this calendar day of the clinic."""
        starts, ends = day_bounds(day)
        return self.filter(starts_at__gte=starts, starts_at__lt=ends)

    def open_online(self) -> "GroupSessionQuerySet":
        """Those to come in which patients may take a place by themselves, if one is free."""
        return self.standing().filter(
            starts_at__gt=timezone.now(),
            doctor__in=Doctor.objects.active(),
            service__is_online=True,
            service__is_active=True,
        )

    def with_places(self) -> "GroupSessionQuerySet":
        """With the doctor, what it is, where, and how many take part."""
        taking_part = Appointment.objects.holding_time().filter(session=OuterRef("pk"))
        counted = taking_part.order_by().values("session").annotate(count=Count("pk"))
        rows = self.select_related("doctor", "service", "location")
        return rows.annotate(taken=Coalesce(Subquery(counted.values("count")), 0))

    def visible_to(self, user) -> "GroupSessionQuerySet":
        """Staff see those of the calendars that they see; a patient those in which the patient, or
        somebody for whom they act, takes part, and those that are open online. Who else takes
        part, no patient ever learns: appointments have a gate of their own."""
        if user.has_perm("appointments.view_all_appointment"):
            return self
        role = getattr(user, "role", None)
        if role == Role.DOCTOR:
            return self.filter(doctor__user=user)
        if role == Role.PATIENT:
            own = Appointment.objects.visible_to(user).filter(session__isnull=False)
            is_open = self.model._default_manager.open_online()
            return self.filter(Q(pk__in=own.values("session")) | Q(pk__in=is_open.values("pk")))
        return self.none()


@tracked(exclude=("busy_from", "busy_until"))
class GroupSession(Held, Priced, CheckedAtOnce):
    """A time of a doctor with places for several patients, each of whom has an appointment in it.

    It holds the doctor's time and the rooms for all of them, also while nobody takes part.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField("start")
    ends_at = models.DateTimeField("end")
    capacity = models.PositiveSmallIntegerField("places", help_text="2 to 30.")
    service = models.ForeignKey(
        HealthcareService,
        verbose_name="visit type",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
    )
    location = models.ForeignKey(
        Location,
        verbose_name="place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
    )
    title = models.CharField(max_length=100, blank=True, validators=[PlainText()])
    booked_at = models.DateTimeField(default=timezone.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    updated_at = models.DateTimeField(auto_now=True)

    taken: int  # How many take part: see `with_places()`.

    objects = GroupSessionQuerySet.as_manager()

    constraint_fields = {
        DOCTOR_DOUBLE_BOOKED: "starts_at",
        RESOURCE_DOUBLE_BOOKED: "starts_at",
        "too_short_or_long": "ends_at",
        "not_in_future": "starts_at",
        "places": "capacity",
    }

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="session_length",
                condition=Q(ends_at__gte=F("starts_at") + SHORTEST)
                & Q(ends_at__lte=F("starts_at") + LONGEST),
                violation_error_code="too_short_or_long",
                violation_error_message=LENGTH_SENTENCE,
            ),
            models.CheckConstraint(
                name="session_in_future",
                condition=Q(starts_at__gt=F("booked_at")),
                violation_error_code="not_in_future",
                violation_error_message=FUTURE_SENTENCE,
            ),
            models.CheckConstraint(
                name="session_capacity",
                condition=Q(capacity__range=(FEWEST_PLACES, MOST_PLACES)),
                violation_error_code="places",
                violation_error_message=PLACES_SENTENCE,
            ),
            models.CheckConstraint(
                name="session_buffers",
                condition=Q(
                    buffer_before_minutes__range=(0, 60), buffer_after_minutes__range=(0, 60)
                ),
                violation_error_message=BUFFER_SENTENCE,
            ),
            price_whole("session_price_whole"),
            ExclusionConstraint(
                name="session_doctor_free",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    (BUSY_PERIOD, RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at=None),
                violation_error_code=DOCTOR_DOUBLE_BOOKED,
                violation_error_message=_("This doctor is already booked then."),
            ),
        ]
        indexes = [models.Index(fields=["doctor", "starts_at"], name="session_by_doctor")]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            apart_from_visits(),
            rooms_kept("session", "cancelled_at", "NEW.cancelled_at IS NULL"),
        ]

    def __str__(self) -> str:
        return f"{self.name} with {self.doctor}, {moment_text(self.starts_at)}"

    @property
    def name(self) -> str:
        return self.title or (str(self.service) if self.service_id else str(_("Group")))

    @property
    def free_places(self) -> int:
        """How many more can take part. Only of those read `with_places()`."""
        return max(self.capacity - self.taken, 0) if self.cancelled_at is None else 0

    @cached_property
    def rooms(self) -> list[Resource]:
        """The rooms and devices that it has for all who take part, by name."""
        if self.service_id is None:
            return []
        held = self.resource_bookings.filter(is_held=True).select_related("resource")
        return [one.resource for one in held.order_by("resource__name", "resource")]

    def clean(self):
        super().clean()
        errors: dict[str, Any] = {}
        if None not in (self.starts_at, self.ends_at):
            if not SHORTEST <= self.ends_at - self.starts_at <= LONGEST:
                errors["ends_at"] = LENGTH_SENTENCE
            if self.starts_at <= self.booked_at:
                errors["starts_at"] = FUTURE_SENTENCE
            if is_too_far(self.starts_at):
                errors["starts_at"] = TOO_FAR
        if self.capacity is not None and not FEWEST_PLACES <= self.capacity <= MOST_PLACES:
            errors["capacity"] = PLACES_SENTENCE
        if errors:
            raise ValidationError(errors)
