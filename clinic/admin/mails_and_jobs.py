"""What the clinic's own operation writes, for administrators to look at and to try again."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from procrastinate.contrib.django import admin as _library  # noqa: F401  # Registers its own.
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic.console.parts import ReadOnlyAdmin, sentence, titled
from clinic.console.small_forms import small_form
from clinic.models import Notification
from clinic.operations import resending, status
from clinic.web.views import sent


class RepeatableAdmin(ReadOnlyAdmin):
    """Records that nobody changes, but whose work a button does again."""

    change_form_template = "admin/clinic/again_change_form.html"
    again_label = ""
    again_permission = ""
    again_done = ""
    again: Callable[..., Any]

    def can_repeat(self, obj: Any) -> bool:
        raise NotImplementedError

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.again_view))
        own = path("<path:object_id>/again/", view, name=self.again_url_name)
        return [own, *super().get_urls()]

    @property
    def again_url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_again"

    def again_url(self, obj: models.Model) -> str:
        return reverse(f"admin:{self.again_url_name}", args=[obj.pk])

    def again_button(self, obj: models.Model, back: str) -> str:
        """A button for a form that sends the page's token."""
        if not self.can_repeat(obj):
            return ""
        return format_html(
            '<button class="step" formaction="{}?{}" aria-label="{}: {}">{}</button>',
            self.again_url(obj),
            urlencode({"next": back}),
            self.again_label,
            obj,
            self.again_label,
        )

    def get_list_display(self, request):
        @admin.display(description="again", empty_value="")
        def again(obj):
            return self.again_button(obj, request.get_full_path())

        shown = super().get_list_display(request)
        return (*shown, again) if request.user.has_perm(self.again_permission) else shown

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        may = request.user.has_perm(self.again_permission)
        if obj is not None and may and self.can_repeat(obj):
            context |= {"again_url": self.again_url(obj), "again_label": self.again_label}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not request.user.has_perm(self.again_permission):
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        try:
            type(self).again(obj.pk, by=request.user)
        except ValidationError as error:
            self.message_user(request, sentence(error), messages.ERROR)
        else:
            self.message_user(request, self.again_done, messages.SUCCESS)
        back = request.GET.get("next", "")
        if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
            return redirect(back)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


class Trouble(admin.SimpleListFilter):
    title = "what is wrong"
    parameter_name = "trouble"

    def lookups(self, request, model_admin):
        return [("failed", "Failed"), ("late", "Waits too long")]

    def queryset(self, request, queryset):
        if self.value() == "late":
            return queryset.filter(pk__in=status.late_jobs().values("pk"))
        return queryset.filter(status="failed") if self.value() == "failed" else queryset


class SinceForm(forms.Form):
    """From when on what was given up is sent again."""

    required_css_class = "required"  # Else the page calls it optional.
    since = forms.SplitDateTimeField(
        label="Given up since",
        help_text="A day and a time of the clinic's clocks.",
        error_messages={"required": "Enter a day and a time.", "incomplete": "Enter both."},
        widget=forms.SplitDateTimeWidget(
            {"aria-label": "Day"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date", "aria-label": "Day"},
            time_attrs={"type": "time", "aria-label": "Time"},
        ),
    )


@admin.register(Notification)
class NotificationAdmin(RepeatableAdmin):
    menu_name = "Mails"
    counted = ("message", "messages")
    none_yet = "No mail or text message was owed to anybody yet."
    again_label, again_done = "Send again", "The message is on its way again."
    again_permission = "clinic.resend_notification"
    again = staticmethod(resending.send_again)
    list_display = ("created_at", "event", "recipient", "status_word", "attempts", "sent_at")
    list_filter = ("status", "channel", ("created_at", titled("time")))
    search_fields = ("recipient", "event")
    ordering = ("-created_at", "-id")

    @admin.display(description="status", ordering="status")
    def status_word(self, notification: Notification) -> str:
        return format_html(
            '<span class="status status-{}">{}</span>',
            notification.status,
            notification.get_status_display(),
        )

    def can_repeat(self, obj: Notification) -> bool:
        return obj.status == Notification.Status.FAILED

    def get_urls(self):
        view = self.admin_site.admin_view(self.all_again_view)
        return [path("again/", view, name="clinic_notification_all_again"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        may = {"may_send_again": request.user.has_perm(self.again_permission)}
        return super().changelist_view(request, may | (extra_context or {}))

    def all_again_view(self, request: HttpRequest) -> HttpResponse:
        """Send all again that was given up since a time: after a mail server's bad day."""
        if not request.user.has_perm(self.again_permission):
            raise PermissionDenied
        day_ago = timezone.localtime() - timedelta(days=1)
        form = SinceForm(sent(request), initial={"since": day_ago})
        failed = resending.failed_since(day_ago).count()
        form.fields["since"].help_text = (
            f"A day and a time of the clinic's clocks. In the last 24 hours, {failed} "
            f"{'message was' if failed == 1 else 'messages were'} given up."
        )
        context = self.admin_site.each_context(request) | {
            "title": "Send again what failed",
            "opts": self.opts,
            "headline": "Mails",
            "submit": "Send again",
            "back": reverse("admin:clinic_notification_changelist"),
        }

        def save() -> None:
            done = resending.send_all_again(form.cleaned_data["since"], by=request.user)
            context["done"] = words_for_resent(done)

        return small_form(request, form, save, context)


def words_for_resent(done: resending.Resent) -> str:
    many = f"{done.queued} message{'' if done.queued == 1 else 's'}"
    told = f"{many} {'is' if done.queued == 1 else 'are'} on the way again."
    if done.left:
        told += f" {done.left} can't be sent again: nothing is left of what sends them."
    return told


# The library's own page needs inline styles, and shows buttons that the role doesn't grant.
admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(RepeatableAdmin):
    menu_name = "Jobs"
    counted = ("job", "jobs")
    none_yet = "No job has been queued yet."
    again_label, again_done = "Try again", "The job is tried again."
    again_permission = "procrastinate.retry_procrastinatejob"
    again = staticmethod(status.retry_job)
    list_display = ("id", "task_name", "status_word", "attempts", "scheduled_at", "queue_name")
    list_filter = (Trouble, "status", "task_name")
    ordering = ("-id",)
    fields = (*list_display, "arguments")
    readonly_fields = ("status_word", "arguments")

    @admin.display(description="status", ordering="status")
    def status_word(self, job: ProcrastinateJob) -> str:
        return format_html('<span class="status status-{}">{}</span>', job.status, job.status)

    @admin.display(description="arguments")
    def arguments(self, job: ProcrastinateJob) -> str:
        return json.dumps(job.args, indent=2, ensure_ascii=False)

    def can_repeat(self, obj: ProcrastinateJob) -> bool:
        return obj.status == "failed"

    def headline(self, obj: ProcrastinateJob) -> str:
        return f"Job {obj.pk}: {obj.task_name}"
