"""The mails and text messages about accounts. Their secrets are made here, in the job itself, so
that no job's arguments ever hold one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.tasks import Task
from uuid_utils.compat import uuid7

from accounts import one_time
from accounts.models import EmailChange, OneTimeToken, PhoneCode, User
from accounts.roles import Role
from clinic import sms
from clinic.emails import normal_email
from clinic.encryption import encrypt_text, opened_argument
from clinic.languages import spoken
from clinic.mail import SENDS_MAIL, deliver, owe
from clinic.models import Notification
from clinic.queues import MESSAGES

Purpose = OneTimeToken.Purpose
# The task of an app above this one, which knows who is on record.
OFFER_ACCOUNT = "patients.offer_account"
REMIND_APPLICANT = "doctors.remind_applicant"  # The same, of those who applied.
CONFIRM, VERIFY = "confirm_email", "verify_email"
# The version of a new address that its mail is about; any other mail is outdated.
WAITING, GIVEN_UP = 1, 0
# What a mail says of a second factor or passkey, by the beginning of its event.
FACTOR_WORDS = {
    "app_on": _("an authenticator app was set up as second factor of your account."),
    "app_off": _("the authenticator app was removed from your account."),
    "passkey_added": _("a passkey was added to your account."),
    "passkey_removed": _("a passkey was removed from your account."),
    "factors_reset": _(
        "the clinic has removed the second factors of your account, as they were reported lost. "
        "You are signed out everywhere, and sign in with your password."
    ),
}
TOLD_OF_LOCKS_EVERY = timedelta(hours=1)
LINKS_AN_HOUR = 5  # Mails with a link to one account, whoever asks for them.


@app.task(name="accounts.send_email_link", **SENDS_MAIL)
def send_email_link(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/verify_email", email_link)


@app.task(name="accounts.send_reset_link", **SENDS_MAIL)
def send_reset_link(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/reset_password", reset_link)


@app.task(name="accounts.send_password_changed", **SENDS_MAIL)
def send_password_changed(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/password_changed", about_user)


@app.task(name="accounts.send_email_changed", **SENDS_MAIL)
def send_email_changed(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/email_changed", about_holder)


@app.task(name="accounts.send_phone_changed", **SENDS_MAIL)
def send_phone_changed(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/phone_changed", about_holder)


@app.task(name="accounts.send_change_link", **SENDS_MAIL)
def send_change_link(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/confirm_email", change_link)


@app.task(name="accounts.send_email_change_asked", **SENDS_MAIL)
def send_email_change_asked(context: JobContext, notification_id: str) -> None:
    template = "accounts/email/email_change_asked"
    deliver(notification_id, context.job.attempts, template, about_user)


@app.task(name="accounts.send_locked", **SENDS_MAIL)
def send_locked(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/locked", about_user)


@app.task(name="accounts.send_sign_in_link", **SENDS_MAIL)
def send_sign_in_link(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/sign_in_link", sign_in_link)


@app.task(name="accounts.begin_sign_in")
def begin_sign_in(email: str) -> None:
    """Owe a link that signs in, if this is the address of a patient's account."""
    user = active_user(opened_argument(email))
    if user and user.role == Role.PATIENT and settings.SIGN_IN_LINKS:
        owe_link("sign_in_link", user, send_sign_in_link)


@app.task(name="accounts.send_factor_changed", **SENDS_MAIL)
def send_factor_changed(context: JobContext, notification_id: str) -> None:
    template = "accounts/email/factor_changed"
    deliver(notification_id, context.job.attempts, template, about_factor)


@app.task(name="accounts.tell_locked")
def tell_locked(attempt_id: int) -> None:
    """Owe the owner of the account that these failures lock, if there is one, word of it: once an
    hour, from however many networks somebody tries."""
    attempt = AccessAttempt.objects.filter(pk=attempt_id).first()
    user = active_user(attempt.username or "") if attempt else None
    if user is None:
        return
    told = Notification.objects.filter(recipient=user.email, event__startswith="locked:")
    if not told.filter(created_at__gt=timezone.now() - TOLD_OF_LOCKS_EVERY).exists():
        owe(f"locked:{uuid7()}", user.email, user.pk, send_locked)


@app.task(name="accounts.resend_email_link")
def resend_email_link(email: str) -> None:
    """Owe a new link, if there is an account with this address that isn't verified yet, or one
    to which this address is new. It is encrypted, as in every job's arguments."""
    email = opened_argument(email)
    user = active_user(email)
    if user and not is_verified(user):
        owe_link(VERIFY, user, send_email_link)
    applicants = User.objects.filter(email=normal_email(email), is_active=False)
    for applicant in applicants.filter(role=Role.DOCTOR):
        app.configure_task(REMIND_APPLICANT).defer(user_id=str(applicant.pk))
    for change in EmailChange.objects.live().filter(email=normal_email(email)):
        owe_change_link(change)


@app.task(name="accounts.begin_reset")
def begin_reset(email: str) -> None:
    """Owe a link to choose a new password, if there is an account with this address. Somebody
    on record who has none is offered one."""
    email = opened_argument(email)
    if user := active_user(email):
        owe_link("reset_password", user, send_reset_link)
    else:
        app.configure_task(OFFER_ACCOUNT).defer(email=encrypt_text(email))


@transaction.atomic
def owe_link(event: str, user: User, task: Task) -> bool:
    """Owe a mail with a link, unless so many are owed or sent that the mailbox must be left in
    peace: False then. Those who ask at once are counted one after the other."""
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
    if wants_peace(event, user.email):
        return False
    owe(f"{event}:{uuid7()}", user.email, user.pk, task)
    return True


@transaction.atomic
def owe_change_link(change: EmailChange) -> bool:
    """The same of a mail that confirms a new address. False where none is sent."""
    list(User.objects.select_for_update(no_key=True).filter(pk=change.user_id).values_list("pk"))
    if wants_peace(CONFIRM, change.email):
        return False
    owe(f"{CONFIRM}:{uuid7()}", change.email, change.pk, send_change_link, version=WAITING)
    return True


def wants_peace(event: str, email: str) -> bool:
    """Are so many mails of this kind owed or sent to the mailbox that it gets no more now?"""
    lately = timezone.now() - timedelta(hours=1)
    owed = Notification.objects.filter(recipient=email, created_at__gt=lately)
    return owed.filter(event__startswith=f"{event}:").count() >= LINKS_AN_HOUR


@app.task(name="accounts.send_phone_code", queue=MESSAGES, retry=sms.TextRetry(), pass_context=True)
def send_phone_code(context: JobContext, user_id: str) -> None:
    """Make a code and send it to the phone of the account's patient.

    The digest is stored before the message leaves: no code arrives that isn't known. Each try
    makes a new code, so that a message which went out after all is no second key; it is another
    message, which no gateway may drop.
    """
    user = User.objects.select_related("patient").get(pk=user_id)
    if user.is_deceased:
        return
    phone = str(user.patient.phone)
    code = one_time.new_code(user, phone)
    with spoken(language_of(user)):
        words = gettext("%(clinic)s: your code is %(code)s. It works for 10 minutes.")
        text = words % {"clinic": settings.CLINIC_NAME, "code": code}
        sms.send(phone, text, key=str(uuid7()))
    sent = PhoneCode.objects.filter(user=user, digest=one_time.code_digest(user, phone, code))
    sent.update(sent_at=timezone.now())


@app.periodic(cron="12 * * * *")
@app.task(name="accounts.remove_dead_sessions", queueing_lock="remove_dead_sessions")
def remove_dead_sessions(timestamp: int) -> None:
    """Forget the sessions of browsers that have run out; they opened nothing any more."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def email_link(notification: Notification) -> dict[str, Any]:
    return with_token(notification.subject_id, Purpose.VERIFY_EMAIL)


def reset_link(notification: Notification) -> dict[str, Any]:
    return with_token(notification.subject_id, Purpose.RESET_PASSWORD)


def sign_in_link(notification: Notification) -> dict[str, Any]:
    return with_token(notification.subject_id, Purpose.SIGN_IN)


def change_link(notification: Notification) -> dict[str, Any]:
    """A new link for the address that waits. If none does any more, there is nothing to send."""
    live = EmailChange.objects.live().select_related("user")
    change = live.filter(pk=notification.subject_id).first()
    if change is None:
        return {"version": GIVEN_UP}
    token, language = one_time.new_change_token(change), language_of(change.user)
    told = {"user": change.user, "change": change, "token": token, "language": language}
    return {"version": WAITING, **told}


def with_token(user_id: UUID, purpose: Purpose) -> dict[str, Any]:
    user = User.objects.get(pk=user_id)
    token = "" if user.is_deceased else one_time.new_token(user, purpose)
    return {"user": user, "token": token, "language": language_of(user)}


def about_user(notification: Notification) -> dict[str, Any]:
    user = User.objects.get(pk=notification.subject_id)
    return {"user": user, "language": language_of(user)}


def about_factor(notification: Notification) -> dict[str, Any]:
    what = notification.event.partition(":")[0]
    return about_user(notification) | {"words": FACTOR_WORDS.get(what, FACTOR_WORDS["app_on"])}


def about_holder(notification: Notification) -> dict[str, Any]:
    """The name alone: the mail goes to an address that may be a stranger's by now."""
    user = User.objects.get(pk=notification.subject_id)
    name = f"{user.first_name} {user.last_name}".strip()
    return {"name": name, "user": user, "is_account": True}


def language_of(user: User) -> str:
    """The language of the patient behind the account; empty where there is none."""
    return getattr(getattr(user, "patient", None), "language", "")


def active_user(email: str) -> User | None:
    return User.objects.filter(email=normal_email(email), is_active=True).first()


def is_verified(user: User) -> bool:
    patient = getattr(user, "patient", None)
    return patient is None or patient.email_verified_at is not None
