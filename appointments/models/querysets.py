"""Which visits: those that hold time, those of a day or room, those whom somebody may see."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.utils import timezone

from accounts.roles import Role
from appointments.transitions import HOLDING, Status
from clinic.days import day_at, day_bounds
from doctors.models import Resource
from patients.models import Note, Patient

if TYPE_CHECKING:
    from appointments.models.appointments import Appointment

# Of its patient no visit shows these: to decrypt or parse them for each of a list takes its time.
UNSHOWN = (
    "patient__insurance_policy_number",
    "patient__medical_history",
    "patient__emergency_contact_phone",
    "patient__restriction_reason",
    "patient__consent_withdrawn_at",
    "patient__erased_at",
)


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def holding_time(self) -> "AppointmentQuerySet":
        return self.filter(status__in=HOLDING)

    def on_day(self, day: date) -> "AppointmentQuerySet":
        """Those that start on this calendar day of the clinic."""
        starts, ends = day_bounds(day)
        return self.filter(starts_at__gte=starts, starts_at__lt=ends)

    def with_patients(self) -> "AppointmentQuerySet":
        return self.select_related("patient").defer(*UNSHOWN)

    def with_people(self) -> "AppointmentQuerySet":
        return self.with_patients().select_related("doctor")

    def with_offering(self) -> "AppointmentQuerySet":
        """With the type and the place, where they have any."""
        return self.select_related("service", "location")

    def with_room(self, resource_id: UUID) -> "AppointmentQuerySet":
        """Those that have this room or device, by themselves or by their session."""
        held = Resource.objects.filter(pk=resource_id, bookings__is_held=True)
        return self.filter(
            Q(pk__in=held.values("bookings__appointment"))
            | Q(session__in=held.values("bookings__session"))
        )

    def with_notes(self) -> "AppointmentQuerySet":
        """With what staff wrote: `patient.warnings`, and on the visit itself `desk_notes`."""
        return self.prefetch_related(
            Prefetch("patient__notes", Note.objects.on_board(), to_attr="warnings"),
            Prefetch("notes", to_attr="desk_notes"),
        )

    def merge_clashes(self, survivor: Patient, other: Patient) -> list[str]:
        """What keeps two patients from being one: visits at the same time, in words."""
        plain = self.holding_time().filter(overbook_reason="")
        same_time = {"starts_at__lt": OuterRef("ends_at"), "ends_at__gt": OuterRef("starts_at")}
        own = plain.filter(patient=survivor, **same_time).order_by("starts_at", "pk")
        annotated = plain.filter(patient=other).annotate(clash=Subquery(own.values("pk")[:1]))
        rows = annotated.exclude(clash=None).select_related("doctor", "patient")
        clashes = [row.clash for row in rows]
        kept: dict[UUID, Appointment] = self.with_people().in_bulk(clashes)
        return [
            f"Both have a visit then: {kept[row.clash]} ({survivor.record_number}), and {row} "
            f"({other.record_number}). Move or cancel one of them first."
            for row in rows
        ]

    def erasure_clashes(self, patients: Iterable[Patient]) -> list[str]:
        """What keeps a patient from being erased: visits ahead, in words."""
        ahead = self.holding_time().filter(patient__in=patients, ends_at__gt=timezone.now())
        count = ahead.count()
        if not count:
            return []
        return [f"Cancel the {'visit' if count == 1 else f'{count} visits'} ahead first."]

    def last_treatment_of(self, patients: Iterable[Patient]) -> date | None:
        """When one of these last had a visit that took place."""
        took_place = self.filter(patient__in=patients, status=Status.FULFILLED)
        last = took_place.order_by("-starts_at").values_list("starts_at", flat=True).first()
        return day_at(last) if last else None

    def visible_to(self, user) -> "AppointmentQuerySet":
        """The one gate through which the site, the API and the admin read appointments."""
        if user.has_perm("appointments.view_all_appointment"):
            return self
        role = getattr(user, "role", None)
        if role == Role.DOCTOR:
            return self.filter(doctor__user=user)
        if role == Role.PATIENT:
            return self.filter(patient__in=Patient.objects.within_reach(user))
        return self.none()
