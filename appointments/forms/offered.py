"""What the desk may choose of what the clinic offers: visit types, and places where there are
several. Where none is set up there is nothing to choose, and no field to do it in."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.formats import date_format

from appointments.scheduling.calendars import Slot
from clinic.alike import folded_text
from clinic.statements import Statement, Statements
from doctors.models import HealthcareService, Location, ServiceDoctor, ServiceLocation

PLAIN_VISIT = "Plain visit"
BY_THE_HOURS = "Where the doctor is then"


class RecordChoice(forms.ChoiceField):
    """A choice among records that are read already; None where none is chosen."""

    def __init__(self, records: Iterable[Any], nothing: str, words: Callable = str, **kwargs):
        self.records = {str(record.pk): record for record in records}
        self.words = words
        named = [(key, words(record)) for key, record in self.records.items()]
        super().__init__(choices=[("", nothing), *named], required=False, **kwargs)

    def offer(self, record: Any) -> None:
        """Let this one be chosen, too, such as the place of a visit that is out of use now."""
        if str(record.pk) not in self.records:
            self.records[str(record.pk)] = record
            self.choices = [*self.choices, (str(record.pk), self.words(record))]

    def clean(self, value):
        return self.records.get(super().clean(value))

    def has_changed(self, initial, data):
        return str(initial or "") != str(data or "")


@dataclass(frozen=True)
class Alternative:
    """A free time instead of a refused one, and the name of its place; empty: it needs none."""

    starts_at: datetime
    ends_at: datetime
    place: str

    @property
    def start(self) -> str:
        """The start and the place, as a small button says them."""
        when = date_format(timezone.localtime(self.starts_at), "D j M, H:i")
        return f"{when}, {self.place}" if self.place else when


@dataclass(frozen=True)
class Offered:
    """The visit types in use, and the places where there is more than one.

    Each type has beside its own columns `own` (a list of `doctor` and `minutes`, of those who are
    named) and `at` (the keys of its places).
    """

    services: tuple[HealthcareService, ...] = ()
    places: tuple[Location, ...] = ()

    @classmethod
    def now(cls) -> "Offered":
        """One query, however much there is."""
        rows, services = offered_statement().rows()
        read_places, read_services = offered_parts()
        places: Any = sorted(read_places.made_of(rows), key=by_name)
        keys = {place.pk for place in places}
        found: Any = sorted(read_services.made_of(services), key=by_name)
        offered = tuple(one for one in found if not one.at or keys.intersection(one.at))
        return cls(offered, tuple(places) if len(places) > 1 else ())

    def by(self, doctors: Iterable[UUID]) -> "Offered":
        """Of that, what one of these doctors offers."""
        keys = {str(key) for key in doctors}
        offered = (one for one in self.services if not one.own or keys & set(lengths_of(one)))
        return Offered(tuple(offered), self.places)

    def where(self, slots: Iterable[Slot] | None) -> list[Alternative] | None:
        """These free times with the names of their places, where there are several."""
        if slots is None:
            return None
        names = {place.pk: place.name for place in self.places}
        return [
            Alternative(
                one.starts_at,
                one.ends_at,
                names.get(one.location_id, "") if one.location_id else "",
            )
            for one in slots
        ]

    def chosen(self, data: Mapping[str, Any]) -> tuple[HealthcareService | None, Location | None]:
        """The type and the place that were sent, or that an address names; None: none of these."""
        services = {str(one.pk): one for one in self.services}
        places = {str(one.pk): one for one in self.places}
        return services.get(data.get("service", "")), places.get(data.get("location", ""))

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that there are to choose in."""
        return ("service",) * bool(self.services) + ("location",) * bool(self.places)

    def field(self, name: str) -> RecordChoice:
        """The field `service` or `location` of a form."""
        if name == "location":
            return RecordChoice(self.places, BY_THE_HOURS, label="Place")
        field = RecordChoice(self.services, PLAIN_VISIT, words_for, label="Visit type")
        field.widget.attrs["data-types"] = json.dumps([told_of(one) for one in self.services])
        return field


@cache
def offered_statement() -> Statements:
    return Statements(*offered_parts())


@cache
def offered_parts() -> tuple[Statement, Statement]:
    """What reads the places, and the visit types with what is `own` of doctors and `at` places."""
    named = ServiceDoctor.objects.filter(service=OuterRef("pk")).order_by("pk")
    told = JSONObject(doctor="doctor_id", minutes="duration_minutes")
    at = ServiceLocation.objects.filter(service=OuterRef("pk")).order_by("pk")
    services = HealthcareService.objects.active().annotate(
        own=ArraySubquery(named.values_list(told)),
        at=ArraySubquery(at.values_list("location_id")),
    )
    places = Location.objects.active().order_by()
    return Statement(places), Statement(services.order_by())


def by_name(record: Any) -> tuple[str, UUID]:
    return folded_text(record.name), record.pk


class OfferedForm(forms.Form):
    """The fields that there are, for pages that send them by script."""

    def __init__(self, offered: Offered, **kwargs):
        super().__init__(label_suffix="", **kwargs)
        self.fields |= {name: offered.field(name) for name in offered.names}


def lengths_of(service: HealthcareService) -> dict[str, int | None]:
    """By the keys of the doctors who are named, the length that is theirs alone."""
    return {one["doctor"]: one["minutes"] for one in getattr(service, "own", ())}


def minutes_with(service: HealthcareService, doctor_id: UUID) -> int:
    """How long a visit of this type is with this doctor."""
    return lengths_of(service).get(str(doctor_id)) or service.duration_minutes


def told_of(service: HealthcareService) -> dict[str, Any]:
    """What a page's script knows of a visit type. `doctors`: who offers it; null: everybody."""
    own = {doctor: minutes for doctor, minutes in lengths_of(service).items() if minutes}
    return {
        "id": str(service.pk),
        "doctors": list(lengths_of(service)) or None,
        "minutes": {"": service.duration_minutes} | own,
        "words": {"": words_for(service)}
        | {doctor: words_for(service, minutes) for doctor, minutes in own.items()},
    }


def words_for(service: HealthcareService, minutes: int | None = None) -> str:
    """What staff choose by: `Ultrasound, 30 min + 10 after, 45.00 EUR`."""
    length = f"{minutes or service.duration_minutes} min"
    before, after = service.buffer_before_minutes, service.buffer_after_minutes
    held = [f"{before} before"] * bool(before) + [length] + [f"{after} after"] * bool(after)
    return ", ".join(filter(None, (service.name, " + ".join(held), service.price_text)))
