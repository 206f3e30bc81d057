"""The console's pages of likely duplicates: twins beside a record, merging, and its undoing."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from accounts.admin.reads import PagesNoted
from clinic.console.parts import ServiceAdmin, sentence
from patients import services
from patients.duplicates import Twin, compare_on_record, twins_of
from patients.forms.merging import MergeForm
from patients.models import Patient, PossibleDuplicate

ASK = "Somebody like this is registered already: see above."
MERGE = "patients.merge_patient"


class MergePages(PagesNoted, ServiceAdmin):
    """An admin of patients, who may be registered twice."""

    def get_urls(self):
        inside = self.admin_site.admin_view
        both = "<uuid:patient_id>/{}/<uuid:twin_id>/"
        merge = require_http_methods(["GET", "HEAD", "POST"])(self.merge_view)
        return [
            path(both.format("merge"), inside(merge), name="patients_patient_merge"),
            path(
                both.format("dismiss"),
                inside(require_POST(self.dismiss_view)),
                name="patients_patient_dismiss",
            ),
            *super().get_urls(),
        ]

    def pair(self, request: HttpRequest, patient_id, twin_id) -> tuple[Patient, Patient]:
        if not request.user.has_perm(MERGE):
            raise PermissionDenied
        queryset = self.get_queryset(request).select_related("user", "document")
        found = queryset.in_bulk([patient_id, twin_id])
        if len(found) < 2:
            raise Http404
        return found[patient_id], found[twin_id]

    def merge_view(self, request: HttpRequest, patient_id, twin_id) -> HttpResponse:
        """Two records side by side: what is kept of which, and who stays."""
        survivor, other = self.pair(request, patient_id, twin_id)
        data = request.POST if request.method == "POST" else None
        form = MergeForm(data, survivor=survivor, other=other)
        if form.is_valid():
            opened = request.POST.get("opened", "")
            try:
                record = services.merge(survivor, other, request.user, form.cleaned_data, opened)
            except ValidationError as error:
                survivor.refresh_from_db()
                other.refresh_from_db()
                form = MergeForm(data, survivor=survivor, other=other)
                form.add_error(None, error)
            else:
                self.say_merged(request, record)
                return redirect("admin:patients_patient_change", survivor.pk)
        self.note_shown(request, [survivor, other])
        comparison = compare_on_record(survivor, other)
        context = self.admin_site.each_context(request) | {
            "title": "Is this one person?",
            "opts": self.opts,
            "form": form,
            "opened": form.opened_now(),
            "rows": form.rows(),
            "sides": [self.side(request, one) for one in (survivor, other)],
            "survivor": survivor,
            "other": other,
            "comparison": comparison,
            "kind": comparison.word.split()[0],
            "may_see_photo": request.user.has_perm("patients.view_identitydocument"),
        }
        return TemplateResponse(request, "admin/patients/patient/merge.html", context)

    def side(self, request: HttpRequest, patient: Patient) -> dict:
        return {
            "patient": patient,
            "document": getattr(patient, "document", None),
            "visits": patient.appointments.visible_to(request.user).count(),
            "family": [
                str(one) for one in patient.related_persons.select_related("related_patient")
            ],
            "doctors": [care.doctor for care in patient.care_assignments.select_related("doctor")],
        }

    def say_merged(self, request: HttpRequest, record) -> None:
        done = format_html(
            'The two records are one now. If that was wrong, <a href="{}">undo it</a>.',
            reverse("admin:patients_mergerecord_change", args=[record.pk]),
        )
        self.message_user(request, done, messages.SUCCESS)

    def dismiss_view(self, request: HttpRequest, patient_id, twin_id) -> HttpResponse:
        one, other = self.pair(request, patient_id, twin_id)
        try:
            services.dismiss(one, other, by=request.user)
        except ValidationError as error:
            self.message_user(request, sentence(error), messages.ERROR)
        else:
            done = f"{one.record_number} and {other.record_number} are two persons. Noted."
            self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:patients_possibleduplicate_changelist")

    def ask_about_twins(self, request: HttpRequest, patient: Patient) -> None:
        """Raise ValidationError where somebody like this is registered, until told to go on."""
        if request.POST.get("register_anyway"):
            return
        related = self.about_to_be_related(request)
        request.twins = twins_of(patient, self.get_queryset(request), related=related)
        if request.twins:
            raise ValidationError(ASK)

    def about_to_be_related(self, request: HttpRequest) -> list[Patient]:
        """Those to whom the patient is related once the form is saved."""
        return []

    def twins(self, request: HttpRequest, patient: Patient | None) -> list[Twin]:
        """The likely twins to be shown beside this record, or above the form of a new one."""
        if not hasattr(request, "twins"):
            queryset = self.get_queryset(request)
            request.twins = twins_of(patient, queryset) if patient else []
        return request.twins

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["twins"] = self.twins(request, obj)
        context["asks_about_twins"] = add and bool(context["twins"])
        context["may_merge"] = request.user.has_perm(MERGE)
        if obj is not None:
            context["merges"] = obj.merges.standing().select_related("merged")
        return super().render_change_form(request, context, add, change, form_url, obj)

    def note_page(self, request, record) -> None:
        shown = [record] if record is not None else []
        shown += [twin.patient for twin in getattr(request, "twins", [])]
        shown += getattr(request, "relatives", [])
        self.note_shown(request, shown)


class PairsShown(PagesNoted, ServiceAdmin):
    """An admin of what concerns two patients each. It changes nothing."""

    pair_fields: tuple[str, str]

    def note_shown(self, request, records, is_list=False):
        keys = [getattr(record, f"{name}_id") for record in records for name in self.pair_fields]
        super().note_shown(request, [Patient(pk=key) for key in keys], is_list)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def merge_url(pair: PossibleDuplicate) -> str:
    """The older record stays, unless somebody wants it otherwise."""
    pair_of_keys = [pair.first_id, pair.second_id]
    return reverse("admin:patients_patient_merge", args=pair_of_keys)
