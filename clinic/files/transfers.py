"""The life of a file that is imported: kept, matched, checked, written or given up, forgotten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
from clinic.files.faults import Fault, Groups
from clinic.files.matching import LEFT_OUT, own_columns, settled_columns
from clinic.files.preview import Preview
from clinic.files.progress import Progress
from clinic.files.reading import Refused, Table, open_table
from clinic.files.resource import FileResource
from clinic.files.run import Outcome, Run
from clinic.files.workbooks.process import IN_A_JOB, WHILE_ASKED, Bounds
from clinic.history import at_work
from clinic.models import FileTransfer
from clinic.storage import IMPORTS

State = FileTransfer.State
KEPT = timedelta(hours=1)
RESOURCES: dict[str, type[FileResource]] = {}
ERROR = "Something went wrong here that is not the file's fault. Nothing was imported."
TOO_LATE = "This file can't be imported any more."


def register_resource(resource: type[FileResource]) -> None:
    RESOURCES[resource.kind] = resource


def storage():
    return storages["documents"]  # Encrypted, and out of reach of the web server.


def keep_file(transfer: FileTransfer, file: File, headings: list[str], job: Task) -> FileTransfer:
    """Keep a file that was sent, encrypted, until it is imported. This job checks it at once where
    its headings are all the clinic's own, or were matched before; else somebody matches them."""
    transfer.headings = headings
    earlier = matched_before(transfer)
    own = own_columns(RESOURCES[transfer.kind](transfer.user), headings)
    transfer.columns = own or (earlier.columns if earlier else [])
    if earlier and not own:
        transfer.answers = lasting_answers(earlier)
    transfer.state = State.CHECKING if transfer.columns else State.MATCHING
    transfer.stored_as = storage().save(f"{IMPORTS}/{transfer.pk.hex}", file)
    try:
        with transaction.atomic():
            transfer.save(force_insert=True)
            if transfer.columns:
                job.defer(transfer_id=str(transfer.pk))
    except BaseException:
        storage().delete(transfer.stored_as)
        raise
    return transfer


def matched_before(transfer: FileTransfer) -> FileTransfer | None:
    """The latest file with the same headings, whose columns somebody has matched."""
    alike = FileTransfer.objects.filter(kind=transfer.kind, headings=transfer.headings)
    earlier = alike.exclude(columns=[]).order_by("-created_at").first()
    known = {LEFT_OUT, *RESOURCES[transfer.kind].columns}
    return earlier if earlier and known.issuperset(earlier.columns) else None


def lasting_answers(transfer: FileTransfer) -> dict[str, list[str]]:
    """Those on the order of day and month, which stays as it is in the program that a file comes
    from; a spreadsheet loses a zero now and then."""
    columns = RESOURCES[transfer.kind].columns
    kept = transfer.answers.items()
    return {name: told for name, told in kept if name in columns and columns[name].cell.is_lasting}


@transaction.atomic
def match_columns(transfer: FileTransfer, columns: list[str], job: Task) -> None:
    """Take each column for this field, and have the file checked anew by this job."""
    again(transfer, job, columns=columns, answers={})


@transaction.atomic
def answer_questions(transfer: FileTransfer, answers: dict[str, str], job: Task) -> None:
    """Take what was answered of whole columns, beside what was before, and check anew."""
    told = {name: list(earlier) for name, earlier in transfer.answers.items()}
    for name, answer in answers.items():
        told.setdefault(name, []).append(answer)
    again(transfer, job, answers=told)


def again(transfer: FileTransfer, job: Task, **values) -> None:
    """Raises ValidationError (`wrong_state`)."""
    rows = FileTransfer.objects.filter(pk=transfer.pk, state__in=FileTransfer.WAITING)
    kept = rows.exclude(stored_as="")
    if not kept.update(state=State.CHECKING, progress=0, **values):
        raise ValidationError(TOO_LATE, code=WRONG_STATE)
    job.defer(transfer_id=str(transfer.pk))


def check_file(transfer_id: UUID) -> None:
    """Find every fault of the file, and what an import would do. Nothing is written."""
    transfer = FileTransfer.objects.select_related("user").get(pk=transfer_id)
    if transfer.state == State.CHECKING:
        go_through(transfer, Run.check, State.CHECKED)


@transaction.atomic
def confirm_transfer(transfer: FileTransfer, job: Task, is_partial: bool = False) -> None:
    """Let this job write a file that has no fault, or the rows that have none. Raises
    ValidationError (`wrong_state`)."""
    state = State.FAULTY if is_partial else State.CHECKED
    rows = FileTransfer.objects.filter(pk=transfer.pk, state=state).exclude(stored_as="")
    if not rows.update(state=State.WRITING, progress=0, is_partial=is_partial):
        raise ValidationError(TOO_LATE, code=WRONG_STATE)
    job.defer(transfer_id=str(transfer.pk))


@transaction.atomic
def write_file(transfer_id: UUID) -> None:
    """Import the file: every row that is due and the transfer's new state in one transaction, or
    nothing."""
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
            reopen = partial(kept_table, transfer, IN_A_JOB)
            with Progress(transfer.pk) as progress, reopen() as table:
                outcome = way(
                    Run(
                        resource,
                        table,
                        reopen,
                        transfer.columns or settled_columns(resource, table.headings),
                        faults.append,
                        progress,
                        settings.IMPORT_MAX_ROWS,
                        transfer.answers,
                        transfer.is_partial,
                        frozenset(transfer.faulty_rows) if transfer.is_partial else (),
                    )
                )
                outcome.preview.form = table.form
        except Refused as error:
            transfer.refusal = str(error)
        finish(transfer, outcome, faults, end)


@contextmanager
def kept_table(transfer: FileTransfer, bounds: Bounds = WHILE_ASKED) -> Iterator[Table]:
    with storage().open(transfer.stored_as) as file, open_table(file, bounds) as table:
        yield table


@transaction.atomic
def finish(
    transfer: FileTransfer, outcome: Outcome, faults: list[Fault], end: FileTransfer.State
) -> None:
    """Save what came out, unless another run of the job was faster: what is done stays done."""
    if not still_in(transfer.pk, transfer.state):
        return
    is_written = end == State.DONE and transfer.is_partial and not transfer.refusal
    is_faulty = bool(faults or transfer.refusal) and not is_written
    transfer.state = State.FAULTY if is_faulty else end
    transfer.rows, transfer.new = outcome.rows, outcome.new
    transfer.changed, transfer.unchanged = outcome.changed, outcome.unchanged
    told = [[fault.row, fault.column, fault.sentence] for fault in faults]
    told += transfer.faults if is_written else []
    transfer.faults = sorted(told, key=lambda one: one[0])
    transfer.fault_count = len(transfer.faults)
    if transfer.refusal or (transfer.state == State.DONE and not transfer.is_partial):
        forget_file(transfer)
    elif transfer.state == State.DONE:
        transfer.ended_at = timezone.now()  # The rows that were left out may be fetched yet.
        storage().delete(preview_name(transfer))
    else:
        transfer.is_partial = False
        keep_preview(transfer, outcome.preview, faults)
    transfer.save()


def still_in(transfer_id: UUID, state: str) -> bool:
    """Is the file in this state? It stays there until the transaction ends."""
    rows = FileTransfer.objects.filter(pk=transfer_id, state=state).order_by()
    return bool(rows.select_for_update(no_key=True).values_list("pk"))


def preview_name(transfer: FileTransfer) -> str:
    return f"previews/{transfer.pk.hex}"


def keep_preview(transfer: FileTransfer, preview: Preview, faults: list[Fault]) -> None:
    """Keep what the file would do, and the values that are wrong, as its file is kept: encrypted,
    and not for longer."""
    columns = RESOURCES[transfer.kind].columns
    groups = Groups(
        lambda name, code, cell: columns[name].cell.questions(code, cell) if name else {}
    )
    for fault in faults:
        groups.note(fault)
    preview.faults = groups.ordered()
    storage().delete(preview_name(transfer))  # A job that is run twice writes it anew.
    storage().save(preview_name(transfer), ContentFile(preview.as_json()))


def preview_of(transfer: FileTransfer) -> Preview | None:
    """What a file that was checked would do. None where nothing of it is kept."""
    name = preview_name(transfer)
    if not transfer.is_waiting or transfer.state == State.MATCHING or not storage().exists(name):
        return None
    with storage().open(name) as file:
        return Preview.from_json(file.read())


def drop(transfer: FileTransfer, state: FileTransfer.State = State.DROPPED) -> bool:
    """Give a file up that is not at work, and delete it. Returns False where it is too late."""
    with transaction.atomic():
        rows = FileTransfer.objects.select_for_update().filter(pk=transfer.pk)
        current = rows.filter(state__in=FileTransfer.WAITING).exclude(stored_as="").first()
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
    transfer.ended_at = transfer.ended_at or timezone.now()
    if transfer.stored_as:
        for name in (transfer.stored_as, preview_name(transfer)):
            transaction.on_commit(partial(storage().delete, name))
        transfer.stored_as = ""


@transaction.atomic
def sweep() -> int:
    """Give up what nobody went on with for an hour, and delete the files. Returns how many."""
    old = FileTransfer.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(stored_as="")
    unanswered = old.filter(state__in=(State.MATCHING, State.CHECKED))
    given_up = sum(drop(transfer) for transfer in unanswered)
    # Of these all is said, but that their rows with faults may be fetched.
    for transfer in old.filter(state__in=(State.FAULTY, State.DONE)).select_for_update():
        forget_file(transfer)
        transfer.save()
    remove_unknown_files()
    return given_up


def remove_unknown_files() -> None:
    """Delete the files whose row was never written, as a crash leaves them."""
    with suppress(FileNotFoundError):  # No file was ever sent.
        for file in storage().listdir(IMPORTS)[1]:
            name = f"{IMPORTS}/{file}"
            with suppress(FileNotFoundError):  # Somebody else was faster.
                is_old = storage().get_modified_time(name) < timezone.now() - KEPT
                if is_old and not FileTransfer.objects.filter(stored_as=name).exists():
                    storage().delete(name)
