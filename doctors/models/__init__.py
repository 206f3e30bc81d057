from doctors.models.doctors import UNAPPROVED_SENTENCE, Doctor, DoctorQuerySet
from doctors.models.hours import PERIOD, Absence, Closure, ExtraHours, WorkingHours
from doctors.models.specializations import CODE_SHAPE, SAME_FIELD, Specialized, named_so

__all__ = [
    "CODE_SHAPE",
    "PERIOD",
    "SAME_FIELD",
    "UNAPPROVED_SENTENCE",
    "Absence",
    "Closure",
    "Doctor",
    "DoctorQuerySet",
    "ExtraHours",
    "Specialized",
    "WorkingHours",
    "named_so",
]
