"""What the clinic's own operation writes, for administrators to look at."""

import json

from django.contrib import admin
from django.utils.html import format_html
from procrastinate.contrib.django import admin as _library  # noqa: F401  # Registers its own.
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic.console import ReadOnlyAdmin
from clinic.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    menu_name = "Mails"
    list_display = ("created_at", "event", "recipient", "status_word", "attempts", "sent_at")
    list_filter = ("status", "created_at")
    search_fields = ("recipient", "event")
    ordering = ("-created_at", "-id")

    @admin.display(description="status", ordering="status")
    def status_word(self, notification: Notification) -> str:
        return format_html(
            '<span class="status status-{}">{}</span>',
            notification.status,
            notification.get_status_display(),
        )


# The library's own page needs inline styles, and shows buttons that the role doesn't grant.
admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    menu_name = "Jobs"
    list_display = ("id", "task_name", "status", "attempts", "scheduled_at", "queue_name")
    list_filter = ("status", "task_name")
    ordering = ("-id",)
    fields = (*list_display, "arguments")
    readonly_fields = ("arguments",)

    @admin.display(description="arguments")
    def arguments(self, job: ProcrastinateJob) -> str:
        return json.dumps(job.args, indent=2, ensure_ascii=False)
