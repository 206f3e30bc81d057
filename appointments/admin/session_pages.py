"""The pages beside a group session's own: giving and leaving places, cancelling, taking it back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.admin.step_pages import step_url
from appointments.admin.steps import Step, StepBack, open_steps, step_back
from appointments.forms.sessions import ParticipantForm
from appointments.forms.visits import CancelForm
from appointments.models import Appointment, GroupSession
from appointments.services import sessions
from appointments.transitions import HOLDING
from clinic.console.parts import ServiceAdmin, sentence
from clinic.console.small_forms import small_form
from clinic.errors import NotAllowed
from clinic.web.views import sent
from patients.reach import nothing_mailed, without_mail

ADD, CHANGE = "appointments.add_appointment", "appointments.change_groupsession"


class SessionPages(ServiceAdmin):
    """What happens to a session beside being changed and moved."""

    def get_urls(self):
        pages = {
            "participants": (self.participants_view, "participants"),
            "cancel": (self.cancel_view, "cancel"),
            "take-back": (self.take_back_view, "take_back"),
        }
        both = require_http_methods(["GET", "HEAD", "POST"])
        own = [
            path(
                f"<uuid:session_id>/{address}/",
                self.admin_site.admin_view(both(view)),
                name=f"appointments_groupsession_{name}",
            )
            for address, (view, name) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def session_of(self, request: HttpRequest, session_id, permission: str) -> GroupSession:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        session = self.get_object(request, str(session_id))
        if session is None:
            raise Http404
        return session

    def about(self, request: HttpRequest, session: GroupSession) -> dict[str, Any]:
        """Who takes part, with the steps of each; noted as read."""
        found = participants_of(session, request.user)
        note_read(request, AccessLog.Action.READ, [one.patient_id for one in found])
        may_add = request.user.has_perm(ADD) and session.cancelled_at is None
        back = session_url(session)
        return {
            "taking_part": [
                dressed_person(one, request.user, back) for one in found if one.status in HOLDING
            ],
            "gone": [
                dressed_person(one, request.user, back)
                for one in found
                if one.status not in HOLDING
            ],
            "may_cancel": request.user.has_perm(CHANGE) and session.cancelled_at is None,
            "participant_form": ParticipantForm(user=request.user, auto_id="add_%s")
            if may_add and session.free_places
            else None,
        }

    def page_context(self, request: HttpRequest, session: GroupSession) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {
            "opts": self.opts,
            "original": session,
            "headline": self.headline(session),
            "back": session_url(session),
        }

    def participants_view(self, request: HttpRequest, session_id) -> HttpResponse:
        """Give somebody a place."""
        session = self.session_of(request, session_id, ADD)
        form = ParticipantForm(sent(request), user=request.user)
        context = self.page_context(request, session) | {
            "title": "Add a participant",
            "submit": "Add",
            "done": f"There is one more in {session.name}.",
        }

        def save() -> None:
            given = form.cleaned_data
            added = sessions.add_participant(
                session, given["patient"], request.user, given["reason"]
            )
            context["done"] = f"{added.patient} takes part in {session.name}."
            if told := nothing_mailed(added.patient):
                self.message_user(request, told, messages.WARNING)

        return small_form(request, form, save, context)

    def cancel_view(self, request: HttpRequest, session_id) -> HttpResponse:
        """Asked first: all who take part are told."""
        session = self.session_of(request, session_id, CHANGE)
        form = CancelForm(sent(request))
        if request.method == "POST" and form.is_valid():
            try:
                sessions.cancel_session(session, request.user, **form.cleaned_data)
            except (ValidationError, NotAllowed) as error:
                self.message_user(request, sentence(error), messages.ERROR)
            else:
                done = f"{session.name} is cancelled. It can be taken back here."
                self.message_user(request, done, messages.SUCCESS)
            return HttpResponseRedirect(session_url(session))
        found = participants_of(session, request.user)
        note_read(request, AccessLog.Action.READ, [one.patient_id for one in found])
        context = self.page_context(request, session) | {
            "title": "Cancel the session",
            "form": form,
            "taking_part": [one for one in found if one.status in HOLDING],
            "without_mail": without_mail([one.patient for one in found]),
        }
        return render(request, "admin/appointments/groupsession/cancel.html", context)

    def take_back_view(self, request: HttpRequest, session_id) -> HttpResponse:
        """Let it take place after all."""
        session = self.session_of(request, session_id, CHANGE)
        if request.method == "POST":
            try:
                restored, left_out = sessions.restore_session(session, request.user)
            except (ValidationError, NotAllowed) as error:
                self.message_user(request, sentence(error), messages.ERROR)
            else:
                names = ", ".join(str(one.patient) for one in left_out)
                if names:
                    told = f"Without a place by now, as they have another visit then: {names}."
                    self.message_user(request, told, messages.WARNING)
                done = f"{restored.name} takes place after all; who takes part is told."
                self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(session_url(session))


def session_url(session: GroupSession) -> str:
    return reverse("admin:appointments_groupsession_change", args=[session.pk])


def participants_of(session: GroupSession, user) -> list[Appointment]:
    """The appointments in the session that the user may see, by their places."""
    visible = Appointment.objects.visible_to(user).filter(session=session)
    found = visible.with_people().with_notes()
    return sorted(found, key=lambda one: (one.status not in HOLDING, one.seat, one.pk))


def dressed_person(visit: Appointment, user, back: str) -> dict[str, Any]:
    """One who takes part, and the steps open to this user."""
    steps: list[Step | StepBack | None] = [*open_steps(visit, user), step_back(visit, user)]
    return {
        "visit": visit,
        "steps": [(step, step_url(visit, step, back)) for step in steps if step],
    }
