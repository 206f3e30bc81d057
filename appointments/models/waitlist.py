"""Who waits for an earlier or a first time, and the free times that they are offered."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.roles import Role
from appointments.models.appointments import LENGTH_SENTENCE, Appointment
from appointments.models.held import BUSY_PERIOD, Held
from appointments.models.triggers import rooms_let_go
from clinic.days import TOO_FAR, day_at, is_too_far, moment_text
from clinic.errors import ALREADY_WAITING
from clinic.history import tracked
from clinic.text import PlainText
from doctors.models import (
    CODE_SHAPE,
    SAME_FIELD,
    Doctor,
    HealthcareService,
    Location,
    Specialized,
)
from patients.models import Patient

WHOM_SENTENCE = "Name either a doctor or a specialization."
DAYS_SENTENCE = _("The last day must not be before the first one.")
CLOCKS_SENTENCE = _("The latest time must not be before the earliest one.")


class WaitlistQuerySet(models.QuerySet["WaitlistEntry"]):
    def waiting(self) -> "WaitlistQuerySet":
        """Those who still wait, the longest first."""
        waiting = self.filter(
            state=WaitlistEntry.State.WAITING,
            patient__is_deceased=False,
            patient__restricted_at=None,
            patient__consent_withdrawn_at=None,
        )
        return waiting.order_by("created_at", "id")

    def seen_by(self, doctor: Doctor) -> "WaitlistQuerySet":
        """Those for whom a time of this doctor may be. Of who waits for anybody that offers a type,
        the type says whether it is."""
        anybody = Q(doctor=None, specialization="")
        return self.filter(Q(doctor=doctor) | doctor.same_field | anybody)

    def merge_clashes(self, survivor: Patient, other: Patient) -> list[str]:
        """What keeps two patients from being one: places for the same doctor or field, and the
        same type of visit."""
        waiting = self.waiting().annotate(wanted=SAME_FIELD)
        own = {entry.same_wish for entry in waiting.filter(patient=survivor)}
        return [
            f"Both wait for {entry.whom}. Take one of them off the waitlist first."
            for entry in waiting.filter(patient=other)
            if entry.same_wish in own
        ]

    def visible_to(self, user) -> "WaitlistQuerySet":
        """The one gate through which the site, the API and the admin read the waitlist."""
        if user.has_perm("appointments.view_all_waitlistentry"):
            return self
        if getattr(user, "role", None) == Role.PATIENT:
            return self.filter(patient__in=Patient.objects.within_reach(user))
        return self.none()


@tracked(exclude=("specialization_code",))
class WaitlistEntry(Specialized):
    """A patient waits for a time of one doctor, or of any of a specialization; for a visit of a
    type, also of anybody who offers it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        BOOKED = "booked", "Booked"
        LEFT = "left", "Left"
        EXPIRED = "expired", "Expired"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="waitlist")
    doctor = models.ForeignKey(
        Doctor, on_delete=models.CASCADE, null=True, blank=True, related_name="waitlist"
    )
    specialization = models.CharField(max_length=100, blank=True, validators=[PlainText()])
    from_date = models.DateField("from", help_text="The first day that would fit.")
    to_date = models.DateField("until", help_text="The last day that would fit.")
    earliest = models.TimeField(
        "not before", null=True, blank=True, help_text="Local time; empty: any time of the day."
    )
    latest = models.TimeField(
        "starting by", null=True, blank=True, help_text="Local time; empty: any time of the day."
    )
    duration_minutes = models.PositiveSmallIntegerField(
        "length",
        null=True,
        blank=True,
        help_text="Minutes, 15 to 180; empty: the doctor's usual.",
    )
    service = models.ForeignKey(
        HealthcareService,
        verbose_name="visit type",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="waitlist",
    )
    location = models.ForeignKey(
        Location,
        verbose_name="place",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="waitlist",
        help_text="Empty: wherever a time is free.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )

    objects = WaitlistQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "waitlist"
        constraints = [
            models.CheckConstraint(
                name="waitlist_doctor_or_specialization",
                condition=Q(doctor__isnull=False, specialization="")
                | (Q(doctor=None) & (~Q(specialization="") | Q(service__isnull=False))),
                violation_error_message=WHOM_SENTENCE,
            ),
            models.CheckConstraint(
                name="waitlist_days_in_order",
                condition=Q(to_date__gte=F("from_date")),
                violation_error_message=DAYS_SENTENCE,
            ),
            models.CheckConstraint(
                name="waitlist_times_in_order",
                condition=Q(latest__gte=F("earliest")) | Q(earliest=None) | Q(latest=None),
                violation_error_message=CLOCKS_SENTENCE,
            ),
            models.CheckConstraint(
                name="waitlist_length",
                condition=Q(duration_minutes__range=(15, 180)),
                violation_error_message=LENGTH_SENTENCE,
            ),
            models.CheckConstraint(
                name="waitlist_state_known",
                condition=Q(state__in=("waiting", "booked", "left", "expired")),
                violation_error_message="This state is not known.",
            ),
            models.CheckConstraint(name="waitlist_specialization_code_shape", condition=CODE_SHAPE),
            models.UniqueConstraint(
                "patient",
                "doctor",
                SAME_FIELD,
                "service",
                name="waitlist_once",
                condition=Q(state="waiting"),
                nulls_distinct=False,
                violation_error_code=ALREADY_WAITING,
                violation_error_message=_("This patient is on that waitlist already."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at", "id"], name="waitlist_waiting", condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.patient} waits for {self.whom}"

    @property
    def length(self) -> timedelta | None:
        """How long the visit is to be; None: as long as one to its doctor usually is."""
        return timedelta(minutes=self.duration_minutes) if self.duration_minutes else None

    def fits(self, starts_at: datetime) -> bool:
        """Is this one of the days, and of the times of day, that are waited for?"""
        local = timezone.localtime(starts_at)
        is_day = self.from_date <= day_at(starts_at) <= self.to_date
        is_late_enough = self.earliest is None or local.time() >= self.earliest
        return is_day and is_late_enough and (self.latest is None or local.time() <= self.latest)

    @property
    def whom(self) -> str:
        """What is waited for, in words: "Ultrasound, Dr Maria Keller, Mill Lane House"."""
        who = self.doctor if self.doctor_id else self.field_name
        return ", ".join(str(part) for part in (self.service, who, self.location) if part)

    @property
    def same_wish(self) -> tuple:
        """What no two places of a patient have in common. `wanted` is annotated: `SAME_FIELD`."""
        return self.doctor_id, self.wanted, self.service_id  # type: ignore[attr-defined]

    def clean(self):
        super().clean()
        errors: dict[str, Any] = {}
        named = [self.doctor_id, self.specialization]
        if all(named) or not any([*named, self.service_id]):
            errors["doctor"] = WHOM_SENTENCE
        if None not in (self.from_date, self.to_date) and self.to_date < self.from_date:
            errors["to_date"] = DAYS_SENTENCE
        if self.earliest and self.latest and self.latest < self.earliest:
            errors["latest"] = CLOCKS_SENTENCE
        if self._state.adding and self.to_date and self.to_date < timezone.localdate():
            errors["to_date"] = _("The last day must not be in the past.")
        if self._state.adding and self.to_date and is_too_far(self.to_date):
            errors["to_date"] = TOO_FAR
        if errors:
            raise ValidationError(errors)


class SlotOfferQuerySet(models.QuerySet["SlotOffer"]):
    def held(self, now: datetime | None = None) -> "SlotOfferQuerySet":
        """Those whose time is still kept for the patient."""
        return self.filter(state=SlotOffer.State.OPEN, expires_at__gt=now or timezone.now())

    def visible_to(self, user) -> "SlotOfferQuerySet":
        """The one gate through which the site, the API and the admin read offers."""
        return self.filter(entry__in=WaitlistEntry.objects.visible_to(user))


@tracked(exclude=("busy_from", "busy_until"))
class SlotOffer(Held):
    """A free time that is held for somebody on the waitlist until they answer or it expires."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        EXPIRED = "expired", "Expired"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="offers")
    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="slot_offers")
    starts_at = models.DateTimeField("start")
    ends_at = models.DateTimeField("end")
    service = models.ForeignKey(
        HealthcareService, on_delete=models.CASCADE, null=True, related_name="slot_offers"
    )
    location = models.ForeignKey(
        Location, on_delete=models.CASCADE, null=True, related_name="slot_offers"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    offered_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="slot_offer"
    )

    objects = SlotOfferQuerySet.as_manager()

    class Meta:
        ordering = ["-offered_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="slot_offer_accepted_has_visit",
                condition=Q(state="accepted", appointment__isnull=False)
                | (~Q(state="accepted") & Q(appointment=None)),
            ),
            models.CheckConstraint(
                name="slot_offer_state_known",
                condition=Q(state__in=("open", "accepted", "declined", "expired", "withdrawn")),
            ),
            models.UniqueConstraint(
                name="slot_offer_one_open", fields=["entry"], condition=Q(state="open")
            ),
            ExclusionConstraint(
                name="slot_offer_held_once",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    (BUSY_PERIOD, RangeOperators.OVERLAPS),
                ],
                condition=Q(state="open"),
                violation_error_message=_("This time is offered to somebody else."),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="slot_offer_open", condition=Q(state="open"))
        ]
        triggers = [rooms_let_go()]

    def __str__(self) -> str:
        return f"{self.doctor}, {moment_text(self.starts_at)}, for {self.entry.patient}"

    @property
    def is_held(self) -> bool:
        """Is the time kept for the patient still? As `SlotOfferQuerySet.held()` has it."""
        return self.state == self.State.OPEN and self.expires_at > timezone.now()
