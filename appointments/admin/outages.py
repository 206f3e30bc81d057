"""The pages on which a room or device is taken out of service, and what becomes of the visits that
are booked with it then."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from appointments.admin.affected import show_affected
from appointments.admin.doctors import in_words
from appointments.forms.times import OutageForm
from appointments.services.outages import add_outage, affected_by_outage
from doctors import services as doctors_services
from doctors.admin.set_up import SetUpAdmin
from doctors.models import Resource, ResourceOutage

KEEP = "doctors.add_resourceoutage"


def for_room(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the room, and the time out of service that the address names, to the page."""

    @wraps(view)
    def page(self, request: HttpRequest, resource_id, period_id=None) -> HttpResponse:
        if not request.user.has_perm(KEEP):
            raise PermissionDenied
        room = self.get_object(request, str(resource_id))
        if room is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(resource_id))
        if period_id is None:
            return view(self, request, room)
        outage = room.outages.filter(pk=period_id).first()
        if outage is None:
            opts = ResourceOutage._meta
            return self._get_obj_does_not_exist_redirect(request, opts, str(period_id))
        return view(self, request, room, outage)

    return page


class OutagePages(SetUpAdmin):
    def get_urls(self):
        def page(view):
            return self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(view))

        base, name = "<uuid:resource_id>/out-of-service/", "doctors_resource_outages"
        own = [
            path(base, page(self.outages), name=name),
            path(f"{base}<uuid:period_id>/visits/", page(self.affected), name=f"{name}_visits"),
            path(f"{base}<uuid:period_id>/delete/", page(self.remove), name=f"{name}_delete"),
        ]
        return [*own, *super().get_urls()]

    def about_room(self, request: HttpRequest, room: Resource) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {
            "title": f"Out of service: {room}",
            "opts": self.opts,
            "room": room,
            "back": address_of(room),
        }

    @for_room
    def outages(self, request: HttpRequest, room: Resource) -> HttpResponse:
        """What is ahead, and one more."""
        form = OutageForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                return redirect(self.add_outage_from(request, form.outage(room)))
            except ValidationError as error:
                form.add_faults(error)
        ahead = room.outages.filter(ends_at__gt=timezone.now())
        times = [(one, *in_words(one), affected_by_outage(one).count()) for one in ahead]
        context = self.about_room(request, room) | {"times": times, "form": form}
        return render(request, "admin/doctors/resource/outages.html", context)

    def add_outage_from(self, request: HttpRequest, outage: ResourceOutage) -> str:
        """Save it, and return the page to go on with."""
        affected = add_outage(outage, by=request.user)
        room = outage.resource
        self.message_user(request, f"{room} is out of service then.", messages.SUCCESS)
        if not affected:
            return address_of(room)
        return reverse("admin:doctors_resource_outages_visits", args=[room.pk, outage.pk])

    @for_room
    def affected(self, request: HttpRequest, room: Resource, outage: ResourceOutage):
        """The visits that are booked with it then, now or at any later time."""
        first, last = in_words(outage)
        about = self.about_room(request, room) | {
            "title": f"Visits booked with {room}",
            "outage": outage,
            "away": first if first == last else f"{first} to {last}",
        }
        visits = affected_by_outage(outage)
        return show_affected(self.admin_site, request, visits, about, out=room)

    @for_room
    def remove(self, request: HttpRequest, room: Resource, outage: ResourceOutage):
        if request.method == "POST":
            doctors_services.remove_outage(outage, by=request.user)
            self.message_user(request, f"{room} can be booked then again.", messages.SUCCESS)
            return redirect(address_of(room))
        first, last = in_words(outage)
        context = self.about_room(request, room) | {"outage": outage, "first": first, "last": last}
        return render(request, "admin/doctors/resource/remove_outage.html", context)


def address_of(room: Resource) -> str:
    return reverse("admin:doctors_resource_outages", args=[room.pk])
