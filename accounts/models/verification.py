from django.conf import settings
from django.db import models
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField
from uuid_utils.compat import uuid7

from clinic.text import LowercaseEmailField


class OneTimeToken(models.Model):
    """A secret sent by mail that works once and not for long. Only its digest is kept."""

    class Purpose(models.TextChoices):
        VERIFY_EMAIL = "verify_email", "Verify the e-mail address"
        RESET_PASSWORD = "reset_password", "Choose a new password"
        SIGN_IN = "sign_in", "Sign in"
        VERIFY_APPLICATION = "verify_application", "Verify the address of an application"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="one_time_tokens"
    )
    purpose = models.CharField(max_length=20, choices=Purpose)
    email = LowercaseEmailField(help_text="The address that it was made for.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256, hexadecimal.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.email}"


class PhoneCode(models.Model):
    """Six digits sent to a phone. A new code takes the place of the old one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="phone_code",
    )
    phone = PhoneNumberField(help_text="The number that it was sent to.")
    digest = models.CharField(max_length=64, help_text="HMAC-SHA-256, hexadecimal.")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the gateway took it.")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Code for {self.phone}"
