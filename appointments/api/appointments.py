from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from accounts.api.short import visible_record
from appointments import services
from appointments.api.day_list import short_day_list
from appointments.api.examples import (
    BOOKING,
    BOOKING_BY_TYPE,
    CANCELLING,
    MOVING,
    NO_ROOM,
    SHOWN,
    SHOWN_BY_TYPE,
    TAKEN,
    WARNED,
)
from appointments.api.serializers import (
    AppointmentDetailSerializer,
    AppointmentQuery,
    AppointmentSerializer,
    BookedSerializer,
    BookingSerializer,
    CancelSerializer,
    CheckInSerializer,
    ReasonSerializer,
    RescheduleSerializer,
)
from appointments.api.slots import AlternativesSerializer, as_json
from appointments.models import Appointment
from appointments.scheduling import availability
from appointments.transitions import Status
from clinic.api.views import ClinicViewSet
from doctors.models import Doctor, Location
from patients.models import Patient

PATH = "/api/v1/appointments"


class AppointmentViewSet(ReadsNoted, ClinicViewSet):
    """Appointments are booked, moved and taken from step to step, never edited or deleted."""

    patient_key = "patient_id"
    permissions = {
        "list": "appointments.view_appointment",
        "retrieve": "appointments.view_appointment",
        "create": "appointments.add_appointment",
        "reschedule": "appointments.reschedule_appointment",
        "cancel": "appointments.cancel_appointment",
        "check_in": "appointments.check_in_appointment",
        "start": "appointments.start_appointment",
        "fulfill": "appointments.fulfill_appointment",
        "no_show": "appointments.no_show_appointment",
    }
    queries = {"list": AppointmentQuery}
    tagged = frozenset(permissions) - {"list"}
    matched = tagged - {"create", "retrieve"}
    located = frozenset({"create"})
    short_ways = {"list": short_day_list}
    beside_problems = dict.fromkeys(
        ("create", "reschedule"), dict.fromkeys(("409", "422"), AlternativesSerializer)
    )
    error_names = {
        "doctor": "doctor_id",
        "patient": "patient_id",
        "ends_at": "duration_minutes",
        "service": "service_id",
        "location": "location_id",
    }

    def get_queryset(self) -> QuerySet[Appointment]:
        visible = Appointment.objects.visible_to(self.request.user).with_people().with_offering()
        return visible if self.action == "list" else visible.prefetch_related("history")

    def get_serializer_class(self):
        return AppointmentSerializer if self.action == "list" else AppointmentDetailSerializer

    @extend_schema(parameters=[AppointmentQuery], responses=AppointmentSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List appointments.

        The appointments that the caller may see: of a day, a doctor, a patient, ...
        """
        query, appointments = dict(self.query), self.get_queryset()
        if "patient_id" in query:
            visible = Patient.objects.visible_to(request.user)
            query["patient_id"] = visible.key_under(query["patient_id"])
        ordering = query.pop("ordering", "starts_at")
        if "date" in query:
            appointments = appointments.on_day(query["date"])
        lookups = {
            "from": "starts_at__gte",
            "to": "starts_at__lt",
            "doctor_id": "doctor_id",
            "patient_id": "patient_id",
            "service_id": "service_id",
            "location_id": "location_id",
            "status": "status",
        }
        if "resource_id" in query:
            appointments = appointments.with_room(query["resource_id"])
        filters = {lookup: query[name] for name, lookup in lookups.items() if name in query}
        tie = "-pk" if ordering.startswith("-") else "pk"
        return self.paged(appointments.filter(**filters).order_by(ordering, tie))

    @extend_schema(
        request=BookingSerializer,
        responses={201: BookedSerializer},
        examples=[BOOKING, BOOKING_BY_TYPE, SHOWN, SHOWN_BY_TYPE, WARNED, TAKEN, NO_ROOM],
    )
    def create(self, request: Request) -> Response:
        """Book an appointment.

        Staff book any time to come, patients one of the free times, for themselves or by
        `patient_id` for somebody whom they act for. One that is taken is refused with 409, one
        that patients can't book with 422 on `starts_at`; either way `alternatives` names the
        nearest free ones. What staff should know about the time, such as that it is outside of
        the working hours, stands in `warnings`. With a `service_id` it has the length, buffers and
        price of that visit type, and one of each pool of rooms that it needs: where none is free,
        409 `resource_double_booked`. A type that this doctor doesn't offer, or not there, is 422.
        """
        given = self.read(BookingSerializer, request.data)
        patients = Patient.objects.visible_to(request.user)
        own = given.get("patient_id")
        doctor = visible_record(Doctor, request.user, given["doctor_id"])
        patient = visible_record(Patient, request.user, own) if own else None
        if patient is None:
            patient = self.find(patients, own) if own else Patient.objects.own(request.user).get()
        minutes = given.get("duration_minutes")
        appointment = Appointment(
            doctor=doctor or self.find(Doctor.objects.visible_to(request.user), given["doctor_id"]),
            patient=patient,
            service_id=given.get("service_id"),
            location_id=given.get("location_id"),
            starts_at=given["starts_at"],
            ends_at=given["starts_at"] + timedelta(minutes=minutes) if minutes else None,
            reason=given.get("reason", ""),
            overbook_reason=given.get("overbook_reason", ""),
        )
        booked = services.book(appointment, by=request.user)
        return self.created(booked, PATH, **self.warnings(booked))

    def warnings(self, appointment: Appointment) -> dict[str, Any]:
        """What staff are told beside the appointment that they booked or moved."""
        if not self.request.user.is_staff:
            return {}
        codes = availability.warnings_for(appointment)
        return {"warnings": [availability.WARNINGS[code] for code in codes]} if codes else {}

    def beside_problem(self, error: Exception) -> dict[str, Any]:
        """Where a time was refused, the nearest free ones."""
        found = getattr(error, "alternatives", None)
        if found is None:
            return {}
        return {"alternatives": as_json(found, with_doctor=True)}

    @extend_schema(responses=AppointmentDetailSerializer, examples=[SHOWN])
    def retrieve(self, request: Request, id: str) -> Response:
        """Show an appointment.

        With its history: who took which step, and when.
        """
        return self.single(self.get_object())

    @extend_schema(
        request=RescheduleSerializer, responses=BookedSerializer, examples=[MOVING, SHOWN, TAKEN]
    )
    def reschedule(self, request: Request, id: str) -> Response:
        """Move an appointment.

        Move it to another time, length, doctor or place. It keeps its id, the buffers and the price
        it was booked with, and its rooms where they are free then. Refused as in booking;
        `wrong_state` where it isn't booked any more, or is part of a group session.
        """
        appointment = self.get_unchanged()
        given = self.read(RescheduleSerializer, request.data)
        minutes, doctor = given.get("duration_minutes"), None
        if "doctor_id" in given:
            doctor = self.find(Doctor.objects.visible_to(request.user), given["doctor_id"])
        place: dict[str, Any] = {}
        if "location_id" in given:
            asked = given["location_id"]
            place["location"] = None if asked is None else Location(pk=asked)
        moved = services.reschedule(
            appointment,
            request.user,
            given["starts_at"],
            duration=timedelta(minutes=minutes) if minutes else None,
            doctor=doctor,
            overbook_reason=given.get("overbook_reason", ""),
            check=self.check_unchanged,
            **place,
        )
        return self.single(moved, **self.warnings(moved))

    @extend_schema(
        request=CancelSerializer, responses=AppointmentDetailSerializer, examples=[CANCELLING]
    )
    def cancel(self, request: Request, id: str) -> Response:
        """Cancel an appointment.

        Free the time. Patients may do so up to the clinic's notice period.
        """
        appointment = self.get_unchanged()
        given = self.read(CancelSerializer, request.data)
        cancelled = services.cancel(appointment, request.user, check=self.check_unchanged, **given)
        return self.single(cancelled)

    @extend_schema(request=CheckInSerializer, responses=AppointmentDetailSerializer)
    def check_in(self, request: Request, id: str) -> Response:
        """Check a patient in.

        The patient has arrived. A visit of another day, by the clinic's clocks, is `wrong_state`
        unless the body has `"early": true`.
        """
        return self.advance(request, Status.CHECKED_IN, CheckInSerializer)

    @extend_schema(request=ReasonSerializer, responses=AppointmentDetailSerializer)
    def start(self, request: Request, id: str) -> Response:
        """Start a visit.

        The consultation begins.
        """
        return self.advance(request, Status.IN_CONSULTATION)

    @extend_schema(request=ReasonSerializer, responses=AppointmentDetailSerializer)
    def fulfill(self, request: Request, id: str) -> Response:
        """Finish a visit.

        The visit is over.
        """
        return self.advance(request, Status.FULFILLED)

    @extend_schema(request=ReasonSerializer, responses=AppointmentDetailSerializer)
    def no_show(self, request: Request, id: str) -> Response:
        """Note a no-show.

        The patient did not come. Known only after the start.
        """
        return self.advance(request, Status.NOSHOW)

    def advance(
        self, request: Request, to: Status, reads: type[ReasonSerializer] = ReasonSerializer
    ) -> Response:
        appointment = self.get_unchanged()
        given = self.read(reads, request.data)
        advanced = services.advance(
            appointment, to, request.user, check=self.check_unchanged, **given
        )
        return self.single(advanced)

    def get_unchanged(self) -> Appointment:
        """The appointment, if `If-Match` holds: judged here before the body is read, and once more
        by the service, which has locked the row."""
        appointment = self.get_object()
        self.check_unchanged(appointment)
        return appointment
