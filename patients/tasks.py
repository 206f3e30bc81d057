"""The patients' mails."""

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from clinic.mail import MailRetry, deliver
from patients.models import Patient


@app.task(name="patients.send_registration_confirmation", retry=MailRetry(), pass_context=True)
def send_registration_confirmation(context: JobContext, notification_id: str) -> None:
    deliver(notification_id, context.job.attempts, "patients/email/registered", about_patient)


def about_patient(patient_id: UUID) -> dict:
    return {"patient": Patient.objects.get(pk=patient_id)}
