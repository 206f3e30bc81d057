"""The choices before a time: what a patient comes for, and with whom."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.scheduling.newcomers import REFUSALS, is_new, newcomer_codes
from appointments.views.wishes import (
    Whom,
    is_offered,
    is_plain,
    minutes_of,
    online_types,
    where_in,
)
from clinic.alike import closest, folded_text
from doctors.models import Doctor, ExtraHours, HealthcareService, WorkingHours
from doctors.specializations import words_about
from patients.models import Patient

READ = AccessLog.Action.READ
SHORT = 3  # Letters: the longest word that is taken as it stands.
MANY = 8  # Types: more of them stand by field of medicine, and can be searched.
NewPatients = HealthcareService.NewPatients


class Choice(NamedTuple):
    """A type to choose, with how long it takes whoever is named already."""

    service: HealthcareService
    address: str
    minutes: tuple[int, int]


def refusal_of(data: QueryDict, service: HealthcareService | None, patient: Patient) -> str:
    """Why the type that the address names can't be had, in a sentence; empty where it can, or none
    is named."""
    if service is None:
        return _("This can't be booked online at present.") if data.get("service") else ""
    codes = newcomer_codes(service.for_new_patients, patient.pk)
    return next((str(REFUSALS[code]) for code in codes), "")


def is_for(service: HealthcareService, *, is_known: bool) -> bool:
    kind = service.for_new_patients
    return kind == NewPatients.ANY or (kind == NewPatients.NEVER) == is_known


def types_to_choose(whom: Whom | None) -> list[HealthcareService]:
    """The types that patients may book, with whoever is named already."""
    types = list(online_types())
    if not types or whom is None:
        return types
    doctors = [whom.doctor] if whom.doctor else list(whom.doctors())
    return [one for one in types if any(is_offered(one, doctor) for doctor in doctors)]


def choose_type(
    request: HttpRequest,
    patient: Patient,
    types: list[HealthcareService],
    whom: Whom | None,
    refusal: str,
) -> HttpResponse:
    """What the patient comes for. Who would rather look for a doctor first finds them here, too."""
    note_read(request, READ, [patient.pk])  # It shows which doctors look after the patient.
    wanted = request.GET.get("q", "").strip()
    asks = any(one.for_new_patients != NewPatients.ANY for one in types)
    known = asks and not is_new(patient.pk)
    fitting = [one for one in types if is_for(one, is_known=known)]
    doctors = [] if whom else list(Doctor.objects.active())
    own = set(patient.care_assignments.values_list("doctor", flat=True)) if doctors else set()
    context = {
        "patient": patient,
        "whom": whom,
        "wanted": wanted,
        "refusal": refusal,
        "is_lost": whom is None and bool(request.GET.keys() & {"doctor", "specialization"}),
        "has_many": len(types) > MANY and whom is None,
        "groups": list(types_by_field(types_like(fitting, wanted), whom, where_in(request.GET))),
        "doctors": doctors_like(doctors, wanted) if wanted else [],
        "own": [doctor for doctor in doctors if doctor.pk in own and not wanted],
        "plain": plain_address(whom),
    }
    return render(request, "appointments/choose_type.html", context)


def plain_address(whom: Whom | None) -> str:
    """Where a visit of no type is booked; empty where nobody has hours for any."""
    doctors = whom.doctors() if whom else Doctor.objects.active()
    return (whom or Whom()).of_type(None) if seeing_plainly(doctors).exists() else ""


def seeing_plainly(doctors: QuerySet[Doctor]) -> QuerySet[Doctor]:
    """Those who have hours that aren't for some visit types alone."""
    lasting = Q(valid_until=None) | Q(valid_until__gte=timezone.localdate())
    hours = WorkingHours.objects.filter(lasting, doctor=OuterRef("pk"), hours_services=None)
    extra = ExtraHours.objects.filter(doctor=OuterRef("pk"), ends_at__gt=timezone.now())
    return doctors.filter(Exists(hours) | Exists(extra))


def types_by_field(
    types: list[HealthcareService], whom: Whom | None, where: dict
) -> Iterator[tuple[str, list[Choice]]]:
    """The types under the fields of medicine that they are of, where there are many; first those
    that are of none, or of several."""
    base = whom or Whom(**where)
    fields = {one: field_of(one) if len(types) > MANY else "" for one in types}
    types = sorted(types, key=lambda one: folded_text(fields[one]))
    for field, those in groupby(types, fields.__getitem__):
        yield field, [choice_of(one, base) for one in those]


def field_of(service: HealthcareService) -> str:
    """The one field of all who offer the type, or nothing."""
    names = {doctor.field_name for doctor in named_doctors(service)}
    return names.pop() if len(names) == 1 else ""


def choice_of(service: HealthcareService, base: Whom) -> Choice:
    doctors = [base.doctor] if base.doctor else named_doctors(service)
    return Choice(service, base.of_type(service), minutes_of(service, doctors))


def named_doctors(service: HealthcareService) -> list[Doctor]:
    """Those who are named as offering it and take appointments."""
    return [one.doctor for one in service.service_doctors.all() if one.doctor.is_active]


def types_like(types: Iterable[HealthcareService], wanted: str) -> list[HealthcareService]:
    """Those with every word in their name or their words; where there are none, those that have a
    word which is a slip away."""
    words = folded_text(wanted).split()
    texts = {one: folded_text(f"{one.name} {one.description}") for one in types}
    return with_words(texts, words)


def only_one(service: HealthcareService, data: QueryDict) -> Whom | None:
    """Whom to show at once, where a single doctor offers the type, or it has sessions; None where
    it is to be chosen, or the address names somebody who doesn't offer it."""
    if data.keys() & {"doctor", "specialization"}:
        return None
    if service.has_sessions:
        return Whom(service=service, **where_in(data))
    doctors = list(service.offering_among(Doctor.objects.active())[:2])
    if len(doctors) != 1:
        return None
    return Whom(doctors[0].field_name, doctors[0], service, **where_in(data))


def choose_doctor(
    request: HttpRequest, patient: Patient, service: HealthcareService | None
) -> HttpResponse:
    """With whom: of all, of those who offer the type, or of those who see patients for none."""
    note_read(request, READ, [patient.pk])  # It shows which doctors look after the patient.
    wanted = request.GET.get("q", "").strip()
    own = set(patient.care_assignments.values_list("doctor", flat=True))
    doctors = Doctor.objects.active()
    if service:
        doctors = service.offering_among(doctors)
    elif is_plain(request.GET):
        doctors = seeing_plainly(doctors)
    choosable = list(doctors)
    found = doctors_like(choosable, wanted)
    groups = [list(those) for _, those in groupby(sorted(found, key=field_order), field_order)]
    base = Whom(service=service, is_plain=is_plain(request.GET), **where_in(request.GET))
    context = {
        "wanted": wanted,
        "service": service,
        "base": base,
        "minutes": minutes_of(service, choosable) if service else None,
        "is_lost": bool(request.GET.keys() & {"doctor", "specialization"}),
        "own": [] if wanted else [doctor for doctor in found if doctor.pk in own],
        "specializations": groups,
        "has_many": service is None or len(choosable) > MANY,
        "has_any": service is None or len(groups) > 1,  # Of one field it is anybody.
    }
    return render(request, "appointments/choose.html", context)


def field_order(doctor: Doctor) -> tuple[str, str]:
    """The fields of medicine in order; the same for doctors of the same field."""
    return folded_text(doctor.field_name), doctor.specialization_code


def doctors_like(doctors: Iterable[Doctor], wanted: str) -> list[Doctor]:
    """Those with every word in their name, or among the words for their field in any language;
    where there are none, those who have a word that is a slip away."""
    texts = {doctor: words_about_doctor(doctor) for doctor in doctors}
    return with_words(texts, folded_text(wanted).split())


def with_words(texts: dict[Any, str], words: list[str]) -> list[Any]:
    """Those in whose text every word is; where there are none, those that have words which are a
    slip away."""
    found = [one for one, text in texts.items() if all(word in text for word in words)]
    return found or [
        one
        for one, text in texts.items()
        if all(word in text or is_slip(word, text) for word in words)
    ]


def words_about_doctor(doctor: Doctor) -> str:
    field = words_about(doctor.specialization_code, doctor.specialization)
    return f"{folded_text(str(doctor))} {field}"


def is_slip(word: str, text: str) -> bool:
    return len(word) > SHORT and bool(closest(word, text.split()))
