from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.short import visible_record
from appointments.api.examples import FREE_OF_DOCTOR, FREE_TIMES
from appointments.api.serializers import FEWEST, MOST
from appointments.scheduling import availability
from appointments.scheduling.availability import Limits, Slot, Wanted, wanted_for
from appointments.services.fitting import IN_SESSIONS, UNKNOWN_PLACE, UNKNOWN_TYPE
from clinic.api.fields import (
    DayField,
    IdField,
    InstantField,
    TextField,
    WholeNumberField,
    instant_text,
)
from clinic.api.serializers import Query
from clinic.api.views import ClinicViewSet
from doctors.api.serializers import FOUND_BY
from doctors.models import Doctor, HealthcareService, Location

TYPE_SAYS = "The visit type says how long it is. Leave this out."


class SlotQuery(Query):
    date = DayField(required=False, help_text="The first day, in the clinic's zone; today.")
    days = WholeNumberField(required=False, min_value=1, max_value=31, help_text="1 if left out.")
    duration = WholeNumberField(
        required=False,
        min_value=FEWEST,
        max_value=MOST,
        help_text="Minutes; as long as a visit to the doctor usually is, if left out. With a visit "
        "type, for staff alone.",
    )
    service_id = IdField(
        required=False,
        help_text="A visit type: the times are as long as it is with the doctor, and keep its "
        "buffers and rooms free.",
    )
    location_id = IdField(required=False, help_text="A place; wherever it is, if left out.")


class SpecializationSlotQuery(SlotQuery):
    specialization = TextField(
        required=False, max_length=100, help_text=f"{FOUND_BY} All, if left out."
    )


class SlotSerializer(serializers.Serializer):
    """A free time, and where it is; null: at any place."""

    starts_at = InstantField()
    ends_at = InstantField()
    location_id = serializers.UUIDField(allow_null=True)


class DoctorSlotSerializer(SlotSerializer):
    """A free time of one of the doctors."""

    doctor_id = serializers.UUIDField()


class AlternativesSerializer(serializers.Serializer):
    """Where a time was refused, what could be booked in its place."""

    alternatives = DoctorSlotSerializer(
        many=True, required=False, help_text="The nearest free times, at most five."
    )


class SlotViewSet(ClinicViewSet):
    """Free times: in working hours, not in an absence or closure, not booked, in the future.

    Patients, and who isn't signed in, see those within the clinic's notice periods, and of visit
    types those that can be booked online.
    """

    anonymous_actions = frozenset({"of_doctor", "of_all"})
    permissions = {"of_doctor": "doctors.view_doctor", "of_all": "doctors.view_doctor"}
    queries = {"of_doctor": SlotQuery, "of_all": SpecializationSlotQuery}
    limits = {"of_doctor": "slots", "of_all": "slots"}
    serializer_class = SlotSerializer
    pagination_class = None  # Plain arrays: they are bounded.

    def is_limited(self) -> bool:
        return not self.request.user.is_authenticated

    @extend_schema(
        operation_id="doctors_slots_list",
        parameters=[SlotQuery],
        responses=SlotSerializer(many=True),
        examples=[FREE_OF_DOCTOR],
    )
    def of_doctor(self, request: Request, id: str) -> Response:
        """List a doctor's free times.

        The doctor's free times, earliest first. They start where the hours start, one after
        the other, or at the doctor's own interval.
        """
        doctor = visible_record(Doctor, request.user, id)
        if doctor is None:
            doctor = self.find(Doctor.objects.visible_to(request.user), id)
        slots = self.find_slots(doctor.pk)
        return Response(as_json(slots))

    @extend_schema(
        operation_id="slots_list",
        parameters=[SpecializationSlotQuery],
        responses=DoctorSlotSerializer(many=True),
        examples=[FREE_TIMES],
    )
    def of_all(self, request: Request) -> Response:
        """List free times.

        The free times of all active doctors, or of those of a specialization, earliest
        first.
        """
        doctors = Doctor.objects.active()
        if "specialization" in self.query:
            doctors = availability.of_specialization(self.query["specialization"])
        return Response(as_json(self.find_slots(doctors), with_doctor=True))

    def wanted(self) -> Wanted:
        user, query = self.request.user, self.query
        service_id, location_id = query.get("service_id"), query.get("location_id")
        faults = {}
        if service_id and not knows(HealthcareService.objects.visible_to(user), service_id):
            faults["service_id"] = UNKNOWN_TYPE
        if location_id and not knows(Location.objects.active(), location_id):
            faults["location_id"] = UNKNOWN_PLACE
        if service_id and "duration" in query and not getattr(user, "is_staff", False):
            faults["duration"] = TYPE_SAYS
        if faults:
            raise ValidationError(faults)
        wanted = wanted_for(service_id, location_id)
        if wanted.has_sessions and not getattr(user, "is_staff", False):
            raise ValidationError({"service_id": IN_SESSIONS})
        return wanted

    def find_slots(self, doctors) -> list[Slot]:
        minutes = self.query.get("duration")
        return availability.free(
            doctors,
            self.query.get("date", timezone.localdate()),
            self.query.get("days", 1),
            Limits.of(self.request.user),
            timedelta(minutes=minutes) if minutes else None,
            wanted=self.wanted(),
        )


def knows(records: QuerySet, key: UUID) -> bool:
    return records.filter(pk=key).exists()


def as_json(slots: Sequence[Slot], *, with_doctor: bool = False) -> list[dict[str, str | None]]:
    """By hand: there may be thousands in one answer, and many doctors share a time."""
    instant, key = cache(instant_text), cache(str)
    place = {None: None} | {pk: str(pk) for pk in {slot.location_id for slot in slots} if pk}
    if not with_doctor:
        return [
            {"starts_at": instant(start), "ends_at": instant(end), "location_id": place[where]}
            for start, end, _, where in slots
        ]
    return [
        {
            "starts_at": instant(start),
            "ends_at": instant(end),
            "location_id": place[where],
            "doctor_id": key(doctor_id),
        }
        for start, end, doctor_id, where in slots
    ]
