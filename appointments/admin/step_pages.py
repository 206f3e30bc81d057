"""The steps of a visit as buttons, pages and actions of the console."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods

from accounts.admin.reads import PagesNoted
from appointments.admin.steps import (
    CORRECT,
    STEPS,
    TAKE_BACK,
    Step,
    StepBack,
    open_steps,
    step_back,
)
from appointments.forms.visits import CancelForm, ReasonForm
from appointments.models import Appointment
from appointments.transitions import Status
from clinic.console.parts import sentence
from clinic.errors import OTHER_DAY, NotAllowed
from patients.reach import nothing_mailed, without_mail


def step_action(step: Step):
    """The step as an action on the chosen rows: each is taken or refused on its own."""

    @admin.action(description=step.label, permissions=[step.verb])
    def take(model_admin, request, queryset):
        taken, asked = 0, []
        for appointment in queryset:
            try:
                step.take(appointment, request.user, early=means_early(request))
                taken += 1
            except ValidationError as error:
                if is_of_other_day(error):
                    asked.append((appointment, sentence(error)))
                    continue
                name = appointment.patient
                model_admin.message_user(request, f"{name}: {sentence(error)}", messages.ERROR)
        if taken:
            done = f"{step.to.label}: {taken} of {len(queryset)}."
            model_admin.message_user(request, done, messages.SUCCESS)
        return model_admin.ask_about(request, step, asked) if asked else None

    take.__name__ = step.verb
    return take


class StepPages(PagesNoted):
    """Taking a visit from step to step, and a step back."""

    patient_key = "patient_id"
    actions = [step_action(step) for step in STEPS.values() if not step.wants_reason]

    def headline(self, appointment: Appointment) -> str:
        raise NotImplementedError

    def say_nothing_mailed(self, request: HttpRequest, appointment: Appointment) -> None:
        """Warn the desk where no mail tells the patient what has just become of the visit."""
        if told := nothing_mailed(appointment.patient):
            self.message_user(request, told, messages.WARNING)

    def has_check_in_permission(self, request):
        return request.user.has_perm(STEPS["check_in"].permission)

    def has_start_permission(self, request):
        return request.user.has_perm(STEPS["start"].permission)

    def has_fulfill_permission(self, request):
        return request.user.has_perm(STEPS["fulfill"].permission)

    def has_no_show_permission(self, request):
        return request.user.has_perm(STEPS["no_show"].permission)

    def get_urls(self):
        view = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.step_view))
        address = "<uuid:appointment_id>/step/<str:verb>/"
        return [path(address, view, name="appointments_appointment_step"), *super().get_urls()]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            steps: list[Step | StepBack | None] = [
                *open_steps(obj, request.user),
                step_back(obj, request.user),
            ]
            context["steps"] = [(step, step_url(obj, step)) for step in steps if step]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def step_view(self, request: HttpRequest, appointment_id, verb: str) -> HttpResponse:
        """Take one step: at once, or where it wants a reason, with one and on a second look."""
        permission = (
            CORRECT if verb == TAKE_BACK else STEPS[verb].permission if verb in STEPS else ""
        )
        if not permission:
            raise Http404
        if not request.user.has_perm(permission):
            raise PermissionDenied
        appointment = self.get_object(request, str(appointment_id))
        if appointment is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(appointment_id))
        back = way_back(request, appointment)
        step = step_asked_for(request, appointment, verb)
        if step is None:
            self.message_user(request, "There is no step to take back.", messages.ERROR)
            return HttpResponseRedirect(back)
        if request.method != "POST" and not step.wants_reason:
            return HttpResponseRedirect(back)
        kind = CancelForm if step.to == Status.CANCELLED else ReasonForm
        form = kind(request.POST if request.method == "POST" else None)
        if request.method == "POST" and (form.is_valid() or not step.wants_reason):
            asked = self.take_step(request, appointment, step, form.cleaned_data)
            return asked or HttpResponseRedirect(back)
        self.note_shown(request, [appointment])
        context = self.admin_site.each_context(request) | {
            "title": step.label,
            "opts": self.opts,
            "original": appointment,
            "headline": self.headline(appointment),
            "step": step,
            "form": form,
            "back": back,
            "without_mail": without_mail([appointment.patient]).get(appointment.patient_id),
        }
        return render(request, "admin/appointments/appointment/step.html", context)

    def take_step(
        self, request, appointment: Appointment, step: Step | StepBack, why
    ) -> HttpResponse | None:
        """Take it, and say what came of it; or the page that asks whether it is meant."""
        reason, code = why.get("reason", ""), why.get("reason_code", "")
        try:
            step.take(appointment, request.user, reason, code, early=means_early(request))
        except (ValidationError, NotAllowed) as error:
            if is_of_other_day(error):
                return self.ask_about(request, step, [(appointment, sentence(error))])
            self.message_user(request, sentence(error), messages.ERROR)
        else:
            done = f"{appointment.patient}: {step.to.label.lower()}."
            if Status.CANCELLED in (step.to, appointment.status):  # What patients are told of.
                self.say_nothing_mailed(request, appointment)
            self.message_user(request, done, messages.SUCCESS)  # Last: the board undoes it there.
        return None

    def ask_about(
        self, request, step: Step | StepBack, asked: list[tuple[Appointment, str]]
    ) -> HttpResponse:
        """The page that asks before visits of another day take a step today. Its form is sent to
        where it came from, and says that they are meant."""
        self.note_shown(request, [appointment for appointment, _ in asked])
        listed = "_selected_action" in request.POST and "action" in request.POST
        context = self.admin_site.each_context(request) | {
            "title": f"{step.label}: not today",
            "opts": self.opts,
            "asked": asked,
            "step": step,
            "action": request.POST["action"] if listed else "",
            "back": request.get_full_path() if listed else way_back(request, asked[0][0]),
        }
        return render(request, "admin/appointments/appointment/other_day.html", context)


def means_early(request: HttpRequest) -> bool:
    """Has somebody been asked about the other day, and said yes?"""
    return request.POST.get("early") == "yes"


def is_of_other_day(error: ValidationError | NotAllowed) -> bool:
    return getattr(error, "code", "") == OTHER_DAY


def step_asked_for(request, appointment: Appointment, verb: str) -> Step | StepBack | None:
    """A step back is named by where it leads, so that a second click doesn't go on from there."""
    if verb != TAKE_BACK:
        return STEPS[verb]
    to = request.GET.get("to", "")
    return StepBack(Status(to)) if to in Status.values else step_back(appointment, request.user)


def step_url(appointment: Appointment, step: Step | StepBack, back: str = "") -> str:
    """Where the step is taken; `back` is the page to return to."""
    url = reverse("admin:appointments_appointment_step", args=[appointment.pk, step.verb])
    asked = {"to": step.to} if step.verb == TAKE_BACK else {}
    asked |= {"next": back} if back else {}
    return f"{url}?{urlencode(asked)}" if asked else url


def way_back(request, appointment: Appointment) -> str:
    """The page that the step was taken from, if it is one of ours."""
    back = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return back
    return reverse("admin:appointments_appointment_change", args=[appointment.pk])
