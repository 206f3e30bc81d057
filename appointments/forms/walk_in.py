"""Who stands at the desk without an appointment: a patient, a doctor, a reason."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils import timezone

from appointments.forms.offered import Offered, minutes_with
from appointments.forms.visits import instant_of
from appointments.models import LONGEST, Appointment
from appointments.scheduling import availability
from appointments.scheduling.calendars import Slot
from appointments.scheduling.gaps import next_gap
from appointments.scheduling.rooms import load_rooms
from appointments.scheduling.slots import instant
from appointments.scheduling.wanted import PLAIN, Wanted, wanted_for
from clinic.days import day_at, day_bounds
from clinic.forms import FaultsMixin
from clinic.text import as_uuid
from doctors.models import Doctor
from patients.models import Note, Patient

FOUND_AT_MOST = 8


@dataclass
class Openings:
    """When each of these doctors is free next today."""

    day: date
    doctors: dict[UUID, Doctor]
    gaps: dict[UUID, Slot]
    wanted: Wanted = PLAIN

    @classmethod
    def today(cls, doctors, service=None, location=None) -> "Openings":
        """For a visit of this type at this place, where one is named."""
        now = timezone.now()
        day = day_at(now)
        wanted = wanted_for(service and service.pk, location and location.pk)
        calendars = availability.load_calendars(doctors, day, day)
        opens, closes = day_bounds(day)
        rooms = load_rooms(wanted.needs, opens - LONGEST, closes + LONGEST)
        gaps = {pk: next_gap(one, day, now, wanted, rooms) for pk, one in calendars.items()}
        return cls(
            day,
            {doctor.pk: doctor for doctor in doctors},
            {pk: gap for pk, gap in gaps.items() if gap},
            wanted,
        )

    @property
    def soonest(self) -> UUID | None:
        """The doctor who is free first."""
        return min(self.gaps, key=lambda pk: self.gaps[pk].starts_at, default=None)

    def choices(self) -> list[tuple[str, str]]:
        named = [(str(pk), self.told(pk)) for pk in self.doctors]
        if len(named) < 2:
            return named
        soonest = self.soonest
        first = f"Soonest: {self.told(soonest)}" if soonest else "No doctor is free today"
        return [("", first), *named]

    def told(self, pk: UUID) -> str:
        gap = self.gaps.get(pk)
        if not self.wanted.is_offered_by(pk):
            return f"{self.doctors[pk]}, doesn't offer this"
        free = f"free at {timezone.localtime(gap.starts_at):%H:%M}" if gap else "no free time today"
        return f"{self.doctors[pk]}, {free}"


class WalkInForm(FaultsMixin, forms.Form):
    """Books the next free time today, unless another time is filled in.

    `who` is searched for; `patient` is who was chosen of those found for `found_for`. `take` is a
    free time that was offered instead of a refused one.
    """

    who = forms.CharField(
        label="Patient",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text="Name, record number, birth date, phone or e-mail.",
    )
    patient = forms.CharField(required=False, widget=forms.HiddenInput)
    found_for = forms.CharField(required=False, widget=forms.HiddenInput)
    doctor = forms.ChoiceField(required=False)
    time = forms.TimeField(
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
        help_text="Today. Left empty: the free time that stands beside the doctor.",
    )
    reason = forms.CharField(label="Reason for the visit", max_length=500, required=False)
    take = forms.CharField(required=False, widget=forms.HiddenInput)
    stands_for = {"starts_at": "time", "ends_at": "time"}

    field_order = ("who", "service", "location", "doctor", "time", "reason")

    def __init__(self, *args, user, openings: Openings, offered: Offered, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.user, self.openings = user, openings
        self.fields |= {name: offered.field(name) for name in offered.names}
        self.order_fields(self.field_order)
        self.fields["doctor"].choices = openings.choices()
        self.found: list[Patient] = []
        self.chosen: Patient | None = None

    def clean(self):
        super().clean()
        cleaned = self.cleaned_data
        self.chosen = self.find(cleaned)
        doctor = self.openings.doctors.get(self.doctor_of(cleaned))
        if doctor is None and "doctor" not in self.errors:
            self.add_error("doctor", "No doctor is free today any more. Choose one and a time.")
        starts_at = self.start_of(cleaned, doctor)
        if doctor is not None and starts_at is None and "time" not in self.errors:
            self.add_error("time", f"{doctor} has no free time left today. Fill in a time.")
        return {**cleaned, "doctor": doctor, "starts_at": starts_at}

    def find(self, cleaned) -> Patient | None:
        notes = Prefetch("notes", Note.objects.visible_to(self.user).on_board(), to_attr="warnings")
        patients = Patient.objects.visible_to(self.user).prefetch_related(notes)
        who = cleaned.get("who", "")
        key = as_uuid(cleaned.get("patient", "")) if who == cleaned.get("found_for") else None
        chosen = patients.standing_for(key).first() if key else None
        if chosen is not None:
            return chosen
        if not who.strip():
            self.add_error("who", "Say who has come.")
            return None
        found = patients.found_at_desk(who).order_by("-likeness", "sort_name", "pk")
        self.found = list(found[:FOUND_AT_MOST])
        if len(self.found) == 1 and not found[1:2]:
            return self.found[0]
        self.data = self.data.copy()
        self.data["found_for"] = who
        told = "Choose one of those found." if self.found else "Nobody is found."
        if found[FOUND_AT_MOST : FOUND_AT_MOST + 1]:
            told = f"More than {FOUND_AT_MOST} are found: choose one, or add another name."
        self.add_error("who", told)
        return None

    def doctor_of(self, cleaned) -> UUID | None:
        return as_uuid(cleaned.get("doctor", "")) or self.openings.soonest

    def start_of(self, cleaned, doctor: Doctor | None) -> datetime | None:
        if doctor is None:
            return None
        if taken := instant_of(cleaned.get("take", "")):
            return taken
        clock: time | None = cleaned.get("time")
        if clock is not None:
            return instant(self.openings.day, clock, timezone.get_default_timezone())
        gap = self.openings.gaps.get(doctor.pk)
        return gap.starts_at if gap else None

    def appointment(self) -> Appointment:
        chosen = self.cleaned_data
        doctor, starts_at, service = chosen["doctor"], chosen["starts_at"], chosen.get("service")
        minutes = minutes_with(service, doctor.pk) if service else doctor.default_duration_minutes
        return Appointment(
            patient=self.chosen,
            doctor=doctor,
            service=service,
            location=chosen.get("location"),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
            reason=chosen["reason"],
        )

    def refuse(self, error: ValidationError) -> None:
        """Show what the service refused, and keep to the doctor that it was about."""
        self.add_faults(error)
        self.keep_chosen()

    def keep_chosen(self) -> None:
        self.data = self.data.copy()
        self.data["doctor"] = str(self.cleaned_data["doctor"].pk)
        self.data["patient"], self.data["found_for"] = str(self.chosen.pk), self.data.get("who", "")
