"""The weeks in which doctors work.

A week is written in the clinic's local time and becomes instants only when free times are
computed: it says the same on both sides of a change of the clocks.
"""

from collections.abc import Iterable
from datetime import time
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import (
    DateRangeField,
    IntegerRangeField,
    RangeBoundary,
    RangeOperators,
)
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q

from clinic.copies import Copy
from clinic.history import tracked
from doctors.models.doctors import Doctor
from doctors.models.healthcare_services import HealthcareService
from doctors.models.places import Location
from doctors.models.times import DAYS_SENTENCE, ORDER_SENTENCE

MIDNIGHT = time(0)
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


class WorkingHoursQuerySet(models.QuerySet["WorkingHours"]):
    def with_services(self) -> "WorkingHoursQuerySet":
        """Read in the same query which visit types each names (`service_ids`)."""
        named = HoursService.objects.filter(hours=models.OuterRef("pk")).order_by()
        return self.annotate(named_services=ArraySubquery(named.values("service")))

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
    location = models.ForeignKey(
        Location,
        verbose_name="place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="working_hours",
        help_text="Empty: any place.",
    )
    services = models.ManyToManyField(
        HealthcareService,
        verbose_name="visit types",
        through="HoursService",
        related_name="working_hours",
        blank=True,
        help_text="None named: whatever the doctor offers.",
    )
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

    @property
    def service_ids(self) -> frozenset[UUID]:
        """The visit types that alone are offered in this span; empty: whatever the doctor offers.

        Of an unsaved copy those that were set, which the services of hours write.
        """
        for name in ("_set_services", "named_services"):
            if name in self.__dict__:
                return frozenset(self.__dict__[name])
        if self._state.adding:
            return frozenset()
        return frozenset(self.hours_services.values_list("service_id", flat=True))

    @service_ids.setter
    def service_ids(self, keys: Iterable[UUID] | None) -> None:
        self._set_services = frozenset(keys or ())

    @property
    def has_set_services(self) -> bool:
        return "_set_services" in self.__dict__

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


@tracked()
class HoursService(models.Model):
    """A visit type that is offered in a span of a doctor's week, in which no others are."""

    hours = models.ForeignKey(WorkingHours, on_delete=models.CASCADE, related_name="hours_services")
    service = models.ForeignKey(
        HealthcareService, on_delete=models.CASCADE, related_name="hours_services"
    )

    class Meta:
        ordering = ["hours", "id"]
        constraints = [
            models.UniqueConstraint(fields=["hours", "service"], name="hours_service_once")
        ]

    def __str__(self) -> str:
        return f"{self.hours}: {self.service}"
