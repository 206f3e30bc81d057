"""Imports, merges and their undoing side by side: what is locked in one order can't deadlock."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.files import transfers
from clinic.files.transfers import State
from clinic.models import FileTransfer
from clinic.tests.files import send, table
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import Patient
from patients.services.merging.merge import BUSY
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)


def until_waiting(count: int) -> None:
    """Return when so many sessions of this database wait for a lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(query)
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits")


@contextmanager
def beside() -> Iterator[Callable]:
    """Hands out what starts a call beside the block. At its end, all of them have ended, and
    what one of them raised is raised."""

    def run(call, *args):
        try:
            call(*args)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        running = []
        yield lambda call, *args: running.append(pool.submit(run, call, *args))
        for one in running:
            one.result(timeout=60)


def confirmed(browser, page: str, rows: list[list[str]]) -> FileTransfer:
    """A file that was checked, and waits for its job to write it."""
    transfer = send(browser, page, table(*rows))
    assert transfer.state == State.CHECKED, transfer.faults
    FileTransfer.objects.filter(pk=transfer.pk).update(state=State.WRITING)
    return transfer


KINDS = {
    "patients": (Patient, PatientFactory, "Record number", "record_number", "City"),
    "doctors": (Doctor, DoctorFactory, "Id", "pk", "Specialization"),
}


@pytest.mark.parametrize(
    ("kind", "rival"), [("patients", "import"), ("doctors", "import"), ("patients", "merge")]
)
def test_an_import_never_deadlocks_with(kind, rival):
    """Each holds what it has changed already and waits for a row in the middle of its file. Then
    they want what the other holds, unless all was locked in order beforehand."""
    model, factory, heading, key, column = KINDS[kind]
    admin = UserFactory(role=Role.ADMIN)
    first, second, *middle = factory.create_batch(4)
    browser, page = signed_in(admin), f"/admin/{kind}/{kind[:-1]}/"

    def file(*records) -> FileTransfer:
        rows = [[str(getattr(one, key)), f"New {len(records)}"] for one in records]
        return confirmed(browser, page, [[heading, column], *rows])

    imported = file(second, middle[0], first)
    other = file(first, middle[1], second) if rival == "import" else None

    with beside() as start, transaction.atomic():
        rows = model.objects.select_for_update()
        list(rows.filter(pk__in=[one.pk for one in middle]))
        start(transfers.write_file, imported.pk)
        until_waiting(1)
        if other is not None:
            start(transfers.write_file, other.pk)
        else:
            start(services.merge, first, second, admin)
        until_waiting(2)

    states = FileTransfer.objects.values_list("state", flat=True)
    assert set(states) == {State.DONE}


def test_two_imports_of_the_same_new_people_find_each_other():
    admin = UserFactory(role=Role.ADMIN)
    browser, page = signed_in(admin), "/admin/patients/patient/"
    people = [
        ["", "Ada", f"Row {n}", f"n{n}@mail.example", f"+4930901{n:03d}"] for n in range(100, 140)
    ]
    heads = ["Record number", "First name", "Last name", "E-mail", "Phone"]
    files = [confirmed(browser, page, [heads, *people[:: (1, -1)[n]]]) for n in range(2)]
    together = threading.Barrier(2)

    def write(transfer: FileTransfer) -> None:
        together.wait()
        transfers.write_file(transfer.pk)

    with beside() as start:
        for one in files:
            start(write, one)

    states = sorted(FileTransfer.objects.values_list("state", flat=True))
    assert states == sorted([State.DONE, State.FAULTY])
    assert Patient.objects.count() == len(people)


@pytest.mark.parametrize("step", ["merge", "undo"])
def test_a_deadlock_is_told_as_a_word_to_try_again(step):
    """Somebody holds a row of the patient's, and then wants the patient."""
    desk, (survivor, other) = UserFactory(), PatientFactory.create_batch(2)
    care = CareAssignmentFactory(patient=other, doctor=DoctorFactory())
    record = services.merge(survivor, other, by=desk) if step == "undo" else None
    told: list[ValidationError] = []

    def take() -> None:
        try:
            services.undo(record, by=desk) if record else services.merge(survivor, other, by=desk)
        except ValidationError as error:
            told.append(error)

    with beside() as start, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL deadlock_timeout = '60s'")  # So that the other is the victim.
        cursor.execute("SELECT 1 FROM patients_careassignment WHERE id = %s FOR UPDATE", [care.pk])
        start(take)
        until_waiting(1)
        list(Patient.objects.select_for_update().filter(pk=survivor.pk))

    assert [error.messages for error in told] == [[BUSY]]
