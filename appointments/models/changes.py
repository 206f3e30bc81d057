import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from appointments.models.appointments import Appointment
from appointments.transitions import CancelReason, Status
from clinic.encryption import EncryptedTextField
from clinic.text import PlainText
from doctors.models import Doctor


class AppointmentChange(models.Model):
    """One step in the life of an appointment: what changed, who did it, when and why.

    The rows are the appointment's history. The database lets nobody change or delete them.
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="history")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    from_status = models.CharField(max_length=16, choices=Status, blank=True)
    to_status = models.CharField(max_length=16, choices=Status)
    from_starts_at = models.DateTimeField(null=True, blank=True)
    from_ends_at = models.DateTimeField(null=True, blank=True)
    from_doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, null=True, related_name="+")
    to_starts_at = models.DateTimeField()
    to_ends_at = models.DateTimeField()
    to_doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="+")
    reason = EncryptedTextField(
        max_length=500, blank=True, validators=[PlainText(multiline=True)], accepts_plain=True
    )
    reason_code = models.CharField(max_length=16, choices=CancelReason, blank=True)

    personal_fields = ("reason",)  # What of it goes where the patient is erased.

    class Meta:
        ordering = ["at", "id"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} to {self.to_status}"
