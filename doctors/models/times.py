"""Absences and extra hours, which are instants, and closures: whole days of the clinic."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.days import TOO_FAR, day_text, is_too_far, moment_text
from clinic.history import tracked
from clinic.text import PlainText
from doctors.models.doctors import Doctor
from doctors.models.places import Location

LONGEST_EXTRA = timedelta(hours=24)
ORDER_SENTENCE = "The end must be after the start."
DAYS_SENTENCE = "The last day must not be before the first one."
LENGTH_SENTENCE = "Extra hours are 24 hours at most."

PERIOD = Func(  # Half-open: neighbours may touch.
    "starts_at",
    "ends_at",
    RangeBoundary(),
    function="TSTZRANGE",
    output_field=DateTimeRangeField(),
)


class Stretch(models.Model):
    """A stretch of somebody's or something's time, from one instant to another (half-open)."""

    whose: Any  # Who or what has it.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    starts_at = models.DateTimeField("start")
    ends_at = models.DateTimeField("end")
    reason = models.CharField(max_length=200, blank=True, validators=[PlainText()])
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        abstract = True
        ordering = ["starts_at", "id"]

    def __str__(self) -> str:
        return f"{self.whose}, {moment_text(self.starts_at)} to {moment_text(self.ends_at)}"

    def clean(self):
        if None not in (self.starts_at, self.ends_at) and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": ORDER_SENTENCE})
        if self.ends_at and is_too_far(self.ends_at):
            raise ValidationError({"ends_at": TOO_FAR})


class DoctorsTime(Stretch):
    """A stretch of one doctor's time."""

    doctor: models.ForeignKey

    class Meta(Stretch.Meta):
        abstract = True

    @property
    def whose(self) -> Doctor:
        return self.doctor


def in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(ends_at__gt=F("starts_at"))
        & Q(Func("starts_at", function="ISFINITE", output_field=models.BooleanField()))
        & Q(Func("ends_at", function="ISFINITE", output_field=models.BooleanField())),
        violation_error_message=ORDER_SENTENCE,
    )


@tracked()
class Absence(DoctorsTime):
    """Time off: a holiday, an illness, a course. Nobody can book it on their own."""

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="absences")

    class Meta(DoctorsTime.Meta):
        constraints = [in_order("absence_in_order")]
        indexes = [models.Index(fields=["doctor", "ends_at"], name="absence_by_doctor")]


@tracked()
class ExtraHours(DoctorsTime):
    """Hours beyond the doctor's week, 24 at most."""

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="extra_hours")
    location = models.ForeignKey(
        Location,
        verbose_name="place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="extra_hours",
        help_text="Empty: any place.",
    )

    constraint_fields = {"overlapping_hours": "starts_at"}

    class Meta(DoctorsTime.Meta):
        verbose_name_plural = "extra hours"
        constraints = [
            in_order("extra_hours_in_order"),
            models.CheckConstraint(
                name="extra_hours_length",
                condition=Q(ends_at__lte=F("starts_at") + LONGEST_EXTRA),
                violation_error_message=LENGTH_SENTENCE,
            ),
            ExclusionConstraint(
                name="extra_hours_apart",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    (PERIOD, RangeOperators.OVERLAPS),
                ],
                violation_error_code="overlapping_hours",
                violation_error_message="These extra hours overlap with others.",
            ),
        ]

    def clean(self):
        super().clean()
        starts, ends = self.starts_at, self.ends_at
        if starts and ends and ends - starts > LONGEST_EXTRA:
            raise ValidationError({"ends_at": LENGTH_SENTENCE})


@tracked()
class Closure(models.Model):
    """Days on which the whole clinic is closed; the first and the last are included."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day")
    reason = models.CharField(max_length=200, blank=True, validators=[PlainText()])
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="closure_in_order",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=DAYS_SENTENCE,
            )
        ]
        indexes = [models.Index(fields=["ends_on"], name="closure_by_end")]

    def __str__(self) -> str:
        days = day_text(self.starts_on)
        if not self.is_one_day:
            days += f" to {day_text(self.ends_on)}"
        return f"{days}: {self.reason}" if self.reason else days

    @property
    def is_one_day(self) -> bool:
        return self.starts_on == self.ends_on

    def clean(self):
        if None not in (self.starts_on, self.ends_on) and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": DAYS_SENTENCE})
        if self.ends_on and is_too_far(self.ends_on):
            raise ValidationError({"ends_on": TOO_FAR})
