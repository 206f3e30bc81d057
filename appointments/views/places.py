"""Where patients find free times: the places there are, and the group sessions."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from appointments.models import GroupSession
from appointments.scheduling.availability import Limits, Wanted
from appointments.views.wishes import Whom
from doctors.models import ExtraHours, Location, WorkingHours


def places_at(wanted: Wanted, doctors: Collection[UUID]) -> dict[UUID, Location]:
    """The places between which a patient can choose, by name: where such visits take place and
    these doctors work. Fewer than two: there is no choice.

    One query, and two more where there are several places.
    """
    active = {
        place.pk: place
        for place in Location.objects.active().order_by("name", "pk")
        if wanted.is_everywhere or place.pk in wanted.places
    }
    if len(active) < 2:
        return active
    worked = Q(valid_until=None) | Q(valid_until__gte=timezone.localdate())
    hours = WorkingHours.objects.filter(worked, doctor__in=doctors)
    extra = ExtraHours.objects.filter(doctor__in=doctors, ends_at__gt=timezone.now())
    kinds = (rows.order_by().values_list("location_id").distinct() for rows in (hours, extra))
    at = {pk for rows in kinds for (pk,) in rows}
    return active if None in at else {pk: place for pk, place in active.items() if pk in at}


def open_sessions(whom: Whom, limits: Limits) -> QuerySet[GroupSession]:
    """The sessions of the type within these limits that have free places."""
    found = (
        GroupSession.objects.open_online()
        .with_places()
        .filter(
            service=whom.service,
            starts_at__gt=limits.after,
            starts_at__lt=limits.before,
            taken__lt=F("capacity"),
        )
    )
    if whom.doctor:
        found = found.filter(doctor=whom.doctor)
    if whom.place:
        found = found.filter(location=whom.place)
    return found.order_by("starts_at", "pk")
