"""The page on which a clinic sets up what it offers, from the top to the bottom: places, rooms and
equipment, visit types from examples, and where the doctors' hours are. Nothing of it needs a
script, and each part is sent by itself."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from clinic.console.parts import sentence
from clinic.errors import NotAllowed
from clinic.forms import NOT_SAVED, only_shown
from doctors import services
from doctors.forms.offer import (
    Group,
    HoursPlacesForm,
    NewRoomsForm,
    PlaceForm,
    Row,
    example_groups,
)
from doctors.models import Doctor, HealthcareService, Location, Resource
from doctors.services.gaps import Gap, Offering, find_gaps

SET_UP = "doctors.change_healthcareservice"
REMOVED: dict[str, tuple[Any, Callable[..., None]]] = {
    "place": (Location, services.remove_location),
    "room": (Resource, services.remove_resource),
    "type": (HealthcareService, services.remove_service),
}
NOTHING_TICKED = "Tick what the clinic offers."


@require_http_methods(["GET", "HEAD", "POST"])
def offer_view(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(SET_UP):
        raise PermissionDenied
    page = OfferPage(request)
    if request.method == "POST" and (where := page.act()):
        return redirect(f"{reverse('offer')}#{where}")
    return render(request, "admin/doctors/offer/offer.html", page.context())


class OfferPage:
    """One request for the page: what was sent is done first, or shown again with its faults."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.step = request.POST.get("step", "")
        self.offering = Offering()
        self.place_form = PlaceForm(self.sent("places"))
        self.rooms_form = NewRoomsForm(self.sent("rooms"))
        self.hours_form = HoursPlacesForm(
            self.offering.doctors, self.offering.places, self.sent("hours")
        )
        self.types = list(
            HealthcareService.objects.prefetch_related("needs", "service_doctors__doctor")
        )
        self.groups: list[Group] = example_groups(
            self.offering.doctors, map(str, self.types), self.offering.pools, self.sent("types")
        )
        self.fault = ""

    def sent(self, step: str):
        return self.request.POST if self.step == step else None

    def act(self) -> str:
        """Do what was sent. Returns the part of the page to go on with; empty where it is refused,
        and shown again."""
        steps: dict[str, Callable[[], str]] = {
            "places": self.add_place,
            "rooms": self.add_rooms,
            "types": self.add_types,
            "hours": self.put_hours,
            "interval": self.set_interval,
            "remove": self.remove,
        }
        return steps.get(self.step, lambda: "")()

    def say(self, told: str) -> None:
        messages.success(self.request, told)

    def add_place(self) -> str:
        form = self.place_form
        if not form.is_valid():
            return ""
        try:
            place = services.save_location(form.save(commit=False), by=self.request.user)
        except ValidationError as error:
            form.add_error(None, error)
            return ""
        self.say(f"{place} is added.")
        return "places"

    def add_rooms(self) -> str:
        form = self.rooms_form
        if not form.is_valid():
            return ""
        count = form.cleaned_data["count"]
        try:
            rooms = services.add_resources(form.save(commit=False), count, by=self.request.user)
        except ValidationError as error:
            form.add_error(None, error)
            return ""
        self.say(f"{', '.join(map(str, rooms))}: added.")
        return "rooms"

    def add_types(self) -> str:
        rows = [row for group in self.groups for row in group.rows if row.is_chosen]
        if not rows:
            self.fault = NOTHING_TICKED
        elif only_shown():
            self.fault = str(NOT_SAVED)
        elif all(row.form.is_valid() for row in rows) and self.made(rows):
            self.say(f"{', '.join(row.example.name for row in rows)}: added.")
            return "types"
        return ""

    def made(self, rows: list[Row]) -> bool:
        """All of them, or none, each with what is wrong beside it."""
        with transaction.atomic():
            for row in rows:
                try:
                    services.save_service(
                        row.form.service(row.example),
                        by=self.request.user,
                        doctors=row.lengths(),
                        needs=row.needs(),
                    )
                except ValidationError as error:
                    row.form.add_faults(error)
            is_made = not any(row.form.errors for row in rows)
            transaction.set_rollback(not is_made)
        return is_made

    def put_hours(self) -> str:
        """All hours of a doctor at one place; who changed the week meanwhile is not overtaken."""
        form = self.hours_form
        if not form.is_valid():
            return ""
        moved = form.chosen()
        try:
            with transaction.atomic():
                for doctor, place in moved.items():
                    self.put_week(doctor, place)
        except ValidationError as error:
            self.fault = sentence(error)
            return ""
        if moved:
            self.say(f"The hours of {', '.join(map(str, moved))} have their place.")
        return "hours"

    def put_week(self, doctor: Doctor, place) -> None:
        week = list(doctor.working_hours.with_services())
        version = services.week_version(week)
        for hours in week:
            hours.service_ids = hours.service_ids  # Those that it names stay named.
            hours.location_id = place
            hours.pk = None
            hours._state.adding = True
        services.set_week(doctor, week, self.request.user, version)

    def set_interval(self) -> str:
        """What a gap proposes for a doctor, as it is now."""
        wanted = self.request.POST.get("doctor", "")
        for gap in find_gaps(self.offering):
            if gap.interval and isinstance(gap.record, Doctor) and gap.record.pk.hex == wanted:
                before = gap.record.slot_interval_minutes or "none"
                gap.record.slot_interval_minutes = gap.interval
                services.change(gap.record, by=self.request.user)
                told = f"{gap.record}: a visit may start every {gap.interval} minutes now"
                self.say(f"{told} (before: {before}).")
        return "gaps"

    def remove(self) -> str:
        """What was made by mistake, while nothing refers to it."""
        kind, _, key = self.request.POST.get("what", "").partition(":")
        model, remove = REMOVED.get(kind, (None, None))
        record = found(model, key) if model else None
        if record is None or remove is None:
            return "gaps"
        name = str(record)
        try:
            remove(record, by=self.request.user)
        except (ValidationError, NotAllowed) as error:
            messages.error(self.request, f"{name}: {sentence(error)}")
        else:
            self.say(f"{name} is removed.")
        return f"{kind}s"

    def context(self) -> dict[str, Any]:
        gaps = [(gap, address_of_gap(gap)) for gap in find_gaps(self.offering)]
        return admin.site.each_context(self.request) | {
            "title": "What we offer",
            "offering": self.offering,
            "types": self.types,
            "pools": {pool: rooms for pool, rooms in self.offering.pools.items() if rooms},
            "gaps": gaps,
            "said": [each for each in gaps if not each[0].interval],
            "lost": [each for each in gaps if each[0].interval],
            "groups": self.groups,
            "place_form": self.place_form,
            "rooms_form": self.rooms_form,
            "hours_form": self.hours_form,
            "fault": self.fault,
            "step": self.step,
            "currency": settings.CLINIC_CURRENCY,
        }


def found(model: Any, key: str):
    try:
        return model.objects.filter(pk=key).first()
    except ValidationError:
        return None


def address_of_gap(gap: Gap) -> str:
    """Where it is mended."""
    options = gap.record._meta
    page = "hours" if gap.is_about_hours else "change"
    return reverse(f"admin:doctors_{options.model_name}_{page}", args=[gap.record.pk])
