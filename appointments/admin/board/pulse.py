"""Whether a day of the board has changed: one cheap query, and what a browser is told of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    Expression,
    Max,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from appointments.models import Appointment, AppointmentResource, GroupSession, SlotOffer, VisitNote
from clinic.days import day_bounds
from clinic.statements import Statement
from doctors.models import (
    Absence,
    Closure,
    Doctor,
    ExtraHours,
    HealthcareService,
    Location,
    Resource,
    ResourceOutage,
    WorkingHours,
)
from patients.models import Note

MARK = 24  # Characters of each half of a tag.


# The statements by what they differ in.
statements: dict[tuple[object, ...], Statement] = {}


@dataclass(frozen=True)
class Pulse:
    """What is different as soon as anything that the board shows of this day has changed.

    Of the day's own minutes, too: then the line that says now has moved. `place` and whether
    rooms have the columns decide over what is shown, as do the day, the user and the doctors who
    are chosen: over values in the SQL, or over the SQL itself, which is kept for each way.
    """

    day: date
    user: User
    chosen: Sequence[UUID] = ()
    place: UUID | None = None
    is_by_rooms: bool = False

    def beat(
        self,
        doctors: QuerySet[Doctor],
        visits: QuerySet[Appointment],
        sessions: QuerySet[GroupSession],
    ) -> str:
        """Of the board with these doctors, visits and sessions."""
        starts, ends = day_bounds(self.day)
        now = timezone.now()
        asked: dict[str, Any] = {"day": self.day, "starts": starts, "ends": ends, "now": now}
        asked |= {"user": self.user.pk} | ({"place": self.place} if self.place else {})
        asked |= {f"chosen_{number}": key for number, key in enumerate(self.chosen)}
        kind = (self.user.role, len(self.chosen), self.place is None, self.is_by_rooms)
        if kind not in statements:
            parts = [*beats(asked, doctors, visits), beat("sessions", sessions, "updated_at")]
            parts += beats_of_rooms(starts, ends) if self.is_by_rooms else []
            first, *others = parts
            statements[kind] = Statement(first.union(*others, all=True), **asked)
        rows = sorted(statements[kind].rows(**asked))
        minute = f"{now:%Y-%m-%dT%H:%M}" if starts <= now < ends else timezone.localdate()
        return f"{rows} {minute} {self.place}"


def beats(
    asked: dict[str, Any], doctors: QuerySet[Doctor], visits: QuerySet[Appointment]
) -> list[QuerySet]:
    starts, ends, day, now = (asked[name] for name in ("starts", "ends", "day", "now"))
    busy = {"doctor__in": doctors, "starts_at__lt": ends, "ends_at__gt": starts}
    warnings = Note.objects.on_board().filter(patient__in=visits.values("patient"))
    return [
        beat("visits", visits, "updated_at"),
        beat("people", visits, "patient__updated_at"),
        beat("warnings", warnings, Content()),
        beat("notes", VisitNote.objects.filter(appointment__in=visits.values("pk")), "created_at"),
        beat("doctors", doctors, "updated_at"),
        beat("hours", WorkingHours.objects.filter(doctor__in=doctors), Content()),
        beat("extra", ExtraHours.objects.filter(**busy), Content()),
        beat("absences", Absence.objects.filter(**busy), Content()),
        beat("closures", Closure.objects.filter(starts_on__lte=day, ends_on__gte=day), Content()),
        beat("held", SlotOffer.objects.held(now).filter(**busy), "starts_at"),
        beat("types", HealthcareService.objects.all(), "updated_at"),
        beat("places", Location.objects.all(), "updated_at"),
    ]


def beats_of_rooms(starts: datetime, ends: datetime) -> list[QuerySet]:
    busy = {"busy_from__lt": ends, "busy_until__gt": starts}
    out = {"starts_at__lt": ends, "ends_at__gt": starts}
    return [
        beat("rooms", Resource.objects.all(), "updated_at"),
        beat("bookings", AppointmentResource.objects.filter(**busy), Content()),
        beat("outages", ResourceOutage.objects.filter(**out), Content()),
    ]


class Content(Aggregate):
    """What stands in all columns of the rows, in short: they don't say when they were changed."""

    name = "Content"
    arity = 0
    output_field = TextField()

    def as_sql(self, compiler, connection, **context):
        table = connection.ops.quote_name(compiler.query.get_initial_alias())
        return f"MD5(STRING_AGG({table}::text, ' ' ORDER BY {table}.id))", []


def beat(name: str, rows: QuerySet, latest: str | Content) -> QuerySet:
    """(name, how many and the latest of these rows, or what is in them)."""
    return (
        rows.order_by()
        .annotate(of=Value(name, CharField()))
        .values("of")
        .annotate(
            beat=Concat(Cast(Count("pk"), TextField()), Value(" ", TextField()), text_of(latest))
        )
        .values_list("of", "beat")
    )


def text_of(latest: str | Content) -> Expression:
    return latest if isinstance(latest, Content) else Cast(Max(latest), TextField())


class Tag:
    """What a browser sends back to learn whether anything has changed (an ETag).

    Its first half stands for what is shown, its second for whom: it is told, within one sign-in
    and one day, that these very patients have been shown already, and their reader was noted.
    """

    has_sessions = False  # Are there group sessions on the board?

    def __init__(self, state: str, people: str = ""):
        self.state, self.people = state, people

    @classmethod
    def read(cls, header: str) -> "Tag":
        """What a browser has sent; empty where it is no tag of ours."""
        text = header.strip().removeprefix("W/").strip('"')
        return cls(text[:MARK], text[MARK:]) if len(text) == 2 * MARK else cls("")

    @classmethod
    def of(cls, *state: object) -> "Tag":
        return cls(pulse_digest("board.state", *state))

    def showing(self, sign_in: object, patients: Iterable[UUID]) -> "Tag":
        people = sorted(map(str, patients))
        return Tag(self.state, pulse_digest("board.people", sign_in, timezone.localdate(), *people))

    def __str__(self) -> str:
        return f'"{self.state}{self.people}"'

    def is_as(self, other: "Tag") -> bool:
        return constant_time_compare(self.state, other.state)

    def shows_as(self, other: "Tag") -> bool:
        return constant_time_compare(self.people, other.people)


def pulse_digest(salt: str, *parts: object) -> str:
    return salted_hmac(salt, repr([str(part) for part in parts])).hexdigest()[:MARK]
