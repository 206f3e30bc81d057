"""Emergency access ("break-glass"): a record that is opened for a while, with a reason, to
somebody of the staff who doesn't look after the patient."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.encryption import EncryptedTextField
from clinic.history import tracked
from clinic.text import PlainText
from patients.models.patients import Patient

LEAST_WORDS = 10  # Characters of a reason.


class EmergencyAccessQuerySet(models.QuerySet["EmergencyAccess"]):
    def opened_to(self, user) -> "EmergencyAccessQuerySet":
        """Those by which the user sees a record at this moment, on the database's clock."""
        return self.filter(user=user, ended_at=None, expires_at__gt=Now())

    def waiting(self) -> "EmergencyAccessQuerySet":
        """Those that no administrator has looked at."""
        return self.filter(reviewed_at=None)

    def visible_to(self, user) -> "EmergencyAccessQuerySet":
        """All, for who reviews them; else the user's own, as long as they show the record."""
        if user.has_perm("patients.change_emergencyaccess"):
            return self
        if user.has_perm("patients.view_emergencyaccess"):
            return self.opened_to(user)
        return self.none()


@tracked()
class EmergencyAccess(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.CASCADE, related_name="emergency_accesses", editable=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+"
    )
    reason = EncryptedTextField(
        max_length=500,
        validators=[PlainText(multiline=True)],
        help_text="What is the emergency? Administrators read it.",
    )
    opened_at = models.DateTimeField("opened", default=timezone.now, editable=False)
    expires_at = models.DateTimeField("until", editable=False)
    ended_at = models.DateTimeField("ended", null=True, blank=True, editable=False)
    reviewed_at = models.DateTimeField("reviewed", null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name = "emergency access"
        verbose_name_plural = "emergency accesses"
        constraints = [
            models.CheckConstraint(
                name="emergency_access_has_reason",
                condition=~Q(reason=""),
                violation_error_message="Say what the emergency is.",
            ),
            models.CheckConstraint(
                name="emergency_access_ends_later", condition=Q(expires_at__gt=F("opened_at"))
            ),
            models.CheckConstraint(
                name="emergency_access_reviewed_by_somebody",
                condition=Q(reviewed_at=None, reviewed_by=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "expires_at"], name="emergency_access_open"),
            models.Index(
                fields=["opened_at"], name="emergency_access_waiting", condition=Q(reviewed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} opened {self.patient.record_number}"

    def clean(self):
        if len(self.reason.strip()) < LEAST_WORDS:
            raise ValidationError({"reason": "Say in some words what the emergency is."})

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now()
