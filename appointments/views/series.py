"""The series that a visit is part of, as its patient sees it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.forms.own_visits import REASONS, CancelForm
from appointments.invites import calendar_file
from appointments.models import Appointment, AppointmentChange, SeriesDate
from appointments.series_invites import published_series
from appointments.services.series_changes import cancel_series, later_visits
from appointments.views.home import visit_of, visits_of
from clinic.errors import NotAllowed
from clinic.web.views import sent
from patients.models import Patient
from patients.views.whose import of_patient


def series_shown(request: HttpRequest, visit: Appointment) -> dict[str, Any]:
    """What a visit's page says of its series: all visits, and whether this and later ones can be
    cancelled together."""
    if visit.series_id is None:
        return {}
    among = list(visits_of(request).filter(series=visit.series_id).order_by("starts_at", "pk"))
    later = later_visits(visit) if visit.can_change else []
    return {"in_series": among, "later": later if len(later) > 1 else []}


@require_http_methods(["GET", "HEAD", "POST"])
@of_patient
def cancel_later(request: HttpRequest, patient: Patient, visit_id: UUID) -> HttpResponse:
    """Ask whether this visit and the later ones shall really be cancelled, and why."""
    visit = visit_of(request, visit_id)
    later = later_visits(visit) if visit.can_change else []
    if visit.series is None or not later:
        return redirect("appointments:visit", visit.pk)
    note_read(request, AccessLog.Action.READ, [visit.patient_id])
    change = AppointmentChange(appointment=visit, reason_code=REASONS[0][0])
    form = CancelForm(sent(request), instance=change)
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data
        try:
            cancel_series(visit.series, request.user, visit, why["reason"], why["reason_code"])
        except NotAllowed as error:
            messages.warning(request, str(error))
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
        else:
            messages.success(request, _("These visits are cancelled."))
        return redirect("appointments:visit", visit.pk)
    context = {"visit": visit, "later": later, "form": form}
    return render(request, "appointments/cancel_later.html", context)


@require_safe
@of_patient
def series_invite(request: HttpRequest, patient: Patient, visit_id: UUID) -> HttpResponse:
    """All visits of the series as a file that a browser hands to the calendar."""
    visit = visit_of(request, visit_id)
    if visit.series is None:
        raise Http404
    note_read(request, AccessLog.Action.READ, [visit.patient_id])
    dates = list(SeriesDate.objects.filter(series=visit.series).with_visits())
    return calendar_file(published_series(visit.series, dates, request.user))
