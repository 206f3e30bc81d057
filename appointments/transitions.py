"""The life of a visit: its statuses, and the steps from one to another."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """FHIR's appointment statuses where it has one (`in_consultation`: an Encounter's)."""

    BOOKED = "booked", _("Booked")
    CHECKED_IN = "checked_in", _("Checked in")
    IN_CONSULTATION = "in_consultation", _("In consultation")
    FULFILLED = "fulfilled", _("Fulfilled")
    CANCELLED = "cancelled", _("Cancelled")
    NOSHOW = "noshow", _("No-show")
    ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")


# The patient came.
ARRIVED = (Status.CHECKED_IN, Status.IN_CONSULTATION, Status.FULFILLED)
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

# The steps back, for those who may correct what was taken by mistake.
CORRECTED_FROM: dict[str, tuple[Status, ...]] = {
    Status.BOOKED: (Status.CHECKED_IN, Status.NOSHOW, Status.CANCELLED),
    Status.CHECKED_IN: (Status.IN_CONSULTATION,),
    Status.IN_CONSULTATION: (Status.FULFILLED,),
}


class CancelReason(models.TextChoices):
    """Why a visit was cancelled: codes of FHIR's value set appointment-cancellation-reason."""

    PATIENT = "pat", "Patient"
    FEELING_BETTER = "pat-fb", "Patient: feels better"
    TRANSPORT = "pat-lt", "Patient: no transport"
    MOVED_AWAY = "pat-mv", "Patient: moved away"
    DECEASED = "pat-dec", "Patient: deceased"
    PROVIDER = "prov", "Clinic"
    ABSENCE = "prov-pers", "Clinic: the doctor is not available"
    WEATHER = "oth-weath", "Weather"
    OTHER = "other", "Other"
