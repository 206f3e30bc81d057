from django.conf import settings
from django.db import models
from django.utils import timezone

from doctors.models import Doctor


class CalendarFeed(models.Model):
    """The token with which other calendars subscribe to a doctor's visits. One a doctor."""

    doctor = models.OneToOneField(Doctor, on_delete=models.CASCADE, related_name="calendar_feed")
    token_digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"Calendar of {self.doctor}"
