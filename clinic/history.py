"""Who did what: every change of a record is an event, written by the database's own triggers
(django-pghistory), with who was at work, through which door and from where.

The events of a model are its `<Model>Event` rows. The database lets nobody change or delete them.
"""

import json
from collections.abc import Callable, Iterator, Mapping
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
from psycopg.pq import TransactionStatus
from psycopg.sql import Composable

from clinic.address import client_address, is_address
from clinic.statements import PreparedCursor

EVENTS = ("insert", "update", "delete")
WHAT_LENGTH = 200
WORK_NAME = "work_at_hand"  # Of the parameter, beside those that a statement names.
# Statements that start so change no row, or must stand alone.
SILENT = (
    "select", "savepoint", "release", "rollback", "begin", "start", "set ", "reset", "vacuum",
    "analyze", "checkpoint", "discard", "load", "cluster", "reindex", "create", "alter", "drop",
)  # fmt: skip


def tracked(
    *trackers: pghistory.RowEvent, exclude: tuple[str, ...] = ()
) -> Callable[[type[models.Model]], type[models.Model]]:
    """Keep each insert, update and delete of the model's rows, whoever writes them and how.

    `exclude` names the fields that no event may hold: secrets, and what only repeats others.
    """

    def decorate(model: type[models.Model]) -> type[models.Model]:
        name = model.__name__.lower()[:16]  # Names of indexes have 30 characters at most.
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
    client_request_id: str = "",
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
    if client_request_id:
        work["client_request_id"] = client_request_id
    with connection.execute_wrapper(Work(work)):
        yield


class Work:
    """Tells the triggers who does what, once in a transaction: before the first statement that
    may write, again where a savepoint was rolled back, and where the user turns out to be another.

    It goes before that statement in the same message, and PostgreSQL forgets it at the end of
    the transaction: no pooled connection takes it to anybody else.
    """

    def __init__(self, work: dict[str, Any]):
        self.work = work
        self.told: tuple[str | None] | None = None  # The user, as it was told.

    def __call__(self, execute, sql, params, many: bool, context: dict[str, Any]):
        cursor, wrappers = context["cursor"], context["connection"].execute_wrappers
        if isinstance(cursor.cursor, PreparedCursor):
            return execute(sql, params, many, context)
        if isinstance(sql, Composable):
            sql = sql.as_string(cursor.connection)
        is_new = self.is_new_to(cursor, sql)
        if is_new or len(wrappers) > 1:  # Others want to put something before it as well.
            if many:
                for one in params:
                    cursor.execute(sql, one)  # Comes back here.
                return None
            if params is None:
                sql, params = sql.replace("%", "%%"), ()
        if not is_new:
            return execute(sql, params, many, context)
        user = self.work["user"]()
        answer = told_first(execute, sql, params, self.work | {"user": user}, context)
        self.told = (user,) if context["connection"].in_atomic_block else None
        return answer

    def is_new_to(self, cursor, sql: str) -> bool:
        """Would a change by this statement bear another work, or none?"""
        start = sql[:24].lstrip("( \n").lower()
        status = cursor.connection.pgconn.transaction_status
        if status == TransactionStatus.IDLE or start.startswith("rollback"):
            self.told = None
        if start.startswith(SILENT) or getattr(cursor, "name", None):
            return False
        return status != TransactionStatus.INERROR and self.told != (self.work["user"](),)


def told_first(execute, sql: str, params: Any, work: dict[str, Any], context: dict[str, Any]):
    """Run the statement after telling the work, both in one message."""
    text = json.dumps(work, cls=DjangoJSONEncoder)
    if isinstance(params, Mapping):
        place, params = f"%({WORK_NAME})s", {**params, WORK_NAME: text}
    else:
        place, params = "%s", (text, *params)
    sql = f"SELECT set_config('pghistory.context_metadata', {place}, true); {sql}"
    answer = execute(sql, params, False, context)
    while answer is not None and answer.nextset():
        pass
    return answer


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
            client_request_id=request.client_request_id,
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
