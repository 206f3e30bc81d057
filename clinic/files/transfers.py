"""The life of a file that is imported: kept, checked, written or given up, and forgotten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.tasks import Task

from clinic.errors import WRONG_STATE
from clinic.files.preview import Preview
from clinic.files.progress import Progress
from clinic.files.reading import Refused, Table, open_table
from clinic.files.resource import FileResource
from clinic.files.run import Fault, Outcome, Run
from clinic.history import at_work
from clinic.models import FileTransfer

State = FileTransfer.State
KEPT = timedelta(hours=1)
RESOURCES: dict[str, type[FileResource]] = {}
ERROR = "Something went wrong here that is not the file's fault. Nothing was imported."


def register_resource(resource: type[FileResource]) -> None:
    RESOURCES[resource.kind] = resource


def storage():
    return storages["documents"]  # Encrypted, and out of reach of the web server.


def keep_file(transfer: FileTransfer, file: File, job: Task) -> FileTransfer:
    """Keep a file that was sent, encrypted, until it is imported; this job checks it."""
    transfer.stored_as = storage().save(f"imports/{transfer.pk.hex}", file)
    try:
        with transaction.atomic():
            transfer.save(force_insert=True)
            job.defer(transfer_id=str(transfer.pk))
    except BaseException:
        storage().delete(transfer.stored_as)
        raise
    return transfer


def check_file(transfer_id: UUID) -> None:
    """Find every fault of the file, and what an import would do. Nothing is written."""
    transfer = FileTransfer.objects.select_related("user").get(pk=transfer_id)
    if transfer.state == State.CHECKING:
        go_through(transfer, Run.check, State.CHECKED)


@transaction.atomic
def confirm_transfer(transfer: FileTransfer, job: Task) -> None:
    """Let this job write a file that has no fault. Raises ValidationError (`wrong_state`)."""
    rows = FileTransfer.objects.filter(pk=transfer.pk, state=State.CHECKED)
    if not rows.update(state=State.WRITING, progress=0):
        raise ValidationError("This file can't be imported any more.", code=WRONG_STATE)
    job.defer(transfer_id=str(transfer.pk))


@transaction.atomic
def write_file(transfer_id: UUID) -> None:
    """Import the file: every row and the transfer's new state in one transaction, or nothing."""
    with connection.cursor() as cursor:  # A job that is run twice waits for the other one.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [transfer_id.int % 2**63])
    transfer = FileTransfer.objects.select_related("user").get(pk=transfer_id)
    if transfer.state == State.WRITING:
        go_through(transfer, Run.write, State.DONE)


def go_through(
    transfer: FileTransfer, way: Callable[[Run], Outcome], end: FileTransfer.State
) -> None:
    """Go through the file in this way, and save what came out."""
    resource = RESOURCES[transfer.kind](transfer.user)
    faults: list[Fault] = []
    outcome, transfer.refusal = Outcome(), ""
    work = at_work(
        transfer.door,
        f"Import of {transfer.kind}",
        user=lambda: str(transfer.user_id),
        request_id=transfer.request_id,
    )
    with work:
        try:
            if not resource.may("import"):
                raise Refused("You may not import these records.")
            reopen = partial(kept_table, transfer)
            with Progress(transfer.pk) as progress, reopen() as table:
                limit = settings.IMPORT_MAX_ROWS
                outcome = way(Run(resource, table, reopen, faults.append, progress, limit))
        except Refused as error:
            transfer.refusal = str(error)
        finish(transfer, outcome, faults, end)


@contextmanager
def kept_table(transfer: FileTransfer) -> Iterator[Table]:
    with storage().open(transfer.stored_as) as file, open_table(file) as table:
        yield table


@transaction.atomic
def finish(
    transfer: FileTransfer, outcome: Outcome, faults: list[Fault], end: FileTransfer.State
) -> None:
    """Save what came out, unless another run of the job was faster: what is done stays done."""
    if not still_in(transfer.pk, transfer.state):
        return
    is_faulty = bool(faults or transfer.refusal)
    transfer.state = State.FAULTY if is_faulty else end
    transfer.rows, transfer.new = outcome.rows, outcome.new
    transfer.changed, transfer.unchanged = outcome.changed, outcome.unchanged
    transfer.fault_count = len(faults)
    ordered = sorted(faults, key=lambda fault: fault.row)
    transfer.faults = [[fault.row, fault.column, fault.sentence] for fault in ordered]
    if transfer.state == State.CHECKED:
        keep_preview(transfer, outcome.preview)
    else:
        forget_file(transfer)
    transfer.save()


def still_in(transfer_id: UUID, state: str) -> bool:
    """Is the file in this state? It stays there until the transaction ends."""
    rows = FileTransfer.objects.filter(pk=transfer_id, state=state).order_by()
    return bool(rows.select_for_update(no_key=True).values_list("pk"))


def preview_name(transfer: FileTransfer) -> str:
    return f"previews/{transfer.pk.hex}"


def keep_preview(transfer: FileTransfer, preview: Preview) -> None:
    """Keep what the file would do as its file is kept: encrypted, and not for longer."""
    storage().delete(preview_name(transfer))  # A job that is run twice writes it anew.
    storage().save(preview_name(transfer), ContentFile(preview.as_json()))


def preview_of(transfer: FileTransfer) -> Preview | None:
    """What a file that was checked would do. None where nothing of it is kept."""
    name = preview_name(transfer)
    if transfer.state != State.CHECKED or not storage().exists(name):
        return None
    with storage().open(name) as file:
        return Preview.from_json(file.read())


def drop(transfer: FileTransfer, state: FileTransfer.State = State.DROPPED) -> bool:
    """Give a file up that is not at work, and delete it. Returns False where it is too late."""
    with transaction.atomic():
        rows = FileTransfer.objects.select_for_update().filter(pk=transfer.pk)
        current = rows.filter(state=State.CHECKED).first()
        if current is None:
            return False
        current.state = state
        forget_file(current)
        current.save()
    return True


@transaction.atomic
def fail(transfer_id: UUID, state: FileTransfer.State) -> None:
    """Say of a file that an error ended its job: nothing of it was written. A job that comes late,
    when the file is not in the job's own state any more, has nothing to say."""
    if not still_in(transfer_id, state):
        return
    transfer = FileTransfer.objects.get(pk=transfer_id)
    transfer.state, transfer.refusal = State.FAILED, ERROR
    forget_file(transfer)
    transfer.save()


def forget_file(transfer: FileTransfer) -> None:
    """Delete the file and its preview after the commit."""
    transfer.ended_at = timezone.now()
    if transfer.stored_as:
        for name in (transfer.stored_as, preview_name(transfer)):
            transaction.on_commit(partial(storage().delete, name))
        transfer.stored_as = ""


def sweep() -> int:
    """Give up what nobody went on with for an hour, and delete the files. Returns how many."""
    waiting = FileTransfer.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(
        stored_as=""
    )
    return sum(drop(transfer) for transfer in waiting.filter(state=State.CHECKED))
