"""Notes of the staff on patients."""

from django.db import transaction

from accounts.models import User
from clinic.errors import NotAllowed
from patients.models import Note, Patient
from patients.services.documents import check_not_merged


@transaction.atomic
def add_note(note: Note, by: User) -> Note:
    """Keep a note on a patient. Raises ValidationError keyed to fields, and NotAllowed."""
    if not by.has_perm("patients.add_note"):
        raise NotAllowed("You may not write notes on patients.")
    rows = Patient.objects.select_for_update(no_key=True, of=("self",))
    check_not_merged(rows.get(pk=note.patient_id))
    note.author = by
    note.full_clean(exclude={"patient", "author"})
    note.save(force_insert=True)
    return note


@transaction.atomic
def show_on_board(note: Note, shown: bool, by: User) -> Note:
    """Let a note be a warning on the board, or be one no more."""
    if not by.has_perm("patients.change_note"):
        raise NotAllowed("You may not change what the board shows.")
    note = Note.objects.select_for_update(no_key=True).get(pk=note.pk)
    if note.on_board != shown:
        note.on_board = shown
        note.save(update_fields=["on_board"])
    return note
