from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.api.serializers import (
    AppointmentDetailSerializer,
    BookedSerializer,
    CancelSerializer,
)
from appointments.api.sessions_serializers import (
    ChangingSerializer,
    MovingSerializer,
    OpenedSerializer,
    OpeningSerializer,
    ParticipantSerializer,
    SessionDetailSerializer,
    SessionQuery,
    SessionSerializer,
)
from appointments.api.slots import AlternativesSerializer, as_json
from appointments.models import Appointment, GroupSession
from appointments.scheduling import availability
from appointments.services import sessions
from appointments.transitions import HOLDING
from clinic.api import etags
from doctors.models import Doctor, HealthcareService, Location
from patients.models import Patient

PATH = "/api/v1/group-sessions"
APPOINTMENTS = "/api/v1/appointments"


class GroupSessionViewSet(ReadsNoted):
    """Times of a doctor with places for several patients, each of whom has an appointment of
    their own. Who else takes part, no patient learns."""

    permissions = {
        "list": "appointments.view_groupsession",
        "retrieve": "appointments.view_groupsession",
        "create": "appointments.add_groupsession",
        "partial_update": "appointments.change_groupsession",
        "reschedule": "appointments.change_groupsession",
        "cancel": "appointments.change_groupsession",
        "add": "appointments.add_appointment",
        "remove": "appointments.cancel_appointment",
    }
    queries = {"list": SessionQuery}
    tagged = frozenset({"retrieve", "create", "partial_update", "reschedule", "cancel", "add"})
    matched = frozenset({"partial_update", "reschedule", "cancel"})
    located = frozenset({"create", "add"})
    beside_problems = dict.fromkeys(
        ("create", "reschedule"), dict.fromkeys(("409", "422"), AlternativesSerializer)
    )
    error_names = {
        "doctor": "doctor_id",
        "patient": "patient_id",
        "service": "service_id",
        "location": "location_id",
        "ends_at": "duration_minutes",
    }

    def get_queryset(self) -> QuerySet[GroupSession]:
        return GroupSession.objects.visible_to(self.request.user).with_places()

    def get_serializer_class(self):
        return SessionSerializer if self.action == "list" else SessionDetailSerializer

    def participants_of(self, session: GroupSession) -> list[Appointment]:
        """The appointments in the session that whoever asks may see, in the order of their
        places; those that were cancelled last."""
        visible = Appointment.objects.visible_to(self.request.user)
        found = visible.filter(session=session).with_people().with_offering()
        return sorted(found, key=lambda one: (one.status not in HOLDING, one.seat, one.pk))

    def note_shown(self, records, is_list: bool = False) -> None:
        """A session shows the patients who take part in it, a list of sessions none."""
        shown = [one for one in records if isinstance(one, Appointment)]
        for session in records:
            if isinstance(session, GroupSession) and not is_list:
                shown += self.participants_of(session)
        note_read(self.request, AccessLog.Action.READ, [one.patient_id for one in shown])

    @extend_schema(parameters=[SessionQuery], responses=SessionSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List group sessions.

        By their start. A patient sees those that the patient takes part in, and those to come in
        which places are given away online, with the number of `free_places`.
        """
        found, query = self.get_queryset(), self.query
        if "date" in query:
            found = found.on_day(query["date"])
        lookups = {
            "from": "starts_at__gte",
            "to": "starts_at__lt",
            "doctor_id": "doctor_id",
            "service_id": "service_id",
        }
        filters = {lookup: query[name] for name, lookup in lookups.items() if name in query}
        return self.paged(found.filter(**filters).order_by("starts_at", "pk"))

    @extend_schema(request=OpeningSerializer, responses={201: OpenedSerializer})
    def create(self, request: Request) -> Response:
        """Make a group session.

        It takes the doctor's time, and the rooms that its visit type needs, from now on. Doctors
        make sessions in their own calendar only. What is refused and warned of is as in booking.
        """
        given = self.read(OpeningSerializer, request.data)
        minutes = given.get("duration_minutes")
        session = GroupSession(
            doctor=self.find(Doctor.objects.visible_to(request.user), given["doctor_id"]),
            starts_at=given["starts_at"],
            ends_at=given["starts_at"] + timedelta(minutes=minutes) if minutes else None,
            capacity=given["capacity"],
            title=given.get("title", ""),
            service=self.named(HealthcareService, given.get("service_id")),
            location=self.named(Location, given.get("location_id")),
        )
        opened = sessions.open_session(session, by=request.user)
        return self.created(self.read_again(opened), PATH, **self.warnings(opened))

    def named(self, model: Any, key: Any) -> Any:
        return model(pk=key) if key else None

    def read_again(self, session: GroupSession) -> GroupSession:
        return self.get_queryset().get(pk=session.pk)

    def warnings(self, session: GroupSession) -> dict[str, Any]:
        codes = sessions.session_warnings(session)
        return {"warnings": [availability.WARNINGS[code] for code in codes]} if codes else {}

    def beside_problem(self, error: Exception) -> dict[str, Any]:
        """Where a time was refused, the nearest free ones."""
        found = getattr(error, "alternatives", None)
        return {} if found is None else {"alternatives": as_json(found, with_doctor=True)}

    @extend_schema(responses=SessionDetailSerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a group session.

        With the appointments in it. A patient sees the own one alone, and how many places are
        free.
        """
        return self.single(self.get_object())

    @extend_schema(request=ChangingSerializer, responses=SessionDetailSerializer)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a group session's places or title.

        409 `in_use` where more take part than there would be places.
        """
        session = self.get_unchanged()
        given = self.read(ChangingSerializer, request.data)
        changed = sessions.change_session(
            session, request.user, check=self.check_still_unchanged, **given
        )
        return self.single(self.read_again(changed))

    @extend_schema(request=MovingSerializer, responses=OpenedSerializer)
    def reschedule(self, request: Request, id: str) -> Response:
        """Move a group session.

        All who take part move along, or none: 409 `patient_double_booked` where one of them has
        another visit then. Each is told. 409 `wrong_state` once somebody has checked in.
        """
        session = self.get_unchanged()
        given = self.read(MovingSerializer, request.data)
        minutes, doctor = given.get("duration_minutes"), None
        if "doctor_id" in given:
            doctor = self.find(Doctor.objects.visible_to(request.user), given["doctor_id"])
        moved = sessions.move_session(
            session,
            request.user,
            given["starts_at"],
            duration=timedelta(minutes=minutes) if minutes else None,
            doctor=doctor,
            check=self.check_still_unchanged,
        )
        return self.single(self.read_again(moved), **self.warnings(moved))

    @extend_schema(request=CancelSerializer, responses=SessionDetailSerializer)
    def cancel(self, request: Request, id: str) -> Response:
        """Cancel a group session.

        Its time is free again. The appointments in it are cancelled, too, and each patient is
        told.
        """
        session = self.get_unchanged()
        given = self.read(CancelSerializer, request.data)
        cancelled = sessions.cancel_session(
            session, request.user, check=self.check_still_unchanged, **given
        )
        return self.single(self.read_again(cancelled))

    @extend_schema(request=ParticipantSerializer, responses={201: BookedSerializer})
    def add(self, request: Request, id: str) -> Response:
        """Take a place in a group session.

        The answer is the patient's appointment; what staff should know stands in `warnings`.
        Patients take a place for themselves, or for
        somebody whom they act for, where the visit type may be booked online. 409 `session_full`
        where no place is left, `patient_double_booked` where the patient has another visit then.
        """
        session = self.get_object()
        given = self.read(ParticipantSerializer, request.data)
        own = given.get("patient_id")
        if own:
            patient = self.find(Patient.objects.visible_to(request.user), own)
        else:
            patient = Patient.objects.own(request.user).get()
        taking_part = sessions.add_participant(
            session, patient, request.user, reason=given.get("reason", "")
        )
        return self.as_appointment(taking_part)

    def as_appointment(self, appointment: Appointment) -> Response:
        """201, as booking it alone would be answered."""
        self.note_shown([appointment])
        data = AppointmentDetailSerializer(appointment, context=self.get_serializer_context()).data
        address = self.request.build_absolute_uri(f"{APPOINTMENTS}/{appointment.pk}")
        headers = {"Location": address, "ETag": etags.etag_of(data)}
        is_staff = self.request.user.is_staff
        codes = availability.warnings_for(appointment) if is_staff else []
        told = {"warnings": [availability.WARNINGS[code] for code in codes]} if codes else {}
        return Response({**data, **told}, status.HTTP_201_CREATED, headers=headers)

    @extend_schema(responses={204: None})
    def remove(self, request: Request, id: str, appointment_id: str) -> Response:
        """Leave a group session.

        The appointment is cancelled, and its place is free again. Patients may do so up to the
        clinic's notice period.
        """
        session = self.get_object()
        visible = Appointment.objects.visible_to(request.user)
        appointment = self.find(visible.filter(session=session), appointment_id)
        self.read_no_body()
        sessions.remove_participant(appointment, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_unchanged(self) -> GroupSession:
        """The session, if `If-Match` holds: judged here before the body is read, and once more by
        the service, which has locked the row."""
        session = self.get_object()
        self.check_unchanged(session)
        return session

    def check_still_unchanged(self, session: GroupSession) -> None:
        """The locked row has no count of those who take part yet."""
        if "If-Match" in self.request.headers:
            self.check_unchanged(self.read_again(session))
