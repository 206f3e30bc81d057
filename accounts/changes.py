"""Looking through the events of all tracked models: what changed, who did it, when and how."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KT
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from pghistory.models import Event

from accounts.models import User
from clinic.days import day_bounds
from clinic.encryption import EncryptedTextField

EVENTS_A_PAGE = 50
MOST_EVENTS = 10_000  # Of one search.
Loaded = tuple[Any, Any]  # An event, and the one before it of the same record, or None.
LABELS = {"insert": "Added", "update": "Changed", "delete": "Deleted", "password": "New password"}


@dataclass(frozen=True)
class Change:
    """What became of one field. Encrypted ones show that they changed, never to what."""

    name: str
    before: str
    after: str
    is_hidden: bool


@dataclass(frozen=True)
class Entry:
    """One event as an administrator reads it."""

    at: datetime
    kind: str
    record: str
    name: str
    label: str
    who: str
    work: dict[str, Any]
    has_before: bool
    changes: list[Change]

    @property
    def is_new(self) -> bool:
        return self.label == LABELS["insert"]

    @property
    def door(self) -> str:
        return self.work.get("door") or "The database itself"

    @property
    def did(self) -> str:
        return self.work.get("what") or ""

    @property
    def address(self) -> str:
        return self.work.get("address") or ""

    @property
    def request_id(self) -> str:
        return self.work.get("request_id") or ""


def event_models() -> list[Any]:
    """The models of events, one for each tracked model."""
    found = [model for model in apps.get_models() if issubclass(model, Event)]
    return [model for model in found if model.pgh_tracked_model is not None]


class BoundedPaginator(Paginator):
    """Counts no further than anybody turns pages: who looks for more says more of it."""

    object_list: QuerySet

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:MOST_EVENTS].count()


def search_changes(
    record: UUID | None = None,
    by: User | None = None,
    day: date | None = None,
    until: date | None = None,
    door: str = "",
    kind: str = "",
    page: Any = 1,
) -> Page:
    """A page of event rows, the latest first: of a record and what belongs to it, of what this
    user did, through a door, of one kind of record (`doctors.doctor`), from one day of the
    clinic until another (of that day alone where `until` is left out)."""
    arms = []
    for number, model in enumerate(event_models()):
        if kind and model.pgh_tracked_model._meta.label_lower != kind:
            continue
        events = model.objects.order_by().annotate(pgh_table=Value(number))
        if record is not None:
            events = events.filter(about(model, record))
        if by is not None:
            events = events.annotate(pgh_by=KT("pgh_context__user"))
            events = events.filter(pgh_by=str(by.pk))
        if door:
            events = events.annotate(pgh_door=KT("pgh_context__door")).filter(pgh_door=door)
        if day is not None:
            events = events.filter(pgh_created_at__gte=day_bounds(day)[0])
        if last := until or day:
            events = events.filter(pgh_created_at__lt=day_bounds(last)[1])
        arms.append(events.values_list("pgh_table", "pgh_id", "pgh_created_at"))
    rows = arms[0].union(*arms[1:], all=True) if len(arms) > 1 else arms[0]
    rows = rows.order_by("-pgh_created_at", "pgh_table", "-pgh_id")
    return BoundedPaginator(rows, EVENTS_A_PAGE).get_page(page)


def about(model: Any, record: UUID) -> Q:
    """The events of the record of this id, and of records that belong to it."""
    condition = Q()
    for one in model._meta.fields:
        is_id = one.name == "pgh_obj" or one.name in ("patient", "doctor", "user")
        if is_id and one.is_relation and one.target_field.get_internal_type() == "UUIDField":
            condition |= Q(**{one.attname: record})
    return condition or Q(pk__in=[])


def load_changes(rows: Iterable[tuple[int, int, datetime]]) -> list[Loaded]:
    """The events of the rows, each with the one before it of the same record, if there is one."""
    rows, models = list(rows), event_models()
    found: dict[tuple[int, int], Loaded] = {}
    for number in {row[0] for row in rows}:
        model = models[number]
        earlier = model.objects.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id"))
        events = model.objects.filter(pgh_id__in=[row[1] for row in rows if row[0] == number])
        previous = Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1])
        events = list(events.annotate(previous=previous))
        before = model.objects.in_bulk([one.previous for one in events if one.previous])
        found |= {(number, one.pgh_id): (one, before.get(one.previous)) for one in events}
    return [found[number, key] for number, key, _ in rows]


def patients_in(events: Iterable[Any]) -> Iterator[UUID]:
    """Whose data the events show."""
    for event in events:
        if event.pgh_tracked_model._meta.label == "patients.Patient":
            yield event.pgh_obj_id
        elif hasattr(event, "patient_id"):
            yield event.patient_id


def change_entries(loaded: list[Loaded]) -> list[Entry]:
    works = [event.pgh_context or {} for event, _ in loaded]
    keys = {work["user"] for work in works if work.get("user")}
    people = {str(user.pk): user for user in User.objects.filter(pk__in=keys)} if keys else {}
    return [entry(event, before, people) for event, before in loaded]


def entry(event: Any, before: Any, people: dict[str, User]) -> Entry:
    work = event.pgh_context or {}
    user = people.get(work.get("user") or "")
    return Entry(
        at=event.pgh_created_at,
        kind=event.pgh_tracked_model._meta.verbose_name,
        record=str(event.pgh_obj_id),
        name=name_of(event),
        label=LABELS.get(event.pgh_label, event.pgh_label),
        who=f"{user.get_full_name()}, {user.email}" if user else work.get("user") or "Nobody",
        work=work,
        has_before=event.pgh_label == "update" and before is not None,
        changes=list(changes(event, before)) if event.pgh_label in ("insert", "update") else [],
    )


def name_of(event: Any) -> str:
    names = (getattr(event, name, "") for name in ("first_name", "last_name"))
    return " ".join(filter(None, names)) or getattr(event, "email", "") or str(event.pgh_obj_id)


def changes(event: Any, before: Any) -> Iterator[Change]:
    """What an event changed; of an insert, and where nothing earlier is on record, all there is."""
    is_first = event.pgh_label == "insert" or before is None
    for one in event._meta.fields:
        if one.name.startswith("pgh_") or one.name in ("id", "updated_at"):
            continue
        after = getattr(event, one.attname)
        old = None if is_first else getattr(before, one.attname)
        if (after in (None, "")) if is_first else (old == after):
            continue
        is_hidden = isinstance(one, EncryptedTextField)
        values = ("", "") if is_hidden else (shown_change(old), shown_change(after))
        yield Change(str(one.verbose_name), *values, is_hidden)


def shown_change(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return date_format(localtime(value), "j M Y, H:i:s")
        case date():
            return date_format(value, "j M Y")
    return str(value)
