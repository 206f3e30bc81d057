"""Links that sign patients in once, in place of their password (`SIGN_IN_LINKS`).

Who has a second factor shows it all the same, and what wants a password shown lately still asks
for it: a mailbox alone changes no contacts.
"""

from accounts import one_time, tasks
from accounts.models import OneTimeToken, User
from accounts.roles import Role
from clinic.encryption import encrypt_text


def owe_sign_in_link(email: str) -> None:
    """Owe a link to whoever is a patient with this address.

    Does the same for every address, and as fast: a job finds out whose it is. It gets the address
    encrypted, as nobody is to read in the queue who has asked.
    """
    tasks.begin_sign_in.defer(email=encrypt_text(email))


def owner_by_link(token: str) -> User | None:
    """Use a link's token up. None where it is no good, or the account is no patient's by now."""
    user = one_time.spend_token(token, OneTimeToken.Purpose.SIGN_IN)
    return user if user is not None and user.role == Role.PATIENT else None
