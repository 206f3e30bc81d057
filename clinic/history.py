"""Who did what: every change of a record is an event, written by the database's own triggers
(django-pghistory), with who was at work, through which door and from where.

The events of a model are its `<Model>Event` rows. The database lets nobody change or delete them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pghistory
import pgtrigger
from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models.fields.json import KT
from django.http import HttpRequest
from django.utils import timezone
from procrastinate import App, JobContext
from psycopg.sql import Composable

from clinic.address import client_address, is_address

EVENTS = ("insert", "update", "delete")
WHAT_LENGTH = 200


def tracked(
    *trackers: pghistory.RowEvent, exclude: tuple[str, ...] = ()
) -> Callable[[type[models.Model]], type[models.Model]]:
    """Keep each insert, update and delete of the model's rows, whoever writes them and how.

    `exclude` names the fields that no event may hold: secrets, and what only repeats others.
    """

    def decorate(model: type[models.Model]) -> type[models.Model]:
        name = model.__name__.lower()
        by_user = models.Index(
            KT("pgh_context__user"), models.F("pgh_created_at"), name=f"{name}_event_by_user"
        )
        by_time = models.Index(fields=["pgh_created_at"], name=f"{name}_event_by_time")
        return pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            *trackers,
            exclude=list(exclude),
            context_field=pghistory.ContextJSONField(),  # In the row, which nobody can change.
            context_id_field=None,  # type: ignore[arg-type]  # The request's id is in it.
            append_only=True,
            meta={"indexes": [by_user, by_time], "ordering": ["-pgh_id"]},
        )(model)

    return decorate


@contextmanager
def untracked(*tracked_models: type[models.Model]) -> Iterator[None]:
    """Write no events of these models: for the demo clinic, which has no past to answer for."""
    uris = [f"{model._meta.label}:{event}_{event}" for model in tracked_models for event in EVENTS]
    with pgtrigger.ignore(*uris):
        yield


@contextmanager
def at_work(
    door: str,
    what: str,
    *,
    user: Callable[[], str | None] = lambda: None,
    address: str | None = None,
    request_id: str = "",
) -> Iterator[None]:
    """Let all events of this thread bear who does what, until the end of the block.

    `user` is asked as late as at the first change: the API knows its caller only in the view.
    """
    work = {
        "door": door,
        "what": what[:WHAT_LENGTH],
        "user": user,
        "address": address,
        "request_id": request_id or uuid4().hex,
    }
    with connection.execute_wrapper(plain_statements), pghistory.context(**work):
        yield


def plain_statements(execute, sql, params, many: bool, context: dict[str, Any]):
    """Make of every statement one that a prefix with parameters of its own can be put before.

    That is how pghistory hands its context to the triggers; it knows texts with one list of
    parameters only.
    """
    if isinstance(sql, Composable):
        sql = sql.as_string(context["cursor"].connection)
    if many:
        for one in params:
            context["cursor"].execute(sql, one)  # Comes back here.
        return None
    if params is None and isinstance(sql, str):
        sql, params = sql.replace("%", "%%"), ()
    return execute(sql, params, False, context)


class WorkEncoder(DjangoJSONEncoder):
    """Asks for what is known only later when it is written down."""

    def default(self, o: Any) -> Any:
        return o() if callable(o) else super().default(o)


class HistoryMiddleware:
    """Tell the events that a request leads to who sent it, from where and through which door."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with at_work(
            door_of(request),
            f"{request.method} {request.path}",  # Never the query: there may be a token in it.
            user=Caller(request),
            address=address_of(request),
            request_id=request.id,
        ):
            return self.get_response(request)


class Caller:
    """The id of the user whom a request turns out to come from."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.is_asking = False

    def __call__(self) -> str | None:
        if self.is_asking:  # Finding out who it is may itself write something.
            return None
        self.is_asking = True
        try:
            key = getattr(getattr(self.request, "user", None), "pk", None)
        finally:
            self.is_asking = False
        return str(key) if key else None


def door_of(request: HttpRequest) -> str:
    """`api`, `admin` or `site`."""
    first = request.path.split("/")[1]
    return first if first in ("api", "admin") else "site"


def address_of(request: HttpRequest) -> str | None:
    address = client_address(request)
    is_known = is_address(address) and address != "0.0.0.0"  # noqa: S104  # nosec B104
    return address if is_known else None


def track_jobs(app: App) -> None:
    """procrastinate's hook: what a job changes bears the job's name."""
    cleanup = app.worker_defaults.get("task_middleware") or []  # Closes the job's connections.
    app.worker_defaults["task_middleware"] = [*cleanup, job_at_work]


def job_at_work(call_next: Callable[[], Any], context: JobContext, worker: Any) -> Any:
    with at_work("job", context.job.task_name):
        return call_next()


def last_change_of(record: models.Model) -> str:
    """Who changed the record last, and when, in words; empty where nobody is known."""
    events: Any = record.pgh_event_model  # type: ignore[attr-defined]
    event = events.objects.filter(pgh_obj=record.pk).order_by("-pgh_id").first()
    work = (event and event.pgh_context) or {}
    key = work.get("user")
    user = get_user_model()._default_manager.filter(pk=key).first() if key else None
    if event is None or user is None:
        return ""
    at = timezone.localtime(event.pgh_created_at)
    return f"{user.get_full_name()} ({at:%H:%M})"
