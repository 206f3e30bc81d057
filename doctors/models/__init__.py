from doctors.models.doctors import UNAPPROVED_SENTENCE, Doctor, DoctorQuerySet
from doctors.models.healthcare_services import (
    BUFFER_SENTENCE,
    HELD_SENTENCE,
    LONGEST_BUFFER,
    HealthcareService,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
)
from doctors.models.hours import HoursService, WorkingHours
from doctors.models.places import Location
from doctors.models.resources import Resource, ResourceOutage
from doctors.models.specializations import CODE_SHAPE, SAME_FIELD, Specialized, named_so
from doctors.models.times import PERIOD, Absence, Closure, ExtraHours

__all__ = [
    "BUFFER_SENTENCE",
    "CODE_SHAPE",
    "HELD_SENTENCE",
    "LONGEST_BUFFER",
    "PERIOD",
    "SAME_FIELD",
    "UNAPPROVED_SENTENCE",
    "Absence",
    "Closure",
    "Doctor",
    "DoctorQuerySet",
    "ExtraHours",
    "HealthcareService",
    "HoursService",
    "Location",
    "Resource",
    "ResourceOutage",
    "ServiceDoctor",
    "ServiceLocation",
    "ServiceNeed",
    "Specialized",
    "WorkingHours",
    "named_so",
]
