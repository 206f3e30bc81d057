from doctors.models.doctors import UNAPPROVED_SENTENCE, Doctor, DoctorQuerySet
from doctors.models.hours import PERIOD, Absence, Closure, ExtraHours, WorkingHours

__all__ = [
    "PERIOD",
    "UNAPPROVED_SENTENCE",
    "Absence",
    "Closure",
    "Doctor",
    "DoctorQuerySet",
    "ExtraHours",
    "WorkingHours",
]
