"""Appointments for other calendars: invitations, and the feeds of doctors."""

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from accounts.models import AccessLog, User
from accounts.services.access import note_read
from appointments.invites import CONTENT_TYPE, invite_file
from appointments.models import Appointment
from appointments.services import feeds
from clinic.api.etags import is_known
from clinic.api.fields import CANONICAL_UUID
from clinic.api.views import ClinicViewSet
from doctors.models import Doctor

CALENDAR = {(200, "text/calendar"): OpenApiResponse(str, "RFC 5545.")}


class CalendarFile(ClinicViewSet):
    """Answers with a calendar, whatever the client would rather have."""

    files: frozenset[str] = frozenset()

    def perform_content_negotiation(self, request, force=False):
        return super().perform_content_negotiation(request, force or self.action in self.files)


class InviteViewSet(CalendarFile, ReadsNoted):
    """An appointment as a file for the patient's calendar."""

    patient_key = "patient_id"
    files = frozenset({"retrieve"})
    permissions = {"retrieve": "appointments.view_appointment"}

    def get_queryset(self) -> QuerySet[Appointment]:
        return Appointment.objects.visible_to(self.request.user).with_people().with_offering()

    @extend_schema(responses=CALENDAR)
    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """Show an appointment's calendar file.

        The same invitation as in the mail: METHOD is REQUEST, or CANCEL once the visit doesn't
        take place. UID stays, SEQUENCE rises with every change.
        """
        appointment = cast(Appointment, self.get_object())
        self.note_shown([appointment])
        return invite_file(appointment, request.user)


class TokenQuery(serializers.Serializer):
    token = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)


class CalendarTokenSerializer(serializers.Serializer):
    """The token is told this once: what is stored is its digest."""

    token = serializers.CharField(read_only=True)
    url = serializers.URLField(read_only=True)


class CalendarFeedViewSet(CalendarFile):
    """A doctor's visits as a calendar to subscribe to, at an address with a secret in it."""

    files = frozenset({"retrieve"})
    anonymous_actions = frozenset({"retrieve"})
    permissions = {
        "retrieve": "",
        "renew": "appointments.change_calendarfeed",
        "revoke": "appointments.change_calendarfeed",
    }
    queries = {"retrieve": TokenQuery}
    limits = {"retrieve": "feed"}
    tagged = frozenset({"retrieve"})
    secret_actions = frozenset({"renew"})
    serializer_class = CalendarTokenSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """The feed's token is all that opens it."""
        return [] if self.named_action in self.anonymous_actions else super().get_authenticators()

    def get_queryset(self) -> QuerySet[Doctor]:
        return Doctor.objects.visible_to(self.request.user)

    @extend_schema(parameters=[OpenApiParameter("token", str, required=True)], responses=CALENDAR)
    def retrieve(self, request: Request, id: str) -> HttpResponse:
        """Show a doctor's calendar feed.

        The doctor's visits from 30 days ago on, patients by record number and initials. Ask
        again with `If-None-Match`. A wrong token is answered as an unknown doctor.
        """
        doctor = None
        if CANONICAL_UUID.fullmatch(id):
            doctor = feeds.doctor_behind(UUID(id), self.query.get("token", ""))
        if doctor is None:
            raise NotFound
        feed = feeds.feed_of(doctor)
        headers = {"ETag": feed.tag, "Cache-Control": "private, no-cache"}
        if is_known(request, feed.tag):
            return HttpResponse(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        visits = list(feed.visits)
        patients = [visit.patient_id for visit in visits]
        note_read(request, AccessLog.Action.LIST, patients, reader=doctor.user)
        headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
        return HttpResponse(feed.content(visits), content_type=CONTENT_TYPE, headers=headers)

    @extend_schema(request=None, responses={201: CalendarTokenSerializer})
    def renew(self, request: Request, id: str) -> Response:
        """Renew a calendar feed's token.

        A new token and address for the doctor's feed; the ones before work no more.
        """
        doctor, by = cast(Doctor, self.get_object()), cast(User, request.user)
        self.read_no_body()
        token = feeds.renew(doctor, by)
        answer = {"token": token, "url": feeds.address_of(doctor, token)}
        headers = {"Cache-Control": "private, no-store"}
        return Response(self.get_serializer(answer).data, status.HTTP_201_CREATED, headers=headers)

    @extend_schema(responses={204: None})
    def revoke(self, request: Request, id: str) -> Response:
        """Close a calendar feed.

        Close the doctor's feed: its address works no more.
        """
        doctor, by = cast(Doctor, self.get_object()), cast(User, request.user)
        self.read_no_body()
        feeds.revoke(doctor, by)
        return Response(status=status.HTTP_204_NO_CONTENT)
