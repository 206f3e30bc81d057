"""What stands in the way of the dates of a series, and what is free near those.

All that decides is read once, for however many dates there are: the doctor's calendar, the
patient's visits and the rooms, from a week before the first date to a week after the last one.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from appointments.models import Appointment, AppointmentResource
from appointments.scheduling.availability import own_visits, rooms_for
from appointments.scheduling.calendars import ABSENT, CLOSED, WARNINGS, DoctorCalendar, Limits, Slot
from appointments.scheduling.loading import load_calendar
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import Wanted
from clinic.days import day_at
from clinic.errors import DOCTOR_DOUBLE_BOOKED, PATIENT_DOUBLE_BOOKED, RESOURCE_DOUBLE_BOOKED

# How far from its date by the rule a visit may be instead.
REPLACED_WITHIN = timedelta(days=7)
# Nobody is there then: for a series that is a conflict, for a single visit a warning.
AWAY = (CLOSED, ABSENT)
CONFLICT_SENTENCES = {
    DOCTOR_DOUBLE_BOOKED: "This doctor is already booked then.",
    PATIENT_DOUBLE_BOOKED: "This patient already has an appointment then.",
    RESOURCE_DOUBLE_BOOKED: "No room or device that this needs is free then.",
    **{code: WARNINGS[code] for code in AWAY},
}


@dataclass
class Occurrence:
    """A date of a series: what speaks against it (a code of `CONFLICT_SENTENCES`; empty: nothing),
    what staff should know of it all the same (see `WARNINGS`), and what is free near it."""

    starts_at: datetime
    ends_at: datetime
    conflict: str = ""
    warnings: Sequence[str] = ()
    nearest: Slot | None = None

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    @property
    def sentence(self) -> str:
        return CONFLICT_SENTENCES.get(self.conflict, "")

    @property
    def warning_sentences(self) -> list[str]:
        return [WARNINGS[code] for code in self.warnings]


@dataclass
class Diary:
    """What decides over visits of one kind, of a patient to a doctor, on some days.

    `own` are the patient's visits. With `overbooks`, neither those nor the doctor's count.
    """

    calendar: DoctorCalendar
    own: list[Period]
    rooms: Rooms
    wanted: Wanted
    overbooks: bool = False

    def conflict(self, period: Period) -> str:
        """The code of what keeps a visit from this time; empty: nothing."""
        held = self.wanted.held(period)
        away = {CLOSED: self.calendar.closures, ABSENT: self.calendar.absences}
        for code in AWAY:
            if any(map(period.overlaps, away[code])):
                return code
        if not self.overbooks:
            if any(map(held.overlaps, self.calendar.visits)):
                return DOCTOR_DOUBLE_BOOKED
            if any(map(period.overlaps, self.own)):
                return PATIENT_DOUBLE_BOOKED
        place = self.calendar.place_at(period.starts_at, self.wanted)
        return "" if self.rooms.placed(self.wanted, place, period) else RESOURCE_DOUBLE_BOOKED

    def take(self, period: Period) -> None:
        """A visit of the series will be there. It needs no room at another time of its own."""
        self.own.append(period)
        self.calendar.visits.append(self.wanted.held(period))

    def judged(self, dates: Iterable[Period], limits: Limits) -> list[Occurrence]:
        """The dates, in their order. Those without a conflict are taken, and then for each of the
        others the nearest free time, which no two of them have in common."""
        found = [self.occurrence(period) for period in dates]
        for one in found:
            if one.conflict:
                one.nearest = self.nearest(one.period, limits)
                if one.nearest:
                    self.take(one.nearest.period)
        return found

    def occurrence(self, period: Period) -> Occurrence:
        conflict = self.conflict(period)
        if conflict:
            return Occurrence(*period, conflict)
        warnings = self.calendar.warnings(period, self.wanted)
        self.take(period)
        return Occurrence(*period, warnings=warnings)

    def nearest(self, time: Period, limits: Limits) -> Slot | None:
        day = day_at(time.starts_at)
        slots = self.calendar.slots(
            day - REPLACED_WITHIN,
            day + REPLACED_WITHIN,
            limits,
            time.ends_at - time.starts_at,
            self.own,
            wanted=self.wanted,
            rooms=self.rooms,
        )
        return min(slots, key=lambda slot: abs(slot.starts_at - time.starts_at), default=None)


def read_diary(
    visit: Appointment,
    starts: Iterable[datetime],
    wanted: Wanted,
    without: Collection[Appointment] = (),
) -> Diary:
    """What decides over visits such as this one that start then. Those of `without` don't stand in
    the way: they are to be moved. In four queries at most."""
    starts = list(starts)
    first_day = day_at(min(starts)) - REPLACED_WITHIN
    last_day = day_at(max(starts)) + REPLACED_WITHIN
    calendars = load_calendar(
        visit.doctor_id, first_day, last_day, without_held_for=visit.patient_id
    )
    diary = Diary(
        calendars[visit.doctor_id],
        own_visits(visit.patient_id, first_day, last_day),
        rooms_for([wanted], first_day, last_day),
        wanted,
        bool(visit.overbook_reason),
    )
    forget_visits(diary, without)
    return diary


def forget_visits(diary: Diary, visits: Collection[Appointment]) -> None:
    """Take these visits out of the calendars, and give back their rooms."""
    held = {one.pk: Period(one.holds_from, one.holds_until) for one in visits}
    for one in visits:
        take_out(diary.own, Period(one.starts_at, one.ends_at))
        take_out(diary.calendar.visits, held[one.pk])
    taken, bits = diary.rooms.taken, diary.rooms.bits
    if not bits:
        return
    rows = AppointmentResource.objects.filter(appointment__in=list(held))
    for resource, visit in rows.values_list("resource_id", "appointment_id"):
        if resource in bits and held[visit] in taken:
            taken[held[visit]] &= ~bits[resource]


def take_out(periods: list[Period], period: Period) -> None:
    if period in periods:
        periods.remove(period)
