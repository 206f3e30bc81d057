"""What somebody on the waitlist waits for: a visit of which type, with whom and where."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from accounts.models import User
from appointments.models import AppointmentResource, GroupSession, SlotOffer, WaitlistEntry
from appointments.scheduling.availability import PLAIN, Wanted
from appointments.scheduling.newcomers import REFUSALS, newcomer_codes
from appointments.scheduling.rooms import Rooms
from appointments.scheduling.slots import Period
from appointments.scheduling.wanted import wanted_of_types
from appointments.services.fitting import (
    IN_SESSIONS,
    NOT_BY_DOCTOR,
    NOT_OFFERED,
    NOT_ONLINE,
    NOT_THERE,
    OTHER_LENGTH,
    UNKNOWN_PLACE,
    UNKNOWN_TYPE,
)
from appointments.services.rules import is_patient
from doctors.models import SAME_FIELD, Doctor, HealthcareService, Location

Fault = Any  # A sentence, or the error with one; None: there is no fault.
# Waited for of whoever offers the type, whatever their field.
OF_ANYBODY = Q(doctor=None, specialization="")


def doctors_for(entry: WaitlistEntry) -> QuerySet[Doctor]:
    doctors = Doctor.objects.active()
    if entry.doctor_id:
        doctors = doctors.filter(pk=entry.doctor_id)
    elif entry.specialization:
        doctors = doctors.filter(entry.same_field)
    return entry.service.offering_among(doctors) if entry.service else doctors


def waited_for(waiting: QuerySet[WaitlistEntry]) -> list[UUID]:
    """The keys of the doctors who see those who wait, as far as they take appointments."""
    fields = waiting.annotate(wanted=SAME_FIELD).exclude(OF_ANYBODY).values("wanted")
    doctors = Doctor.objects.active().annotate(offered=SAME_FIELD)
    named = Q(pk__in=waiting.values("doctor")) | Q(offered__in=fields)
    types = HealthcareService.objects.filter(waitlist__in=waiting.filter(OF_ANYBODY)).distinct()
    found = list(doctors.filter(named).values_list("pk", flat=True))
    for service in types:
        found += service.offering_among(Doctor.objects.active()).values_list("pk", flat=True)
    return list(dict.fromkeys(found))


def wanted_by(
    entries: Iterable[WaitlistEntry], types: Mapping[UUID, Wanted] | None = None
) -> dict[UUID, Wanted]:
    """What kind of visit each of these waits for, by the key of the entry. One query, or none;
    none where `types` has what visits of their types are to be."""
    entries = list(entries)
    if types is None:
        types = wanted_of_types(entry.service_id for entry in entries if entry.service_id)
    plain: dict[UUID | None, Wanted] = {None: PLAIN}
    known = plain | dict(types)
    return {entry.pk: known[entry.service_id].at(entry.location_id) for entry in entries}


def keep_rooms_for(offer: SlotOffer, wanted: Wanted, rooms: Rooms) -> None:
    """Keep what the offer will need, for as long as it is open. The pools must be locked."""
    held = Period(offer.holds_from, offer.holds_until)
    chosen = rooms.choose(wanted.needs, offer.location_id, held) if wanted.needs else None
    if chosen:
        rooms.take(chosen, held)
        AppointmentResource.objects.bulk_create(
            AppointmentResource(
                resource_id=key,
                offer=offer,
                busy_from=offer.holds_from,
                busy_until=offer.holds_until,
            )
            for key in chosen
        )


def check_awaited(entry: WaitlistEntry, by: User) -> None:
    """Raise ValidationError keyed to `service`, `location` and `duration_minutes`: of what nobody
    could be booked for, or this patient not by themselves."""
    faults: dict[str, Any] = {}
    if entry.service_id is not None:
        service = HealthcareService.objects.filter(pk=entry.service_id).first()
        if service is None:
            raise ValidationError({"service": UNKNOWN_TYPE})
        faults["service"] = service_fault(entry, service, by)
        faults["duration_minutes"] = length_fault(entry, service, by)
    if entry.location_id is not None:
        faults["location"] = place_fault(entry, entry.location_id)
    if found := {name: fault for name, fault in faults.items() if fault is not None}:
        raise ValidationError(found)


def service_fault(entry: WaitlistEntry, service: HealthcareService, by: User) -> Fault:
    if not service.is_active:
        return NOT_OFFERED
    if entry.doctor_id and not doctors_for(entry).exists():
        return NOT_BY_DOCTOR
    if not is_patient(by):
        return None
    if not service.is_online:
        return NOT_ONLINE
    if GroupSession.objects.filter(service=service).exists():
        return IN_SESSIONS
    return next(
        (REFUSALS[code] for code in newcomer_codes(service.for_new_patients, entry.patient_id)),
        None,
    )


def place_fault(entry: WaitlistEntry, location_id: UUID) -> Fault:
    if not Location.objects.active().filter(pk=location_id).exists():
        return UNKNOWN_PLACE
    wanted = wanted_by([entry])[entry.pk]
    is_there = wanted.is_everywhere or location_id in wanted.places
    return None if is_there else NOT_THERE


def length_fault(entry: WaitlistEntry, service: HealthcareService, by: User) -> Fault:
    """Staff may name another length than the type's."""
    usual = service.duration_minutes
    if entry.duration_minutes in (None, usual) or not is_patient(by):
        return None
    return ValidationError(OTHER_LENGTH, params={"count": usual})
