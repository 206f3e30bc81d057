"""Keeping the clinic's doctors, for the site, the API and the admin alike."""

from django.db import transaction

from accounts.models import User
from clinic.errors import constraint_errors, delete_unreferenced
from doctors.models import Doctor


@transaction.atomic
def create(doctor: Doctor, by: User) -> Doctor:
    """Save a new doctor. Raises ValidationError keyed to fields."""
    doctor.full_clean()
    with constraint_errors(doctor):
        doctor.save(force_insert=True)
    return doctor


@transaction.atomic
def change(doctor: Doctor, by: User) -> Doctor:
    """Save what was changed about a doctor. Appointments of one made inactive stay as they are.

    Raises ValidationError keyed to fields.
    """
    doctor.full_clean()
    with constraint_errors(doctor):
        doctor.save(force_update=True)
    return doctor


@transaction.atomic
def delete(doctor: Doctor, by: User) -> None:
    """Delete a doctor to whom no appointment refers.

    Raises ValidationError (`in_use`) where there are appointments.
    """
    delete_unreferenced(doctor, "Appointments refer to this doctor.")
