from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.utils import timezone

from accounts.admin.access_log import AccessPage
from accounts.admin.reads import content_of
from clinic.console.paging import QuickPaginator
from clinic.console.parts import RefusableForm
from clinic.console.sections import sections_of
from clinic.days import day_text, moment_text, years_of
from clinic.web.views import told_to_wait
from patients import services
from patients.admin.care import CareAssignmentInline
from patients.admin.emergencies import EmergencyPages
from patients.admin.erasing import ErasePages
from patients.admin.family.known import KnownContacts
from patients.admin.family.pages import FamilyPages
from patients.admin.in_use import INACTIVE, NONE_ACTIVE, ActiveFilter, FoundAtDesk
from patients.admin.invitations import InvitationPages
from patients.admin.merging import MergePages
from patients.admin.notes import MARK, WRITE, NotePages
from patients.admin.photos import CHECK, SEE, PhotoPages
from patients.admin.privacy import PrivacyPages
from patients.admin.standing import StandingPages
from patients.files.patients import PatientFiles
from patients.forms.notes import NoteForm
from patients.models import IdentityDocument, Patient
from patients.models.names import with_former
from patients.photos import clean_photo
from patients.reach import without_mail
from patients.search.finding import MORE_FIT

VISITS_SHOWN = 20
ENTRIES_SHOWN = 5


def latest_entries(patient: Patient) -> QuerySet[LogEntry]:
    """What was done on the record's page, the latest first."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Patient), object_id=str(patient.pk)
    )
    return entries.select_related("user").order_by("-action_time")[:ENTRIES_SHOWN]


class PatientForm(RefusableForm):
    keep_former = forms.BooleanField(
        required=False,
        initial=True,
        help_text="It is searched for, and shown beside the name. Not where the new name only "
        "corrects a typing error.",
    )
    agrees = forms.BooleanField(
        required=False,
        label="Has agreed to the privacy notice",
        help_text="On paper, or by word. It can be noted later.",
    )
    document_photo = forms.FileField(
        label="Photo of the ID",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
        help_text="JPEG or PNG, at most 5 MB. A new one takes the place of the one on record.",
    )

    class Meta:
        widgets = {"insurance_policy_number": AdminTextInputWidget}
        labels = {
            "is_active": "In use",
            "emergency_contact_name": "Name",
            "emergency_contact_phone": "Phone",
            "emergency_contact_relationship": "Relationship",
            "insurance_provider": "Insurance",
            "insurance_policy_number": "Policy number",
        }
        help_texts = {
            "preferred_name": "What the patient wants to be called, on the board and in mails. A "
            "single word stands for the first names.",
            "is_active": "Who isn't is found where asked for, and not suggested. Booking a visit "
            "brings the record back into use.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "language" in self.fields:  # Left out, it is the clinic's own.
            self.fields["language"].required = False
        last_name = self.instance.last_name
        self.fields["keep_former"].label = f"Keep “{last_name}” as a former name"

    def clean(self):
        cleaned = super().clean()
        stored = self.initial.get("last_name")
        if stored and cleaned.get("keep_former") and "last_name" in self.changed_data:
            cleaned["former_names"] = with_former(cleaned.get("former_names", ""), stored)
        return cleaned

    def clean_document_photo(self):
        upload = self.cleaned_data["document_photo"]
        if upload is None:
            return None
        upload.seek(0)
        return clean_photo(upload)


@admin.register(Patient)
class PatientAdmin(
    StandingPages,
    FoundAtDesk,
    PatientFiles,
    KnownContacts,
    FamilyPages,
    NotePages,
    PhotoPages,
    MergePages,
    InvitationPages,
    ErasePages,
    PrivacyPages,
    EmergencyPages,
    AccessPage,
):
    form = PatientForm
    inlines = (CareAssignmentInline,)
    add_title = "Register a patient"
    added = "{} is registered."
    none_yet = "No patients yet. They register on the clinic's page, or you register them here."
    list_display = ("record", "name", "born", "phone_number", "email", "registered")
    list_display_links = ("record", "name")
    # Not what is encrypted: it would be read and decrypted for nothing.
    list_columns = (
        "number",
        "last_name",
        "first_name",
        "preferred_name",
        "former_names",
        "is_active",
        "date_of_birth",
        "phone",
        "email",
        "is_deceased",
        "deceased_on",
        "created_at",
    )
    list_filter = (ActiveFilter,)
    paginator = QuickPaginator
    search_fields = ("search_name",)  # Replaced by the search of the query set.
    search_help_text = "Name, phone, e-mail, date of birth or record number, also parts of them"
    ordering = ("sort_name", "id")
    readonly_fields = ("record", "registered", "consented_at")

    @admin.display(description="record", ordering="number")
    def record(self, patient: Patient) -> str:
        return patient.record_number

    @admin.display(description="name", ordering="sort_name")
    def name(self, patient: Patient) -> str:
        state = patient.death or ("" if patient.is_active else INACTIVE)
        told = (patient.last_name, patient.first_name, patient.also_known, state)
        return ", ".join(filter(None, told))

    @admin.display(description="date of birth", ordering="date_of_birth")
    def born(self, patient: Patient) -> str | None:
        born = patient.date_of_birth
        return born and day_text(born)

    @admin.display(description="phone")
    def phone_number(self, patient: Patient) -> str:
        return patient.phone.as_international if patient.phone else ""

    @admin.display(description="registered", ordering="created_at")
    def registered(self, patient: Patient) -> str:
        return moment_text(patient.created_at)

    def headline(self, patient: Patient) -> str:
        born = patient.date_of_birth
        about = [patient.name, patient.record_number]
        age = "" if patient.is_deceased else f", {years_of(born)}" if born else ""
        about += [f"born {day_text(born)}{age}"] if born else []
        about += [patient.death] if patient.is_deceased else []
        about += [patient.also_known] if patient.also_known else []
        about += [] if patient.is_active else [INACTIVE]
        return " · ".join(about)

    def response_post_save_add(self, request, obj):
        return redirect(self.page_of(request, obj))

    def response_post_save_change(self, request, obj):
        """Back to the record, to be read; to the list where there is none any more."""
        if obj is None:
            return super().response_post_save_change(request, obj)
        return redirect(self.page_of(request, obj))

    def get_paginator(self, request, queryset, *args, **kwargs):
        """What a search found is so few that it is counted at once."""
        paginator = Paginator if request.GET.get(SEARCH_VAR) else self.paginator
        return paginator(queryset, *args, **kwargs)

    def changelist_view(self, request, extra_context=None):
        """With `open`, as the head of every page asks, the only one found is opened."""
        asked = request.GET.copy()
        opens = bool(asked.pop("open", None))
        request.GET = asked
        response = super().changelist_view(request, extra_context)
        found = content_of(response).get("cl")
        if opens and found and found.query and found.result_count == 1:
            return redirect("admin:patients_patient_change", found.result_list[0].pk)
        if found and getattr(request, "none_active", False):
            self.message_user(request, NONE_ACTIVE, messages.INFO)
        if found and getattr(request, "more_fit", False):
            self.message_user(request, MORE_FIT, messages.INFO)
        return response

    def get_fieldsets(self, request, obj=None):
        sections = {
            "Person": (
                ("first_name", "last_name"),
                *self.former_fields(request, obj),
                ("preferred_name", "former_names"),
                ("date_of_birth", "gender"),
            ),
            "Contact": (
                ("email", "phone"),
                "language",
                "street",
                ("zip", "city"),
                ("state", "country"),
            ),
            "Identity": self.photo_fields(request, obj),
            "Emergency contact": (
                "emergency_contact_name",
                ("emergency_contact_phone", "emergency_contact_relationship"),
            ),
            "Insurance and history": (
                ("insurance_provider", "insurance_policy_number"),
                "medical_history",
            ),
            "Consent": () if obj else ("agrees",),
            "Record": ("record", "registered", "consented_at", "is_active") if obj else (),
        }
        return [(name, {"fields": fields}) for name, fields in sections.items() if fields]

    def former_fields(self, request, obj) -> tuple[str, ...]:
        return ("keep_former",) if obj and self.has_change_permission(request, obj) else ()

    def photo_fields(self, request, obj) -> tuple[str, ...]:
        sends = f"patients.{'change' if obj else 'add'}_identitydocument"
        may_edit = self.has_change_permission(request, obj)
        return ("document_photo",) if may_edit and request.user.has_perm(sends) else ()

    def get_inlines(self, request, obj):
        return self.inlines if obj else ()

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            may = request.user.has_perm
            visits = obj.appointments.visible_to(request.user)
            visits = visits.select_related("doctor", "service")
            now = timezone.now()
            notes = list(obj.notes.visible_to(request.user).select_related("author"))
            checked = IdentityDocument.objects.select_related("uploaded_by", "checked_by")
            document = checked.filter(patient=obj).first()
            words = {"document_photo": "On record" if document else "None yet", "keep_former": ""}
            if not context["is_popup"]:
                context["sections"] = sections_of(context["adminform"], words)
            context |= {
                "document": document,
                "without_mail": without_mail([obj]).get(obj.pk),
                "age": obj.date_of_birth and years_of(obj.date_of_birth),
                "notes": notes,
                "warnings": [note for note in notes if note.on_board],
                "activity": latest_entries(obj),
                "note_form": NoteForm(auto_id="note_%s") if may(WRITE) else None,
                "may_mark_notes": may(MARK),
                "may_see_photo": may(SEE),
                "may_check_photo": may(CHECK),
                "looked_after_by": obj.care_assignments.select_related("doctor"),
                "may_book": may("appointments.add_appointment"),
                "may_repeat": may("appointments.add_appointmentseries"),
                "upcoming": visits.filter(starts_at__gte=now).order_by("starts_at")[:VISITS_SHOWN],
                "past": visits.filter(starts_at__lt=now).order_by("-starts_at")[:VISITS_SHOWN],
            }
        page = super().render_change_form(request, context, add, change, form_url, obj)
        return told_to_wait(page, context["adminform"].form)

    def save_model(self, request, obj, form, change):
        photo = form.cleaned_data.get("document_photo")
        if not change:
            self.ask_about_twins(request, obj)
            obj.has_consented = bool(form.cleaned_data.get("agrees"))
        self.save_with_family(request, obj, photo, change)
        if change and photo is not None:
            services.replace_document(obj, photo, by=request.user)

    def save_formset(self, request, form, formset, change):
        """Assign and unassign doctors."""
        for assignment in formset.save(commit=False):
            services.assign(assignment.doctor, assignment.patient, by=request.user)
        for assignment in formset.deleted_objects:
            services.end_assignment(assignment.doctor, assignment.patient, by=request.user)

    def delete_model(self, request, obj):
        services.delete(obj, by=request.user)
