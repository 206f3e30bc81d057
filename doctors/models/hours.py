"""When doctors work, and when they don't.

A week is written in the clinic's local time and becomes instants only when free times are
computed: it says the same on both sides of a change of the clocks. Absences and extra hours are
instants, closures are whole days of the clinic.
"""

from datetime import time, timedelta

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    DateRangeField,
    DateTimeRangeField,
    IntegerRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.copies import Copy
from clinic.days import TOO_FAR, day_text, is_too_far, moment_text
from clinic.history import tracked
from clinic.text import PlainText
from doctors.models.doctors import Doctor

MIDNIGHT = time(0)
LONGEST_EXTRA = timedelta(hours=24)
ORDER_SENTENCE = "The end must be after the start."
DAYS_SENTENCE = "The last day must not be before the first one."
LENGTH_SENTENCE = "Extra hours are 24 hours at most."
SPANS_SENTENCE = "These hours overlap with other hours of the same weekday."

SECONDS = {  # Of the day. An end at midnight is the day's own end.
    "starts": "EXTRACT(EPOCH FROM %(expressions)s)::int",
    "ends": "COALESCE(NULLIF(EXTRACT(EPOCH FROM %(expressions)s)::int, 0), 86400)",
}
CLOCK = Func(
    *(
        Func(name, template=seconds, output_field=models.IntegerField())
        for name, seconds in SECONDS.items()
    ),
    function="INT4RANGE",
    output_field=IntegerRangeField(),
)
VALIDITY = Func(
    "valid_from",
    "valid_until",
    RangeBoundary(inclusive_upper=True),
    function="DATERANGE",
    output_field=DateRangeField(),
)
PERIOD = Func(  # Half-open: neighbours may touch.
    "starts_at",
    "ends_at",
    RangeBoundary(),
    function="TSTZRANGE",
    output_field=DateTimeRangeField(),
)


class WorkingHoursQuerySet(models.QuerySet["WorkingHours"]):
    def visible_to(self, user) -> "WorkingHoursQuerySet":
        """Those that the user keeps: everybody's, or the own ones."""
        if user.has_perm("doctors.manage_all_workinghours"):
            return self
        return self.filter(doctor__user=user) if user.is_authenticated else self.none()


@tracked()
class WorkingHours(Copy):
    """A span of a weekday in which a doctor sees patients (FHIR: availableTime).

    An end at 00:00 is the midnight at which the day ends. Where the next day's hours begin at
    that midnight, both are one shift.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts = models.TimeField("from", help_text="Local time of the clinic.")
    ends = models.TimeField("to", help_text="Local time of the clinic; 00:00 is midnight.")
    valid_from = models.DateField(null=True, blank=True, help_text="First day; empty: always.")
    valid_until = models.DateField(null=True, blank=True, help_text="Last day; empty: for good.")

    objects = WorkingHoursQuerySet.as_manager()

    constraint_fields = {"overlapping_hours": "starts", "hours_in_order": "ends"}

    class Meta:
        ordering = ["weekday", "starts", "valid_from", "id"]
        verbose_name_plural = "working hours"
        constraints = [
            models.CheckConstraint(
                name="working_hours_weekday",
                condition=Q(weekday__range=(0, 6)),
                violation_error_message="Weekdays are 0 (Monday) to 6 (Sunday).",
            ),
            models.CheckConstraint(
                name="working_hours_in_order",
                condition=Q(ends__gt=F("starts")) | Q(ends=MIDNIGHT),
                violation_error_code="hours_in_order",
                violation_error_message=ORDER_SENTENCE,
            ),
            models.CheckConstraint(
                name="working_hours_validity_in_order",
                condition=Q(valid_until__gte=F("valid_from"))
                | Q(valid_from=None)
                | Q(valid_until=None),
                violation_error_message=DAYS_SENTENCE,
            ),
            ExclusionConstraint(
                name="working_hours_apart",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    ("weekday", RangeOperators.EQUAL),
                    (CLOCK, RangeOperators.OVERLAPS),
                    (VALIDITY, RangeOperators.OVERLAPS),
                ],
                violation_error_code="overlapping_hours",
                violation_error_message=SPANS_SENTENCE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M} to {self.ends:%H:%M}"

    def clean(self):
        errors = {}
        if None not in (self.starts, self.ends) and MIDNIGHT != self.ends <= self.starts:
            errors["ends"] = ORDER_SENTENCE
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            errors["valid_until"] = DAYS_SENTENCE
        if errors:
            raise ValidationError(errors)


class DoctorsTime(models.Model):
    """A stretch of one doctor's time, from one instant to another (half-open)."""

    doctor: models.ForeignKey
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
        return f"{self.doctor}, {moment_text(self.starts_at)} to {moment_text(self.ends_at)}"

    def clean(self):
        if None not in (self.starts_at, self.ends_at) and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": ORDER_SENTENCE})
        if self.ends_at and is_too_far(self.ends_at):
            raise ValidationError({"ends_at": TOO_FAR})


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
