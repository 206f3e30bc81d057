"""Who imported and exported what: a list for administrators, which nobody can change."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import DateTimeField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from clinic.console.parts import ReadOnlyAdmin
from clinic.files.transfers import RESOURCES
from clinic.models import FileTransfer
from clinic.templatetags.humane import duration

State = FileTransfer.State
NOTHING = "–"  # noqa: RUF001


def is_import(transfer: FileTransfer) -> bool:
    return transfer.direction == FileTransfer.Direction.IMPORT


@admin.register(FileTransfer)
class FileTransferAdmin(ReadOnlyAdmin):
    """What the rows hold, and what is wrong with them, is for whoever sent the file alone."""

    menu_name = "Imports and exports"
    list_display = (
        "file",
        "who",
        "sent",
        "state_word",
        "rows",
        "written_new",
        "written_changed",
        "faults_found",
        "took",
    )
    list_filter = ("direction", "kind", "state", "created_at")
    search_fields = ("file_name", "user__email")
    search_help_text = "Name of the file, or e-mail address of whoever sent it"
    ordering = ("-created_at", "-id")
    fields = (
        "what",
        "file_name",
        "who",
        "through",
        "state_word",
        "refusal",
        ("rows", "written_new", "written_changed", "left", "faults_found"),
        ("sent", "took"),
        "request_id",
    )
    readonly_fields = (
        "what",
        "who",
        "through",
        "sent",
        "state_word",
        "written_new",
        "written_changed",
        "left",
        "faults_found",
        "took",
    )

    class Media:
        css = {"all": ["clinic/files.css"]}

    def get_queryset(self, request: HttpRequest):
        """With when the work began: the wait for somebody's yes is none of it."""
        events: Any = FileTransfer.pgh_event_model
        confirmed = events.objects.filter(pgh_obj=OuterRef("pk"), state=State.WRITING)
        confirmed = confirmed.order_by("-pgh_id")
        began = Subquery(confirmed.values("pgh_created_at")[:1], output_field=DateTimeField())
        rows = super().get_queryset(request).select_related("user").defer("faults")
        return rows.annotate(began_at=Coalesce(began, "created_at"))

    def get_fields(self, request: HttpRequest, obj: FileTransfer | None = None):
        unneeded = () if obj is None or obj.refusal else ("refusal",)
        return [field for field in self.fields if field not in unneeded]

    def headline(self, obj: Any) -> str:
        return f"{self.what(obj)}: {obj.file_name}"

    @admin.display(description="file", ordering="file_name")
    def file(self, transfer: FileTransfer) -> str:
        return format_html(
            '{}<br><span class="quiet">{}</span>', transfer.file_name, self.what(transfer)
        )

    @admin.display(description="when", ordering="created_at")
    def sent(self, transfer: FileTransfer) -> str:
        return date_format(localtime(transfer.created_at), "j M Y, H:i")

    @admin.display(description="what", ordering="kind")
    def what(self, transfer: FileTransfer) -> str:
        secrets = ", with sensitive data" if transfer.with_sensitive else ""
        return f"{transfer.get_direction_display()} of {transfer.kind}{secrets}"

    @admin.display(description="who", ordering="user__email")
    def who(self, transfer: FileTransfer) -> str:
        return transfer.user.email

    @admin.display(description="through")
    def through(self, transfer: FileTransfer) -> str:
        return "manage.py" if transfer.door == "command" else "The console"

    @admin.display(description="state", ordering="state")
    def state_word(self, transfer: FileTransfer) -> str:
        return format_html(
            '<span class="status file-{}">{}</span>',
            transfer.state,
            transfer.get_state_display(),
        )

    @admin.display(description="new", ordering="new")
    def written_new(self, transfer: FileTransfer) -> int | str:
        return self.written(transfer, transfer.new)

    @admin.display(description="changed", ordering="changed")
    def written_changed(self, transfer: FileTransfer) -> int | str:
        return self.written(transfer, transfer.changed)

    @admin.display(description="as they were")
    def left(self, transfer: FileTransfer) -> int | str:
        return self.written(transfer, transfer.unchanged)

    def written(self, transfer: FileTransfer, count: int) -> int | str:
        """What is counted while a file is checked is written only where the import is done."""
        return count if is_import(transfer) and transfer.state == State.DONE else NOTHING

    @admin.display(description="faults", ordering="fault_count")
    def faults_found(self, transfer: FileTransfer) -> int | str:
        return transfer.fault_count if is_import(transfer) else NOTHING

    @admin.display(description="took")
    def took(self, transfer: Any) -> str:
        """From the file, or the yes to it, until the end."""
        if transfer.ended_at is None or transfer.state == State.DROPPED:
            return NOTHING
        length = max(transfer.ended_at - transfer.began_at, timedelta())
        return duration(length) if length.seconds or length.days else "under 1 s"

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None and obj.user_id == request.user.pk and is_import(obj):
            options = RESOURCES[obj.kind].model._meta
            route = f"admin:{options.app_label}_{options.model_name}_transfer"
            context |= {"own_page": reverse(route, args=[obj.pk])}
        return super().render_change_form(request, context, add, change, form_url, obj)
