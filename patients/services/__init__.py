"""Registering patients and keeping their records, for the site, the API and the admin alike."""

from patients.services.accounts import change_account
from patients.services.acting import check_reach, check_verified, lock_patient
from patients.services.documents import (
    discard_document,
    refuse_document,
    replace_document,
    verify_document,
)
from patients.services.emergencies import (
    end_emergency,
    find_in_emergency,
    open_in_emergency,
    review_emergency,
)
from patients.services.erasure import erase, forget_sealed, open_sealed, plan
from patients.services.family import (
    change_and_relate,
    desk_relation,
    family_values,
    is_minor,
    register_relative,
)
from patients.services.importing import (
    UNIQUE_FIELDS,
    faults_of_many,
    look_for_twins,
    register_many,
    relate_guardian,
)
from patients.services.invitations import (
    ask_for_account,
    claim,
    invite_on_paper,
    invite_patient,
    missing_contacts,
)
from patients.services.merging.merge import dismiss, merge, undo
from patients.services.notes import add_note, show_on_board
from patients.services.records import (
    assign,
    bring_into_use,
    change,
    choose_language,
    confirm_address,
    delete,
    end_assignment,
    verify_address,
)
from patients.services.registration import (
    account_registration_faults,
    age_on,
    check_account_registration,
    check_registration,
    register,
    register_with_account,
    self_registration_faults,
)
from patients.services.relating import (
    change_relation,
    confirm,
    lock_acting,
    register_dependant,
    relate,
    withdraw,
)

__all__ = [
    "UNIQUE_FIELDS",
    "account_registration_faults",
    "add_note",
    "age_on",
    "ask_for_account",
    "assign",
    "bring_into_use",
    "change",
    "change_account",
    "change_and_relate",
    "change_relation",
    "check_account_registration",
    "check_reach",
    "check_registration",
    "check_verified",
    "choose_language",
    "claim",
    "confirm",
    "confirm_address",
    "delete",
    "desk_relation",
    "discard_document",
    "dismiss",
    "end_assignment",
    "end_emergency",
    "erase",
    "family_values",
    "faults_of_many",
    "find_in_emergency",
    "forget_sealed",
    "invite_on_paper",
    "invite_patient",
    "is_minor",
    "lock_acting",
    "lock_patient",
    "look_for_twins",
    "merge",
    "missing_contacts",
    "open_in_emergency",
    "open_sealed",
    "plan",
    "refuse_document",
    "register",
    "register_dependant",
    "register_many",
    "register_relative",
    "register_with_account",
    "relate",
    "relate_guardian",
    "replace_document",
    "review_emergency",
    "self_registration_faults",
    "show_on_board",
    "undo",
    "verify_address",
    "verify_document",
    "withdraw",
]
