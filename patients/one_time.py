"""The secrets with which patients on record open their accounts: made here, sent at once, and
kept as digests alone."""

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import User
from clinic.errors import constraint_errors
from patients.models import Invitation, Patient

# Without the letters and digits that are taken for each other; twelve of them are 59 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE = re.compile(f"[{ALPHABET}]{{12}}")
CLAIM_PATH = "/claim/"

DECEASED = "This patient is deceased."
HAS_ACCOUNT = "This patient has an account already."
NO_BIRTH_DATE = "Enter the date of birth first: the patient opens the account with it."
ADDRESS_TAKEN = "There is another account with this e-mail address."


def claim_fault(patient: Patient) -> str:
    """Why this patient can't open an account, in a sentence for the desk; empty if they can."""
    if patient.is_deceased:
        return DECEASED
    if patient.user_id is not None:
        return HAS_ACCOUNT
    if User.objects.filter(email=patient.email).exists():
        return ADDRESS_TAKEN
    return "" if patient.date_of_birth else NO_BIRTH_DATE


def open_invitation(patient: Patient, channel: str, by: User | None = None) -> Invitation:
    """A new invitation, in the caller's transaction, which holds the patient's row.

    One of the desk takes the place of all older ones; one that was asked for, by whoever knows
    an address, only of others like it.
    """
    replaced = Invitation.objects.filter(patient=patient)
    if channel == Invitation.Channel.ASKED:
        replaced = replaced.filter(channel=channel)
    end_invitations(replaced, Invitation.Ended.REPLACED)
    invitation = Invitation(
        patient=patient,
        channel=channel,
        created_by=by,
        expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
    )
    with constraint_errors(invitation):
        invitation.save(force_insert=True)
    return invitation


def end_invitations(invitations, because: str) -> None:
    """End those of these invitations that have not ended yet."""
    open_ones = invitations.filter(ended_at=None)
    open_ones.update(ended_at=timezone.now(), ended_because=because)


def withdraw_invitations(because: str, *patients: Patient) -> None:
    end_invitations(Invitation.objects.filter(patient__in=patients), because)


def new_secret(invitation: Invitation) -> str:
    """A code such as K7QM-4TXA-93HF; it takes the place of one that was made before."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(12))
    invitation.digest = digest_of(code)
    invitation.save(update_fields=["digest"])
    return "-".join(code[start : start + 4] for start in (0, 4, 8))


def claim_link(secret: str) -> str:
    return f"{settings.CLINIC_URL}{CLAIM_PATH}?token={secret}"


def invitation_of(secret: str) -> Invitation | None:
    """The live invitation with this code, however it is typed."""
    code = re.sub(r"[\s-]", "", secret).upper()
    if not CODE.fullmatch(code):
        return None
    live = Invitation.objects.live().select_related("patient")
    return live.filter(digest=digest_of(code)).first()


def digest_of(code: str) -> str:
    """Keyed with SECRET_KEY: codes are short enough to be tried by whoever has the digests."""
    return salted_hmac("patients.invitation", code, algorithm="sha256").hexdigest()
