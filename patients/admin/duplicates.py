"""The console's lists of possible duplicates and of merges."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from clinic.console.parts import sentence
from patients import services
from patients.admin.merging import MERGE, PairsShown, merge_url
from patients.duplicates.comparing import word_for
from patients.forms.merging import field_of
from patients.models import MergeRecord, Patient, PossibleDuplicate
from patients.services.merging.values import CHOSEN, changes_of

State = PossibleDuplicate.State


class StateFilter(admin.SimpleListFilter):
    """What is to be decided, unless something else is asked for."""

    title = "decision"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [(state.value, state.label) for state in (State.OPEN, State.DISMISSED)]

    def choices(self, changelist):
        for value, label in self.lookup_choices:
            yield {
                "selected": value == (self.value() or State.OPEN),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request, queryset):
        return queryset.filter(state=self.value() or State.OPEN)


def record_link(patient: Patient) -> str:
    url = reverse("admin:patients_patient_change", args=[patient.pk])
    born = patient.date_of_birth
    return format_html(
        '<a href="{}">{}</a><br><span class="quiet record">{}{}</span>',
        url,
        patient,
        patient.record_number,
        f", born {date_format(born, 'j M Y')}" if born else "",
    )


@admin.register(PossibleDuplicate)
class PossibleDuplicateAdmin(PairsShown):
    """Pairs to be decided: each leads to the two records side by side."""

    pair_fields = ("first", "second")
    menu_name = "Duplicates"
    counted = ("pair", "pairs")
    none_yet = "No pair of records waits for a decision. New ones are looked for by themselves."
    list_display = ("one", "another", "how_sure", "why", "look")
    list_display_links = None
    list_filter = (StateFilter,)
    list_select_related = ("first", "second")
    ordering = ("-score", "id")

    @admin.display(description="patient")
    def one(self, pair: PossibleDuplicate) -> str:
        return record_link(pair.first)

    @admin.display(description="perhaps the same as")
    def another(self, pair: PossibleDuplicate) -> str:
        return record_link(pair.second)

    @admin.display(description="how sure", ordering="score")
    def how_sure(self, pair: PossibleDuplicate) -> str:
        word = word_for(pair.score)
        return format_html(
            '<span class="status sure-{}">{}</span> <span class="quiet">{} %</span>',
            word.split()[0],
            word.capitalize(),
            min(99, int(pair.score * 100)),
        )

    @admin.display(description="why")
    def why(self, pair: PossibleDuplicate) -> str:
        return ", ".join([*pair.reasons[:1], *(one.lower() for one in pair.reasons[1:])])

    @admin.display(description="", empty_value="")
    def look(self, pair: PossibleDuplicate) -> str:
        label = f"Compare {pair.first} with {pair.second}"
        return format_html(
            '<a class="button" href="{}" aria-label="{}">Compare</a>', merge_url(pair), label
        )

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        pair = self.get_object(request, object_id) if object_id else None
        if pair is not None and self.has_view_permission(request):
            return redirect(merge_url(pair))
        return super().changeform_view(request, object_id, form_url, extra_context)


@admin.register(MergeRecord)
class MergeRecordAdmin(PairsShown):
    """What was merged, to be undone. The list of duplicates leads there, not the menu."""

    pair_fields = ("survivor", "merged")
    menu_name = "Merges"
    none_yet = "No records have been merged yet."
    list_display = ("at", "merged_record", "into", "by", "outcome")
    list_select_related = ("survivor", "merged", "merged_by", "undone_by")
    ordering = ("-merged_at", "-id")
    fields = readonly_fields = ("merged_record", "into", "by", "at", "went_over", "outcome")

    def has_module_permission(self, request):
        return False

    def headline(self, record: MergeRecord) -> str:
        return f"{record.merged.record_number} merged into {record.survivor.record_number}"

    @admin.display(description="merged", ordering="merged_at")
    def at(self, record: MergeRecord) -> str:
        return date_format(timezone.localtime(record.merged_at), "j M Y, H:i")

    @admin.display(description="record")
    def merged_record(self, record: MergeRecord) -> str:
        number = record.merged.record_number
        return format_html('{} <span class="quiet">{}</span>', record.merged, number)

    @admin.display(description="into")
    def into(self, record: MergeRecord) -> str:
        return record_link(record.survivor)

    @admin.display(description="by")
    def by(self, record: MergeRecord) -> str:
        return record.merged_by.get_full_name()

    @admin.display(description="went over")
    def went_over(self, record: MergeRecord) -> str:
        counts = []
        for path_, keys in record.moved.items():
            name = path_.split(".")[1].lower() if "." in path_ else path_
            count = len(keys) if isinstance(keys, list) else 1
            counts.append(f"{count} {KINDS.get(name, (name, name))[count > 1]}")
        return ", ".join(counts) or "Nothing but the values below"

    @admin.display(description="now")
    def outcome(self, record: MergeRecord) -> str:
        if record.undone_at is None:
            return format_html('<span class="status status-fulfilled">{}</span>', "Merged")
        when = date_format(timezone.localtime(record.undone_at), "j M Y, H:i")
        name = record.undone_by.get_full_name() if record.undone_by else ""
        return format_html(
            '<span class="status">Undone</span> <span class="quiet">{} by {}</span>', when, name
        )

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["values"] = [
            (field_of(name).verbose_name, *(readable(name, text) for text in texts))
            for name, texts in changes_of(obj).get("patient", {}).items()
            if name in CHOSEN
        ]
        context["may_undo"] = request.user.has_perm(MERGE) and obj.undone_at is None
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.undo_view))
        return [
            path("<uuid:mergerecord_id>/undo/", view, name="patients_mergerecord_undo"),
            *super().get_urls(),
        ]

    def undo_view(self, request, mergerecord_id) -> HttpResponse:
        if not request.user.has_perm(MERGE):
            raise PermissionDenied
        record = self.get_object(request, str(mergerecord_id))
        if record is None:
            raise Http404
        try:
            services.undo(record, by=request.user)
        except ValidationError as error:
            self.message_user(request, sentence(error), messages.ERROR)
            return redirect("admin:patients_mergerecord_change", record.pk)
        done = "The merge is undone: both records are as they were."
        self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:patients_patient_change", record.merged_id)


# What went over, by the name of its model: one of it, and several.
KINDS = {
    "appointment": ("visit", "visits"),
    "careassignment": ("assigned doctor", "assigned doctors"),
    "identitydocument": ("ID photo", "ID photos"),
    "account": ("account", "accounts"),
}


def readable(name: str, text: str | None) -> str:
    """A value of before or after; of what is kept encrypted, only that there is one."""
    if not text:
        return "-"
    return "(not shown)" if name in ("insurance_policy_number", "medical_history") else text
