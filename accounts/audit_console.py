"""The console's pages of who has seen patients' data, and of who changed what."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.views.decorators.http import require_safe
from pghistory.models import Events

from accounts import audit_events
from accounts.models import AccessLog, User
from accounts.services.access import note_read
from clinic.console import ReadOnlyAdmin, ServiceAdmin, titled

ROWS_A_PAGE = 50


class AccessPage(ServiceAdmin):
    """An admin of patients, with a page of who has seen the record, for administrators.

    Reading the log shows nothing of the record, so that it is not noted itself.
    """

    def get_urls(self):
        view = self.admin_site.admin_view(require_safe(self.access_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_access"
        return [path("<path:object_id>/access/", view, name=name), *super().get_urls()]

    def access_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not request.user.has_perm("accounts.view_accesslog"):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        rows = Paginator(AccessLog.objects.about(*record.own_ids()), ROWS_A_PAGE)
        context = self.admin_site.each_context(request) | {
            "title": f"Who has seen {record}",
            "opts": self.opts,
            "original": record,
            "headline": self.headline(record),
            "page": rows.get_page(request.GET.get("page")),
        }
        return TemplateResponse(request, "admin/accounts/access.html", context)


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    """All reads. It tells how many patients were shown, not whom: their own pages do."""

    menu_name = "Reads"
    counted = ("read", "reads")
    none_yet = "Nobody has read a patient's record yet."
    list_display = ("time", "user", "action", "patients_shown", "door", "address")
    list_filter = ("action", "door", ("at", titled("time")))
    list_select_related = ("user",)
    search_fields = ("user__email", "request_id")
    search_help_text = "User's e-mail or request"
    ordering = ("-at", "-id")

    @admin.display(description="time", ordering="at")
    def time(self, access: AccessLog) -> str:
        return date_format(timezone.localtime(access.at), "D j M Y, H:i:s")

    @admin.display(description="patients")
    def patients_shown(self, access: AccessLog) -> int:
        return len(access.patients)


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
    tracked = [model.pgh_tracked_model._meta for model in audit_events.event_models()]
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
        user = User.objects.filter(email=email.lower()).first()
        if user is None:
            raise forms.ValidationError("Nobody has an account with this address.")
        return user


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
            page = audit_events.search(**wanted, page=request.GET.get("page"))
            loaded = audit_events.load(page.object_list)
            patients = audit_events.patients_in(event for event, _ in loaded)
            note_read(request, AccessLog.Action.LIST, patients)
            shown = audit_events.entries(loaded)
        context = self.admin_site.each_context(request) | {
            "title": self.menu_name,
            "opts": self.opts,
            "form": form,
            "page": page,
            "entries": shown,
        }
        return TemplateResponse(request, "admin/accounts/audit.html", context)

    def get_urls(self):
        return super().get_urls()[:1]  # The list alone.
