"""Where the clinic reaches people: whoever has an address replaced hears of it at the old one."""

from collections.abc import Collection, Mapping
from typing import Any

from procrastinate.tasks import Task
from uuid_utils.compat import uuid7

from clinic.mail import owe
from clinic.security_log import Kind, note_security

CONTACTS = ("email", "phone")


def moved(before: Any, after: Any) -> set[str]:
    """Which of `email` and `phone` are others than before, on records that are clean."""
    return {
        name for name in CONTACTS if (getattr(after, name) or "") != (getattr(before, name) or "")
    }


def tell_old_address(before: Any, moved: Collection[str], told: Mapping[str, Task]) -> None:
    """Owe the address of before, in the caller's transaction, word of each contact that moved.

    So that nobody's account or record is taken over in silence. `before` is the record as it
    was, `told` has the mail for each contact: it names neither the old values nor the new ones.
    Where there was no address, there is nobody to be told.
    """
    for contact in sorted(moved):
        kind = Kind.EMAIL_CHANGED if contact == "email" else Kind.PHONE_CHANGED
        note_security(kind, record=before.pk, of=type(before).__name__.lower())
    if not before.email:
        return
    for contact in sorted(moved):
        owe(f"{contact}_changed:{uuid7()}", before.email, before.pk, told[contact])
