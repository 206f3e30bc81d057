"""Accounts for patients on record who have none: invited by the desk, asked for, and opened."""

from collections.abc import Mapping
from datetime import date

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import verification
from accounts.services.accounts import account_faults
from clinic import sms
from clinic.copies import write
from clinic.errors import WRONG_STATE, constraint_errors
from clinic.mail import owe
from clinic.models import Notification
from patients import tasks
from patients.models import Invitation, Patient
from patients.models.constraints import CONTACTS
from patients.one_time import (
    claim_fault,
    end_invitations,
    invitation_of,
    new_secret,
    open_invitation,
)
from patients.services.documents import check_not_merged
from patients.services.registration import Faults, account_for, contact_faults, record_faults

Channel = Invitation.Channel
MOST_TRIES = 5  # Wrong dates of birth, until an invitation is void.
CLAIM_INVALID = "token_invalid"
NOT_CLAIMED = _(
    "This code and this date of birth don't go together, or the invitation works no more. "
    "Please check both: five wrong dates make it void."
)

NO_EMAIL = "This patient has no e-mail address: print a code."
NO_PHONE = "This patient has no phone number: print a code."
ON_RECORD = _("We have one of you on record. Change it in your profile, once you are signed in.")


@transaction.atomic
def invite_patient(patient: Patient, channel: str, by: User) -> Invitation:
    """Invite a patient on record to open an account, by mail or by text message.

    A job makes the link and sends it. Older invitations are void. Raises ValidationError
    (`wrong_state`) where there is an account, no date of birth, or no way to send it.
    """
    if channel == Channel.TEXT and not sms.is_set_up():
        raise ValidationError("The clinic sends no text messages.", code=WRONG_STATE)
    invitation = opened_by_desk(patient, channel, by)
    invited = invitation.patient
    recipient, task, kind = invited.email, tasks.send_invitation, Notification.Channel.EMAIL
    if channel == Channel.TEXT:
        recipient, task = str(invited.phone), tasks.text_invitation
        kind = Notification.Channel.SMS
    if not recipient:
        raise ValidationError(NO_EMAIL if channel == Channel.MAIL else NO_PHONE, WRONG_STATE)
    event = f"invited:{invitation.pk}"
    owe(event, recipient, invitation.pk, task, version=tasks.LIVE, channel=kind)
    return invitation


@transaction.atomic
def invite_on_paper(patient: Patient, by: User) -> tuple[Invitation, str]:
    """The same, with the code for the sheet that is printed now: it can't be shown again."""
    invitation = opened_by_desk(patient, Channel.PAPER, by)
    return invitation, new_secret(invitation)


def opened_by_desk(patient: Patient, channel: str, by: User) -> Invitation:
    now = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    check_not_merged(now)
    if fault := claim_fault(now):
        raise ValidationError(fault, code=WRONG_STATE)
    return open_invitation(now, channel, by)


def ask_for_account(born: date, email: str = "", phone: str = "") -> None:
    """Owe a link to the patient with this date of birth and this address or number, by mail.

    Who has an account gets one to choose a new password. Does the same for everybody, and as
    fast: a job sends what there is to send.
    """
    contact = {"email": email} if email else {"phone": phone}
    known = Patient.objects.standing().filter(date_of_birth=born, **contact)
    found = known.values_list("pk", flat=True).first()
    tasks.answer_ask.defer(patient_id=str(found or ""))


def claim(
    secret: str,
    born: date,
    password: str,
    consents: bool = False,
    contacts: Mapping[str, str] | None = None,
) -> User:
    """Open the account of the patient who was invited with this code and was born that day.

    `consents` says that they agreed to the privacy notice just now. The address, or number, that
    the link was sent to is verified by it. `contacts` are the `email` and `phone` that aren't on
    record yet. Raises ValidationError keyed to `password`, `email` and `phone`, or to `token`
    (`token_invalid`) for all else: a wrong date is counted then, so that a caller's transaction
    must not be taken back.
    """
    stored = make_password(password)  # Takes its time, known or not: before any row is locked.
    account = try_claim(secret, born, password, stored, consents, contacts or {})
    if account is None:
        raise ValidationError({"token": ValidationError(NOT_CLAIMED, code=CLAIM_INVALID)})
    return account


@transaction.atomic
def try_claim(
    secret: str,
    born: date,
    password: str,
    stored: str,
    consents: bool,
    contacts: Mapping[str, str],
) -> User | None:
    """The new account; None where code and date open none, the try counted."""
    found = invitation_of(secret)
    if found is None:
        return None
    patient = Patient.objects.select_for_update(no_key=True).get(pk=found.patient_id)
    live = Invitation.objects.live().select_for_update(of=("self",), no_key=True)
    invitation = live.filter(pk=found.pk, digest=found.digest).first()
    if invitation is None or patient.date_of_birth is None:
        return None
    if patient.date_of_birth != born:
        count_try(invitation)
        return None
    added = missing_contacts(patient)
    faults = take_contacts(patient, added, contacts)
    account = account_for(patient)
    if faults := {**account_faults(account, password), **faults}:
        raise ValidationError(faults)
    account.password = stored
    with constraint_errors(account):
        account.save(force_insert=True)
    patient.user = account
    write(patient, {"user", *added, *note_proofs(patient, invitation, consents)})
    if added:
        tasks.find_duplicates.defer(patient_id=str(patient.pk))
    own = Invitation.objects.filter(patient=patient)
    end_invitations(own.filter(pk=invitation.pk), Invitation.Ended.CLAIMED)
    end_invitations(own, Invitation.Ended.REPLACED)
    if patient.email_verified_at is None:
        verification.owe_email_link(account)
    return account


def missing_contacts(patient: Patient) -> list[str]:
    """What an account needs, and isn't on record."""
    return [name for name in CONTACTS if not getattr(patient, name)]


def take_contacts(patient: Patient, missing: list[str], given: Mapping[str, str]) -> Faults:
    """Let the unsaved record have what was missing, and say what is wrong with that."""
    faults: Faults = {name: [ValidationError(ON_RECORD)] for name in given if name not in missing}
    for name in missing:
        setattr(patient, name, given.get(name, ""))
    required = {name: [ValidationError(told)] for name, told in contact_faults(patient).items()}
    found = {**record_faults(patient), **required} if missing else {}
    return faults | {name: found[name] for name in missing if name in found}


def count_try(invitation: Invitation) -> None:
    invitation.tries += 1
    invitation.save(update_fields=["tries"])
    if invitation.tries >= MOST_TRIES:
        end_invitations(Invitation.objects.filter(pk=invitation.pk), Invitation.Ended.TRIES)


def note_proofs(patient: Patient, invitation: Invitation, consents: bool) -> set[str]:
    """Note what is known by the claim: the fields' names. A link proves where it arrived."""
    proofs = {
        Channel.MAIL: "email_verified_at",
        Channel.ASKED: "email_verified_at",
        Channel.TEXT: "phone_verified_at",
    }
    names = {proofs[name] for name in proofs if name == invitation.channel}
    unknown = {name for name in names if getattr(patient, name) is None}
    for name in unknown:
        setattr(patient, name, timezone.now())
    if consents and not patient.has_consented:
        patient.has_consented = True
        unknown |= {"consented_at", "consent_version", "consent_withdrawn_at"}
    return unknown
