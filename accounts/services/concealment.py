"""What those who register are told of others: where a clinic conceals who is known to it, a
known address or number is answered as a new one is, and its owner gets a mail."""

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.services.accounts import Faults
from clinic.errors import UNIQUE


def conceals() -> bool:
    """Are those who register with a known address or number not told that it is known?"""
    return settings.DUPLICATE_REGISTRATION == "conceal"


def without_concealed(errors: Faults) -> Faults:
    """The faults that may be told: not, where it is concealed, that something is known."""
    if not conceals():
        return errors
    told = {
        field: [fault for fault in faults if fault.code != UNIQUE]
        for field, faults in errors.items()
    }
    return {field: faults for field, faults in told.items() if faults}


def is_concealed(error: ValidationError) -> bool:
    """Is nothing amiss but that something is known, which whoever registers isn't told?"""
    faults = error.update_error_dict({}).values()
    return conceals() and all(fault.code == UNIQUE for of_field in faults for fault in of_field)
