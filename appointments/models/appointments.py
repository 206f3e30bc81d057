from datetime import timedelta
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from appointments.models.held import BUSY_PERIOD, Held
from appointments.models.querysets import AppointmentQuerySet
from appointments.models.triggers import STATUSES, apart_from_sessions, rooms_kept
from appointments.transitions import HOLDING, Status
from clinic.checks import CheckedAtOnce
from clinic.days import TOO_FAR, is_too_far, moment_text
from clinic.encryption import EncryptedTextField
from clinic.errors import (
    DOCTOR_DOUBLE_BOOKED,
    PATIENT_DOUBLE_BOOKED,
    RESOURCE_DOUBLE_BOOKED,
    SESSION_FULL,
)
from clinic.history import tracked
from clinic.money import Priced, price_whole
from clinic.text import PlainText
from doctors.models import (
    BUFFER_SENTENCE,
    HELD_SENTENCE,
    PERIOD,
    Doctor,
    HealthcareService,
    Location,
    Resource,
)
from patients.models import Patient

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(minutes=180)
LENGTH_SENTENCE = _("An appointment lasts 15 to 180 minutes.")
MOST_PLACES = 30
FUTURE_SENTENCE = _("An appointment must start in the future.")


@tracked(exclude=("busy_from", "busy_until"))
class Appointment(Held, Priced, CheckedAtOnce):
    """A visit of a patient to a doctor at a time (FHIR: Appointment). Never deleted."""

    Status = Status

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    doctor = models.ForeignKey(  # The indexes with the start serve it, too.
        Doctor, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    patient = models.ForeignKey(  # The indexes with the start serve it, too.
        Patient, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    starts_at = models.DateTimeField("start")
    ends_at = models.DateTimeField("end")
    status = models.CharField(max_length=16, choices=Status, default=Status.BOOKED, editable=False)
    service = models.ForeignKey(
        HealthcareService,
        verbose_name="visit type",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
    )
    location = models.ForeignKey(
        Location,
        verbose_name="place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
    )
    series = models.ForeignKey(
        "appointments.AppointmentSeries",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="appointments",
    )
    session = models.ForeignKey(
        "appointments.GroupSession",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="appointments",
    )
    seat = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="Which of the session's places it has."
    )
    reason = EncryptedTextField(
        "reason for the visit",
        max_length=500,
        blank=True,
        validators=[PlainText(multiline=True)],
        accepts_plain=True,
    )
    overbook_reason = models.CharField(
        max_length=200,
        blank=True,
        validators=[PlainText()],
        help_text="Why this visit may share its time with another one. Empty: it may not.",
    )
    booked_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When this time was booked or moved to."
    )
    local_start = models.CharField(
        max_length=16,
        blank=True,
        editable=False,
        help_text="The start on the clinic's clocks when it was booked, e.g. 2026-03-29T09:00.",
    )
    time_zone = models.CharField(
        max_length=64, blank=True, editable=False, help_text="The clinic's zone then."
    )
    sequence = models.PositiveIntegerField(
        default=0, editable=False, help_text="How often it was changed (RFC 5545, SEQUENCE)."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = AppointmentQuerySet.as_manager()

    # What of it goes where its patient is erased.
    personal_fields = ("reason", "overbook_reason")
    # Where a person looks for the fault that a constraint found.
    constraint_fields = {
        DOCTOR_DOUBLE_BOOKED: "starts_at",
        PATIENT_DOUBLE_BOOKED: "starts_at",
        RESOURCE_DOUBLE_BOOKED: "starts_at",
        "too_short_or_long": "ends_at",
        "not_in_future": "starts_at",
    }

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="appointment_length",
                condition=Q(ends_at__gte=F("starts_at") + SHORTEST)
                & Q(ends_at__lte=F("starts_at") + LONGEST)
                & Q(Func("ends_at", function="ISFINITE", output_field=models.BooleanField())),
                violation_error_code="too_short_or_long",
                violation_error_message=LENGTH_SENTENCE,
            ),
            models.CheckConstraint(
                name="appointment_in_future",
                condition=Q(starts_at__gt=F("booked_at")),
                violation_error_code="not_in_future",
                violation_error_message=FUTURE_SENTENCE,
            ),
            models.CheckConstraint(
                name="appointment_status_known",
                condition=Q(status__in=Status.values),
                violation_error_message="This status is not known.",
            ),
            ExclusionConstraint(
                name="appointment_doctor_free",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    (BUSY_PERIOD, RangeOperators.OVERLAPS),
                ],
                # A session holds the doctor's time for all who take part in it.
                condition=Q(status__in=HOLDING, overbook_reason="", session=None),
                violation_error_code=DOCTOR_DOUBLE_BOOKED,
                violation_error_message=_("This doctor is already booked then."),
            ),
            ExclusionConstraint(
                name="appointment_patient_free",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    (PERIOD, RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=HOLDING, overbook_reason=""),
                violation_error_code=PATIENT_DOUBLE_BOOKED,
                violation_error_message=_("This patient already has an appointment then."),
            ),
            models.CheckConstraint(
                name="appointment_buffers",
                condition=Q(
                    buffer_before_minutes__range=(0, 60), buffer_after_minutes__range=(0, 60)
                ),
                violation_error_message=BUFFER_SENTENCE,
            ),
            price_whole("appointment_price_whole"),
            models.CheckConstraint(
                name="appointment_seat_of_session",
                condition=Q(session=None, seat=None)
                | Q(session__isnull=False, seat__range=(1, MOST_PLACES)),
                violation_error_message="Who takes part in a session has one of its places.",
            ),
            models.UniqueConstraint(
                name="appointment_seat_once",
                fields=["session", "seat"],
                condition=Q(status__in=HOLDING, session__isnull=False),
                violation_error_code=SESSION_FULL,
                violation_error_message=_("All places are taken."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["series", "starts_at"],
                name="appointment_by_series",
                condition=Q(series__isnull=False),
            ),
            models.Index(fields=["starts_at", "id"], name="appointment_by_start"),
            models.Index(fields=["doctor", "starts_at"], name="appointment_by_doctor"),
            models.Index(fields=["patient", "starts_at"], name="appointment_by_patient"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            apart_from_sessions(),
            rooms_kept("appointment", "status", f"NEW.status IN ({STATUSES})"),
        ]

    def __str__(self) -> str:
        return f"{self.patient} with {self.doctor}, {moment_text(self.starts_at)}"

    def get_status_display(self) -> str:  # type: ignore[no-redef]
        """As Django's own, which goes through all choices and their translations each time."""
        return str(Status(self.status).label)

    @property
    def what(self) -> str:
        """What it is: the name of its session, or of its type; empty for a plain visit."""
        return self.session.name if self.session else str(self.service or "")

    @cached_property
    def rooms(self) -> list[Resource]:
        """The rooms and devices that it has, or its session, by name. Of many visits,
        `note_rooms()` reads them at once."""
        if self.service_id is None:
            return []
        whose = {"session": self.session_id} if self.session_id else {"appointment": self.pk}
        held = {f"bookings__{name}": value for name, value in {**whose, "is_held": True}.items()}
        return list(Resource.objects.filter(**held).order_by("name", "pk"))

    def clean(self):
        super().clean()
        if None in (self.starts_at, self.ends_at):
            return  # The missing fields are reported already.
        errors: dict[str, Any] = {}
        if not SHORTEST <= self.duration <= LONGEST:
            errors["ends_at"] = LENGTH_SENTENCE
        if self.starts_at <= self.booked_at:
            errors["starts_at"] = FUTURE_SENTENCE
        if is_too_far(self.starts_at):
            errors["starts_at"] = TOO_FAR
        has_buffers = self.buffer_before_minutes or self.buffer_after_minutes
        if not errors and has_buffers and self.holds_until - self.holds_from > LONGEST:
            errors["ends_at"] = HELD_SENTENCE
        if errors:
            raise ValidationError(errors)

    def validate_constraints(self, exclude=None):
        """Check overlaps even for forms that leave `status` and `overbook_reason` out."""
        exclude = set(exclude or ()) - {"status", "overbook_reason", "booked_at"}
        if exclude & {"starts_at", "ends_at"}:
            exclude |= {"starts_at", "ends_at"}  # A faulty time overlaps with nothing.
        super().validate_constraints(exclude)
