"""What staff write down for each other about a patient."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.encryption import EncryptedTextField
from clinic.history import tracked
from clinic.text import PlainText
from patients.models.patients import Patient


class StaffNote(models.Model):
    """A note stays as it was written; whoever knows better writes another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    text = EncryptedTextField(
        "note", max_length=500, validators=[PlainText(multiline=True)], accepts_plain=True
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user) -> "NoteQuerySet":
        """Those on patients whom the user may see; to patients themselves none."""
        if not user.has_perm("patients.view_note"):
            return self.none()
        return self.filter(patient__in=Patient.objects.visible_to(user))

    def on_board(self) -> "NoteQuerySet":
        return self.filter(on_board=True)


@tracked()
class Note(StaffNote):
    """A note on a patient. As a warning, it is shown wherever the patient's visits are."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="notes")
    on_board = models.BooleanField("show it on the board, as a warning", default=False)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="note_not_empty",
                condition=~Q(text=""),
                violation_error_message="What is to be noted?",
            )
        ]
        triggers = [
            # Who wrote what and when: whose record it is on changes where records are merged.
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.text IS DISTINCT FROM NEW.text"
                    " OR OLD.author_id IS DISTINCT FROM NEW.author_id"
                    " OR OLD.created_at IS DISTINCT FROM NEW.created_at"
                ),
            )
        ]
