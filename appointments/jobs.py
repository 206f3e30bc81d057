"""What the clock or another service starts: jobs that call services, as the other doors do."""

from uuid import UUID

from procrastinate.contrib.django import app

from appointments.services import care, reminders, waitlist


@app.task(name="appointments.offer_free_times")
def offer_free_times(doctor_id: str) -> None:
    """Offer what became free in this doctor's calendar to those who wait."""
    waitlist.offer_free_times(UUID(doctor_id))


@app.task(name="appointments.end_care")
def end_care(doctor_id: str, patient_id: str) -> None:
    """Let the doctor look after the patient no more, where no visit is left."""
    care.end_care(UUID(doctor_id), UUID(patient_id))


@app.periodic(cron="7 4 * * *")
@app.task(name="appointments.end_old_care", queueing_lock="end_old_care")
def end_old_care(timestamp: int) -> None:
    """The same of all whose last visit was long ago."""
    care.end_old_care()


@app.task(name="appointments.end_waiting_of")
def end_waiting_of(patient_id: str) -> None:
    """Take a patient who has died off the waitlist."""
    waitlist.end_waiting_of(UUID(patient_id))


@app.periodic(cron="* * * * *")
@app.task(name="appointments.move_waitlist_on", queueing_lock="move_waitlist_on")
def move_waitlist_on(timestamp: int) -> None:
    """Let offers run out, and offer what is free."""
    waitlist.move_on()


@app.periodic(cron="*/5 * * * *")
@app.task(name="appointments.remind", queueing_lock="remind")
def remind(timestamp: int) -> None:
    """Owe the patients the reminders whose time has come."""
    reminders.owe_reminders()
