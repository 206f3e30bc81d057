"""The board of a day: what an address asks for, and what it shows."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.admin.board.columns import Card, Column, columns_of, in_words
from appointments.admin.board.grid import Frame
from appointments.admin.board.pulse import Pulse, Tag
from appointments.admin.board.rooms import Choices, read_rooms, room_columns, with_rooms
from appointments.admin.board.sessions import sessions_on
from appointments.admin.day_filter import Days
from appointments.models import (
    Appointment,
    AppointmentChange,
    AppointmentQuerySet,
    GroupSessionQuerySet,
)
from appointments.scheduling import availability
from appointments.scheduling.particulars import read_particulars
from appointments.transitions import Status
from clinic.days import day_at
from doctors.models import Doctor
from patients.reach import note_numbers


@dataclass(frozen=True)
class Asked:
    """Which day, whose and where: what the address says. Without `chosen`, every doctor's; without
    `place`, everywhere. `by_rooms`: rooms have the columns, in the doctors' place."""

    user: Any
    day: date
    chosen: tuple[UUID, ...] = ()
    place: UUID | None = None
    by_rooms: bool = False

    @classmethod
    def by(cls, request: HttpRequest) -> "Asked":
        """Raises ValueError where the address makes no sense."""
        days = Days.asked_for({"day": request.GET.get("day", "")})
        if days is None or not days.is_one:
            raise ValueError("The board is of one day.")
        chosen = dict.fromkeys(UUID(key) for key in request.GET.getlist("doctor") if key)
        place: Any = request.GET.get("place")
        by_rooms = request.GET.get("by") == "rooms"
        place = UUID(place) if place else None
        return cls(request.user, days.first, tuple(chosen), place, by_rooms)

    @property
    def sees_all(self) -> bool:
        return self.user.has_perm("appointments.view_all_appointment")

    def visits(self) -> AppointmentQuerySet:
        visits = Appointment.objects.visible_to(self.user).on_day(self.day)
        visits = visits.exclude(status=Status.ENTERED_IN_ERROR)
        if self.by_rooms:
            visits = with_rooms(visits)
        if self.place:  # Those of no place may be anywhere.
            visits = visits.filter(Q(location=self.place) | Q(location=None))
        return visits.filter(doctor__in=self.chosen) if self.chosen else visits

    def sessions(self) -> GroupSessionQuerySet:
        return sessions_on(self.day, self.user, self.chosen, self.place)

    def doctors(self) -> QuerySet[Doctor]:
        """Whose columns there may be; a doctor's own alone."""
        if not self.sees_all:
            return Doctor.objects.filter(user=self.user)
        visited = Appointment.objects.on_day(self.day).values("doctor")
        doctors = Doctor.objects.visible_to(self.user)
        return doctors.filter(Q(is_active=True) | Q(pk__in=visited) | Q(pk__in=self.chosen))

    def tag(self) -> Tag:
        pulse = Pulse(self.day, self.user, self.chosen, self.place, is_by_rooms=self.by_rooms)
        state = pulse.beat(self.doctors(), self.visits(), self.sessions())
        tag = Tag.of(self.user.pk, self.user.role, self.day, self.chosen, state)
        tag.has_sessions = "('sessions', '0 " not in state
        return tag

    def address(self, on: date | None = None, **more: object) -> str:
        """The query that leads here, or to the same of another day, of others (`doctor`), at
        another place or by something else (nothing: leaves it out)."""
        asked: dict[str, object] = {"day": (on or self.day).isoformat()}
        by = "rooms" if self.by_rooms else ""
        asked |= {"doctor": self.chosen, "place": self.place, "by": by} | more
        return f"?{urlencode({name: it for name, it in asked.items() if it}, doseq=True)}"


class Board:
    """The board of a day, as it is shown to this user."""

    def __init__(self, asked: Asked):
        self.asked = asked
        self.tag = asked.tag()  # Before all else: what changes meanwhile is seen the next time.
        self.now = timezone.now()
        self.days = Days(asked.day, asked.day)
        self.doctors = list(asked.doctors())
        self.chosen = [one for one in self.doctors if one.pk in asked.chosen]
        self.visits = list(visits_with_since(asked.visits()))
        note_numbers(visit.patient for visit in self.visits)
        read_particulars(self.visits)
        self.frame: Frame
        self.frame, columns = self.by_room() if asked.by_rooms else self.by_doctor()
        keep_idle = bool(self.chosen) or asked.by_rooms or not asked.sees_all
        self.columns = [one for one in columns if keep_idle or not one.is_idle]
        self.idle = [one.of for one in columns if one not in self.columns]

    def by_doctor(self) -> tuple[Frame, list[Column]]:
        day, wanted = self.asked.day, self.columns_wanted
        whose = self.asked.doctors().filter(pk__in=[one.pk for one in wanted])
        calendars = availability.load_calendars(whose, day, day)
        sessions = list(self.asked.sessions().with_places()) if self.tag.has_sessions else []
        return columns_of(day, wanted, calendars, self.visits, self.now, self.asked.place, sessions)

    def by_room(self) -> tuple[Frame, list[Column]]:
        known = read_rooms(self.asked.user, self.asked.day, self.asked.place)
        prefetch_related_objects(self.visits, "doctor")
        return room_columns(self.asked.day, known, self.visits, self.now)

    @cached_property
    def choices(self) -> Choices:
        return Choices.now(self.asked.user)

    @property
    def columns_wanted(self) -> list[Doctor]:
        return self.chosen or self.doctors

    @property
    def only(self) -> Doctor | None:
        """Whose board it is, where it is one doctor's."""
        return self.chosen[0] if len(self.chosen) == 1 else None

    @property
    def whose(self) -> str:
        """Whose columns are shown, in words."""
        if not self.chosen:
            return "All doctors"
        return str(self.only) if self.only else f"{len(self.chosen)} doctors"

    @property
    def is_today(self) -> bool:
        return self.asked.day == day_at(self.now)

    @property
    def hours(self):
        return self.frame.hours()

    @property
    def now_row(self) -> int | None:
        return self.frame.row(self.now) if self.frame.holds(self.now) else None

    @cached_property
    def cards(self) -> list[Card]:
        return [card for column in self.columns for card in column.whole]

    @property
    def counts(self) -> list[tuple[Status, int]]:
        counts = Counter(visit.status for visit in self.visits)
        return [(status, counts[status]) for status in Status if counts[status]]

    @property
    def late(self) -> int:
        return sum(card.late is not None for card in self.cards)

    @property
    def longest_wait(self) -> str:
        waits = (card.since for card in self.cards if card.visit.status == Status.CHECKED_IN)
        longest = max((wait for wait in waits if wait is not None), default=None)
        return "" if longest is None else in_words(longest)

    def note_shown(self, request: HttpRequest, before: Tag | None = None) -> None:
        """Write down who sees whom; not again for what `before` was the tag of."""
        patients = [visit.patient_id for visit in self.visits]
        sign_in = getattr(getattr(request, "sign_in", None), "pk", None)
        self.tag = self.tag.showing(sign_in, patients)
        if before is None or not self.tag.shows_as(before):
            note_read(request, AccessLog.Action.LIST, patients)


def visits_with_since(visits: AppointmentQuerySet) -> QuerySet[Appointment]:
    """With the patient, and since when each is where it is."""
    changes = AppointmentChange.objects.filter(
        appointment=OuterRef("pk"), to_status=OuterRef("status")
    ).exclude(from_status=OuterRef("status"))
    since = Subquery(changes.order_by("-at").values("at")[:1])
    shown = visits.with_patients().with_notes()
    return shown.annotate(since=since).order_by("starts_at", "pk")
