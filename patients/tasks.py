"""The patients' mails, and what keeps the storage of their documents in order."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate import JobContext
from procrastinate.contrib.django import app
from uuid_utils.compat import uuid7

from accounts.tasks import LINKS_AN_HOUR, OFFER_ACCOUNT, begin_reset
from clinic import sms
from clinic.emails import normal_email
from clinic.encryption import opened_argument
from clinic.languages import spoken
from clinic.mail import SENDS_MAIL, deliver, owe, send_text
from clinic.models import Notification
from clinic.queues import MESSAGES
from clinic.storage import FOR_AN_HOUR, KEPT_PHOTOS, SMALL
from patients.duplicates import find_and_keep
from patients.models import EmergencyAccess, IdentityDocument, Invitation, Patient
from patients.one_time import claim_fault, claim_link, new_secret, open_invitation
from patients.reach import read_by

# No request takes as long, so that a file without a row by then gets none any more.
ORPHANED_AFTER = timedelta(hours=1)
FEW_ORPHANS = 100  # So many are deleted in any case.
# The version of a photo that its mail of a refusal is about; any other mail is outdated.
REFUSED, NOT_REFUSED = 1, 0
# The same of an invitation: only a live one is sent.
LIVE, OVER = 1, 0
PHOTO_KEPT_FOR = timedelta(hours=1)  # Those of refused registrations.
TWINS_A_JOB = 100  # Patients: a few seconds.

logger = logging.getLogger(__name__)


@app.task(name="patients.send_registration_confirmation", **SENDS_MAIL)
def send_registration_confirmation(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "patients/email/registered", about_patient)


@app.task(name="patients.send_registration_repeated", **SENDS_MAIL)
def send_registration_repeated(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "patients/email/repeated", about_nobody)


@app.task(name="patients.send_email_changed", **SENDS_MAIL)
def send_email_changed(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "patients/email/email_changed", about_owner)


@app.task(name="patients.send_phone_changed", **SENDS_MAIL)
def send_phone_changed(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "patients/email/phone_changed", about_owner)


@app.task(name="patients.send_document_refused", **SENDS_MAIL)
def send_document_refused(context: JobContext, notification_id: str) -> None:
    template = "patients/email/document_refused"
    deliver(notification_id, context.job.attempts, template, about_refused)


@app.task(name="patients.send_invitation", **SENDS_MAIL)
def send_invitation(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "patients/email/invited", with_code)


@app.task(name="patients.text_invitation", **SENDS_MAIL)
def text_invitation(context: JobContext, notification_id: str) -> None:
    template = "patients/email/invited"
    deliver(notification_id, context.job.attempts, template, with_code, send_text)


@app.task(name="patients.send_no_account", **SENDS_MAIL)
def send_no_account(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "patients/email/no_account", about_nobody)


@app.task(name="patients.answer_ask")
def answer_ask(patient_id: str) -> None:
    """Owe a link to a patient who asked for one, and whose contact and date of birth were right:
    to open the account, or where there is one, to choose a new password."""
    patient = Patient.objects.standing().filter(pk__in=[patient_id] if patient_id else []).first()
    if patient is None:
        return
    if patient.user is None:
        offer_account(patient.email)
    else:
        begin_reset(patient.user.email)


@app.task(name=OFFER_ACCOUNT)
@transaction.atomic
def offer_account(email: str) -> None:
    """Owe a link to open the account, if there is a patient with this address who has none: so
    many an hour that the mailbox is left in peace, whoever asks."""
    email = opened_argument(email)
    if not email:
        return
    rows = Patient.objects.standing().select_for_update(no_key=True)
    patient = rows.filter(email=normal_email(email), user=None).first()
    if patient is None:
        return
    if patient.date_of_birth is None:  # A link alone opens no record.
        event = f"account_asked:{timezone.localdate()}"
        owe(event, patient.email, patient.pk, send_no_account)
        return
    asked = Invitation.objects.filter(patient=patient, channel=Invitation.Channel.ASKED)
    lately = timezone.now() - timedelta(hours=1)
    if asked.filter(created_at__gt=lately).count() < LINKS_AN_HOUR and not claim_fault(patient):
        invitation = open_invitation(patient, Invitation.Channel.ASKED)
        event = f"invited:{invitation.pk}"
        owe(event, patient.email, invitation.pk, send_invitation, version=LIVE)


@app.task(name="patients.text_old_phone", queue=MESSAGES, retry=sms.TextRetry())
def text_old_phone(phone: str, language: str = "", key: str = "") -> None:
    """Tell a verified number, which is encrypted, that it is no patient's any more.

    The `key` is the message's own; a job from before there were any makes one.
    """
    with spoken(language):
        words = _(
            "%(clinic)s: this number was replaced by another one in our records. "
            "If that wasn't you, please tell us."
        )
        text = words % {"clinic": settings.CLINIC_NAME}
        sms.send(opened_argument(phone), text, key=key or str(uuid7()))


@app.task(name="patients.find_duplicates", retry=3)
def find_duplicates(patient_id: str) -> None:
    """Look for likely twins of a patient who was registered or changed."""
    patient = Patient.objects.standing().filter(pk=patient_id).first()
    if patient is not None:
        find_and_keep(patient)


@app.task(name="patients.find_duplicates_among", retry=3)
def find_duplicates_among(first: str, last: str, since: str) -> None:
    """Look for likely twins of the patients whose keys are from `first` to `last` and who were
    registered or changed since an instant (ISO 8601), as by an import: of the first of them here,
    of the rest in the next job.

    One job after the other: of a large file, too, none holds up the mails of the others for long,
    and a worker that dies leaves few to be looked at again.
    """
    among = Patient.objects.standing().filter(
        pk__range=(first, last), updated_at__gte=datetime.fromisoformat(since)
    )
    found = list(among.order_by("pk")[: TWINS_A_JOB + 1])
    for patient in found[:TWINS_A_JOB]:
        find_and_keep(patient)
    for patient in found[TWINS_A_JOB:]:  # The first of the rest, if there is one.
        find_duplicates_among.defer(first=str(patient.pk), last=last, since=since)


def about_nobody(notification: Notification) -> dict:
    """The mail names nobody: whoever caused it may be a stranger. It is about a record, or about
    an account that may have one."""
    owner = Q(pk=notification.subject_id) | Q(user=notification.subject_id)
    patient = Patient.objects.filter(owner).first()
    return {"patient": patient, "language": patient.language if patient else ""}


def with_code(notification: Notification) -> dict:
    """A new code for the invitation. If it ended meanwhile, there is nothing to send."""
    live = Invitation.objects.live().select_related("patient")
    invitation = live.filter(pk=notification.subject_id).first()
    if invitation is None:
        return {"version": OVER}
    return {
        "version": LIVE,
        "language": invitation.patient.language,
        "patient": invitation.patient,
        "invitation": invitation,
        "link": claim_link(new_secret(invitation)),
    }


@app.task(name="patients.send_emergency", **SENDS_MAIL)
def send_emergency(context: JobContext, notification_id: str) -> None:
    template = "patients/email/emergency"
    deliver(notification_id, context.job.attempts, template, about_emergency)


def about_emergency(notification: Notification) -> dict:
    """For administrators. No name and no reason: the console has both."""
    access = EmergencyAccess.objects.select_related("user", "patient").get(
        pk=notification.subject_id
    )
    page = reverse("admin:patients_emergencyaccess_change", args=[access.pk])
    return {"access": access, "language": "en", "link": f"{settings.CLINIC_URL}{page}"}


def about_refused(notification: Notification) -> dict:
    """What was refused. Meanwhile there may be a new photo, or another decision: no mail then."""
    refused = IdentityDocument.objects.filter(check_result=IdentityDocument.Result.REFUSED)
    document = refused.select_related("patient").filter(pk=notification.subject_id).first()
    if document is None:
        return {"version": NOT_REFUSED}
    return read_by(document.patient, notification) | {
        "version": REFUSED,
        "reason": document.refusal_reason,
        "link": f"{settings.CLINIC_URL}{reverse('patients:replace_photo')}",
    }


def about_patient(notification: Notification) -> dict:
    return read_by(Patient.objects.get(pk=notification.subject_id), notification)


def about_owner(notification: Notification) -> dict:
    """For the address of before, whoever is reached now."""
    patient = Patient.objects.get(pk=notification.subject_id)
    return {"patient": patient, "language": patient.language}


@app.periodic(cron="47 * * * *")
@app.task(name="patients.remove_orphaned_documents", queueing_lock="remove_orphaned_documents")
def remove_orphaned_documents(timestamp: int) -> None:
    """Delete the files whose row was never written, or that outlived it, as a crash leaves them.

    Where most of what is there has no row, the database is another one than the storage's, such as
    one that is being restored, and nothing is deleted.
    """
    storage = storages["documents"]
    newest = timezone.now() - ORPHANED_AFTER
    orphans, with_row = documents_by_row()
    old = [name for name in orphans if is_older(name, newest)]
    if len(old) > max(with_row, FEW_ORPHANS):
        logger.error(
            "%s documents have no row, and %s have one: none is deleted", len(old), with_row
        )
        return
    for name in old:
        storage.delete(name)
    logger.info("Removed %s orphaned documents", len(old))


def is_older(name: str, than: datetime) -> bool:
    """Of what is gone already, somebody else was faster."""
    with suppress(FileNotFoundError):
        return storages["documents"].get_modified_time(name) < than
    return False


def documents_by_row() -> tuple[list[str], int]:
    """The stored files that no row names, and how many others there are. What is kept for an hour
    has jobs of its own."""
    storage = storages["documents"]
    orphans: list[str] = []
    with_row = 0
    try:
        directories, _ = storage.listdir("")
    except FileNotFoundError:  # No document was ever stored.
        return orphans, with_row
    for directory in set(directories) - FOR_AN_HOUR:
        _, files = storage.listdir(directory)
        names = {f"{directory}/{file}" for file in files}
        documents = IdentityDocument.objects.filter(file__in=names)
        known = set(documents.values_list("file", flat=True))
        lost = [name for name in names if name.removesuffix(SMALL) not in known]
        orphans += lost
        with_row += len(names) - len(lost)
    return orphans, with_row


@app.periodic(cron="*/10 * * * *")
@app.task(name="patients.remove_kept_photos", queueing_lock="remove_kept_photos")
def remove_kept_photos(timestamp: int) -> None:
    """Delete the photos of registrations that were refused, and not sent again in time."""
    storage = storages["documents"]
    newest = timezone.now() - PHOTO_KEPT_FOR
    with suppress(FileNotFoundError):  # None was ever kept.
        for file in storage.listdir(KEPT_PHOTOS)[1]:
            name = f"{KEPT_PHOTOS}/{file}"
            with suppress(FileNotFoundError):  # Sent after all, just now.
                if storage.get_modified_time(name) < newest:
                    storage.delete(name)
