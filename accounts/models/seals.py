"""The chain of seals over the access log and the history: what it held when it was settled."""

import pgtrigger
from django.db import models


class AuditSeal(models.Model):
    """One link: a range of one table's rows, as they were, and the link before it.

    Only functions of the database write here (`accounts/migrations`): the application's own role
    can't. `accounts.services.verifying` says what a link proves, and how its hash is made.
    """

    class Kind(models.TextChoices):
        ROWS = "rows", "Rows sealed"
        PURGE = "purge", "Old rows removed"
        ERASURE = "erasure", "Rows rewritten and sealed anew"

    number = models.BigIntegerField(primary_key=True, help_text="Without gaps, from 1.")
    kind = models.CharField(max_length=10, choices=Kind)
    table_name = models.CharField(max_length=63)
    first_id = models.BigIntegerField(help_text="One after the last of the range before.")
    last_id = models.BigIntegerField()
    row_count = models.BigIntegerField()
    digest = models.BinaryField(help_text="SHA-256 of the SHA-256 of each row, by id.")
    row_hints = models.BinaryField(
        help_text="Of each row its id and 8 bytes of its digest: they only name what differs."
    )
    latest = models.DateTimeField(null=True, help_text="The time of the latest row.")
    columns = models.TextField(
        blank=True, help_text="The columns sealed from here on, where they are others than before."
    )
    why = models.TextField(blank=True)
    sealed_at = models.DateTimeField()
    previous = models.BinaryField(help_text="The hash of the link before.")
    hash = models.BinaryField()

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(fields=["table_name", "first_id", "number"], name="audit_seal_ranges")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.table_name} {self.first_id} to {self.last_id}"
