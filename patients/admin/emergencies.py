"""The console's pages of emergency access: opening a record, and what was opened so."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from accounts.admin.reads import PagesNoted
from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.console import menu
from clinic.console.parts import ReadOnlyAdmin, sentence
from clinic.days import moment_text
from clinic.errors import NotAllowed
from clinic.web.views import sent
from patients import services
from patients.admin.one_patient import OnePatient
from patients.forms.emergencies import EmergencyForm
from patients.models import EmergencyAccess

OPEN, REVIEW = "patients.add_emergencyaccess", "patients.change_emergencyaccess"
LIST = "admin:patients_emergencyaccess_changelist"


@menu.counts(LIST)
def emergencies_waiting(user: Any) -> list[QuerySet]:
    return [EmergencyAccess.objects.waiting()] if user.has_perm(REVIEW) else []


@require_http_methods(["GET", "HEAD", "POST"])
def emergency_view(request: HttpRequest) -> HttpResponse:
    """Ask who and why, open the record and go there."""
    if not request.user.has_perm(OPEN):
        raise PermissionDenied
    form = EmergencyForm(sent(request), label_suffix="")
    if form.is_valid() and (access := open_asked(request, form)):
        until = moment_text(access.expires_at)
        told = f"You see this record until {until}. The administrators are told."
        messages.warning(request, told)
        return redirect("admin:patients_patient_change", access.patient_id)
    context = admin.site.each_context(request) | {"title": "Emergency access", "form": form}
    return render(request, "admin/patients/emergency.html", context)


def open_asked(request: HttpRequest, form: EmergencyForm) -> EmergencyAccess | None:
    given = form.cleaned_data
    try:
        patient = services.find_in_emergency(
            request.user, given["number"], given["last_name"], given["date_of_birth"]
        )
        access = services.open_in_emergency(patient, given["reason"], by=request.user)
    except ValidationError as error:
        form.add_faults(error)
        return None
    note_read(request, AccessLog.Action.EMERGENCY, [patient.pk])
    return access


class EmergencyPages(OnePatient):
    """An admin of patients, whose records may be open for a while only."""

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None and request.user.has_perm(OPEN):
            opened = EmergencyAccess.objects.opened_to(request.user).filter(patient=obj)
            context["emergency"] = opened.order_by("-expires_at").first()
        return super().render_change_form(request, context, add, change, form_url, obj)


@admin.register(EmergencyAccess)
class EmergencyAccessAdmin(PagesNoted, ReadOnlyAdmin):
    """What was opened in emergencies: an administrator looks at each."""

    menu_name = "Emergencies"
    patient_key = "patient_id"
    none_yet = "Nobody has opened a record in an emergency yet."
    change_form_template = "admin/patients/emergencyaccess.html"
    list_display = ("opened", "who", "record", "until", "looked_at")
    list_filter = (("reviewed_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user", "patient", "reviewed_by")
    ordering = ("-opened_at", "-id")
    fields = readonly_fields = ("opened", "who", "record", "why", "until", "looked_at")

    def get_urls(self):
        inside = self.admin_site.admin_view
        own = [
            path(
                f"<uuid:emergency_id>/{word}/",
                inside(require_POST(view)),
                name=f"patients_emergencyaccess_{word}",
            )
            for word, view in (("review", self.review_view), ("end", self.end_view))
        ]
        return [*own, *super().get_urls()]

    def access_of(self, request: HttpRequest, emergency_id) -> EmergencyAccess:
        access = self.get_queryset(request).filter(pk=emergency_id).first()
        if access is None:
            raise Http404
        return access

    def review_view(self, request: HttpRequest, emergency_id) -> HttpResponse:
        if not request.user.has_perm(REVIEW):
            raise PermissionDenied
        access = self.access_of(request, emergency_id)
        self.tell(request, services.review_emergency, access, "Noted that you have looked at it.")
        return redirect(LIST)

    def end_view(self, request: HttpRequest, emergency_id) -> HttpResponse:
        if not (request.user.has_perm(REVIEW) or request.user.has_perm(OPEN)):
            raise PermissionDenied
        access = self.access_of(request, emergency_id)
        self.tell(request, services.end_emergency, access, "The record is shut again.")
        return redirect(LIST)

    def tell(self, request: HttpRequest, service, access: EmergencyAccess, done: str) -> None:
        try:
            service(access, by=request.user)
        except (ValidationError, NotAllowed) as error:
            self.message_user(request, sentence(error), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            is_other = obj.user_id != request.user.pk
            context |= {
                "may_review": request.user.has_perm(REVIEW) and is_other and not obj.reviewed_at,
                "may_end": obj.is_open,
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description="opened", ordering="opened_at")
    def opened(self, access: EmergencyAccess) -> str:
        return moment_text(access.opened_at)

    @admin.display(description="by")
    def who(self, access: EmergencyAccess) -> str:
        return access.user.get_full_name() or access.user.email

    @admin.display(description="record")
    def record(self, access: EmergencyAccess) -> str:
        return f"{access.patient.record_number}, {access.patient.name}"

    @admin.display(description="reason")
    def why(self, access: EmergencyAccess) -> str:
        return access.reason

    @admin.display(description="until")
    def until(self, access: EmergencyAccess) -> str:
        if access.ended_at:
            return f"{moment_text(access.ended_at)}, ended early"
        return moment_text(access.expires_at)

    @admin.display(description="looked at", ordering="reviewed_at")
    def looked_at(self, access: EmergencyAccess) -> str:
        by = access.reviewed_by
        if by is None:
            return "Not yet"
        return f"{moment_text(access.reviewed_at)}, {by.get_full_name() or by.email}"
