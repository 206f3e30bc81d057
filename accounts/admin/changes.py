"""The console's page of who changed what."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from pghistory.models import Events

from accounts import changes
from accounts.models import AccessLog, User
from accounts.services.access import note_read
from clinic.console.parts import ReadOnlyAdmin
from clinic.emails import normal_email

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
        return super().get_urls()[:1]  # The list alone.
