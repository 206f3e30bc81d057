from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
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
