"""What the desk writes about a visit: its reason, and notes of the staff."""

from django.db import transaction

from accounts.models import User
from appointments.models import Appointment, VisitNote
from appointments.services.records import lock_appointment, wrong_state
from appointments.transitions import Status
from clinic.errors import NotAllowed


@transaction.atomic
def change_reason(appointment: Appointment, reason: str, by: User) -> Appointment:
    """Write another reason for the visit; its time and status stay as they are by now.

    Raises ValidationError (`wrong_state`, or keyed to the reason) and NotAllowed.
    """
    if not by.has_perm("appointments.change_appointment"):
        raise NotAllowed("You may not change the reason for a visit.")
    current = lock_appointment(appointment)
    if current.status == Status.ENTERED_IN_ERROR:
        raise wrong_state(current, "changed")
    if current.reason != reason:
        current.reason = reason
        others = {field.name for field in current._meta.fields} - {"reason"}
        current.clean_fields(exclude=others)
        current.save(update_fields=["reason", "updated_at"])
    return current


@transaction.atomic
def add_visit_note(note: VisitNote, by: User) -> VisitNote:
    """Keep a note on a visit. Raises ValidationError keyed to fields, and NotAllowed."""
    if not by.has_perm("appointments.add_visitnote"):
        raise NotAllowed("You may not write notes on visits.")
    note.author = by
    note.full_clean(exclude={"appointment", "author"})
    note.save(force_insert=True)
    return note
