"""Registering patients and keeping their records, for the site, the API and the admin alike."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from clinic.errors import constraint_errors, delete_unreferenced
from clinic.mail import owe
from doctors.models import Doctor
from patients import tasks
from patients.models import CareAssignment, IdentityDocument, Patient
from patients.photos import CleanPhoto

YOUNGEST = 13  # Years; younger patients are registered by the front desk.


def register(patient: Patient, photo: CleanPhoto | None, by: User | None) -> Patient:
    """Save a new patient with the ID photo and owe the confirmation, or do none of it.

    `by` is the member of staff who registers on the patient's behalf; None is the patient,
    who must send a photo and be 13 or older. Raises ValidationError keyed to fields.
    """
    check_registration(patient, photo, by)
    file = stored(photo) if photo else nullcontext()
    with file as document, transaction.atomic(), constraint_errors(patient):
        patient.save(force_insert=True)
        if document is not None:
            document.patient, document.uploaded_by = patient, by
            document.save(force_insert=True)
        owe(
            f"patient_registered:{patient.pk}",
            patient.email,
            patient.pk,
            tasks.send_registration_confirmation,
        )
    return patient


def check_registration(patient: Patient, photo: CleanPhoto | None, by: User | None) -> None:
    """Raise every fault of a registration at once."""
    errors: dict[str, list] = {}
    try:
        patient.full_clean()
    except ValidationError as error:
        errors = error.update_error_dict(errors)
    if by is None:
        for field, sentence in self_registration_faults(patient, photo).items():
            errors.setdefault(field, []).append(sentence)
    if errors:
        raise ValidationError(errors)


def self_registration_faults(patient: Patient, photo: CleanPhoto | None) -> dict[str, str]:
    """What keeps patients from registering themselves, though staff might register them."""
    faults = {}
    if photo is None:
        faults["document_photo"] = "A photo of your identity document is required."
    born = patient.date_of_birth
    if born and age_on(timezone.localdate(), born) < YOUNGEST:
        faults["date_of_birth"] = (
            f"You must be {YOUNGEST} or older to register yourself. "
            "The front desk registers younger patients."
        )
    return faults


def age_on(day: date, born: date) -> int:
    """Full years. Who was born on 29 February turns a year older on 1 March of common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@transaction.atomic
def change(patient: Patient, by: User) -> Patient:
    """Save what was changed in a patient's record. Raises ValidationError keyed to fields."""
    patient.full_clean()
    with constraint_errors(patient):
        patient.save(force_update=True)
    return patient


def replace_document(patient: Patient, photo: CleanPhoto, by: User) -> IdentityDocument:
    """Keep this photo instead of the one on record, whose file is deleted after the commit."""
    with stored(photo) as document, transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        discard_document(patient)
        document.patient, document.uploaded_by = patient, by
        document.save(force_insert=True)
        Patient.objects.filter(pk=patient.pk).update(updated_at=timezone.now())
    return document


def discard_document(patient: Patient) -> None:
    """Delete the photo on record, if there is one: its row now, its file after the commit."""
    for old in IdentityDocument.objects.filter(patient=patient):
        old.delete()
        transaction.on_commit(partial(delete_file, old))


def delete_file(document: IdentityDocument) -> None:
    document.file.storage.delete(str(document.file.name))


@transaction.atomic
def delete(patient: Patient, by: User) -> None:
    """Delete a patient whom no appointment refers to, with the ID photo.

    Raises ValidationError (`in_use`) where there are appointments.
    """
    discard_document(patient)
    delete_unreferenced(patient, "Appointments refer to this patient.")


@transaction.atomic
def assign(doctor: Doctor, patient: Patient, by: User | None) -> bool:
    """Let the doctor look after the patient. Returns False where that was so already."""
    _, is_new = CareAssignment.objects.get_or_create(
        doctor=doctor, patient=patient, defaults={"assigned_by": by}
    )
    return is_new


@transaction.atomic
def end_assignment(doctor: Doctor, patient: Patient, by: User) -> bool:
    """The doctor looks after the patient no more. Returns False where that was so already."""
    deleted, _ = CareAssignment.objects.filter(doctor=doctor, patient=patient).delete()
    return deleted > 0


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
        delete_file(document)
        raise
