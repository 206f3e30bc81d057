"""What a visit is to be: its type's length, buffers, places and needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from doctors.models import HealthcareService, Location, ServiceDoctor, ServiceLocation, ServiceNeed

NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Wanted:
    """What is looked for in calendars. `PLAIN` is a visit of no type, wherever it takes place.

    `places` are the active places that come into question, by name; empty: the clinic has none,
    or the type is offered nowhere that is in use (`is_offered` is false then). `location_id` is
    the one that was asked for. `lengths` are those that differ, by doctor; `doctors` is None
    where every doctor offers it.
    """

    service_id: UUID | None = None
    location_id: UUID | None = None
    length: timedelta | None = None
    lengths: Mapping[UUID, timedelta] = field(default_factory=dict)
    before: timedelta = NO_TIME
    after: timedelta = NO_TIME
    doctors: frozenset[UUID] | None = None
    places: tuple[UUID, ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    is_offered: bool = True
    is_everywhere: bool = True  # The type names no places of its own.

    def length_with(self, doctor_id: UUID) -> timedelta | None:
        """How long the type takes with this doctor; None: as a visit to the doctor usually is."""
        return self.lengths.get(doctor_id, self.length)

    def is_offered_by(self, doctor_id: UUID) -> bool:
        return self.is_offered and (self.doctors is None or doctor_id in self.doctors)

    def place_in(self, hours_at: UUID | None) -> tuple[bool, UUID | None]:
        """Can it take place in hours at this place (None: any), and where then?

        Where nothing says which of several places, None: any.
        """
        asked = self.location_id
        if hours_at is not None:
            fits = asked in (None, hours_at)
            return fits and (self.is_everywhere or hours_at in self.places), hours_at
        if asked is not None:
            return self.is_everywhere or asked in self.places, asked
        return True, self.places[0] if len(self.places) == 1 else None


PLAIN = Wanted()


def wanted_for(service: HealthcareService | None, location_id: UUID | None = None) -> Wanted:
    """What a visit of this type (None: of no type) at this place (None: any) is to be.

    Of no type one query, for the places there are; of a type two more for each of the lists that
    it has.
    """
    active = tuple(Location.objects.active().order_by("name", "pk").values_list("pk", flat=True))
    if service is None:
        return Wanted(location_id=location_id, places=active)
    named = set(
        ServiceLocation.objects.filter(service=service).values_list("location_id", flat=True)
    )
    lengths = dict(
        ServiceDoctor.objects.filter(service=service).values_list("doctor_id", "duration_minutes")
    )
    needs = dict(ServiceNeed.objects.filter(service=service).values_list("pool", "count"))
    places = tuple(pk for pk in active if not named or pk in named)
    return Wanted(
        service_id=service.pk,
        location_id=location_id,
        length=timedelta(minutes=service.duration_minutes),
        lengths={pk: timedelta(minutes=own) for pk, own in lengths.items() if own},
        before=timedelta(minutes=service.buffer_before_minutes),
        after=timedelta(minutes=service.buffer_after_minutes),
        doctors=frozenset(lengths) or None,
        places=places,
        needs=needs,
        is_offered=service.is_active and bool(places or not named),
        is_everywhere=not named,
    )
