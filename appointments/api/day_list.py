"""The appointments of a day by the short way (see `accounts.api.short`).

Rows go straight into JSON: to make instances of them with 40 columns, of which 24 are shown, and to
have a serializer look each one up, takes ten times as long as all the rest.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, OuterRef, Q, When
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from rest_framework.utils.urls import remove_query_param, replace_query_param

from accounts.api.short import ordinary_caller, short_answer
from accounts.models import AccessLog, User
from accounts.services.access import noted, reading
from appointments.models import Appointment, AppointmentResource
from appointments.transitions import Status
from clinic.api.fields import CANONICAL_UUID, DAY, INTEGER, instant_text
from clinic.api.pagination import DEFAULT_SIZE, LARGEST_SIZE
from clinic.api.views import ClinicViewSet
from clinic.days import day_bounds
from clinic.money import amount_text
from clinic.statements import Given, Row, Statement, stand_in_key, stand_in_time
from doctors.models import Doctor
from patients.models import Patient

COLUMNS = (
    "pk",
    "starts_at",
    "patient_id",
    "doctor_id",
    "doctor__first_name",
    "doctor__last_name",
    "patient__first_name",
    "patient__last_name",
    "ends_at",
    "status",
    "reason",
    "overbook_reason",
    "created_at",
    "updated_at",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "service_id",
    "service__name",
    "location_id",
    "location__name",
    "price_amount",
    "price_currency",
    "series_id",
    "session_id",
)
ROOM = ("id", "name", "kind", "pool")
SOME_STATUS = "stand-in-for-a-status"
# The count of all is asked for only where the page is full.
COUNTED = """SELECT shown.*, CASE WHEN (SELECT count(*) FROM shown) < %s THEN NULL
    ELSE (SELECT count(*) FROM ({counted}) AS counted) END
    FROM shown ORDER BY c1, c0"""


class Named(NamedTuple):
    """What a name is made of."""

    first_name: str
    last_name: str


def short_day_list(view: ClinicViewSet, request: HttpRequest) -> HttpResponse | None:
    query = read_short_query(request)
    if query is None or "date" not in query:
        return None
    user = ordinary_caller(view, request, "list")
    if user is None:
        return None
    starts, ends = day_bounds(query.pop("date"))
    page, size = query.pop("page", 1), query.pop("page_size", DEFAULT_SIZE)
    before = (page - 1) * size
    rows = day_statement(user.role, frozenset(query)).rows(
        user=user.pk,
        starts=starts,
        ends=ends,
        size=size,
        before=before,
        **query,
        **reading(request, user),
    )
    if not rows and page > 1:
        return None
    count = (rows[0][-1] if rows else None) or before + len(rows)
    return short_answer(view, {"count": count, **links(request, page, size, count), **told(rows)})


@cache
def day_statement(role: str, filters: frozenset[str]) -> Statement:
    """The appointments of a day that somebody of this role may see, and their access log."""
    given: dict[str, Any] = {"user": stand_in_key(), "starts": stand_in_time()}
    given |= {name: stand_in_key() for name in ("doctor_id", "service_id", "location_id")}
    given |= {"ends": stand_in_time(), "status": SOME_STATUS}
    visible = Appointment.objects.visible_to(User(pk=given["user"], role=role))
    on_day = visible.filter(starts_at__gte=given["starts"], starts_at__lt=given["ends"])
    wanted = on_day.filter(**{name: given[name] for name in filters})
    shown = wanted.order_by("starts_at", "pk").values_list(*COLUMNS, rooms_held())
    rows = Statement(shown, **given)
    page = rows.extended("{} LIMIT %s OFFSET %s", Given("size"), Given("before"))
    counted = Statement(wanted.order_by().values("pk"), **given)
    after = COUNTED.format(counted=counted.sql)
    column = COLUMNS.index("patient_id")
    return noted(page, AccessLog.Action.LIST, column, after, Given("size"), *counted.params)


def rooms_held() -> Case:
    """What `Appointment.rooms` has; only visits of a type have any, so no others are asked for."""
    rows = AppointmentResource.objects.filter(
        Q(appointment=OuterRef("pk")) | Q(session=OuterRef("session")), is_held=True
    )
    told = JSONObject(**{name: f"resource__{name}" for name in ROOM})
    in_order = rows.order_by("resource__name", "resource").values_list(told)
    return Case(When(service=None, then=None), default=ArraySubquery(in_order))


def read_short_query(request: HttpRequest) -> dict[str, Any] | None:
    """The query, where it is of the usual names, each given once and well; else None."""
    read = {}
    for name, values in request.GET.lists():
        if len(values) != 1 or name not in READERS:
            return None
        try:
            read[name] = READERS[name](values[0])
        except ValueError:
            return None
    return read


def read_day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def read_key(text: str) -> UUID:
    if not CANONICAL_UUID.fullmatch(text):
        raise ValueError
    return UUID(text)


def read_number(text: str, most: int = 10**6) -> int:
    if not INTEGER.fullmatch(text) or not 1 <= int(text) <= most:
        raise ValueError
    return int(text)


READERS: dict[str, Callable[[str], Any]] = {
    "date": read_day,
    "doctor_id": read_key,
    "service_id": read_key,
    "location_id": read_key,
    "status": Status,
    "page": read_number,
    "page_size": lambda text: read_number(text, LARGEST_SIZE),
}


def links(request: HttpRequest, page: int, size: int, count: int) -> dict[str, str | None]:
    following = previous = None
    if page * size < count:
        following = replace_query_param(request.build_absolute_uri(), "page", page + 1)
    if page == 2:
        previous = remove_query_param(request.build_absolute_uri(), "page")
    elif page > 2:
        previous = replace_query_param(request.build_absolute_uri(), "page", page - 1)
    return {"next": following, "previous": previous}


def told(rows: list[Row]) -> dict[str, Any]:
    """As `AppointmentSerializer` has it."""
    doctor: Callable[[Any], str] = cache(Doctor.__str__)
    patient: Callable[[Any], str] = Patient.name.fget
    instant: Callable[[datetime], str] = cache(instant_text)
    results = []
    for row in rows:
        key, starts_at, patient_id, doctor_id, *names = row[:8]
        ends_at, status, reason, overbook_reason, created_at, updated_at = row[8:14]
        results.append(
            {
                "id": str(key),
                "doctor_id": str(doctor_id),
                "doctor_name": doctor(Named(*names[:2])),
                "patient_id": str(patient_id),
                "patient_name": patient(Named(*names[2:])),
                "starts_at": instant(starts_at),
                "ends_at": instant(ends_at),
                "duration_minutes": int((ends_at - starts_at).total_seconds() // 60),
                "status": status,
                "reason": reason,
                "overbook": bool(overbook_reason),
                "overbook_reason": overbook_reason,
                **offering_told(*row[14:25]),
                "created_at": instant(created_at),
                "updated_at": instant(updated_at),
            }
        )
    return {"results": results}


def offering_told(
    before: int,
    after: int,
    service: UUID | None,
    service_name: str,
    location: UUID | None,
    location_name: str,
    amount: Decimal | None,
    currency: str,
    series: UUID | None,
    session: UUID | None,
    rooms: list[dict[str, str]] | None,
) -> dict[str, Any]:
    return {
        "service_id": service and str(service),
        "service": service and {"id": str(service), "name": service_name},
        "location_id": location and str(location),
        "location": location and {"id": str(location), "name": location_name},
        "resources": [{name: room[name] for name in ROOM} for room in rooms or ()],
        "price": None
        if amount is None
        else {"amount": amount_text(amount, currency), "currency": currency},
        "buffer_before_minutes": before,
        "buffer_after_minutes": after,
        "series_id": series and str(series),
        "session_id": session and str(session),
    }
