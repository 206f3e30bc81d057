"""The form of a visit type, with who offers it, where, and what it needs.

Each doctor, place and pool has a field of its own: of two people who tick different ones at the
same time, both keep theirs.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings

from clinic.console.parts import RefusableForm
from clinic.money import amount_text
from clinic.opened import mark_of
from doctors.models import Doctor, HealthcareService, Location, Resource, ServiceNeed
from doctors.models.healthcare_services import LONGEST_MINUTES, SHORTEST_MINUTES

MOST_OF_A_POOL = 5
TICK_TOO = "Tick this doctor, too: the length is only theirs."


class VisitTypeForm(RefusableForm):
    """Made for one visit type by `visit_type_form()`, which adds what can be ticked."""

    doctors: list[Doctor] = []
    places: list[Location] = []
    pools: list[str] = []

    def __init__(self, *args, initial=None, instance=None, **kwargs):
        shown: dict[str, Any] = {"price_currency": settings.CLINIC_CURRENCY}
        if instance is not None and instance.price_amount is not None:
            currency = instance.price_currency
            price = amount_text(instance.price_amount, currency)
            shown = {"price_currency": currency, "price_amount": price}
        super().__init__(*args, initial=shown | (initial or {}), instance=instance, **kwargs)

    def clean_price_currency(self) -> str:
        """No price has no currency, and nobody has to type the usual one."""
        if self.cleaned_data.get("price_amount") is None and "price_amount" not in self.errors:
            return ""
        return self.cleaned_data["price_currency"].strip().upper() or settings.CLINIC_CURRENCY

    def clean(self):
        cleaned = super().clean()
        for doctor in self.doctors:
            name = minutes_name(doctor)
            if self.cleaned_data.get(name) and not self.cleaned_data.get(doctor_name(doctor)):
                self.add_error(name, TICK_TOO)
        return cleaned

    def named_doctors(self) -> dict[UUID, int | None]:
        """Those who are ticked, each with a length of their own or None."""
        data = self.cleaned_data
        return {
            doctor.pk: data[minutes_name(doctor)]
            for doctor in self.doctors
            if data[doctor_name(doctor)]
        }

    def named_places(self) -> list[UUID]:
        return [place.pk for place in self.places if self.cleaned_data[place_name(place)]]

    def named_needs(self) -> dict[str, int]:
        """How many of each pool."""
        counts = {pool: self.cleaned_data[pool_name(pool)] for pool in self.pools}
        return {pool: int(count) for pool, count in counts.items() if count}

    def doctor_rows(self) -> list[tuple]:
        return [
            (doctor, self[doctor_name(doctor)], self[minutes_name(doctor)])
            for doctor in self.doctors
        ]

    def place_rows(self) -> list[tuple]:
        return [(place, self[place_name(place)]) for place in self.places]

    def pool_rows(self) -> list[tuple]:
        return [(pool, self[pool_name(pool)]) for pool in self.pools]


def doctor_name(doctor: Doctor) -> str:
    return f"by_{doctor.pk.hex}"


def minutes_name(doctor: Doctor) -> str:
    return f"minutes_{doctor.pk.hex}"


def place_name(place: Location) -> str:
    return f"at_{place.pk.hex}"


def pool_name(pool: str) -> str:
    return f"needs_{mark_of(pool)}"


def visit_type_form(service: HealthcareService | None) -> type[VisitTypeForm]:
    """The form with fields for every doctor, place and pool that there is or that the type names.

    Five queries at most, however many there are.
    """
    own: dict[UUID, int | None] = {}
    places: set[UUID] = set()
    needs: dict[str, int] = {}
    if service is not None:
        own = dict(service.service_doctors.values_list("doctor", "duration_minutes"))
        places = set(service.service_locations.values_list("location", flat=True))
        needs = dict(service.needs.values_list("pool", "count"))
    doctors = list(Doctor.objects.active() | Doctor.objects.filter(pk__in=own))
    locations = list(Location.objects.active() | Location.objects.filter(pk__in=places))
    pools = known_pools(needs)
    fields: dict[str, Any] = {}
    for doctor in doctors:
        fields[doctor_name(doctor)] = tick_field(str(doctor), doctor.pk in own)
        fields[minutes_name(doctor)] = minutes_field(doctor, own.get(doctor.pk))
    for place in locations:
        fields[place_name(place)] = tick_field(str(place), place.pk in places)
    for pool in pools:
        fields[pool_name(pool)] = count_field(pool, needs.get(pool, 0))
    more = {"doctors": doctors, "places": locations, "pools": pools}
    return type("HealthcareServiceForm", (VisitTypeForm,), fields | more)


def known_pools(also: Iterable[str] = ()) -> list[str]:
    pools = Resource.objects.active().order_by().values_list("pool", flat=True).distinct()
    return sorted({*pools, *also}, key=str.casefold)


def tick_field(label: str, is_ticked: bool) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, initial=is_ticked)


def minutes_field(doctor: Doctor, minutes: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        label=f"Length with {doctor}, in minutes",
        required=False,
        initial=minutes,
        min_value=SHORTEST_MINUTES,
        max_value=LONGEST_MINUTES,
        widget=forms.NumberInput(attrs={"placeholder": "as usual", "step": 5}),
    )


def count_field(pool: str, count: int) -> forms.TypedChoiceField:
    numbers = range(1, MOST_OF_A_POOL + 1)
    choices = [(0, "none"), *((number, str(number)) for number in numbers)]
    return forms.TypedChoiceField(label=pool, initial=count, choices=choices, coerce=int)


def needs_words(needs: Iterable[ServiceNeed]) -> str:
    """What is needed, as people read it: "Ultrasound, 2 x Room"."""
    each = (need.pool if need.count == 1 else f"{need.count} x {need.pool}" for need in needs)
    return ", ".join(each)
