from patients.models.duplicates import MergeRecord, PossibleDuplicate
from patients.models.patients import (
    EARLIEST_BIRTH_YEAR,
    NOT_DECEASED,
    Patient,
    PatientQuerySet,
    clinic_country,
)
from patients.models.records import (
    CareAssignment,
    IdentityDocument,
    document_name,
    documents_storage,
)
from patients.models.words import NameWord

__all__ = [
    "EARLIEST_BIRTH_YEAR",
    "NOT_DECEASED",
    "CareAssignment",
    "IdentityDocument",
    "MergeRecord",
    "NameWord",
    "Patient",
    "PatientQuerySet",
    "PossibleDuplicate",
    "clinic_country",
    "document_name",
    "documents_storage",
]
