"""How many visits patients may book for themselves: ahead with one doctor, on one day, in all."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import ngettext

from appointments.models import Appointment
from appointments.scheduling.calendars import IN_ALL, ON_DAY, WITH_DOCTOR, Slot
from appointments.transitions import Status
from clinic.days import day_at
from clinic.statements import Row, Statement, stand_in_key, stand_in_time


@cache
def ahead_statement() -> Statement:
    patient, now = stand_in_key(), stand_in_time()
    booked = Appointment.objects.filter(patient=patient, status=Status.BOOKED, ends_at__gt=now)
    rows = booked.order_by().values_list("pk", "doctor", "starts_at")
    return Statement(rows, patient=patient, now=now)


class Ahead:
    """The booked visits that a patient has ahead, read in one query; or `rows`, which it answers.

    `visit` is the key of the one that is booked or moved: it doesn't count, and may stay with its
    doctor, on its day and at all, whatever else is there.
    """

    def __init__(
        self, patient_id: UUID, visit: UUID | None = None, rows: Iterable[Row] | None = None
    ):
        if rows is None:
            rows = ahead_statement().rows(patient=patient_id, now=timezone.now())
        self.counts: Counter[UUID | date | str | None] = Counter()
        self.kept: set[UUID | date | str | None] = set()
        for pk, doctor, starts_at in rows:
            if pk == visit:
                self.kept = {doctor, day_at(starts_at), IN_ALL}
            else:
                self.counts.update((doctor, day_at(starts_at), IN_ALL))

    def beyond(self, doctor_id: UUID | None, day: date | None) -> list[str]:
        """The codes of the limits that one more visit to this doctor on this day goes beyond.

        None: whichever doctor, or whichever day.
        """
        limits: dict[str, tuple[UUID | date | str | None, int]] = {
            WITH_DOCTOR: (doctor_id, settings.VISITS_AHEAD_PER_DOCTOR),
            ON_DAY: (day, settings.VISITS_AHEAD_PER_DAY),
            IN_ALL: (IN_ALL, settings.VISITS_AHEAD),
        }
        return [code for code, (of, most) in limits.items() if most and self.counts[of] >= most]

    def refusal(self, doctor_id: UUID | None, day: date | None) -> str:
        """Why the patient may not book this, in a sentence; empty where they may."""
        codes = self.beyond(doctor_id, day)
        if WITH_DOCTOR in codes and doctor_id not in self.kept:
            return self.with_doctor(self.counts[doctor_id])
        if ON_DAY in codes and day not in self.kept:
            return self.on_day(self.counts[day])
        if IN_ALL in codes and IN_ALL not in self.kept:
            return self.in_all(self.counts[IN_ALL])
        return ""

    def with_doctor(self, count: int) -> str:
        return ngettext(
            "You have %(count)d visit ahead with this doctor already. "
            "To book another, please call us.",
            "You have %(count)d visits ahead with this doctor already. "
            "To book another, please call us.",
            count,
        ) % {"count": count}

    def on_day(self, count: int) -> str:
        return ngettext(
            "You have a visit on this day already. To book another, please call us.",
            "You have %(count)d visits on this day already. To book another, please call us.",
            count,
        ) % {"count": count}

    def in_all(self, count: int) -> str:
        return ngettext(
            "You have %(count)d visit ahead already. To book another, please call us.",
            "You have %(count)d visits ahead already. To book another, please call us.",
            count,
        ) % {"count": count}

    def allows(self, slot: Slot) -> bool:
        return not self.refusal(slot.doctor_id, day_at(slot.starts_at))
