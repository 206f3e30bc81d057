"""The mails about appointments."""

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from appointments.models import Appointment
from clinic.mail import MailRetry, deliver


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


def about_appointment(appointment_id: UUID) -> dict:
    appointment = Appointment.objects.with_people().get(pk=appointment_id)
    return {"appointment": appointment, "version": appointment.sequence}
