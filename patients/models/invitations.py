"""Invitations to open an account, for patients on record who have none."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.history import tracked
from patients.models.patients import Patient


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def live(self) -> "InvitationQuerySet":
        """Those with which somebody can still open the account."""
        live = self.filter(ended_at=None, expires_at__gt=timezone.now())
        return live.filter(patient__is_deceased=False)


@tracked(exclude=("digest",))
class Invitation(models.Model):
    """A secret that opens the account of a patient on record, together with the date of birth.

    It works once and for a while. Its code is made when it leaves; only its digest is kept.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", "By mail"
        TEXT = "text", "By text message"
        PAPER = "paper", "On paper"
        ASKED = "asked", "By mail, as the patient asked"

    class Ended(models.TextChoices):
        CLAIMED = "claimed", "The account was opened"
        REPLACED = "replaced", "There is a newer one"
        CONTACT = "contact", "The e-mail address or phone number was changed"
        MERGED = "merged", "The record was merged"
        TRIES = "tries", "Too many wrong dates of birth"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="invitations")
    channel = models.CharField(max_length=10, choices=Channel)
    digest = models.CharField(max_length=64, blank=True, help_text="HMAC-SHA-256, hexadecimal.")
    tries = models.PositiveSmallIntegerField("wrong dates of birth", default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty where the patient asked for it.",
    )
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=10, choices=Ended, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "channel"],
                condition=Q(ended_at=None),
                name="invitation_one_a_channel",
                violation_error_message="Somebody has just invited this patient.",
            ),
            models.UniqueConstraint(
                fields=["digest"], condition=~Q(digest=""), name="invitation_digest_unique"
            ),
            models.CheckConstraint(
                name="invitation_end_noted",
                condition=Q(ended_at=None, ended_because="")
                | Q(
                    ended_at__isnull=False,
                    ended_because__in=("claimed", "replaced", "contact", "merged", "tries"),
                ),
                violation_error_message="An invitation that has ended has a time and a reason.",
            ),
            models.CheckConstraint(
                name="invitation_channel_known",
                condition=Q(channel__in=("mail", "text", "paper", "asked")),
                violation_error_message="This way of inviting is not known.",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.patient}, {self.get_channel_display().lower()}"
