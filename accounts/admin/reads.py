"""Pages of the console whose readers are noted in the access log."""

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.console.parts import ServiceAdmin


class PagesNoted(ServiceAdmin):
    """An admin whose lists, suggestions and pages show patients."""

    patient_key = "pk"

    def note_shown(self, request: HttpRequest, records, is_list: bool = False) -> None:
        action = AccessLog.Action.LIST if is_list else AccessLog.Action.READ
        note_read(request, action, [getattr(one, self.patient_key) for one in records])

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        if changelist := content_of(response).get("cl"):
            self.note_shown(request, changelist.result_list, is_list=True)
        return response

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        response = super().changeform_view(request, object_id, form_url, extra_context)
        self.note_page(request, content_of(response).get("original"))
        return response

    def delete_view(self, request, object_id, extra_context=None):
        response = super().delete_view(request, object_id, extra_context)
        self.note_page(request, content_of(response).get("object"))
        return response

    def history_view(self, request, object_id, extra_context=None):
        response = super().history_view(request, object_id, extra_context)
        self.note_page(request, content_of(response).get("object"))
        return response

    def note_page(self, request: HttpRequest, record: Model | None) -> None:
        if record is not None:
            self.note_shown(request, [record])


def content_of(response: HttpResponse) -> dict:
    """What the page that is about to be rendered shows; empty where it is no page."""
    return getattr(response, "context_data", None) or {}
