"""Patients who have died."""

from accounts.models import User
from patients import services as records
from patients.models import Patient


def mark_deceased(patient: Patient, by: User, day=None, is_deceased: bool = True) -> Patient:
    patient = Patient.objects.get(pk=patient.pk)
    patient.is_deceased, patient.deceased_on = is_deceased, day
    return records.change(patient, by)
