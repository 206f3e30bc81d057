"""The life of a visit: its statuses, and the steps from one to another."""

from django.db import models


class Status(models.TextChoices):
    """FHIR's appointment statuses where it has one (`in_consultation`: an Encounter's)."""

    BOOKED = "booked", "Booked"
    CHECKED_IN = "checked_in", "Checked in"
    IN_CONSULTATION = "in_consultation", "In consultation"
    FULFILLED = "fulfilled", "Fulfilled"
    CANCELLED = "cancelled", "Cancelled"
    NOSHOW = "noshow", "No-show"
    ENTERED_IN_ERROR = "entered_in_error", "Entered in error"


HOLDING = (Status.BOOKED, Status.CHECKED_IN, Status.IN_CONSULTATION, Status.FULFILLED)

# The statuses from which each one can be reached.
REACHED_FROM: dict[str, tuple[Status, ...]] = {
    Status.CHECKED_IN: (Status.BOOKED,),
    Status.IN_CONSULTATION: (Status.CHECKED_IN,),
    Status.FULFILLED: (Status.IN_CONSULTATION,),
    Status.CANCELLED: (Status.BOOKED, Status.CHECKED_IN),
    Status.NOSHOW: (Status.BOOKED,),
    Status.ENTERED_IN_ERROR: tuple(s for s in Status if s != Status.ENTERED_IN_ERROR),
}
