"""Workbooks that were made to cost much: what reading them may take, and what comes of them."""

import io
import os
import resource
import time
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.files import transfers
from clinic.files.reading import Refused, open_table
from clinic.files.tasks import check_file
from clinic.files.workbooks import process
from clinic.files.workbooks.process import IN_A_JOB, WHILE_ASKED, Bounds
from clinic.models import FileTransfer
from clinic.queues import DEFAULT
from clinic.tasks import retry_stalled_jobs
from clinic.tests import workbooks
from clinic.tests.files import kept_files, run, send, upload, workbook
from clinic.tests.jobs import run_due_jobs

MB = 1024 * 1024
PAGE = "/admin/patients/patient/"
HEAVY = "This workbook takes too much to read"


def read(content: bytes, bounds: Bounds = WHILE_ASKED) -> list[tuple[int, list[str]]]:
    with open_table(io.BytesIO(content), bounds) as table:
        return list(table.rows)


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", workbooks.REFUSED)
def test_what_was_made_to_cost_much_is_refused_at_little_cost(name):
    make, sentence = workbooks.REFUSED[name]
    content = make()
    children, own = seconds_of_children(), time.thread_time()

    with pytest.raises(Refused, match=sentence):
        read(content)

    assert seconds_of_children() - children < 3
    assert time.thread_time() - own < 0.2


@pytest.fixture(scope="module")
def strings() -> bytes:
    """Some MB of texts: what is allowed, and takes some seconds."""
    return workbooks.with_strings(200_000, workbooks.noise)


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        (Bounds(cpu_seconds=1, seconds=60), HEAVY),
        (Bounds(cpu_seconds=60, seconds=1), HEAVY),
        (Bounds(cpu_seconds=60, seconds=60, memory=70 * MB), f"too large|{HEAVY}"),
        (Bounds(cpu_seconds=60, seconds=60, strings=1_000), "too large"),
    ],
    ids=["processor", "clock", "memory", "strings"],
)
def test_who_reads_it_is_ended_at_each_of_its_bounds(strings, bounds, sentence):
    children = seconds_of_children()

    with pytest.raises(Refused, match=sentence):
        read(strings, bounds)

    assert seconds_of_children() - children < 5


def test_rows_far_apart_are_read_as_they_stand_there():
    assert read(workbooks.with_rows(workbooks.row(1_048_576))) == [
        (2, ["Ada", "London"]),
        (1_048_576, ["Bob", ""]),
    ]


def test_no_reader_is_left_and_none_has_anything_of_the_servers(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "for nobody")
    content = workbook(*workbooks.ROWS, *[["x", "y"]] * 20_000)

    with process.workbook_rows(io.BytesIO(content), IN_A_JOB) as (title, rows):
        next(rows)
        [reader] = readers()
        environ = Path(f"/proc/{reader}/environ").read_bytes()

    assert title == "Sheet"
    assert b"SECRET_KEY" not in environ
    assert not readers()


def readers() -> list[str]:
    """The processes of ours that read a workbook."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if str(process.READER).encode() in line and int(parent) == os.getpid():
            found.append(folder.name)
    return found


@pytest.mark.django_db
def test_the_console_says_why_and_a_job_gives_it_up_for_good(strings, monkeypatch):
    """What its reader was ended for is not tried again."""
    admin = signed_in("admin")
    content = workbook(["last_name", "phone"], ["Lovelace", "030 901820"])
    refused = upload(admin, PAGE, workbooks.with_strings(1_500_000, lambda _: ""), "a.xlsx")
    transfer = send(admin, PAGE, content, "b.xlsx")
    FileTransfer.objects.filter(pk=transfer.pk).update(state=transfers.State.CHECKING)
    monkeypatch.setattr(transfers, "IN_A_JOB", Bounds(cpu_seconds=60, seconds=0))

    run(check_file, transfer)

    assert "too large" in refused.context["form"].errors["file"][0]
    transfer.refresh_from_db()
    assert transfer.state == transfers.State.FAULTY
    assert transfer.refusal.startswith(HEAVY)
    assert not kept_files()
    run(check_file, transfer)  # Handed on by a worker that died: there is nothing left to do.


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("attempts", "state"), [(1, "checking"), (2, "failed")])
def test_a_file_whose_workers_die_is_handed_on_twice_at_most(attempts, state):
    transfer = FileTransfer.objects.create(
        user=UserFactory(), kind="patients", direction="import", state="checking", door="admin"
    )
    job = check_file.configure(schedule_in={"days": 1}).defer(transfer_id=str(transfer.pk))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s WHERE id = %s",
            [attempts, job],
        )
    retry_stalled_jobs.defer(timestamp=0)

    run_due_jobs(DEFAULT)

    transfer.refresh_from_db()
    assert transfer.state == state
    assert ProcrastinateJob.objects.get(pk=job).status == ("todo" if attempts == 1 else "failed")
