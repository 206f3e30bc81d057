from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Prefetch, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from appointments.models.appointments import Appointment
from clinic.history import tracked
from clinic.text import PlainText
from doctors.models import Doctor
from patients.models import Patient


class AppointmentSeriesQuerySet(models.QuerySet["AppointmentSeries"]):
    def visible_to(self, user) -> "AppointmentSeriesQuerySet":
        """Those of which the user may read the visits."""
        return self.filter(pk__in=Appointment.objects.visible_to(user).values("series"))


@tracked()
class AppointmentSeries(models.Model):
    """Visits that were booked at once by a rule. Each is an appointment of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="series")
    rule = models.CharField(
        max_length=200,
        validators=[PlainText()],
        help_text="RFC 5545, RRULE, e.g. FREQ=WEEKLY;BYDAY=TU;COUNT=8.",
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

    objects = AppointmentSeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"{self.patient} with {self.doctor}: {self.rule}"

    def clean(self):
        if not self.rule:
            raise ValidationError({"rule": "By which rule?"})


class SeriesDateQuerySet(models.QuerySet["SeriesDate"]):
    def with_visits(self) -> "SeriesDateQuerySet":
        """With their visits, and all that is said of those."""
        visits = Appointment.objects.with_people().with_offering()
        return self.prefetch_related(Prefetch("appointment", visits))


@tracked()
class SeriesDate(models.Model):
    """A date that a series has by its rule, and what came of it. Times are those that the clinic's
    clocks show, such as 2027-03-29T09:00."""

    series = models.ForeignKey(AppointmentSeries, on_delete=models.PROTECT, related_name="dates")
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, related_name="series_date"
    )
    local_start = models.CharField(
        max_length=16, help_text="By the rule. Calendars know the date by it (RECURRENCE-ID)."
    )
    planned_start = models.CharField(
        max_length=16,
        blank=True,
        help_text="Where the series has the visit. One that is elsewhere was moved on its own.",
    )
    refused_code = models.CharField(
        max_length=32, blank=True, help_text="Why there is no visit on this date."
    )

    objects = SeriesDateQuerySet.as_manager()

    class Meta:
        ordering = ["local_start", "id"]
        constraints = [
            models.UniqueConstraint(
                name="series_date_once",
                fields=["series", "local_start"],
                deferrable=models.Deferrable.DEFERRED,  # All dates may be moved by a day at once.
            ),
            models.CheckConstraint(
                name="series_date_planned",
                condition=Q(appointment=None, planned_start="")
                | Q(appointment__isnull=False) & ~Q(planned_start=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}: {self.local_start}"
