from patients.admin.accounts import AccountAdmin
from patients.admin.duplicates import MergeRecordAdmin, PossibleDuplicateAdmin
from patients.admin.emergencies import EmergencyAccessAdmin
from patients.admin.erasing import ErasureAdmin
from patients.admin.patients import PatientAdmin

__all__ = [
    "AccountAdmin",
    "EmergencyAccessAdmin",
    "ErasureAdmin",
    "MergeRecordAdmin",
    "PatientAdmin",
    "PossibleDuplicateAdmin",
]
