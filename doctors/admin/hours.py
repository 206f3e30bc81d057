"""The week of a doctor in the console: seen at a glance, and changed as a whole."""

import re
from collections.abc import Callable
from datetime import date
from functools import wraps

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.console.parts import ConsoleAdmin, ServiceAdmin
from clinic.errors import NotAllowed
from doctors import services
from doctors.admin.week import Week
from doctors.files.hours import HoursFiles
from doctors.forms.hours import (
    BaseWeekForms,
    Choices,
    sent_week,
    week_forms,
    with_blank_row,
    with_monday_copied,
)
from doctors.models import Doctor, WorkingHours

FILE_ROUTE = re.compile(r"(import|export)/")


def keeps_hours(user, doctor: Doctor) -> bool:
    try:
        services.check_keeps_hours(doctor, user)
    except NotAllowed:
        return False
    return True


def for_keepers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the doctor to the page; one whose hours aren't the user's to keep is answered as one
    that doesn't exist."""

    @wraps(view)
    def page(self: ServiceAdmin, request: HttpRequest, doctor_id, **more) -> HttpResponse:
        doctor = self.get_object(request, str(doctor_id))
        if doctor is None or not keeps_hours(request.user, doctor):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(doctor_id))
        return view(self, request, doctor, **more)

    return page


def day_asked_for(request: HttpRequest) -> date:
    """The day in the address; today where there is none that makes sense."""
    try:
        day = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        return timezone.localdate()
    return day if 1900 <= day.year <= 2999 else timezone.localdate()


class HoursPages(ServiceAdmin):
    """The page of a doctor's week, for an admin of doctors."""

    def page(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """A page of the console that is read and sent."""
        return self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(view))

    def get_urls(self):
        view = self.page(self.hours_view)
        own = path("<uuid:doctor_id>/hours/", view, name="doctors_doctor_hours")
        return [own, *super().get_urls()]

    @for_keepers
    def hours_view(self, request: HttpRequest, doctor: Doctor) -> HttpResponse:
        hours = list(doctor.working_hours.with_services())
        choices = Choices.of(doctor, hours)
        if request.method != "POST":
            return self.show_hours(request, doctor, hours, week_forms(hours, choices), choices)
        for button, rows in (("add", with_blank_row), ("copy", with_monday_copied)):
            if button in request.POST:
                shown = rows(request.POST, choices)
                return self.show_hours(request, doctor, hours, shown, choices)
        forms = sent_week(request.POST, choices)
        if forms.is_valid():
            try:
                week = [form.hours() for form in forms.kept()]
                services.set_week(doctor, week, request.user, request.POST.get("opened", ""))
            except ValidationError as error:
                forms.add_faults(error)
            else:
                self.message_user(request, f"{doctor}: the week is saved.", messages.SUCCESS)
                return redirect(request.get_full_path())
        return self.show_hours(request, doctor, hours, forms, choices)

    def opened_week(self, request, hours, forms: BaseWeekForms) -> str:
        """The week that was looked at: that of now, unless rows are still being added to it."""
        is_refused = forms.is_bound and forms.non_form_errors()
        sent = "" if is_refused else request.POST.get("opened", "")
        return sent or services.week_version(hours)

    def show_hours(
        self, request, doctor: Doctor, hours, forms: BaseWeekForms, choices: Choices
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": f"Hours of {doctor}",
            "opts": self.opts,
            "doctor": doctor,
            "week": Week.of(doctor, hours, day_asked_for(request), choices.names_of()),
            "choices": choices,
            "today": timezone.localdate(),
            "time_zone": settings.TIME_ZONE,
            "forms": forms,
            "opened": self.opened_week(request, hours, forms),
            "is_faulty": any(form.errors for form in forms) if forms.is_bound else False,
        }
        return render(request, "admin/doctors/doctor/hours.html", context)


@admin.register(WorkingHours)
class MyHours(HoursFiles, ConsoleAdmin):
    """The menu's way to one's own hours, for those who keep no others; and everybody's hours in
    files, which the list of doctors leads to."""

    menu_name = "My hours"
    list_display = ("doctor", "weekday", "starts", "ends")

    def get_urls(self):
        view = self.admin_site.admin_view(self.own_hours)
        files = [url for url in super().get_urls() if FILE_ROUTE.match(str(url.pattern))]
        return [path("", view, name="doctors_workinghours_changelist"), *files]

    def own_hours(self, request: HttpRequest) -> HttpResponse:
        doctor = own_record(request)
        if doctor is None:
            return redirect("admin:doctors_doctor_changelist")
        return redirect("admin:doctors_doctor_hours", doctor.pk)

    def has_module_permission(self, request):
        manages_all = request.user.has_perm("doctors.manage_all_workinghours")
        return not manages_all and own_record(request) is not None

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("doctors.view_workinghours")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def own_record(request: HttpRequest) -> Doctor | None:
    """The doctor who asks."""
    return getattr(request.user, "doctor", None)
