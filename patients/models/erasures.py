"""That a patient's data were erased, and what was done; it names nobody."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.encryption import EncryptedTextField
from clinic.text import PlainText


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def visible_to(self, user) -> "ErasureQuerySet":
        return self if user.has_perm("patients.view_erasure") else self.none()

    def sealed(self) -> "ErasureQuerySet":
        """Those with something that the law has the clinic keep."""
        return self.exclude(sealed="")


class Erasure(models.Model):
    """The protocol of one erasure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(help_text="The record's, which is its pseudonym.")
    patient_id = models.UUIDField(help_text="The record's; there may be no row of it any more.")
    erased_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+"
    )
    reason = EncryptedTextField(max_length=300, validators=[PlainText()])
    gone = models.JSONField(
        blank=True, default=dict, help_text="How many rows of what were deleted."
    )
    kept = models.JSONField(
        blank=True, default=list, help_text="[what, how many, why] of what was kept."
    )
    sealed = EncryptedTextField(
        blank=True, help_text="What the treatment's documentation needs, as JSON, until it goes."
    )
    kept_until = models.DateField(null=True, blank=True, help_text="When the sealed part goes.")

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ["-erased_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="erasure_sealed_has_end",
                condition=models.Q(sealed="") | models.Q(kept_until__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["kept_until"], name="erasure_sealed", condition=~models.Q(sealed="")
            )
        ]

    def __str__(self) -> str:
        return f"Erasure of {self.record_number}"

    @property
    def record_number(self) -> str:
        return f"P-{self.number:06d}"
