"""The doctors' weeks, a few absences and extra hours, a closure, and those who wait for a time."""

from collections.abc import Iterator
from datetime import date, time, timedelta

from appointments.models import WaitlistEntry
from clinic.management.seeding.offered import Offered, place_of
from clinic.management.seeding.people import People
from clinic.management.seeding.plan import Plan, local_instant, uuid7
from doctors.models import Absence, Closure, ExtraHours

AWAY_BECAUSE = ("Holiday", "Course", "Congress", "Parental leave", "On-call duty elsewhere")
WAITING = 3
WEEK_FIELDS = ("id", "doctor", "weekday", "starts", "ends", "valid_until", "location")


def working_hours(people: People, offered: Offered) -> Iterator[tuple]:
    """The values of `WEEK_FIELDS` for every doctor's week. Who has left worked until then."""
    key = 0
    for shift, doctor in zip(people.shifts, people.doctors, strict=True):
        until = shift.until - timedelta(days=1) if shift.until else None
        for weekday, starts, ends in shift.week:
            key += 1
            place = offered.places[place_of(shift.index, weekday)]
            yield key, doctor.id, weekday, starts, ends, until, place.id


def absences(people: People, plan: Plan) -> Iterator[Absence]:
    """Every third doctor is away for a week beyond the time that visits are booked for, as
    absences are usually known before."""
    rng = plan.rng("absences")
    last = max(plan.calendar())
    for index, doctor in enumerate(people.doctors):
        if index % 3 == 2 and doctor.is_active:
            first = monday_after(last + timedelta(days=7 * rng.randrange(1, 8)))
            starts_at = local_instant(first, time(0))
            yield Absence(
                id=uuid7(people.opened, rng),
                doctor=doctor,
                starts_at=starts_at,
                ends_at=local_instant(first + timedelta(days=7), time(0)),
                reason=rng.choice(AWAY_BECAUSE),
                created_at=people.opened,
                created_by=people.reception,
            )


def extra_hours(people: People, offered: Offered, plan: Plan) -> Iterator[ExtraHours]:
    """The demo doctor sees patients on two Saturdays, too."""
    rng = plan.rng("extra hours")
    for weeks in (2, 4):
        day = monday_after(plan.today) + timedelta(days=7 * weeks - 2)
        yield ExtraHours(
            id=uuid7(people.opened, rng),
            doctor=people.doctors[0],
            starts_at=local_instant(day, time(9)),
            ends_at=local_instant(day, time(12)),
            reason="Saturday surgery",
            location=offered.places[0],
            created_at=people.opened,
            created_by=people.reception,
        )


def closures(people: People, plan: Plan) -> Iterator[Closure]:
    """One day after those that visits are booked for."""
    day = monday_after(max(plan.calendar()) + timedelta(days=21)) + timedelta(days=4)
    rng = plan.rng("closures")
    yield Closure(
        id=uuid7(people.opened, rng),
        starts_on=day,
        ends_on=day,
        reason="Works outing",
        created_at=people.opened,
        created_by=people.reception,
    )


def waitlist(people: People, plan: Plan) -> Iterator[WaitlistEntry]:
    """A few patients hope that something becomes free on the demo doctor's busy day."""
    rng = plan.rng("waitlist")
    for patient_id in people.ids[1 : WAITING + 1]:
        created = plan.now - timedelta(minutes=rng.randrange(30, 6000))
        yield WaitlistEntry(
            id=uuid7(created, rng),
            patient_id=patient_id,
            doctor=people.doctors[0],
            from_date=plan.today,
            to_date=plan.today,
            created_at=created,
            created_by=people.reception,
        )


def monday_after(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())
