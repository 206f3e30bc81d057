"""The photos of identity documents: stored, checked, replaced, thrown away."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from clinic.copies import changed_fields, write
from clinic.errors import WRONG_STATE
from patients import tasks
from patients.models import IdentityDocument, Patient
from patients.photos import CleanPhoto
from patients.reach import owe_to_reached
from patients.services.acting import check_reach


def replace_document(patient: Patient, photo: CleanPhoto, by: User) -> IdentityDocument:
    """Keep this photo instead of the one on record, whose file is deleted after the commit.

    Raises ValidationError (`wrong_state`) where the record was merged into another, and NotAllowed
    where the caller is a patient who doesn't act for this one any more.
    """
    with stored_document(photo) as document, transaction.atomic():
        now = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        check_not_merged(now)
        check_reach(now, by)
        discard_document(patient)
        document.patient, document.uploaded_by = patient, by
        document.save(force_insert=True)
        Patient.objects.filter(pk=patient.pk).update(updated_at=timezone.now())
    return document


Result = IdentityDocument.Result


@transaction.atomic
def verify_document(
    document: IdentityDocument, document_type: str, expires_on: date | None, by: User
) -> IdentityDocument:
    """Note that the photo shows a valid document of the patient.

    Raises ValidationError keyed to fields, or `wrong_state` where it was replaced meanwhile.
    """
    document = lock_document(document)
    document.document_type, document.expires_on = document_type, expires_on
    document.refusal_reason = ""
    return note_check(document, Result.VERIFIED, by)


@transaction.atomic
def refuse_document(
    document: IdentityDocument,
    reason: str,
    by: User,
    *,
    document_type: str = "",
    expires_on: date | None = None,
) -> IdentityDocument:
    """Note why the photo won't do, and owe the patient word of it.

    Raises ValidationError keyed to fields, or `wrong_state` where it was replaced meanwhile.
    """
    document = lock_document(document)
    document.document_type, document.expires_on = document_type, expires_on
    document.refusal_reason = reason.strip()
    note_check(document, Result.REFUSED, by)
    patient, event = document.patient, f"document_refused:{uuid7()}"
    task = tasks.send_document_refused
    owe_to_reached(patient, event, document.pk, task, version=tasks.REFUSED)
    return document


def lock_document(document: IdentityDocument) -> IdentityDocument:
    """The row as it is now, held until the transaction ends."""
    rows = IdentityDocument.objects.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("patient").filter(pk=document.pk).first()
    if row is None:
        raise ValidationError("There is a newer photo: look at that one.", code=WRONG_STATE)
    check_not_merged(row.patient)
    return row


def note_check(document: IdentityDocument, result: str, by: User) -> IdentityDocument:
    document.check_result = result
    document.checked_at, document.checked_by = timezone.now(), by
    document.full_clean()
    write(document, changed_fields(document))
    return document


def check_not_merged(patient: Patient) -> None:
    """Raise ValidationError (`wrong_state`) where another record stands for this one now, or it
    was erased."""
    if patient.erased_at is not None:
        raise ValidationError("This record was erased.", code=WRONG_STATE)
    if patient.merged_into_id is not None:
        into = Patient.objects.get(pk=patient.merged_into_id).record_number
        raise ValidationError(f"This record was merged into {into}.", code=WRONG_STATE)


def discard_document(patient: Patient) -> None:
    """Delete the photo on record, if there is one: its row now, its file after the commit."""
    for old in IdentityDocument.objects.filter(patient=patient):
        old.delete()
        transaction.on_commit(partial(old.file.storage.delete, str(old.file.name)))


@contextmanager
def stored_document(photo: CleanPhoto) -> Iterator[IdentityDocument]:
    """An unsaved document whose file is written; the file goes again if the block fails."""
    document = IdentityDocument(
        content_type=photo.content_type, width=photo.width, height=photo.height
    )
    storage: Any = document.file.storage
    document.file.save("photo", ContentFile(photo.content), save=False)
    try:
        storage.save_small(document.file.name, photo.small)
        yield document
    except BaseException:
        storage.delete(document.file.name)
        raise


def stored_if_sent(
    photo: CleanPhoto | None,
) -> AbstractContextManager[IdentityDocument | None]:
    return nullcontext() if photo is None else stored_document(photo)
