"""The mails to doctors who apply, and to those whose record was changed."""

from procrastinate import JobContext
from procrastinate.contrib.django import app

from accounts.models import User
from accounts.tasks import language_of
from clinic.mail import SENDS_MAIL, deliver
from clinic.models import Notification
from doctors.models import Doctor


@app.task(name="doctors.send_received", **SENDS_MAIL)
def send_received(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "doctors/email/received", about_doctor)


@app.task(name="doctors.send_application_repeated", **SENDS_MAIL)
def send_application_repeated(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "doctors/email/repeated", about_owner)


@app.task(name="doctors.send_approved", **SENDS_MAIL)
def send_approved(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "doctors/email/approved", about_doctor)


@app.task(name="doctors.send_rejected", **SENDS_MAIL)
def send_rejected(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "doctors/email/rejected", about_nobody)


@app.task(name="doctors.send_email_changed", **SENDS_MAIL)
def send_email_changed(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/email_changed", about_holder)


@app.task(name="doctors.send_phone_changed", **SENDS_MAIL)
def send_phone_changed(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "accounts/email/phone_changed", about_holder)


def about_holder(notification: Notification) -> dict:
    """The name alone: the mail goes to an address that may be a stranger's by now."""
    return {"name": str(Doctor.objects.get(pk=notification.subject_id)), "is_account": False}


def about_doctor(notification: Notification) -> dict:
    return {"doctor": Doctor.objects.get(pk=notification.subject_id)}


def about_owner(notification: Notification) -> dict:
    """The mail names nobody: whoever caused it may be a stranger. It is about an account, whose
    patient's language it speaks, or about a doctor's record."""
    user = User.objects.select_related("patient").filter(pk=notification.subject_id).first()
    return {"language": language_of(user) if user else ""}


def about_nobody(notification: Notification) -> dict:
    """Of a rejected application nothing is left but the address of this mail."""
    return {}
