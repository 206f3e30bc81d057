from doctors.models.doctors import UNAPPROVED_SENTENCE, Doctor, DoctorQuerySet
from doctors.models.hours import Absence, Closure, ExtraHours, WorkingHours

__all__ = [
    "UNAPPROVED_SENTENCE",
    "Absence",
    "Closure",
    "Doctor",
    "DoctorQuerySet",
    "ExtraHours",
    "WorkingHours",
]
