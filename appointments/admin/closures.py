"""The days on which the clinic is closed, and the visits that are booked on them."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from appointments.admin.affected import show_affected
from appointments.services.absences import add_closure, affected_by_closure
from clinic.console.parts import ServiceAdmin
from doctors import services as doctors_services
from doctors.models import Closure

HANDLE = "appointments.reschedule_appointment"


@admin.register(Closure)
class ClosureAdmin(ServiceAdmin):
    """Closures are added and removed, never changed. They stand with the visits, because
    entering one lists those that are booked then."""

    add_title = "Close the clinic"
    none_yet = "No closures: the clinic is open whenever a doctor works."
    fields = (("starts_on", "ends_on"), "reason")
    ordering = ("-starts_on", "id")
    list_display = ("days", "reason", "visits")
    list_display_links = ("days",)

    def get_queryset(self, request: HttpRequest):
        """Anybody in the console may read them."""
        return super(ServiceAdmin, self).get_queryset(request)

    @admin.display(description="days", ordering="starts_on")
    def days(self, closure: Closure) -> str:
        first = date_format(closure.starts_on, "D j M Y")
        if closure.is_one_day:
            return first
        return f"{first} to {date_format(closure.ends_on, 'D j M Y')}"

    @admin.display(description="visits", empty_value="")
    def visits(self, closure: Closure) -> str:
        if closure.ends_on < timezone.localdate():
            return ""
        url = reverse("admin:doctors_closure_visits", args=[closure.pk])
        return format_html('<a href="{}">Booked visits</a>', url)

    def headline(self, closure: Closure) -> str:
        return f"Closed: {self.days(closure)}"

    def has_change_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.affected = add_closure(obj, by=request.user)

    def delete_model(self, request, obj):
        doctors_services.remove_closure(obj, by=request.user)

    def response_add(self, request, obj, post_url_continue=None):
        response = super().response_add(request, obj, post_url_continue)
        return redirect("admin:doctors_closure_visits", obj.pk) if obj.affected else response

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.affected)
        page = self.admin_site.admin_view(view)
        name = "doctors_closure_visits"
        return [path("<uuid:closure_id>/visits/", page, name=name), *super().get_urls()]

    def affected(self, request: HttpRequest, closure_id) -> HttpResponse:
        if not request.user.has_perm(HANDLE):
            raise PermissionDenied
        closure = self.get_object(request, str(closure_id))
        if closure is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(closure_id))
        about = {
            "title": "Visits while the clinic is closed",
            "opts": self.opts,
            "closure": closure,
            "days": self.days(closure),
            "back": reverse("admin:doctors_closure_changelist"),
        }
        return show_affected(self.admin_site, request, affected_by_closure(closure), about)
