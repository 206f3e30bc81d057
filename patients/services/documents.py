"""The photos of identity documents: stored, replaced, thrown away."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from clinic.errors import WRONG_STATE
from patients.models import IdentityDocument, Patient
from patients.photos import CleanPhoto


def replace_document(patient: Patient, photo: CleanPhoto, by: User) -> IdentityDocument:
    """Keep this photo instead of the one on record, whose file is deleted after the commit.

    Raises ValidationError (`wrong_state`) where the record was merged into another.
    """
    with stored(photo) as document, transaction.atomic():
        check_not_merged(Patient.objects.select_for_update(no_key=True).get(pk=patient.pk))
        discard_document(patient)
        document.patient, document.uploaded_by = patient, by
        document.save(force_insert=True)
        Patient.objects.filter(pk=patient.pk).update(updated_at=timezone.now())
    return document


def check_not_merged(patient: Patient) -> None:
    """Raise ValidationError (`wrong_state`) where another record stands for this one now."""
    if patient.merged_into_id is not None:
        into = Patient.objects.get(pk=patient.merged_into_id).record_number
        raise ValidationError(f"This record was merged into {into}.", code=WRONG_STATE)


def discard_document(patient: Patient) -> None:
    """Delete the photo on record, if there is one: its row now, its file after the commit."""
    for old in IdentityDocument.objects.filter(patient=patient):
        old.delete()
        transaction.on_commit(partial(old.file.storage.delete, str(old.file.name)))


@contextmanager
def stored(photo: CleanPhoto) -> Iterator[IdentityDocument]:
    """An unsaved document whose file is written; the file goes again if the block fails."""
    document = IdentityDocument(
        content_type=photo.content_type, width=photo.width, height=photo.height
    )
    document.file.save("photo", ContentFile(photo.content), save=False)
    try:
        yield document
    except BaseException:
        document.file.storage.delete(str(document.file.name))
        raise


def stored_if_sent(
    photo: CleanPhoto | None,
) -> AbstractContextManager[IdentityDocument | None]:
    return nullcontext() if photo is None else stored(photo)
