"""Who read what: the one place that writes the access log."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import AccessLog, User
from clinic.history import address_of, door_of


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
    AccessLog.objects.create(
        user=request.user if request.user.is_authenticated else reader,
        action=action,
        patients=patients,
        door=door_of(request),
        address=address_of(request),
        request_id=request.id,  # type: ignore[union-attr]  # RequestIdMiddleware gives it.
    )


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
