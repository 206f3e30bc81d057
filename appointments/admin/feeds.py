"""The links by which doctors subscribe to their calendars: who has one, making and revoking it."""

from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from appointments.models import CalendarFeed
from appointments.services import feeds
from clinic.console.parts import ConsoleAdmin
from clinic.sorting import name_key
from doctors.models import Doctor

CHANGE = "appointments.change_calendarfeed"


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ConsoleAdmin):
    """One page. A link is shown once, in the answer to the button that makes it."""

    menu_name = "Calendar links"

    def has_module_permission(self, request):
        return request.user.has_perm(CHANGE)

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    has_change_permission = has_view_permission

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self) -> list[URLPattern]:
        def page(view, method):
            allowed = permission_required(CHANGE, raise_exception=True)(view)
            return self.admin_site.admin_view(method(allowed))

        return [
            path(
                "", page(self.calendars, require_safe), name="appointments_calendarfeed_changelist"
            ),
            path("<uuid:doctor_id>/renew/", page(self.renew, require_POST), name="renew_calendar"),
            path(
                "<uuid:doctor_id>/revoke/", page(self.revoke, require_POST), name="revoke_calendar"
            ),
        ]

    def doctors(self, request: HttpRequest) -> QuerySet[Doctor]:
        """Those whose calendars the user may hand out."""
        doctors = Doctor.objects.visible_to(request.user).select_related("calendar_feed")
        if not request.user.has_perm("appointments.manage_all_calendarfeed"):
            doctors = doctors.filter(user=request.user)
        return doctors.order_by(name_key(), "pk")

    def calendars(self, request: HttpRequest, **shown) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": self.menu_name,
            "opts": self.opts,
            "doctors": [d for d in self.doctors(request) if d.is_active or has_feed(d)],
            **shown,
        }
        request.current_app = self.admin_site.name
        return render(request, "admin/appointments/calendars.html", context)

    def renew(self, request: HttpRequest, doctor_id: UUID) -> HttpResponse:
        doctor = get_object_or_404(self.doctors(request), pk=doctor_id)
        token = feeds.renew(doctor, by=request.user)
        address = feeds.address_of(doctor, token)
        return self.calendars(request, made_for=doctor, address=address)

    def revoke(self, request: HttpRequest, doctor_id: UUID) -> HttpResponse:
        doctor = get_object_or_404(self.doctors(request), pk=doctor_id)
        feeds.revoke(doctor, by=request.user)
        messages.success(request, f"The link to {doctor}'s calendar works no more.")
        return redirect("admin:appointments_calendarfeed_changelist")


def has_feed(doctor: Doctor) -> bool:
    return hasattr(doctor, "calendar_feed")
