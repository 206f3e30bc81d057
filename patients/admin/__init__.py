from patients.admin.accounts import AccountAdmin
from patients.admin.duplicates import MergeRecordAdmin, PossibleDuplicateAdmin
from patients.admin.erasing import ErasureAdmin
from patients.admin.patients import PatientAdmin

__all__ = [
    "AccountAdmin",
    "ErasureAdmin",
    "MergeRecordAdmin",
    "PatientAdmin",
    "PossibleDuplicateAdmin",
]
