"""Who read what: the one place that writes the access log."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from accounts.models import AccessLog, User
from clinic.history import address_of, door_of
from clinic.security_log import Kind, note_security
from clinic.statements import Given, Statement, insert_together


def note_read(
    request: HttpRequest | Request,
    action: AccessLog.Action,
    patient_ids: Iterable[UUID],
    reader: User | None = None,
) -> None:
    """Write down that this request is about to show these patients' data: one row, one INSERT.

    Call it once in a request, before the answer: where the row can't be written, nothing is
    shown. Where nobody is shown, nothing is written. Patients who read their own data are noted
    like everybody else: it may be somebody else with their password. `reader` is whom a request
    without a sign-in stands for.
    """
    patients = list(dict.fromkeys(patient_ids))
    if not patients:
        return
    row = AccessLog(
        user=request.user if request.user.is_authenticated else reader,
        action=action,
        patients=patients,
        door=door_of(request),
        address=address_of(request),
        request_id=request.id,  # type: ignore[union-attr]  # RequestIdMiddleware gives it.
    )
    insert_together(row)
    if action == AccessLog.Action.EXPORT:
        note_security(Kind.EXPORT, user=row.user_id, of="patient", records=len(patients))


def noted(
    shown: Statement,
    action: AccessLog.Action,
    patient_column: int,
    after: str = "SELECT * FROM shown",
    *params: Any,
) -> Statement:
    """A statement that shows these rows and writes who has seen the patients in them, as
    `note_read()` does: both or neither. What it needs for that, `reading()` gives.

    `after` is what it answers in the end, of the rows `shown` with columns `c0`, `c1`, ...
    """
    columns = ", ".join(f"c{number}" for number in range(shown.column_count))
    sql = f"""WITH shown ({columns}) AS MATERIALIZED ({{}}), noted AS (
        INSERT INTO {AccessLog._meta.db_table}
            (at, user_id, action, patients, door, address, request_id)
        SELECT %s::timestamptz, %s::uuid, %s, array_agg(DISTINCT c{patient_column}), %s,
            %s::inet, %s
        FROM shown HAVING count(*) > 0
    ) {after}"""  # noqa: S608  # nosec B608  # Names of columns, and what our callers write.
    names = ("read_at", "reader", action.value, "door", "address", "request_id")
    given = [name if name == action.value else Given(name) for name in names]
    return shown.extended(sql, *given, *params)


def reading(request: HttpRequest, reader: User) -> dict[str, Any]:
    """What is noted of a read, for a statement of `noted()`."""
    return {
        "read_at": timezone.now(),
        "reader": reader.pk,
        "door": door_of(request),
        "address": address_of(request),
        "request_id": request.id,  # type: ignore[attr-defined]  # RequestIdMiddleware gives it.
    }


def note_command(
    user: User,
    command: str,
    patient_ids: Iterable[UUID],
    action: AccessLog.Action = AccessLog.Action.EXPORTED,
) -> None:
    """Write down that a command of `manage.py` is about to put these patients into a file, or to
    show them to whoever runs it. Where nobody is shown, nothing is written."""
    patients = list(patient_ids)
    if not patients:
        return
    AccessLog.objects.create(
        user=user, action=action, patients=patients, door="command", request_id=command
    )
