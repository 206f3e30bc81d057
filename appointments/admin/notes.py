"""The console's pages of what the desk writes about a visit: its reason, and notes."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from accounts.admin.reads import PagesNoted
from appointments.forms.notes import VisitNoteForm, VisitReasonForm
from appointments.models import Appointment, VisitNote
from appointments.services.notes import add_visit_note, change_reason
from clinic.console.small_forms import small_form
from clinic.web.views import sent

WRITE = "appointments.add_visitnote"


class VisitNotePages(PagesNoted):
    """An admin of visits, about which the desk writes."""

    def get_urls(self):
        both = require_http_methods(["GET", "HEAD", "POST"])
        pages = {"notes": self.note_view, "reason": self.reason_view}
        return [
            path(
                f"<uuid:appointment_id>/{name}/",
                self.admin_site.admin_view(both(view)),
                name=f"appointments_appointment_{name}",
            )
            for name, view in pages.items()
        ] + super().get_urls()

    def note_view(self, request: HttpRequest, appointment_id) -> HttpResponse:
        visit = self.visit_of(request, appointment_id, WRITE)
        note = VisitNote(appointment=visit)
        form = VisitNoteForm(sent(request), instance=note)
        words = {"title": "New note", "submit": "Add the note", "done": "The note is kept."}
        return self.write(request, visit, form, lambda: add_visit_note(note, request.user), words)

    def reason_view(self, request: HttpRequest, appointment_id) -> HttpResponse:
        visit = self.visit_of(request, appointment_id, "appointments.change_appointment")
        form = VisitReasonForm(sent(request), instance=visit)

        def save() -> Appointment:
            return change_reason(visit, form.cleaned_data["reason"], request.user)

        done = "The reason for the visit is changed."
        words = {"title": "Reason for the visit", "submit": "Save", "done": done}
        return self.write(request, visit, form, save, words)

    def visit_of(self, request: HttpRequest, appointment_id, permission: str) -> Appointment:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        visit = self.get_object(request, str(appointment_id))
        if visit is None:
            raise Http404
        return visit

    def write(
        self,
        request: HttpRequest,
        visit: Appointment,
        form: Any,
        save: Callable[[], object],
        words: dict[str, str],
    ) -> HttpResponse:
        self.note_shown(request, [visit])
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "headline": self.headline(visit),
            "back": reverse("admin:appointments_appointment_change", args=[visit.pk]),
        }
        return small_form(request, form, save, context | words)
