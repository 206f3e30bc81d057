"""The steps of a visit that the console offers as buttons."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import User
from appointments import services
from appointments.models import Appointment
from appointments.transitions import CORRECTED_FROM, REACHED_FROM, Status


@dataclass(frozen=True)
class Step:
    """One step: `verb` names its permission and its address, `wants_reason` whether it asks why."""

    verb: str
    to: Status
    label: str
    wants_reason: bool = False

    @property
    def permission(self) -> str:
        return f"appointments.{self.verb}_appointment"

    def is_open(self, appointment: Appointment, user: User) -> bool:
        """May this user take the visit this step on, as it stands now?"""
        if appointment.status not in REACHED_FROM[self.to] or not user.has_perm(self.permission):
            return False
        return self.to != Status.NOSHOW or appointment.starts_at <= timezone.now()

    def take(
        self,
        appointment: Appointment,
        by: User,
        reason: str = "",
        reason_code: str = "",
        *,
        early: bool = False,
    ) -> Appointment:
        """Raises ValidationError: `wrong_state` where the visit is elsewhere by now, `other_day`
        where that is to be asked about."""
        if self.to == Status.CANCELLED:
            return services.cancel(appointment, by, reason, reason_code)
        return services.advance(appointment, self.to, by, reason, early=early)


TAKE_BACK = "take_back"
CORRECT = "appointments.correct_appointment"


@dataclass(frozen=True)
class StepBack:
    """Back to where the visit was before a step that was taken by mistake."""

    to: Status
    label: str = "Take back"
    verb: str = TAKE_BACK
    permission: str = CORRECT
    wants_reason: bool = True

    def take(
        self,
        appointment: Appointment,
        by: User,
        reason: str = "",
        reason_code: str = "",
        *,
        early: bool = False,
    ) -> Appointment:
        """Raises ValidationError: `wrong_state`, or that the time is taken by now."""
        return services.correct(appointment, self.to, by, reason)


def step_back(appointment: Appointment, user: User) -> StepBack | None:
    """What takes the visit's last step back, where there is one and this user may."""
    if not user.has_perm(CORRECT):
        return None
    for to, mistakes in CORRECTED_FROM.items():
        if appointment.status in mistakes:
            return StepBack(Status(to))
    return None


def board_url(visit: Appointment) -> str:
    """The board of the visit's day, with its card in view."""
    query = urlencode({"day": timezone.localdate(visit.starts_at).isoformat(), "done": visit.pk})
    return f"{reverse('admin:index')}?{query}#v-{visit.pk}"


STEPS = {
    step.verb: step
    for step in (
        Step("check_in", Status.CHECKED_IN, "Check in"),
        Step("start", Status.IN_CONSULTATION, "Start"),
        Step("fulfill", Status.FULFILLED, "Finish"),
        Step("no_show", Status.NOSHOW, "No-show"),
        Step("cancel", Status.CANCELLED, "Cancel visit", wants_reason=True),
        Step("enter_in_error", Status.ENTERED_IN_ERROR, "Entered in error", wants_reason=True),
    )
}


def open_steps(appointment: Appointment, user: User) -> list[Step]:
    """The steps open to this user, the usual one first."""
    return [step for step in STEPS.values() if step.is_open(appointment, user)]
