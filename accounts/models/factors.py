from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.encryption import EncryptedTextField
from clinic.history import tracked
from clinic.text import PlainText


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def confirmed(self) -> "SecondFactorQuerySet":
        """Those that count: somebody has shown a right code of them."""
        return self.filter(confirmed_at__isnull=False)


@tracked(exclude=("secret", "last_step"))
class SecondFactor(models.Model):
    """An authenticator app's secret (TOTP, RFC 6238: SHA-1, 30 seconds, six digits)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="second_factor",
    )
    secret = EncryptedTextField(help_text="20 random bytes in Base32.")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the first code was right; it counts from then on."
    )
    last_step = models.BigIntegerField(
        default=-1, help_text="The time step of the last code that was taken: none works twice."
    )

    objects = SecondFactorQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Second factor of {self.user}"


class RecoveryCode(models.Model):
    """Stands in once for the authenticator app. Only its digest is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64, help_text="HMAC-SHA-256, hexadecimal.")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"Recovery code of {self.user}"


@tracked(exclude=("credential_id", "public_key", "sign_count", "last_used_at"))
class Passkey(models.Model):
    """A key pair of which a device of the user keeps the secret half (WebAuthn, level 3).

    It signs in alone, as the device asks for a finger, a face or a PIN, and counts as a second
    factor beside the password.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys"
    )
    name = models.CharField(max_length=50, validators=[PlainText()])
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField(help_text="As COSE writes it (RFC 9052, 7).")
    sign_count = models.BigIntegerField(
        default=0, help_text="How often the device says that it has signed; 0: it doesn't count."
    )
    transports = models.JSONField(default=list, blank=True, help_text="How the device is reached.")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


@tracked()
class FactorReset(models.Model):
    """An administrator removed the lost second factors of an account, and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="factor_resets"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=200, validators=[PlainText()])
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"
