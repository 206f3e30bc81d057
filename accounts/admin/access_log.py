"""The console's pages of who has seen patients' data."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from accounts.models import AccessLog
from clinic.console.parts import ReadOnlyAdmin, ServiceAdmin, titled

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
