from patients.admin.accounts import AccountAdmin
from patients.admin.duplicates import MergeRecordAdmin, PossibleDuplicateAdmin
from patients.admin.patients import PatientAdmin

__all__ = ["AccountAdmin", "MergeRecordAdmin", "PatientAdmin", "PossibleDuplicateAdmin"]
