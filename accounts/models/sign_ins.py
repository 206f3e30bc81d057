from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.days import moment_text

USE_NOTED_EVERY = timedelta(minutes=1)


class SignInQuerySet(models.QuerySet["SignIn"]):
    def live(
        self, now: datetime | None = None, used_since: datetime | None = None
    ) -> "SignInQuerySet":
        """Those that still open doors: not ended, not idle for too long, not too old."""
        now = now or timezone.now()
        used_since = used_since or now - settings.SESSION_IDLE_LIMIT
        return self.filter(
            Q(door=SignIn.Door.API) | Q(last_used_at__gt=used_since),
            ended_at=None,
            expires_at__gt=now,
        )


class SignIn(models.Model):
    """One sign-in of one device, in a browser or by the API, until it ends.

    Everything that a sign-in opens, a session or a family of tokens, asks here whether it still
    may: ending the row ends it at the next request.
    """

    class Door(models.TextChoices):
        WEB = "web", "Browser"
        API = "api", "API"

    class Ended(models.TextChoices):
        SIGNED_OUT = "signed_out", "Signed out"
        BY_USER = "by_user", "Ended from another device"
        PASSWORD = "password", "The password was changed"
        REUSED = "reused", "A refresh token was used twice"
        DEACTIVATED = "deactivated", "The account or its role was changed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins"
    )
    door = models.CharField(max_length=3, choices=Door)
    refresh_id = models.CharField(
        max_length=32, blank=True, help_text="The one refresh token that may be used (jti)."
    )
    started_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)
    by_factor = models.BooleanField(
        default=False, db_default=False, help_text="Was a second factor or a passkey shown in it?"
    )
    proven_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the password or a second factor was last shown in it; empty: never.",
    )
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=12, choices=Ended, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        ordering = ["-last_used_at", "-id"]
        verbose_name = "sign-in"
        constraints = [
            models.CheckConstraint(
                name="sign_in_ended_has_reason",
                condition=Q(ended_at=None, ended_because="")
                | (Q(ended_at__isnull=False) & ~Q(ended_because="")),
            )
        ]
        indexes = [
            models.Index(fields=["user"], name="sign_in_live", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user} by {self.get_door_display()} since {moment_text(self.started_at)}"
