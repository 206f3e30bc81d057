import pgtrigger
from django.db import models
from django.db.models import Q

from appointments.models.appointments import Appointment
from patients.models import StaffNote


class VisitNote(StaffNote):
    """A note of the staff on one visit. The database lets nobody change or delete it."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="notes")

    personal_fields = ("*",)  # Where the patient is erased, all of it goes.

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="visit_note_not_empty",
                condition=~Q(text=""),
                violation_error_message="What is to be noted?",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
