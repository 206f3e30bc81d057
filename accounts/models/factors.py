from django.conf import settings
from django.db import models
from django.utils import timezone

from clinic.encryption import EncryptedTextField
from clinic.history import tracked


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def confirmed(self) -> "SecondFactorQuerySet":
        """Those that count: somebody has shown a right code of them."""
        return self.filter(confirmed_at__isnull=False)

    def is_missing(self, user) -> bool:
        """Does the user's role need a second factor that the user hasn't set up yet?"""
        is_needed = user.role in settings.MFA_REQUIRED_ROLES
        return is_needed and not self.confirmed().filter(user=user).exists()


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
