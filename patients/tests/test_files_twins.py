"""Patients whom an import made or changed are looked through for likely twins, a few a job."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.console import signed_in
from clinic.models import FileTransfer
from clinic.tests.files import confirm, send, table
from clinic.tests.jobs import run_due_jobs
from patients import tasks
from patients.models import Patient, PossibleDuplicate
from patients.tests.factories import PatientFactory

PAGE = "/admin/patients/patient/"
HEADINGS = ["First name", "Last name", "E-mail", "Phone", "Date of birth", "Street", "Postal code"]
PERSON = {"date_of_birth": "1984-03-07", "street": "Elm Row 12", "zip": "10115", "country": "DE"}
LOOKS = "patients.find_duplicates_among"


def row(number: int, first: str, last: str, street: str = "Elm Row 12") -> list[str]:
    contact = [f"n{number}@mail.example", f"+4915120{number:06d}"]
    return [first, last, *contact, "1984-03-07" if "Elm" in street else "", street, "10115"]


def jobs(**more):
    return ProcrastinateJob.objects.filter(task_name__startswith="patients.find_dup", **more)


@pytest.mark.django_db(transaction=True)
def test_twins_of_imported_patients_wait_for_approval(monkeypatch):
    """Twins of somebody on record and of each other, found by the worker, two patients a job."""
    monkeypatch.setattr(tasks, "TWINS_A_JOB", 2)
    client = signed_in(Role.ADMIN)
    known = PatientFactory(first_name="Renée", last_name="Müller", **PERSON)
    rows = [
        row(1, "Ada", "Lovelace"),
        row(2, "Lise", "Meitner"),
        row(3, "Rene", "Müller"),
        row(4, "Grace", "Hopper", "Sea Road 1"),
        row(5, "Ada", "Lovelace"),
    ]
    checked = send(client, PAGE, table(HEADINGS, *rows))
    client.post(f"{PAGE}import/{checked.pk}/", {"confirm": "1"})

    run_due_jobs()

    assert FileTransfer.objects.get().state == FileTransfer.State.DONE
    pairs = {
        frozenset((pair.first.name, pair.second.name)) for pair in PossibleDuplicate.objects.all()
    }
    assert {frozenset(["Renée Müller", "Rene Müller"]), frozenset(["Ada Lovelace"])} <= pairs
    assert not [pair for pair in pairs if "Grace Hopper" in pair]
    assert list(jobs().values_list("task_name", "status")) == [(LOOKS, "succeeded")] * 3
    assert known.record_number in client.get("/admin/approvals/").content.decode()


@pytest.mark.django_db
def test_one_job_is_deferred_however_many_patients_there_are():
    client = signed_in(Role.ADMIN)
    before = PatientFactory()
    rows = [row(number, "Ada", f"L{number}") for number in range(520)]  # More than a batch.

    confirm(client, PAGE, send(client, PAGE, table(HEADINGS, *rows)))

    [job] = jobs()
    made = sorted(Patient.objects.exclude(pk=before.pk).values_list("pk", flat=True))
    assert (job.args["first"], job.args["last"]) == (str(made[0]), str(made[-1]))


@pytest.mark.django_db
def test_patients_whom_it_changed_are_looked_through_and_nobody_else():
    known = PatientFactory(first_name="Renée", last_name="Müller", **PERSON)
    changed = [PatientFactory(first_name="Rene", last_name="Muller") for _ in range(3)]
    bystanders = [PatientFactory(first_name="Ada", last_name="Twin", **PERSON) for _ in range(2)]
    changed.append(PatientFactory(first_name="Renee", last_name="Müller"))
    client = signed_in(Role.ADMIN)
    rows = [[one.record_number, *PERSON.values()] for one in changed]
    headings = ["Record number", "Date of birth", "Street", "Postal code", "Country"]

    confirm(client, PAGE, send(client, PAGE, table(headings, *rows)))
    [job] = jobs()
    tasks.find_duplicates_among(**job.args)

    pairs = PossibleDuplicate.objects.all()
    assert all(pairs.between(known, one).exists() for one in changed)
    assert not pairs.between(*bystanders).exists()


@pytest.mark.django_db
def test_a_file_that_changes_nobody_or_is_refused_has_none_looked_for():
    client = signed_in(Role.ADMIN)
    known = PatientFactory(city="Bonn")
    change = [["Record number", "City"], [known.record_number, "Bonn"]]
    confirm(client, PAGE, send(client, PAGE, table(*change)))
    checked = send(client, PAGE, table(HEADINGS, row(1, "Ada", "Lovelace"), row(2, "A", "B")))
    PatientFactory(email="n2@mail.example")

    refused = confirm(client, PAGE, checked)

    assert refused.state == FileTransfer.State.FAULTY
    assert not jobs().exists()
