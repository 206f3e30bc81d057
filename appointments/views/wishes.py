"""What a patient looks for, as an address says it: what, with whom and where."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime

from appointments.models import GroupSession
from appointments.scheduling import availability
from clinic.text import as_uuid
from doctors.models import Doctor, HealthcareService, Location, ServiceDoctor

YEARS = range(1900, 9000)  # Beyond them, no zone's clocks can be told.
ANYWHERE = "any"  # Of a visit that is moved: not only where it is now.


@dataclass(frozen=True)
class Whom:
    """Whose times are looked at, for which type of visit (None: of no type) and at which place
    (None: any): those of one doctor, of all of a specialization, or of all who offer the type.
    """

    specialization: str = ""
    doctor: Doctor | None = None
    service: HealthcareService | None = None
    place: Location | None = None
    is_anywhere: bool = False
    is_plain: bool = False  # A visit of no type was asked for, though there are types.

    def __str__(self) -> str:
        return str(self.doctor or self.specialization or self.service)

    @property
    def query(self) -> dict[str, str]:
        """How an address names it."""
        named = self.what
        if self.doctor:
            named["doctor"] = str(self.doctor.pk)
        elif self.specialization:
            named["specialization"] = self.specialization
        elif self.service:
            named["anybody"] = "1"
        return named | self.where

    @property
    def what(self) -> dict[str, str]:
        if self.service:
            return {"service": str(self.service.pk)}
        return {"service": ""} if self.is_plain else {}

    @property
    def where(self) -> dict[str, str]:
        if self.place:
            return {"location": str(self.place.pk)}
        return {"location": ANYWHERE} if self.is_anywhere else {}

    @property
    def address(self) -> str:
        return urlencode(self.query, quote_via=quote, safe="")

    @property
    def with_anybody(self) -> str:
        """The address of the same with any doctor: of the type, or else of the specialization."""
        if self.service:
            named = {"service": str(self.service.pk), "anybody": "1"}
        else:
            named = self.what | {"specialization": self.specialization}
        return urlencode(named | self.where, quote_via=quote, safe="")

    def of_type(self, service: HealthcareService | None) -> str:
        """The address of the same for a type of visit; None: for one of no type."""
        named = {name: text for name, text in self.query.items() if name != "anybody"}
        query = {"service": str(service.pk) if service else "", **named}
        return urlencode(query, quote_via=quote, safe="")

    @property
    def link(self) -> str:
        """The beginning of an address that goes on with whom: its type and place."""
        given = (self.what | self.where).items()
        return "".join(f"{urlencode({name: text})}&" for name, text in given)

    def doctors(self) -> QuerySet[Doctor]:
        if self.doctor:
            return Doctor.objects.active().filter(pk=self.doctor.pk)
        found = Doctor.objects.active()
        if self.specialization:
            found = availability.of_specialization(self.specialization)
        return self.service.offering_among(found) if self.service else found


def whom_in(
    data: QueryDict, service: HealthcareService | None, kept: UUID | None = None
) -> Whom | None:
    """Whom the address names for this type; None where that is nobody who takes appointments, or
    nobody who offers it. The doctor `kept` need not offer it any more."""
    where = where_in(data) | {"is_plain": is_plain(data)}
    if "doctor" in data:
        doctor = doctor_of(data["doctor"])
        if doctor is None:
            return None
        if service and doctor.pk != kept and not is_offered(service, doctor):
            return None
        return Whom(doctor.field_name, doctor, service, **where)
    wanted = data.get("specialization", "")
    if wanted and "\0" not in wanted:
        doctor = availability.of_specialization(wanted).first()
        return Whom(doctor.field_name, None, service, **where) if doctor else None
    return Whom(service=service, **where) if service and "anybody" in data else None


def is_plain(data: QueryDict) -> bool:
    """Does the address ask for a visit of no type? Its type is named, and empty."""
    return data.get("service") == ""


def where_in(data: QueryDict) -> dict[str, Any]:
    """Where the address looks for times, as fields of `Whom`."""
    asked = data.get("location", "")
    return {"place": place_of(asked), "is_anywhere": asked == ANYWHERE}


def back_to(whom: Whom, of: str | None) -> Whom:
    """Whose times somebody looked at who has chosen one of this doctor's: those of any doctor where
    the address says of which field, or by an empty word of whoever offers the type."""
    if whom.doctor is None or of is None:
        return whom
    if whom.doctor.is_named(of):
        return replace(whom, doctor=None)
    return replace(whom, doctor=None, specialization="") if whom.service and not of else whom


def doctor_of(text: str) -> Doctor | None:
    pk = as_uuid(text)
    return Doctor.objects.active().filter(pk=pk).first() if pk else None


def place_of(text: str) -> Location | None:
    pk = as_uuid(text)
    return Location.objects.active().filter(pk=pk).first() if pk else None


def service_of(text: str) -> HealthcareService | None:
    pk = as_uuid(text)
    return online_types().filter(pk=pk).first() if pk else None


def online_types() -> QuerySet[HealthcareService]:
    """The types that patients may book, with who offers them, and whether there are group sessions
    (`has_sessions`): such a type is booked in them alone."""
    sessions = GroupSession.objects.filter(service=OuterRef("pk"))
    types = HealthcareService.objects.online().annotate(has_sessions=Exists(sessions))
    return types.prefetch_related(
        Prefetch("service_doctors", ServiceDoctor.objects.select_related("doctor"))
    )


def is_offered(service: HealthcareService, doctor: Doctor) -> bool:
    named = {offer.doctor_id for offer in service.service_doctors.all()}
    return not named or doctor.pk in named


def minutes_of(service: HealthcareService, doctors: Iterable[Doctor]) -> tuple[int, int]:
    """How long the type takes at least and at most with these doctors, in minutes."""
    own = {offer.doctor_id: offer.duration_minutes for offer in service.service_doctors.all()}
    lengths = [own.get(doctor.pk) or service.duration_minutes for doctor in doctors]
    return min(lengths, default=service.duration_minutes), max(
        lengths, default=service.duration_minutes
    )


def day_of(text: str) -> date | None:
    """The day that the address names; None where that is none."""
    try:
        day = parse_date(text)
    except ValueError:  # A 31 February.
        return None
    return day if day and day.year in YEARS else None


def instant_of(text: str) -> datetime | None:
    """The instant that the address names, in UTC; None where that is none."""
    try:
        instant = parse_datetime(text)
    except ValueError:
        return None
    if instant is None or instant.tzinfo is None or instant.year not in YEARS:
        return None
    return instant.astimezone(UTC)
