from patients.models.constraints import NOT_DECEASED
from patients.models.duplicates import MergeRecord, PossibleDuplicate
from patients.models.emergencies import EmergencyAccess
from patients.models.erasures import Erasure
from patients.models.invitations import Invitation
from patients.models.notes import Note, StaffNote
from patients.models.patients import EARLIEST_BIRTH_YEAR, Patient, clinic_country
from patients.models.querysets import PatientQuerySet
from patients.models.records import (
    CareAssignment,
    IdentityDocument,
    document_name,
    documents_storage,
)
from patients.models.related import RelatedPerson
from patients.models.words import NameWord

__all__ = [
    "EARLIEST_BIRTH_YEAR",
    "NOT_DECEASED",
    "CareAssignment",
    "EmergencyAccess",
    "Erasure",
    "IdentityDocument",
    "Invitation",
    "MergeRecord",
    "NameWord",
    "Note",
    "Patient",
    "PatientQuerySet",
    "PossibleDuplicate",
    "RelatedPerson",
    "StaffNote",
    "clinic_country",
    "document_name",
    "documents_storage",
]
