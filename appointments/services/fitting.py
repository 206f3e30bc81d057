"""What a visit is by its type: its length, buffers and price, who may have it, and where."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments.models import Appointment, GroupSession
from appointments.scheduling.loading import load_calendar
from appointments.scheduling.newcomers import REFUSALS, newcomer_codes
from appointments.scheduling.set_up import SetUp
from appointments.scheduling.wanted import Wanted, of_visit
from appointments.services.rules import is_patient
from clinic.days import day_at

UNKNOWN_TYPE = _("There is no such visit type.")
NOT_OFFERED = _("This visit type is not offered at present.")
NOT_BY_DOCTOR = _("This doctor does not offer this visit type.")
NOT_ONLINE = _("Please call us to book this visit type.")
IN_SESSIONS = _("This takes place in a group. Please take a place in one of its sessions.")
UNKNOWN_PLACE = _("There is no such place.")
NOT_THERE = _("This visit type is not offered at this place.")
OTHER_LENGTH = _("This visit type lasts %(count)d minutes.")

Fitted = Appointment | GroupSession


def fit(record: Fitted, by: User | None, set_up: SetUp) -> Wanted:
    """Give a new visit or session what its type says: buffers, price, and where no end is given
    its length. Returns what it is to be.

    Raises ValidationError keyed to `service`, `location` and `ends_at`: of a type that isn't
    offered, by this doctor or at this place, and of what a patient can't have. Staff may choose
    another length.
    """
    wanted, service = set_up.wanted_at(record.location_id), set_up.service
    faults = place_faults(record, set_up)
    if record.service_id is not None:
        faults |= service_faults(record, by, set_up)
    if faults:
        raise ValidationError(faults)
    length = wanted.length_with(record.doctor_id)
    ends_at: datetime | None = record.ends_at
    if ends_at is None:
        usual = timedelta(minutes=record.doctor.default_duration_minutes)
        record.ends_at = record.starts_at + (length or usual)
    if service is not None:
        record.service = service
        record.buffer_before_minutes = service.buffer_before_minutes
        record.buffer_after_minutes = service.buffer_after_minutes
        record.price_amount, record.price_currency = service.price_amount, service.price_currency
        if is_patient(by):
            check_length(record, length)
    if record.location_id is not None:
        record.location = set_up.places[record.location_id]
    return wanted


def fit_move(
    moved: Appointment, before: Appointment, by: User | None, set_up: SetUp, *, keeps_place: bool
) -> Wanted:
    """What a visit that is moved is to be: of the length, with the buffers and at the price that
    it was booked with. With `keeps_place`, nobody has asked for a place.

    Raises ValidationError keyed to `doctor`, `location` and `ends_at`. That its type isn't offered
    any more, or not by its own doctor, doesn't matter: it was booked.
    """
    is_other = moved.doctor_id != before.doctor_id
    faults = {} if keeps_place else place_faults(moved, set_up)
    if is_other and set_up.service and not is_by(set_up.wanted, moved.doctor_id):
        faults["doctor"] = NOT_BY_DOCTOR
    if faults:
        raise ValidationError(faults)
    if moved.service_id is not None and is_patient(by):
        check_length(moved, before.duration)
    asked = None if keeps_place else moved.location_id
    return of_visit(moved, set_up.wanted).at(asked)


def is_by(wanted: Wanted, doctor_id: UUID) -> bool:
    return wanted.doctors is None or doctor_id in wanted.doctors


def service_faults(record: Fitted, by: User | None, set_up: SetUp) -> dict[str, Any]:
    service, wanted = set_up.service, set_up.wanted
    if service is None:
        return {"service": UNKNOWN_TYPE}
    if not wanted.is_offered:
        return {"service": NOT_OFFERED}
    if not is_by(wanted, record.doctor_id):
        return {"service": NOT_BY_DOCTOR}
    if not is_patient(by):
        return {}
    if not service.is_online:
        return {"service": NOT_ONLINE}
    if wanted.has_sessions and isinstance(record, Appointment):
        return {"service": IN_SESSIONS}
    codes: list[str] = []
    if isinstance(record, Appointment):
        codes = newcomer_codes(service.for_new_patients, record.patient_id)
    return {"service": REFUSALS[codes[0]]} if codes else {}


def place_faults(record: Fitted, set_up: SetUp) -> dict[str, Any]:
    asked = record.location_id
    if asked is None:
        return {}
    if asked not in set_up.places:
        return {"location": UNKNOWN_PLACE}
    is_known = record.service_id is None or set_up.service is not None
    if is_known and asked not in set_up.candidates:
        return {"location": NOT_THERE}
    return {}


def check_length(record: Fitted, length: timedelta | None) -> None:
    if length is not None and record.ends_at - record.starts_at != length:
        params = {"count": int(length.total_seconds() // 60)}
        raise ValidationError({"ends_at": ValidationError(OTHER_LENGTH, params=params)})


def hours_place(record: Fitted, wanted: Wanted, set_up: SetUp) -> UUID | None:
    """The place of the doctor's hours that it begins in. Only asked for where that decides."""
    if wanted.location_id is not None or len(set_up.candidates) < 2:
        return None
    day = day_at(record.starts_at)
    calendar = load_calendar(record.doctor_id, day, day)[record.doctor_id]
    return calendar.place_at(record.starts_at, wanted)


def settle_place(
    record: Fitted, wanted: Wanted, set_up: SetUp, hours_at: UUID | None, kept: UUID | None = None
) -> None:
    """Where a visit takes place that begins in hours at this place (None: at any, or in none).

    At the place that was asked for; else at that of the hours, if its type is offered there; else
    where it was until now (`kept`); else at the only place that comes into question.
    """
    place = wanted.location_id
    if place is None:
        among = set_up.candidates
        only = among[0] if len(among) == 1 else None
        place = next((one for one in (hours_at, kept) if one in among), only)
    record.location = set_up.places[place] if place is not None else None
