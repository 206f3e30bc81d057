"""A patient who has died: nobody is written to or booked any more, and the account is shut.

What the clinic sends, `clinic.mail.deliver` holds back; what is booked, `appointments.services`
refuses. Taking the mark back opens the account again, if the mark had shut it.
"""

from procrastinate.contrib.django import app

from accounts.services import users
from patients.models import Patient


def settle_mark(patient: Patient, before: Patient) -> set[str]:
    """Bring mark and day in line, and note whether the mark shuts an account. Returns which of
    these fields are others than before."""
    patient.settle_death()
    if patient.is_deceased != before.is_deceased:
        has_account = before.user is not None and before.user.is_active
        patient.mark_shut_account = patient.is_deceased and has_account
    names = ("is_deceased", "deceased_on", "mark_shut_account")
    return {name for name in names if getattr(patient, name) != getattr(before, name)}


def follow_mark(patient: Patient, before: Patient) -> None:
    """Shut or open the account, and let others have what the patient waits for."""
    if patient.is_deceased == before.is_deceased:
        return
    account = before.user
    if account is not None and (patient.mark_shut_account or before.mark_shut_account):
        users.set_open(account, is_open=not patient.is_deceased)
    if patient.is_deceased:
        # By its name: jobs call services, never the other way round.
        app.configure_task("appointments.end_waiting_of").defer(patient_id=str(patient.pk))
