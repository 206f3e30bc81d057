from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.history import tracked
from clinic.text import LowercaseEmailField

WAITS_FOR = timedelta(days=7)


def end_of_waiting():
    return timezone.now() + WAITS_FOR


class EmailChangeQuerySet(models.QuerySet["EmailChange"]):
    def live(self) -> "EmailChangeQuerySet":
        return self.filter(expires_at__gt=timezone.now())


@tracked(exclude=("digest",))
class EmailChange(models.Model):
    """A new e-mail address of an account, which waits to be confirmed by the link mailed to it.

    Until then the old one signs in and gets the mails. Only the digest of the link is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_change"
    )
    email = LowercaseEmailField("new e-mail")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256, hexadecimal.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=end_of_waiting)

    objects = EmailChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=~Q(digest=""), name="email_change_digest_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} to {self.email}"
