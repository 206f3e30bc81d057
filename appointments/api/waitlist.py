from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.reads import ReadsNoted
from appointments.api.serializers import (
    FEWEST,
    LEADS_ON,
    MOST,
    AppointmentDetailSerializer,
    PatientIdSerializer,
)
from appointments.models import SlotOffer, WaitlistEntry
from appointments.services import waitlist
from clinic.api.fields import (
    ClockField,
    DayField,
    IdField,
    InstantField,
    OneOfField,
    TextField,
    WholeNumberField,
)
from clinic.api.serializers import PageQuery
from doctors.api.serializers import FOUND_BY, SpecializationCodeField
from doctors.models import Doctor
from patients.models import Patient

PATH = "/api/v1/waitlist"
SERVICE = "The visit type that is waited for: of the doctor, the field, or whoever offers it."
LOCATION = "Left out or null: wherever a time is free."
USUAL_LENGTH = "Left out or null: as long as the type, or a visit to the doctor, usually is."


class OfferSerializer(serializers.ModelSerializer):
    """A free time that is held for the patient until `expires_at`."""

    doctor_id = serializers.UUIDField()
    starts_at = InstantField()
    ends_at = InstantField()
    service_id = serializers.UUIDField(allow_null=True)
    location_id = serializers.UUIDField(allow_null=True)
    expires_at = InstantField()

    class Meta:
        model = SlotOffer
        fields = ["doctor_id", "starts_at", "ends_at", "service_id", "location_id", "expires_at"]


class EntrySerializer(serializers.ModelSerializer):
    """Somebody's place on the waitlist."""

    patient_id = serializers.UUIDField()
    doctor_id = serializers.UUIDField(allow_null=True)
    service_id = serializers.UUIDField(allow_null=True)
    location_id = serializers.UUIDField(allow_null=True)
    specialization_code = SpecializationCodeField()
    earliest = ClockField(allow_null=True)
    latest = ClockField(allow_null=True)
    created_at = InstantField()
    offer = serializers.SerializerMethodField()

    class Meta:
        model = WaitlistEntry
        fields = [
            "id",
            "patient_id",
            "doctor_id",
            "specialization",
            "specialization_code",
            "service_id",
            "location_id",
            "from_date",
            "to_date",
            "earliest",
            "latest",
            "duration_minutes",
            "state",
            "created_at",
            "offer",
        ]

    @extend_schema(responses=OfferSerializer)
    def get_offer(self, entry: WaitlistEntry) -> dict | None:
        held = [offer for offer in entry.offers.all() if offer.is_held]
        return OfferSerializer(held[0]).data if held else None


class NewEntrySerializer(PatientIdSerializer):
    """For whom the patient waits, and when a visit would fit."""

    doctor_id = IdField(
        required=False,
        help_text="This or a specialization; with a type, neither is anybody who offers it.",
    )
    specialization = TextField(required=False, max_length=100, help_text=FOUND_BY)
    service_id = IdField(required=False, allow_null=True, help_text=SERVICE)
    location_id = IdField(required=False, allow_null=True, help_text=LOCATION)
    from_date = DayField()
    to_date = DayField()
    earliest = ClockField(required=False, allow_null=True, help_text="Local time.")
    latest = ClockField(required=False, allow_null=True, help_text="Local time.")
    duration_minutes = WholeNumberField(
        required=False, allow_null=True, min_value=FEWEST, max_value=MOST, help_text=USUAL_LENGTH
    )


class EntryQuery(PageQuery):
    patient_id = IdField(required=False, help_text=LEADS_ON)
    state = OneOfField(
        WaitlistEntry.State.choices, required=False, help_text="waiting if left out."
    )


class WaitlistViewSet(ReadsNoted):
    """Who waits for a time to become free; it is offered to the one who has waited longest."""

    patient_key = "patient_id"
    permissions = {
        "list": "appointments.view_waitlistentry",
        "create": "appointments.add_waitlistentry",
        "retrieve": "appointments.view_waitlistentry",
        "destroy": "appointments.delete_waitlistentry",
        "accept": "appointments.add_waitlistentry",
        "decline": "appointments.add_waitlistentry",
    }
    queries = {"list": EntryQuery}
    located = frozenset({"create"})
    serializer_class = EntrySerializer
    error_names = {
        "doctor": "doctor_id",
        "patient": "patient_id",
        "service": "service_id",
        "location": "location_id",
    }

    def get_queryset(self) -> QuerySet[WaitlistEntry]:
        entries = WaitlistEntry.objects.visible_to(self.request.user)
        if self.action not in ("list", "retrieve"):
            entries = entries.waiting()
        return entries.select_related("patient").prefetch_related("offers")

    @extend_schema(parameters=[EntryQuery], responses=EntrySerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the waitlist.

        Those who wait, the longest first; a patient sees the own places, and those
        of whom the patient acts for.
        """
        state = self.query.get("state", WaitlistEntry.State.WAITING)
        entries = self.get_queryset().filter(state=state)
        if "patient_id" in self.query:
            visible = Patient.objects.visible_to(request.user)
            entries = entries.filter(patient=visible.key_under(self.query["patient_id"]))
        return self.paged(entries.order_by("created_at", "pk"))

    @extend_schema(request=NewEntrySerializer, responses={201: EntrySerializer})
    @transaction.atomic
    def create(self, request: Request) -> Response:
        """Join the waitlist.

        Wait for a doctor, for any doctor of a specialization, or for anybody who offers a visit
        type. 409 `already_waiting` where
        the patient does already.
        """
        given = self.read(NewEntrySerializer, request.data)
        doctor_id = given.pop("doctor_id", None)
        patients = Patient.objects.visible_to(request.user)
        patient_id = given.pop("patient_id", None)
        own = Patient.objects.own(request.user)
        patient = self.find(patients, patient_id) if patient_id else own.get()
        doctors = Doctor.objects.visible_to(request.user)
        doctor = self.find(doctors, doctor_id) if doctor_id else None
        entry = waitlist.join(
            WaitlistEntry(patient=patient, doctor=doctor, **given), by=request.user
        )
        self.note_shown([entry])
        return Response(
            self.get_serializer(entry).data,
            status.HTTP_201_CREATED,
            headers={"Location": request.build_absolute_uri(f"{PATH}/{entry.pk}")},
        )

    @extend_schema(responses=EntrySerializer)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a place on the waitlist.

        Also one that has ended, by a booking or by leaving.
        """
        entry = self.get_object()
        self.note_shown([entry])
        return Response(self.get_serializer(entry).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Leave the waitlist.

        Leave the waitlist. What was held for the patient is offered to the next.
        """
        entry = self.get_object()
        self.read_no_body()
        waitlist.leave(entry, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=AppointmentDetailSerializer)
    def accept(self, request: Request, id: str) -> Response:
        """Accept an offered time.

        Book the time that is held. 404 where there is no offer, 409 `wrong_state` where it has
        just run out.
        """
        offer = self.get_offer()
        self.read_no_body()
        appointment = waitlist.accept(offer, by=request.user)
        self.note_shown([appointment])
        return Response(AppointmentDetailSerializer(appointment).data)

    @extend_schema(request=None, responses={204: None})
    def decline(self, request: Request, id: str) -> Response:
        """Decline an offered time.

        Let the offered time go to the next, and wait on.
        """
        offer = self.get_offer()
        self.read_no_body()
        waitlist.decline(offer, by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_offer(self) -> SlotOffer:
        entry = self.get_object()
        offer = entry.offers.held().select_related("entry__patient__user").first()
        if offer is None:
            raise NotFound
        return offer
