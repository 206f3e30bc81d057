"""At which places patients find free times."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from appointments.scheduling.availability import Wanted
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
