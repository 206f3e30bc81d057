"""The console's page of who changed what."""

from datetime import date, timedelta

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods
from pghistory.models import Events

from accounts import changes
from accounts.models import AccessLog, User
from accounts.services import audit_export
from accounts.services.access import note_read
from clinic.console.parts import ReadOnlyAdmin
from clinic.days import day_bounds
from clinic.emails import normal_email
from clinic.files.admin.parts import CSV_TYPE, attachment
from clinic.files.writing import csv_stream

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
DOORS = [
    ("", "All doors"),
    ("site", "The site"),
    ("admin", "The console"),
    ("api", "The API"),
    ("job", "A job"),
    ("command", "A command"),
]


def kinds() -> list[tuple[str, str]]:
    tracked = [model.pgh_tracked_model._meta for model in changes.event_models()]
    named = sorted((capfirst(meta.verbose_name), meta.label_lower) for meta in tracked)
    return [("", "All records"), *((key, name) for name, key in named)]


class ChangesForm(forms.Form):
    """What to look for among the changes."""

    record = forms.UUIDField(
        label="Record's id", required=False, widget=forms.TextInput(attrs={"size": 38})
    )
    by = forms.EmailField(label="Done by (e-mail)", required=False)
    day = forms.DateField(label="On, or from", required=False, widget=DAY)
    until = forms.DateField(label="Until", required=False, widget=DAY)
    door = forms.ChoiceField(label="Through", choices=DOORS, required=False)
    kind = forms.ChoiceField(label="Kind of record", choices=kinds, required=False)

    def clean(self):
        day, until = self.cleaned_data.get("day"), self.cleaned_data.get("until")
        if day and until and until < day:
            self.add_error("until", "Must not be before the first day.")
        return self.cleaned_data

    def clean_by(self) -> User | None:
        email = self.cleaned_data["by"]
        if not email:
            return None
        user = User.objects.filter(email=normal_email(email)).first()
        if user is None:
            raise forms.ValidationError("Nobody has an account with this address.")
        return user


class ExportLogForm(forms.Form):
    """Which days of the log are taken away, and as what."""

    required_css_class = "required"

    since = forms.DateField(label="From", widget=DAY)
    until = forms.DateField(label="Until", widget=DAY)
    format = forms.ChoiceField(
        label="As", choices=[("csv", "CSV, for a spreadsheet"), ("jsonl", "JSON, a line each")]
    )

    def clean(self):
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "Must not be before the first day.")
        return self.cleaned_data


@admin.register(Events)
class ChangesAdmin(ReadOnlyAdmin):
    """One list of the events of all records, in the place of the library's."""

    menu_name = "Changes"

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ChangesForm(request.GET or None)
        page, shown = None, []
        if not form.is_bound or form.is_valid():
            wanted = form.cleaned_data if form.is_bound else {}
            page = changes.search_changes(**wanted, page=request.GET.get("page"))
            loaded = changes.load_changes(page.object_list)
            patients = changes.patients_in(event for event, _ in loaded)
            note_read(request, AccessLog.Action.LIST, patients)
            shown = changes.change_entries(loaded)
        context = self.admin_site.each_context(request) | {
            "title": self.menu_name,
            "opts": self.opts,
            "form": form,
            "page": page,
            "entries": shown,
        }
        return TemplateResponse(request, "admin/accounts/audit.html", context)

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.export_view)
        own = path("export/", self.admin_site.admin_view(view), name="pghistory_events_export")
        return [own, *super().get_urls()[:1]]  # The list alone.

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """All reads and changes of some days as a file, which is noted."""
        if not request.user.has_perm("accounts.view_accesslog"):
            raise PermissionDenied
        today = timezone.localdate()
        first = {"since": today - timedelta(days=30), "until": today, "format": "csv"}
        form = ExportLogForm(request.POST or None, initial=first, label_suffix="")
        if request.method == "POST" and form.is_valid():
            return self.hand_out(request, **form.cleaned_data)
        context = self.admin_site.each_context(request) | {
            "title": "Export the log",
            "opts": self.opts,
            "headline": "Reads and changes",
            "submit": "Export",
            "back": reverse("admin:pghistory_events_changelist"),
            "form": form,
        }
        return render(request, "admin/small_form.html", context)

    def hand_out(self, request: HttpRequest, since: date, until: date, format: str) -> HttpResponse:
        start, end = day_bounds(since)[0], day_bounds(until)[1]
        audit_export.note_export(request.user, start, end, "admin", request.id)
        rows = audit_export.audit_rows(start, end)
        if format == "csv":
            pieces = csv_stream(list(audit_export.COLUMNS), audit_export.as_cells(rows))
        else:
            pieces = audit_export.as_json_lines(rows)
        kind = CSV_TYPE if format == "csv" else "application/x-ndjson"
        answer = StreamingHttpResponse(pieces, content_type=kind)
        return attachment(answer, f"audit-{since}-{until}.{format}")
