"""The forms of the page on which a clinic sets up what it offers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import QueryDict

from clinic.console.parts import RefusableForm
from clinic.forms import FaultsForm
from clinic.opened import mark_of
from doctors.forms.rooms import RoomForm
from doctors.models import Doctor, HealthcareService, Location, Resource
from doctors.models.healthcare_services import LONGEST_BUFFER, LONGEST_MINUTES, SHORTEST_MINUTES
from doctors.specializations.examples import USUAL, Example, examples_for

AS_IT_IS = "as it is"


class PlaceForm(RefusableForm):
    class Meta:
        model = Location
        fields = ("name", "address")
        widgets = {"address": forms.TextInput}
        help_texts = {"address": "As patients read it."}


class NewRoomsForm(RoomForm):
    class Meta:
        model = Resource
        fields = ("pool", "kind", "location")
        labels = {"pool": "What it is"}
        help_texts = {"pool": "Such as Ultrasound or Treatment room.", "location": ""}

    field_order = ("pool", "count", "kind", "location")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["count"].help_text = ""
        places: Any = self.fields["location"]
        places.queryset, places.empty_label = Location.objects.active(), "Every place"
        if not places.queryset:
            self.fields.pop("location")


class ExampleForm(FaultsForm):
    """One visit type that is proposed, to be ticked and looked through."""

    chosen = forms.BooleanField(required=False)
    minutes = forms.IntegerField(
        label="Minutes", min_value=SHORTEST_MINUTES, max_value=LONGEST_MINUTES
    )
    after = forms.IntegerField(label="Free after it", min_value=0, max_value=LONGEST_BUFFER)
    price = forms.DecimalField(label="Price", required=False, min_value=0)
    takes_room = forms.BooleanField(required=False)

    stands_for = {
        "name": "chosen",
        "duration_minutes": "minutes",
        "buffer_after_minutes": "after",
        "price_amount": "price",
        "needs": "takes_room",
    }

    def service(self, example: Example) -> HealthcareService:
        price = self.cleaned_data["price"]
        return HealthcareService(
            name=example.name,
            description=example.description,
            duration_minutes=self.cleaned_data["minutes"],
            buffer_after_minutes=self.cleaned_data["after"],
            price_amount=price,
            price_currency="" if price is None else settings.CLINIC_CURRENCY,
            is_online=example.is_online and not example.is_group,
            for_new_patients=example.for_new_patients,
        )


@dataclass
class Row:
    """A visit type that is proposed, and those who would offer it (none: everybody)."""

    example: Example
    doctors: list[Doctor]
    form: ExampleForm

    @property
    def is_chosen(self) -> bool:
        return bool(self.form["chosen"].value())

    def needs(self) -> dict[str, int]:
        return {self.example.pool: 1} if self.form.cleaned_data["takes_room"] else {}

    def lengths(self) -> dict[UUID, int | None]:
        return {doctor.pk: None for doctor in self.doctors}


@dataclass
class Group:
    """What is proposed for one field of medicine."""

    name: str
    rows: list[Row]


def example_groups(
    doctors: Iterable[Doctor], types: Iterable[str], pools: Iterable[str], data: QueryDict | None
) -> list[Group]:
    """What is proposed for the fields of these doctors, but for `types` that there are already.

    What a type needs is ticked where there are rooms or devices of that pool. Rows that were sent
    without a tick are shown as if nothing had been typed in them.
    """
    taken, there = {name.casefold() for name in types}, {pool.casefold() for pool in pools}
    everybody = list(doctors)
    by_field: dict[str, list[Doctor]] = {}
    for doctor in everybody:
        by_field.setdefault(doctor.specialization_code, []).append(doctor)
    found: list[tuple[str, tuple[Example, ...], list[Doctor]]] = [("Every doctor", USUAL, [])]
    for code, those in by_field.items():
        named = [] if len(those) == len(everybody) else those
        found.append((those[0].field_name, examples_for(code), named))
    groups = []
    for name, examples, those in found:
        free = (one for one in examples if one.name.casefold() not in taken)
        rows = [Row(one, those, example_form(one, there, data)) for one in free]
        if rows:
            groups.append(Group(name, rows))
    return groups


def example_form(example: Example, pools: set[str], data: QueryDict | None) -> ExampleForm:
    prefix = f"type-{mark_of(example.name)}"
    sent = data if data is not None and f"{prefix}-chosen" in data else None
    initial = {
        "minutes": example.minutes,
        "after": example.after,
        "price": example.price,
        "takes_room": example.pool.casefold() in pools,
    }
    return ExampleForm(sent, prefix=prefix, initial=initial)


def where_field(places: Iterable[Location], label: str) -> forms.ChoiceField:
    choices = [("", AS_IT_IS), *((str(place.pk), str(place)) for place in places)]
    return forms.ChoiceField(label=label, choices=choices, required=False)


class HoursPlacesForm(FaultsForm):
    """At which place all hours of a doctor are."""

    def __init__(self, doctors: Iterable[Doctor], places: Iterable[Location], data=None):
        super().__init__(data)
        self.doctors, self.places = list(doctors), list(places)
        for doctor in self.doctors:
            self.fields[doctor.pk.hex] = where_field(self.places, f"All hours of {doctor}")

    def rows(self) -> list[tuple]:
        """Each doctor with where the hours are now, and the choice."""
        names: Mapping[UUID | None, str] = {place.pk: str(place) for place in self.places}
        found = []
        for doctor in self.doctors:
            at = {hours.location_id for hours in doctor.working_hours.all()}
            words = ", ".join(sorted(names.get(key, "no place") for key in at)) or "no hours"
            found.append((doctor, words, self[doctor.pk.hex]))
        return found

    def chosen(self) -> dict[Doctor, UUID]:
        data = self.cleaned_data
        return {one: UUID(data[one.pk.hex]) for one in self.doctors if data[one.pk.hex]}
