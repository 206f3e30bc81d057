"""The patients' first page, and the visits that they have had."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.models import Appointment, AppointmentQuerySet, SlotOffer, WaitlistEntry
from appointments.services import is_changeable_online
from appointments.transitions import HOLDING, Status
from clinic import sms
from patients.models import Patient
from patients.views.whose import of_patient, turn_to

READ = AccessLog.Action.READ
SHOWN = ("doctor", "service", "location")  # Of offers and places on the waitlist.
VISITS_SHOWN = 20
VISITS_A_PAGE = 20


def visits_of(request: HttpRequest) -> AppointmentQuerySet:
    """The visits that the patient gets to see, the own ones and those of whom the patient acts
    for: not what was booked by mistake."""
    visible = Appointment.objects.visible_to(request.user).with_people().with_offering()
    named = visible.select_related("session__service")
    return named.exclude(status=Status.ENTERED_IN_ERROR)


def visit_of(request: HttpRequest, visit_id: UUID) -> Appointment:
    """The visit of this key, whose patient's pages these are from here on. Raises Http404."""
    found = get_object_or_404(visits_of(request), pk=visit_id)
    turn_to(request, found.patient)
    return mark_changeable(found)


def mark_changeable(visit: Appointment) -> Appointment:
    """The visit, and whether its patient may move or cancel it here: a place in a session is never
    moved on its own."""
    is_ahead = visit.status == Status.BOOKED and visit.starts_at > timezone.now()
    visit.can_change = is_ahead and is_changeable_online(visit)
    visit.can_move = visit.can_change and visit.session_id is None
    visit.is_too_late = is_ahead and not visit.can_change
    return visit


@require_safe
@of_patient
def my_visits(request: HttpRequest, patient: Patient) -> HttpResponse:
    note_read(request, READ, [patient.pk])
    upcoming = (
        visits_of(request).filter(patient=patient).holding_time().filter(ends_at__gt=timezone.now())
    )
    offers = SlotOffer.objects.filter(entry__patient=patient).held()
    waiting = WaitlistEntry.objects.filter(patient=patient).waiting()
    context = {
        "patient": patient,
        "visits": [
            mark_changeable(visit) for visit in upcoming.order_by("starts_at", "pk")[:VISITS_SHOWN]
        ],
        "offers": list(offers.select_related(*SHOWN).order_by("expires_at", "pk")),
        "waiting": list(waiting.select_related(*SHOWN)),
        "sends_texts": sms.is_set_up(),
    }
    return render(request, "appointments/home.html", context)


@require_safe
@of_patient
def past(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Visits that are over, and those that were cancelled, the latest first."""
    note_read(request, READ, [patient.pk])
    visits = (
        visits_of(request)
        .filter(patient=patient)
        .exclude(status__in=HOLDING, ends_at__gt=timezone.now())
    )
    pages = Paginator(visits.order_by("-starts_at", "-pk"), VISITS_A_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    return render(request, "appointments/past.html", {"page": shown})
