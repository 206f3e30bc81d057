"""A day of the clinic by room and device: a column for each, with what takes it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, UUIDField, Value
from django.utils import timezone

from appointments.admin.board.columns import KINDS, Block, Column, card_of
from appointments.admin.board.grid import USUAL_HOURS, Frame, side_by_side
from appointments.models import Appointment, AppointmentQuerySet, AppointmentResource
from appointments.scheduling.slots import Period, instant
from clinic.alike import folded_text
from clinic.days import day_bounds
from doctors.models import HealthcareService, Location, Resource, ResourceOutage


class Choices(NamedTuple):
    """What the clinic has to choose from: the names of its places by key, where it has several;
    and are there visit types, and rooms?"""

    places: dict[UUID, str]
    has_types: bool
    has_rooms: bool

    @classmethod
    def now(cls, user) -> "Choices":
        """One query: most clinics have none of them."""
        places = kind_of("places", Location.objects.active(), F("pk"), F("name"))
        types = kind_of("types", HealthcareService.objects.active())[:1]
        rooms = kind_of("rooms", rooms_shown(user, None))[:1]
        found = list(places.union(types, rooms, all=True))
        kinds = {kind for kind, _, _ in found}
        named = [(name, key) for kind, key, name in found if kind == "places"]
        several = sorted(named, key=lambda place: folded_text(place[0])) if named[1:] else []
        return cls({key: name for name, key in several}, "types" in kinds, "rooms" in kinds)


def kind_of(kind: str, rows: QuerySet, *columns: Any) -> QuerySet:
    """(kind, key, name) of each of the rows, key and name only where they are named."""
    nothing = (Value(None, UUIDField()), Value("", CharField()))
    return rows.order_by().values_list(Value(kind, CharField()), *(columns or nothing))


class DayOfRooms(NamedTuple):
    """What is known of the rooms on a day."""

    rooms: list[Resource]
    bookings: list[AppointmentResource]
    outages: list[ResourceOutage]


def rooms_shown(user, place: UUID | None) -> QuerySet[Resource]:
    """Which rooms may have a column: those in use, at this place or to be had everywhere."""
    rooms = Resource.objects.visible_to(user).active()
    return rooms.filter(Q(location=place) | Q(location=None)) if place else rooms


def with_rooms(visits: AppointmentQuerySet) -> AppointmentQuerySet:
    held = AppointmentResource.objects.filter(appointment=OuterRef("pk"), is_held=True)
    return visits.filter(Exists(held))


def bookings_on(day: date) -> QuerySet[AppointmentResource]:
    opens, closes = day_bounds(day)
    held = AppointmentResource.objects.held()
    return held.filter(busy_from__lt=closes, busy_until__gt=opens)


def outages_on(day: date) -> QuerySet[ResourceOutage]:
    opens, closes = day_bounds(day)
    return ResourceOutage.objects.filter(starts_at__lt=closes, ends_at__gt=opens)


def read_rooms(user, day: date, place: UUID | None) -> DayOfRooms:
    """Three queries."""
    rooms = list(rooms_shown(user, place).select_related("location").order_by("pool", "name", "pk"))
    ours = {"resource__in": [room.pk for room in rooms]}
    bookings = bookings_on(day).filter(**ours).select_related("session__service")
    return DayOfRooms(
        rooms, list(bookings.order_by("busy_from", "pk")), list(outages_on(day).filter(**ours))
    )


def room_columns(
    day: date, known: DayOfRooms, visits: Iterable[Appointment], now: datetime
) -> tuple[Frame, list[Column]]:
    """The board of the day by room: its frame, and a column for each of the rooms.

    Of visits that aren't among those given, somebody else's, nothing but the time is shown.
    """
    whole = Period(*day_bounds(day))
    shown = {visit.pk: visit for visit in visits}
    zone = timezone.get_default_timezone()
    usual = Period(*(instant(day, clock, zone) for clock in USUAL_HOURS))
    taken = [Period(one.busy_from, one.busy_until) for one in known.bookings]
    frame = Frame.around(day, [usual, *taken])
    columns = []
    for room in known.rooms:
        column = Column(room)
        ours = [one for one in known.bookings if one.resource_id == room.pk]
        column.blocks = [
            *outages_of(room, known.outages, frame),
            *taken_by_others(ours, shown, frame),
        ]
        column.cards = [
            card_of(shown[one.appointment_id], frame, whole, now)
            for one in ours
            if one.appointment_id in shown
        ]
        column.lanes = side_by_side(column.cards)
        columns.append(column)
    return frame, columns


def outages_of(room: Resource, outages: Iterable[ResourceOutage], frame: Frame) -> list[Block]:
    return [
        block_of("outages", Period(one.starts_at, one.ends_at), frame, one.reason)
        for one in outages
        if one.resource_id == room.pk
    ]


def words_of(booking: AppointmentResource) -> str:
    """What has the room, as far as it is anybody's business."""
    if booking.session:
        return booking.session.name
    return KINDS["held"] if booking.offer_id else ""


def taken_by_others(
    bookings: Iterable[AppointmentResource], shown: Mapping[UUID, Appointment], frame: Frame
) -> list[Block]:
    """What takes a room and has no card here: group sessions, offers, and visits of others."""
    return [
        block_of(
            "taken",
            Period(one.busy_from, one.busy_until),
            frame,
            words_of(one),
        )
        for one in bookings
        if one.appointment_id not in shown
    ]


def block_of(kind: str, period: Period, frame: Frame, words: str) -> Block:
    return Block(kind, period, frame.place(period), words=words)
