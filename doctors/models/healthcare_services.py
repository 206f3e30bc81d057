"""What patients can come for: visit types, who offers them, where, and what they need."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from clinic.copies import Copy
from clinic.history import tracked
from clinic.money import Priced, price_whole
from clinic.text import PlainText
from doctors.models.doctors import Doctor
from doctors.models.places import Location

SHORTEST_MINUTES, LONGEST_MINUTES = 15, 180
LONGEST_BUFFER = 60
HELD_SENTENCE = _("A visit with its buffers holds 180 minutes at most.")
LENGTH_SENTENCE = _("A visit lasts 15 to 180 minutes.")
BUFFER_SENTENCE = _("A buffer is 0 to 60 minutes.")


class HealthcareServiceQuerySet(models.QuerySet["HealthcareService"]):
    def active(self) -> "HealthcareServiceQuerySet":
        return self.filter(is_active=True)

    def online(self) -> "HealthcareServiceQuerySet":
        """Those that patients may book for themselves."""
        return self.filter(is_active=True, is_online=True)

    def offered_by(self, doctor_id: UUID) -> "HealthcareServiceQuerySet":
        """Those of this doctor, and those of everybody."""
        return self.filter(
            models.Exists(
                ServiceDoctor.objects.filter(service=models.OuterRef("pk"), doctor=doctor_id)
            )
            | ~models.Exists(ServiceDoctor.objects.filter(service=models.OuterRef("pk")))
        )

    def offered_at(self, location_id: UUID) -> "HealthcareServiceQuerySet":
        """Those of this place, and those of every place."""
        places = ServiceLocation.objects.filter(service=models.OuterRef("pk"))
        return self.filter(
            models.Exists(places.filter(location=location_id)) | ~models.Exists(places)
        )

    def visible_to(self, user) -> "HealthcareServiceQuerySet":
        """Who sets the clinic up sees all; other staff what is offered; anybody else what is
        offered online."""
        if user.has_perm("doctors.change_healthcareservice"):
            return self
        return self.active() if getattr(user, "is_staff", False) else self.online()


@tracked()
class HealthcareService(Priced, Copy):
    """A kind of visit that the clinic offers (FHIR: HealthcareService)."""

    class NewPatients(models.TextChoices):
        ANY = "any", _("Anybody")
        ONLY = "only", _("New patients only")
        NEVER = "never", _("Known patients only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, validators=[PlainText()])
    code = models.CharField(
        max_length=50,
        blank=True,
        validators=[PlainText()],
        help_text="The clinic's own short code, e.g. US-1.",
    )
    description = models.CharField(
        "words for patients",
        max_length=500,
        blank=True,
        validators=[PlainText(multiline=True)],
        help_text="What it is, and what to bring.",
    )
    duration_minutes = models.PositiveSmallIntegerField("length", help_text="Minutes, 15 to 180.")
    buffer_before_minutes = models.PositiveSmallIntegerField(
        "kept free before", default=0, help_text="Minutes, 0 to 60: to prepare."
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        "kept free after", default=0, help_text="Minutes, 0 to 60: to clean up."
    )
    is_online = models.BooleanField(
        "patients book it themselves", default=True, help_text="Else the front desk alone does."
    )
    for_new_patients = models.CharField(
        "for", max_length=5, choices=NewPatients, default=NewPatients.ANY
    )
    is_active = models.BooleanField("offered", default=True)
    doctors = models.ManyToManyField(
        Doctor,
        through="ServiceDoctor",
        related_name="services",
        blank=True,
        help_text="Nobody named: every doctor.",
    )
    locations = models.ManyToManyField(
        Location,
        through="ServiceLocation",
        related_name="services",
        blank=True,
        help_text="None named: everywhere.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = HealthcareServiceQuerySet.as_manager()

    constraint_fields = {
        "service_named": "name",
        "service_coded": "code",
        "too_short_or_long": "duration_minutes",
        "buffer_before": "buffer_before_minutes",
        "buffer_after": "buffer_after_minutes",
        "held_too_long": "duration_minutes",
    }

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "visit type"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="service_name_unique",
                violation_error_code="service_named",
                violation_error_message=_("There is a visit type of this name already."),
            ),
            models.UniqueConstraint(
                Lower("code"),
                name="service_code_unique",
                condition=~Q(code=""),
                violation_error_code="service_coded",
                violation_error_message=_("Another visit type has this code."),
            ),
            models.CheckConstraint(
                name="service_length",
                condition=Q(duration_minutes__range=(SHORTEST_MINUTES, LONGEST_MINUTES)),
                violation_error_code="too_short_or_long",
                violation_error_message=LENGTH_SENTENCE,
            ),
            models.CheckConstraint(
                name="service_buffer_before",
                condition=Q(buffer_before_minutes__range=(0, LONGEST_BUFFER)),
                violation_error_code="buffer_before",
                violation_error_message=BUFFER_SENTENCE,
            ),
            models.CheckConstraint(
                name="service_buffer_after",
                condition=Q(buffer_after_minutes__range=(0, LONGEST_BUFFER)),
                violation_error_code="buffer_after",
                violation_error_message=BUFFER_SENTENCE,
            ),
            models.CheckConstraint(
                name="service_held",
                condition=Q(
                    duration_minutes__lte=LONGEST_MINUTES
                    - F("buffer_before_minutes")
                    - F("buffer_after_minutes")
                ),
                violation_error_code="held_too_long",
                violation_error_message=HELD_SENTENCE,
            ),
            models.CheckConstraint(
                name="service_for_known",
                condition=Q(for_new_patients__in=("any", "only", "never")),
                violation_error_message="This is not known.",
            ),
            price_whole("service_price_whole"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lengths(self) -> "list[ServiceDoctor]":
        """The doctors with whom it takes another time than usual."""
        return [link for link in self.service_doctors.all() if link.duration_minutes is not None]

    @property
    def buffer_minutes(self) -> int:
        return (self.buffer_before_minutes or 0) + (self.buffer_after_minutes or 0)

    def offering_among(self, doctors: models.QuerySet[Doctor]) -> models.QuerySet[Doctor]:
        """Those of these doctors who offer it."""
        named = ServiceDoctor.objects.filter(service=self)
        own = named.filter(doctor=models.OuterRef("pk"))
        return doctors.filter(~models.Exists(named) | models.Exists(own))

    def clean(self):
        super().clean()
        errors: dict[str, Any] = {}
        for name in ("buffer_before_minutes", "buffer_after_minutes"):
            if (getattr(self, name) or 0) > LONGEST_BUFFER:
                errors[name] = BUFFER_SENTENCE
        length = self.duration_minutes
        if length is not None and not SHORTEST_MINUTES <= length <= LONGEST_MINUTES:
            errors["duration_minutes"] = LENGTH_SENTENCE
        elif length is not None and not errors and length + self.buffer_minutes > LONGEST_MINUTES:
            errors["duration_minutes"] = HELD_SENTENCE
        if errors:
            raise ValidationError(errors)


@tracked()
class ServiceDoctor(models.Model):
    """A doctor offers a visit type, for which they may need another length than is usual."""

    service = models.ForeignKey(
        HealthcareService, on_delete=models.CASCADE, related_name="service_doctors"
    )
    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="service_doctors")
    duration_minutes = models.PositiveSmallIntegerField(
        "length", null=True, blank=True, help_text="Minutes, 15 to 180; empty: as usual."
    )

    class Meta:
        ordering = ["service", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "doctor"],
                name="service_doctor_once",
                violation_error_message="This doctor is named already.",
            ),
            models.CheckConstraint(
                name="service_doctor_length",
                condition=Q(duration_minutes=None)
                | Q(duration_minutes__range=(SHORTEST_MINUTES, LONGEST_MINUTES)),
                violation_error_message=LENGTH_SENTENCE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.doctor}"


@tracked()
class ServiceLocation(models.Model):
    """A visit type is offered at a place."""

    service = models.ForeignKey(
        HealthcareService, on_delete=models.CASCADE, related_name="service_locations"
    )
    location = models.ForeignKey(
        Location, on_delete=models.CASCADE, related_name="service_locations"
    )

    class Meta:
        ordering = ["service", "id"]
        constraints = [
            models.UniqueConstraint(fields=["service", "location"], name="service_location_once")
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.location}"


@tracked()
class ServiceNeed(models.Model):
    """How many rooms or devices of a pool a visit of this type needs."""

    service = models.ForeignKey(HealthcareService, on_delete=models.CASCADE, related_name="needs")
    pool = models.CharField(max_length=50, validators=[PlainText()])
    count = models.PositiveSmallIntegerField(default=1, help_text="1 to 5.")

    class Meta:
        ordering = ["service", "pool", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "pool"],
                name="service_need_once",
                violation_error_message="This pool is named already.",
            ),
            models.CheckConstraint(
                name="service_need_count",
                condition=Q(count__range=(1, 5)),
                violation_error_message="A visit needs 1 to 5 of a pool.",
            ),
            models.CheckConstraint(
                name="service_need_pool_named",
                condition=~Q(pool=""),
                violation_error_message="Which pool is needed?",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.pool}"
