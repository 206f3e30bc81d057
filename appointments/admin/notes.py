"""The console's pages of what the desk writes about a visit: its reason, and notes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from accounts.admin.reads import PagesNoted
from accounts.models import User
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


@dataclass(frozen=True)
class NewReason:
    """That another reason was written, as a line of the visit's history."""

    at: datetime
    by: User | None
    before: str
    after: str


def history_of(visit: Appointment) -> list[Any]:
    """The visit's steps and moves, and the changes of its reason, in the order of time."""
    steps = visit.history.select_related("by", "from_doctor", "to_doctor")
    return sorted([*steps, *reasons_changed(visit)], key=lambda one: one.at)


def reasons_changed(visit: Appointment) -> list[NewReason]:
    """The record's events know them, whichever door they came through."""
    events: Any = Appointment.pgh_event_model
    rows = events.objects.filter(pgh_obj=visit.pk).order_by("pgh_id")
    texts = list(rows.only("reason", "pgh_created_at", "pgh_context"))
    found = [(one, last) for last, one in pairwise(texts) if last.reason != one.reason]
    keys = {(one.pgh_context or {}).get("user") for one, _ in found} - {None}
    people = {str(user.pk): user for user in User.objects.filter(pk__in=keys)} if keys else {}
    return [
        NewReason(
            at=one.pgh_created_at,
            by=people.get((one.pgh_context or {}).get("user") or ""),
            before=last.reason,
            after=one.reason,
        )
        for one, last in found
    ]
