"""The console's page on which a visit is given another room."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from appointments.admin.notes import VisitNotePages
from appointments.forms.rooms import VisitRoomForm
from appointments.models import Appointment, AppointmentResource
from appointments.services.room_changes import CHANGEABLE, give_another_room
from clinic.console.small_forms import small_form
from clinic.web.views import sent

MOVE = "appointments.reschedule_appointment"


class VisitRoomPages(VisitNotePages):
    """An admin of visits that have rooms and devices."""

    def get_urls(self):
        both = require_http_methods(["GET", "HEAD", "POST"])
        view = self.admin_site.admin_view(both(self.room_view))
        address = "<uuid:appointment_id>/rooms/<int:booking_id>/"
        return [path(address, view, name="appointments_appointment_room"), *super().get_urls()]

    def room_view(self, request: HttpRequest, appointment_id, booking_id: int) -> HttpResponse:
        visit = self.visit_of(request, appointment_id, MOVE)
        booking = bookings_of(visit).filter(pk=booking_id).first()
        if booking is None:
            raise Http404
        form = VisitRoomForm(sent(request), instance=booking)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "headline": self.headline(visit),
            "back": reverse("admin:appointments_appointment_change", args=[visit.pk]),
            "title": "Another room",
            "submit": "Save",
            "done": "The visit has another room.",
        }
        self.note_shown(request, [visit])
        unsaved = bookings_of(visit).get(pk=booking_id)

        def save() -> Appointment:
            return give_another_room(unsaved, form.cleaned_data["resource"], request.user)

        return small_form(request, form, save, context)

    def room_forms(self, request: HttpRequest, visit: Appointment) -> list[VisitRoomForm]:
        """A form for each room or device that the visit has, where there are others."""
        if (
            not visit.service_id
            or visit.status not in CHANGEABLE
            or not request.user.has_perm(MOVE)
        ):
            return []
        forms = (
            VisitRoomForm(instance=one, auto_id=f"room_{one.pk}_%s") for one in bookings_of(visit)
        )
        return [form for form in forms if form.is_open]


def bookings_of(visit: Appointment):
    held = AppointmentResource.objects.filter(appointment=visit, is_held=True)
    return held.select_related("resource", "appointment").order_by("resource__name", "pk")
