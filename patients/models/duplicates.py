"""Records that may be of the same person, and records that were merged."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.encryption import EncryptedTextField
from clinic.history import tracked
from patients.models.patients import Patient


class PossibleDuplicateQuerySet(models.QuerySet["PossibleDuplicate"]):
    def visible_to(self, user) -> "PossibleDuplicateQuerySet":
        """Pairs of which the user may see both."""
        visible = Patient.objects.visible_to(user).values("pk")
        return self.filter(first__in=visible, second__in=visible)

    def of(self, patient: Patient) -> "PossibleDuplicateQuerySet":
        return self.filter(Q(first=patient) | Q(second=patient))

    def between(self, one: Patient, other: Patient) -> "PossibleDuplicateQuerySet":
        """The one pair of these two, if it is known."""
        first, second = sorted((one.pk, other.pk))
        return self.filter(first=first, second=second)

    def open(self) -> "PossibleDuplicateQuerySet":
        return self.filter(state=PossibleDuplicate.State.OPEN)


class PossibleDuplicate(models.Model):
    """Two records that look like one person, until somebody has decided."""

    class State(models.TextChoices):
        OPEN = "open", "To be decided"
        DISMISSED = "dismissed", "Two persons"
        MERGED = "merged", "Merged"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    first = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField(help_text="How sure it is that they are one person, from 0 to 1.")
    reasons = models.JSONField(default=list, help_text="What agrees, in words without values.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = PossibleDuplicateQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="possible_duplicate_once"),
            models.CheckConstraint(
                name="possible_duplicate_ordered", condition=Q(first__lt=F("second"))
            ),
            models.CheckConstraint(
                name="possible_duplicate_score", condition=Q(score__gte=0, score__lte=1)
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-score", "id"], name="possible_duplicate_by_state")
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class MergeRecordQuerySet(models.QuerySet["MergeRecord"]):
    def visible_to(self, user) -> "MergeRecordQuerySet":
        return self.filter(survivor__in=Patient.objects.visible_to(user).values("pk"))

    def standing(self) -> "MergeRecordQuerySet":
        return self.filter(undone_at__isnull=True)


@tracked()
class MergeRecord(models.Model):
    """One record merged into another: by whom, when, and all it takes to undo it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    survivor = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="merges")
    merged = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="merges_away")
    merged_at = models.DateTimeField(default=timezone.now)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    moved = models.JSONField(
        default=dict, help_text="The ids of what went over to the survivor, by model."
    )
    values = EncryptedTextField(
        blank=True,
        help_text="What the merge changed in the survivor and the accounts: before and after.",
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = MergeRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "merge"
        ordering = ["-merged_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(undone_at__isnull=True),
                name="merge_record_once",
                violation_error_message="This record was merged already.",
            ),
            models.CheckConstraint(name="merge_record_of_two", condition=~Q(survivor=F("merged"))),
        ]

    def __str__(self) -> str:
        return f"{self.merged.record_number} into {self.survivor.record_number}"
