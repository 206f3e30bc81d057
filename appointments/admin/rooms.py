"""The console's pages of rooms and equipment: what there is, what of it is free right now, and what
is out of service."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join

from appointments.admin.outages import OutagePages
from appointments.models import AppointmentResource
from clinic.days import day_at, day_bounds
from doctors import services as doctors_services
from doctors.forms.rooms import RoomForm
from doctors.models import Resource, ResourceOutage

CLOCK, DAY_AND_CLOCK = "H:i", "D j M, H:i"


@dataclass(frozen=True)
class Now:
    """What a room or device is at this moment."""

    state: str  # free, booked, out or unused
    words: str


@dataclass(frozen=True)
class Pool:
    """What the list shows together, with how many of it are free now."""

    name: str
    rows: list[tuple[Resource, Now]]

    @property
    def free(self) -> int:
        return sum(now.state == "free" for _, now in self.rows)

    @property
    def in_use(self) -> int:
        return sum(resource.is_active for resource, _ in self.rows)


@admin.register(Resource)
class RoomAdmin(OutagePages):
    """They stand with the visits, which say what is in use."""

    form = RoomForm
    menu_name = "Rooms and equipment"
    counted = ("room or device", "rooms and equipment")
    add_title = "Add rooms or equipment"
    none_yet = (
        "No rooms or equipment. Those that visits need and that there are too few of, such as "
        "ultrasound devices, are booked along with the visits: never twice at a time."
    )
    list_display = ("name", "kind", "location", "is_active")
    list_filter = ("is_active", "kind", "location")
    list_select_related = ("location",)
    search_fields = ("name", "pool")
    search_help_text = "Name, or what it is one of"
    list_per_page = 200
    ordering = ("pool", "name", "id")
    fields = ("name", "pool", "kind", "location", "is_active")
    add_fields = ("pool", "count", "kind", "location", "name", "is_active")

    def get_fields(self, request, obj=None):
        return self.add_fields if obj is None else self.fields

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            context["pools"] = pools_now(list(context["cl"].result_list))
        return response

    def save_model(self, request, obj, form, change):
        if change:
            doctors_services.save_resource(obj, by=request.user)
        else:
            count = form.cleaned_data["count"]
            obj.added = doctors_services.add_resources(obj, count, by=request.user)

    def delete_model(self, request, obj):
        doctors_services.remove_resource(obj, by=request.user)

    def done_sentence(self, request: HttpRequest, obj, sentence):
        added = getattr(obj, "added", [obj])
        if len(added) == 1:
            return super().done_sentence(request, obj, sentence)
        names = ((self.named(request, one),) for one in added)
        return format_html_join(", ", "{}", names) + " are added."


def pools_now(resources: Sequence[Resource]) -> list[Pool]:
    """Rooms and equipment by what they are one of, with what each is now. Two queries."""
    states = states_now(resources)
    pools: dict[str, list[tuple[Resource, Now]]] = {}
    for resource in resources:
        pools.setdefault(resource.pool, []).append((resource, states[resource.pk]))
    return [Pool(name, rows) for name, rows in pools.items()]


def states_now(resources: Sequence[Resource]) -> dict[UUID, Now]:
    now = timezone.now()
    closes = day_bounds(day_at(now))[1]
    keys = [resource.pk for resource in resources]
    out = dict(
        ResourceOutage.objects.filter(resource__in=keys, starts_at__lte=now, ends_at__gt=now)
        .order_by("ends_at")
        .values_list("resource", "ends_at")
    )
    booked: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    today = (
        AppointmentResource.objects.held(now)
        .filter(resource__in=keys, busy_from__lt=closes, busy_until__gt=now)
        .order_by("busy_from")
    )
    for key, *period in today.values_list("resource", "busy_from", "busy_until"):
        booked[key].append((period[0], period[1]))
    return {one.pk: state_of(one, out.get(one.pk), booked[one.pk], now) for one in resources}


def state_of(
    resource: Resource, out: datetime | None, booked: list[tuple[datetime, datetime]], now: datetime
) -> Now:
    """`booked`: what of today is still to come or goes on, in order."""
    if not resource.is_active:
        return Now("unused", "Not in use")
    if out is not None:
        return Now("out", f"Out of service until {moment_of(out)}")
    until = now
    for starts, ends in booked:
        if starts > until:
            break
        until = ends
    if until > now:
        return Now("booked", f"Booked until {clock_of(until)}")
    return Now("free", f"Free until {clock_of(booked[0][0])}" if booked else "Free")


def clock_of(instant: datetime) -> str:
    return date_format(timezone.localtime(instant), CLOCK)


def moment_of(instant: datetime) -> str:
    is_today = day_at(instant) == timezone.localdate()
    return date_format(timezone.localtime(instant), CLOCK if is_today else DAY_AND_CLOCK)
