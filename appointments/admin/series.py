"""Series of visits in the console: repeating a visit, and changing this and the later ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.admin.board.page import board_page
from appointments.forms.series import (
    CancelSeriesForm,
    FromForm,
    MoveSeriesForm,
    RepeatForm,
    choices_of,
)
from appointments.models import Appointment, AppointmentSeries, SeriesDate
from appointments.scheduling.conflicts import CONFLICT_SENTENCES, Occurrence
from appointments.scheduling.recurrence import at_clock, in_words, read_rule
from appointments.services.series import NEAREST, SKIP, book_series, preview
from appointments.services.series_changes import (
    cancel_series,
    is_as_planned,
    reschedule_series,
)
from appointments.transitions import Status
from clinic.errors import WRONG_STATE, NotAllowed
from clinic.text import as_uuid
from patients.reach import nothing_mailed

ADD = "appointments.add_appointmentseries"
VIEW = "appointments.view_appointmentseries"
CHANGED_MEANWHILE = "This series was changed meanwhile. Here is how it is now."
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class DateRow:
    """A date of the rule, and what is chosen for it."""

    date: datetime
    occurrence: Occurrence
    chosen: str  # `book`, `skip`, or the instant of another time.

    @property
    def name(self) -> str:
        return f"date-{self.date.isoformat()}"

    @property
    def other(self) -> str:
        """The other time that is offered; empty where there is none."""
        nearest = self.occurrence.nearest
        return nearest.starts_at.isoformat() if nearest else ""


@board_page
def repeat_visit(request: HttpRequest) -> HttpResponse:
    """Say how a visit is repeated, look at the dates, choose for each, and book."""
    if not request.user.has_perm(ADD):
        raise PermissionDenied
    is_sent = request.method == "POST" and "from_visit" not in request.POST
    form = RepeatForm(
        request.POST if is_sent else None,
        user=request.user,
        site=admin.site,
        initial=initial_of(request),
    )
    rows: list[DateRow] = []
    rule = ""
    if form.is_bound and form.is_valid():
        first, rule = form.first_visit(), form.rule_text()
        if "book" in request.POST and (booked := book_chosen(request, form, first, rule)):
            return redirect("series", booked.pk)
        rows = rows_of(request, form, first, rule)
    free = sum(not row.occurrence.conflict for row in rows)
    context = admin.site.each_context(request) | {
        "title": "Series of visits",
        "form": form,
        "rows": rows,
        "free": free,
        "taken": len(rows) - free,
        "rule": in_words(read_rule(rule)) if rows else "",
        "media": form.media,
    }
    return render(request, "admin/appointments/series/repeat.html", context)


def initial_of(request: HttpRequest) -> dict[str, Any]:
    """What the form begins with: of a visit that is repeated, of the form in which one is about to
    be booked, or of the address."""
    initial: dict[str, Any] = {"every": 1, "unit": "w", "count": 8}
    key = as_uuid(request.GET.get("visit", ""))
    visit = Appointment.objects.visible_to(request.user).filter(pk=key).first() if key else None
    if visit is not None:
        at = visit.starts_at if visit.starts_at > timezone.now() else timezone.now() + WEEK
        local = timezone.localtime(visit.starts_at)
        day = timezone.localdate(at) + (WEEK if at == visit.starts_at else timedelta())
        day += timedelta(days=(local.weekday() - day.weekday()) % 7)
        initial |= {
            "patient": visit.patient_id,
            "doctor": visit.doctor_id,
            "service": visit.service_id,
            "location": visit.location_id,
            "starts_at": [day, local.time(), ""],
            "duration_minutes": visit.duration_minutes,
            "reason": visit.reason,
        }
    sent = request.POST if "from_visit" in request.POST else request.GET
    for name in ("patient", "doctor", "service", "location"):
        if as_uuid(sent.get(name, "")):
            initial[name] = sent[name]
    for name in ("duration_minutes", "reason"):
        if sent.get(name):
            initial[name] = sent[name]
    if sent.get("starts_at_0") or sent.get("starts_at_1"):
        initial["starts_at"] = [sent.get("starts_at_0"), sent.get("starts_at_1"), ""]
    return initial


def book_chosen(
    request: HttpRequest, form: RepeatForm, first: Appointment, rule: str
) -> AppointmentSeries | None:
    """Book what was chosen; or None, with what was refused in the form."""
    try:
        choices = choices_of(request.POST)
        booked = book_series(first, rule, request.user, choices=choices)
    except (ValidationError, NotAllowed) as error:
        form.add_faults(error if isinstance(error, ValidationError) else as_fault(error))
        return None
    count = booked.appointments.count()
    visits = "visit is" if count == 1 else "visits are"
    told = f"{count} {visits} booked for {booked.patient} with {booked.doctor}."
    messages.success(request, told)
    say_nothing_mailed(request, booked)
    return booked


def as_fault(error: NotAllowed) -> ValidationError:
    return ValidationError(str(error))


def rows_of(request: HttpRequest, form: RepeatForm, first: Appointment, rule: str) -> list[DateRow]:
    """The dates as they are now, each with what was chosen, or else what is best."""
    try:
        found = preview(first, rule, request.user)
    except (ValidationError, NotAllowed) as error:
        form.add_faults(error if isinstance(error, ValidationError) else as_fault(error))
        return []
    note_read(request, AccessLog.Action.READ, [first.patient_id])
    every = request.POST.get("all", "")
    return [row_of(one, request.POST, every) for one in found]


def row_of(one: Occurrence, sent: Any, every: str) -> DateRow:
    row = DateRow(one.starts_at, one, "")
    best = "book"
    if one.conflict:
        best = row.other if row.other and every != SKIP else "skip"
    chosen = sent.get(row.name, "")
    is_open = chosen in ("skip", row.other or "skip") or (chosen == "book" and not one.conflict)
    if every in (SKIP, NEAREST) or not is_open:
        chosen = best
    return DateRow(one.starts_at, one, chosen)


@board_page
def series_page(request: HttpRequest, series_id: UUID) -> HttpResponse:
    """All visits of a series; move or cancel this one and the later ones."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    shown = AppointmentSeries.objects.visible_to(request.user).select_related("doctor", "patient")
    series = shown.filter(pk=series_id).first()
    if series is None:
        raise Http404
    dates = dates_of(series, request)
    forms = forms_of(request, series, [row for row in dates if row.goes_along])
    if request.method == "POST" and change_series(request, series, forms):
        return redirect("series", series.pk)
    note_read(request, AccessLog.Action.READ, [series.patient_id])
    context = admin.site.each_context(request) | {
        "title": f"{series.patient}: series of visits",
        "series": series,
        "rule": in_words(read_rule(series.rule)),
        "dates": dates,
        "forms": forms,
        "chosen": request.GET.get("from", ""),
    }
    return render(request, "admin/appointments/series/series.html", context)


@dataclass(frozen=True)
class SeriesRow:
    """A date of a series: its visit as far as the reader may see it, and how it stands."""

    date: datetime  # By the rule.
    visit: Appointment | None
    why_none: str
    goes_along: bool  # Is moved and cancelled with the series.

    @property
    def is_apart(self) -> bool:
        return bool(
            self.visit
            and not self.goes_along
            and self.visit.status == Status.BOOKED
            and self.visit.starts_at > timezone.now()
        )


def dates_of(series: AppointmentSeries, request: HttpRequest) -> list[SeriesRow]:
    zone, now = timezone.get_default_timezone(), timezone.now()
    visible = Appointment.objects.visible_to(request.user).filter(series=series)
    visits = visible.with_people().with_offering().in_bulk()
    rows = []
    for date in SeriesDate.objects.filter(series=series):
        visit = visits.get(date.appointment_id) if date.appointment_id else None
        if visit is None and date.appointment_id:
            continue
        goes = visit is not None and is_as_planned(series, date, visit) and visit.starts_at > now
        why = CONFLICT_SENTENCES.get(date.refused_code, "")
        rows.append(SeriesRow(at_clock(date.local_start, zone), visit, why, goes))
    return sorted(rows, key=lambda row: row.visit.starts_at if row.visit else row.date)


def forms_of(
    request: HttpRequest, series: AppointmentSeries, rows: list[SeriesRow]
) -> dict[str, FromForm]:
    """The forms `move` and `cancel`; none where no visit is left, or this isn't one's own."""
    own = series.doctor.user_id == request.user.pk
    manages = own or request.user.has_perm("appointments.manage_all_appointment")
    visits = [row.visit for row in rows if row.visit]
    if not visits or not manages or not request.user.has_perm(ADD):
        return {}
    chosen = request.GET.get("from", "")
    first = next((visit for visit in visits if str(visit.pk) == chosen), visits[0])
    initial = {"start": str(first.pk), "sequence": series.sequence, "starts_at": first.starts_at}
    kinds: dict[str, type[FromForm]] = {"move": MoveSeriesForm, "cancel": CancelSeriesForm}
    return {
        name: kind(
            request.POST if name in request.POST else None,
            visits=visits,
            initial=initial,
            auto_id=f"{name}_%s",
        )
        for name, kind in kinds.items()
    }


def change_series(
    request: HttpRequest, series: AppointmentSeries, forms: dict[str, FromForm]
) -> bool:
    """Do what was sent; False where it is refused, with why in its form."""
    name = next((name for name in forms if name in request.POST), "")
    if not name:
        messages.error(request, "No visit of this series is left to be changed.")
        return True
    form = forms[name]
    if not form.is_valid():
        return False

    def check(current: AppointmentSeries) -> None:
        if current.sequence != form.cleaned_data["sequence"]:
            raise ValidationError(CHANGED_MEANWHILE, code=WRONG_STATE)

    try:
        if isinstance(form, CancelSeriesForm):
            why = {key: form.cleaned_data[key] for key in ("reason", "reason_code")}
            cancel_series(series, request.user, form.first, check=check, **why)
        else:
            starts_at = form.cleaned_data["starts_at"]
            reschedule_series(series, request.user, form.first, starts_at, check=check)
    except (ValidationError, NotAllowed) as error:
        form.add_faults(error if isinstance(error, ValidationError) else as_fault(error))
        return False
    done = "cancelled" if isinstance(form, CancelSeriesForm) else "moved"
    messages.success(request, f"This visit and the later ones are {done}.")
    say_nothing_mailed(request, series)
    return True


def say_nothing_mailed(request: HttpRequest, series: AppointmentSeries) -> None:
    if told := nothing_mailed(series.patient):
        messages.warning(request, told)


def series_of_visit(visit: Appointment) -> dict[str, Any] | None:
    """What a visit's page says of the series that it is part of."""
    if visit.series_id is None:
        return None
    rows = Appointment.objects.filter(series=visit.series_id).order_by("starts_at", "pk")
    keys = list(rows.values_list("pk", flat=True))
    return {"key": visit.series_id, "number": keys.index(visit.pk) + 1, "count": len(keys)}
