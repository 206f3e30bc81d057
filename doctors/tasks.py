"""The mails to doctors who apply, and to those whose record was changed."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from accounts import one_time
from accounts.models import OneTimeToken, User
from accounts.tasks import language_of
from clinic.mail import SENDS_MAIL, Outdated, deliver, owe
from clinic.models import Notification
from doctors.models import Doctor

Purpose = OneTimeToken.Purpose


@app.task(name="doctors.remind_applicant")
def remind_applicant(user_id: str) -> None:
    """Owe whoever applied, and hasn't confirmed the address, the link again: once a day, however
    often somebody asks."""
    doctor = Doctor.objects.unconfirmed().filter(user_id=user_id).first()
    if doctor is not None:
        today = timezone.localdate()
        owe(f"doctor_applied:{doctor.pk}:{today}", doctor.email, doctor.pk, send_received)


@app.task(name="doctors.send_received", **SENDS_MAIL)
def send_received(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "doctors/email/received", about_applicant)


@app.task(name="doctors.send_application_repeated", **SENDS_MAIL)
def send_application_repeated(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "doctors/email/repeated", about_owner)


@app.task(name="doctors.send_approved", **SENDS_MAIL)
def send_approved(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "doctors/email/approved", about_approved)


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


def about_applicant(notification: Notification) -> dict:
    """With a link, unless the address was confirmed meanwhile, or the application is decided on."""
    waiting = Doctor.objects.unconfirmed().select_related("user")
    doctor = waiting.filter(pk=notification.subject_id).first()
    if doctor is None or doctor.user is None:
        raise Outdated
    return {"doctor": doctor, "token": one_time.new_token(doctor.user, Purpose.VERIFY_APPLICATION)}


def about_approved(notification: Notification) -> dict:
    """With a link to choose a password, which lasts as long as an invitation does."""
    doctor = Doctor.objects.select_related("user").get(pk=notification.subject_id)
    if doctor.user is None or not doctor.user.is_active:
        raise Outdated
    days = settings.INVITATION_DAYS
    token = one_time.new_token(doctor.user, Purpose.RESET_PASSWORD, timedelta(days=days))
    return {"doctor": doctor, "token": token, "days": days}


def about_owner(notification: Notification) -> dict:
    """The mail names nobody: whoever caused it may be a stranger. It is about an account, whose
    patient's language it speaks, or about a doctor's record."""
    user = User.objects.select_related("patient").filter(pk=notification.subject_id).first()
    return {"language": language_of(user) if user else ""}


def about_nobody(notification: Notification) -> dict:
    """Of a rejected application nothing is left but the address of this mail."""
    return {}
