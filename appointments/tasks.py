"""The mails about appointments."""

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from appointments.links import offer_path
from appointments.models import Appointment, SlotOffer
from clinic.mail import MailRetry, deliver

OFFER_OPEN = 1  # What an offer's mail tells; once it is over, the mail isn't sent any more.


@app.task(name="appointments.send_confirmation", retry=MailRetry(), pass_context=True)
def send_confirmation(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/booked", about_appointment)


@app.task(name="appointments.send_change", retry=MailRetry(), pass_context=True)
def send_change(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/moved", about_appointment)


@app.task(name="appointments.send_cancellation", retry=MailRetry(), pass_context=True)
def send_cancellation(context: JobContext, notification_id: str) -> None:
    deliver(
        notification_id, context.job.attempts, "appointments/email/cancelled", about_appointment
    )


@app.task(name="appointments.send_offer", retry=MailRetry(), pass_context=True)
def send_offer(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "appointments/email/offered", about_offer)


def about_offer(offer_id: UUID) -> dict:
    offer = SlotOffer.objects.select_related("entry__patient", "doctor").get(pk=offer_id)
    is_open = SlotOffer.objects.held().filter(pk=offer.pk).exists()
    return {
        "offer": offer,
        "patient": offer.entry.patient,
        "path": offer_path(offer),
        "version": OFFER_OPEN if is_open else OFFER_OPEN + 1,
    }


def about_appointment(appointment_id: UUID) -> dict:
    appointment = Appointment.objects.with_people().get(pk=appointment_id)
    return {"appointment": appointment, "version": appointment.sequence}
