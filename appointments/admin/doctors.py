"""The console's pages of doctors, with what needs their visits as well.

The app of doctors knows no appointments: it brings the record and the week. This admin takes the
place of its own and adds time off and extra hours, which list the visits that they affect, and
the visits that an inactive doctor leaves behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import ngettext

from appointments.admin.affected import show_affected
from appointments.forms.times import AbsenceForm, ExtraHoursForm, TimeForm
from appointments.scheduling.slots import ONE_DAY
from appointments.services.absences import (
    add_absence,
    affected_by_absence,
    ahead_of,
)
from clinic.days import day_start
from doctors import services as doctors_services
from doctors.admin import DoctorAdmin
from doctors.admin.hours import for_keepers
from doctors.models import Absence, Doctor, ExtraHours, ResourceOutage


@dataclass(frozen=True)
class Kind:
    """Time off, or extra hours: what the two pages differ in."""

    name: str
    title: str
    model: type[Absence] | type[ExtraHours]
    form: type[TimeForm]
    add: str
    none: str

    @property
    def url_name(self) -> str:
        return f"admin:doctors_doctor_{self.name}"

    def address(self, doctor: Doctor) -> str:
        return reverse(self.url_name, args=[doctor.pk])

    def upcoming(self, doctor: Doctor) -> Any:
        rows = self.model.objects.filter(doctor=doctor, ends_at__gt=timezone.now())
        related = ("created_by", "location") if self.model is ExtraHours else ("created_by",)
        return rows.select_related(*related).order_by("starts_at", "pk")


OFF = Kind("time_off", "Time off", Absence, AbsenceForm, "Add time off", "No time off ahead.")
EXTRA = Kind(
    "extra_hours",
    "Extra hours",
    ExtraHours,
    ExtraHoursForm,
    "Add extra hours",
    "No extra hours ahead.",
)
DAY = "D j M Y"
KINDS = {OFF: "time-off", EXTRA: "extra-hours"}


def in_words(time: Absence | ExtraHours | ResourceOutage) -> tuple[str, str]:
    """From when and to when it lasts, whole days as such."""
    starts, ends = timezone.localtime(time.starts_at), timezone.localtime(time.ends_at)
    if starts == day_start(starts.date()) and ends == day_start(ends.date()):
        return date_format(starts, DAY), date_format(ends - ONE_DAY, DAY)
    return date_format(starts, f"{DAY}, H:i"), date_format(ends, f"{DAY}, H:i")


admin.site.unregister(Doctor)


@admin.register(Doctor)
class DoctorDesk(DoctorAdmin):
    """A doctor's record, week, time off and extra hours."""

    def get_urls(self):
        own = [path("<uuid:doctor_id>/ahead/", self.page(self.ahead), name="doctors_doctor_ahead")]
        for kind, slug in KINDS.items():
            where, name = f"<uuid:doctor_id>/{slug}/", f"doctors_doctor_{kind.name}"
            own += [
                path(where, self.page(self.times), {"kind": kind}, name=name),
                path(
                    f"{where}<uuid:time_id>/delete/",
                    self.page(self.remove),
                    {"kind": kind},
                    name=f"{name}_delete",
                ),
            ]
        affected = "<uuid:doctor_id>/time-off/<uuid:time_id>/visits/"
        name = "doctors_doctor_time_off_visits"
        return [path(affected, self.page(self.affected), name=name), *own, *super().get_urls()]

    @for_keepers
    def times(self, request: HttpRequest, doctor: Doctor, kind: Kind) -> HttpResponse:
        """What is ahead, and one more."""
        form = kind.form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                return redirect(self.add_time(request, doctor, kind, form))
            except ValidationError as error:
                form.add_faults(error)
        visits = list(ahead_of(doctor).values_list("starts_at", "ends_at")) if kind is OFF else []
        times = [
            (
                time,
                *in_words(time),
                sum(starts < time.ends_at and ends > time.starts_at for starts, ends in visits),
            )
            for time in kind.upcoming(doctor)
        ]
        context = self.about(request, doctor, kind) | {"times": times, "form": form}
        return render(request, "admin/doctors/doctor/times.html", context)

    def add_time(self, request, doctor: Doctor, kind: Kind, form: TimeForm) -> str:
        """Save it, and return the page to go on with."""
        time = form.instance(doctor)
        if kind is EXTRA:
            doctors_services.add_extra_hours(time, by=request.user)
            self.message_user(request, "The extra hours are saved.", messages.SUCCESS)
            return kind.address(doctor)
        affected = add_absence(time, by=request.user)
        self.message_user(request, "The time off is saved.", messages.SUCCESS)
        if not affected:
            return kind.address(doctor)
        return reverse("admin:doctors_doctor_time_off_visits", args=[doctor.pk, time.pk])

    @for_keepers
    def remove(self, request: HttpRequest, doctor: Doctor, time_id, kind: Kind) -> HttpResponse:
        time = kind.model.objects.filter(doctor=doctor, pk=time_id).first()
        if time is None:
            return self.missing(request, kind, time_id)
        if request.method == "POST":
            doctors_services.remove_time(time, by=request.user)
            self.message_user(request, f"{kind.title} removed.", messages.SUCCESS)
            return redirect(kind.address(doctor))
        context = self.about(request, doctor, kind) | {
            "time": time,
            "first": in_words(time)[0],
            "last": in_words(time)[1],
        }
        return render(request, "admin/doctors/doctor/remove_time.html", context)

    @for_keepers
    def affected(self, request: HttpRequest, doctor: Doctor, time_id) -> HttpResponse:
        """The visits that are booked in time off, now or at any later time."""
        absence = Absence.objects.filter(doctor=doctor, pk=time_id).first()
        if absence is None:
            return self.missing(request, OFF, time_id)
        absence.doctor = doctor
        first, last = in_words(absence)
        about = self.about(request, doctor, OFF) | {
            "title": f"Visits during time off of {doctor}",
            "absence": absence,
            "away": first if first == last else f"{first} to {last}",
            "back": OFF.address(doctor),
        }
        return show_affected(self.admin_site, request, affected_by_absence(absence), about)

    @for_keepers
    def ahead(self, request: HttpRequest, doctor: Doctor) -> HttpResponse:
        """The visits of a doctor who takes none any more."""
        about = {
            "title": f"Visits ahead of {doctor}",
            "doctor": doctor,
            "opts": self.opts,
            "back": reverse("admin:doctors_doctor_change", args=[doctor.pk]),
        }
        return show_affected(self.admin_site, request, ahead_of(doctor), about)

    def about(self, request: HttpRequest, doctor: Doctor, kind: Kind) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {
            "title": f"{kind.title} of {doctor}",
            "opts": self.opts,
            "doctor": doctor,
            "kind": kind,
            "delete_url": f"{kind.url_name}_delete",
        }

    def missing(self, request: HttpRequest, kind: Kind, key) -> HttpResponse:
        return self._get_obj_does_not_exist_redirect(request, kind.model._meta, str(key))

    def response_change(self, request, obj):
        """After a doctor was made inactive, on to the visits that are still booked."""
        response = super().response_change(request, obj)
        return getattr(request, "goes_on", None) or response

    def visits_ahead(self, doctor: Doctor) -> int:
        return ahead_of(doctor).count()

    def tell_what_is_ahead(self, request, doctors: Sequence[Doctor]) -> HttpResponse | None:
        counts = {doctor: ahead_of(doctor).count() for doctor in doctors}
        pages = []
        for doctor, count in counts.items():
            if count == 0:
                continue
            left = ngettext("%d booked appointment", "%d booked appointments", count) % count
            page = reverse("admin:doctors_doctor_ahead", args=[doctor.pk])
            pages.append(page)
            sentence = '{} still has {} ahead. <a href="{}">See them</a>'
            told = format_html(sentence, doctor, left, page)
            self.message_user(request, told, messages.WARNING)
        request.goes_on = redirect(pages[0]) if len(pages) == 1 else None
        return request.goes_on
