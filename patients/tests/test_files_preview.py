"""What a file would do, row by row, before anybody says yes to it."""

import re

import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from accounts.models import AccessLog, User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.files import preview, transfers
from clinic.tests.files import confirm, send, table
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/patients/patient/"
HEADINGS = ["Record number", "First name", "Last name", "E-mail", "Phone", "Street"]
HEADINGS += ["Policy number", "Medical history"]
ADA = ["", "Ada", "Lovelace", "ADA@mail.example", "030 901820", "", "", ""]
SECRETS = ("OLD-4711", "NEW-0815", "Penicillin", "Nuts")


@pytest.fixture
def admin() -> User:
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def client(admin):
    return signed_in(admin)


def row_of(patient: Patient, **changes: str) -> list[str]:
    cells = {
        "number": patient.record_number,
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "email": patient.email,
        "phone": str(patient.phone),
        "street": patient.street,
        "policy": patient.insurance_policy_number,
        "history": patient.medical_history,
    }
    return list((cells | changes).values())


def shown(client, transfer) -> str:
    """The text of the page, without its tags."""
    content = client.get(f"{PAGE}import/{transfer.pk}/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", content).split())


def kept_previews() -> list[str]:
    storage = storages["documents"]
    return storage.listdir("previews")[1] if storage.exists("previews") else []


def test_what_is_new_changed_and_as_it_was_is_shown_by_row(client):
    moved = PatientFactory(street="Old street 1", first_name="Grace", last_name="Hopper")
    same = PatientFactory(first_name="Lise", last_name="Meitner")
    changed = row_of(moved, street="New street 2", email=moved.email.upper())

    text = shown(client, send(client, PAGE, table(HEADINGS, changed, ADA, row_of(same))))

    record = f"Row 2 {moved.record_number} Grace Hopper"
    assert f"{record} Street Old street 1 New street 2 " in text
    assert moved.email.upper() not in text
    assert "Row 3 First name Ada Last name Lovelace E-mail ada@mail.example Phone +49" in text
    assert f"Row 4 {same.record_number} Lise Meitner" in text
    assert not Patient.objects.filter(first_name="Ada").exists()


def test_encrypted_columns_are_only_said_to_change(client):
    patient = PatientFactory(insurance_policy_number="OLD-4711", medical_history="Penicillin")
    changed = row_of(patient, policy="NEW-0815", history="Penicillin\nNuts")
    new = [*ADA[:6], "NEW-0815", "Nuts"]

    checked = send(client, PAGE, table(HEADINGS, changed, new))

    text = shown(client, checked)
    assert "Policy number Changed." in text
    assert "Medical history Changed." in text
    assert "Policy number not shown here Medical history not shown here" in text
    with storages["documents"].open(transfers.preview_name(checked)) as file:
        kept = file.read().decode()
    assert "Lovelace" in kept
    assert not [secret for secret in SECRETS if secret in text or secret in kept]


def test_of_a_long_file_the_first_of_each_kind_are_kept(client):
    known = [PatientFactory() for _ in range(preview.SHOWN + 2)]
    new = [
        ["", "A", f"B{n}", f"a{n}@mail.example", f"+4915120{n:06d}", "", "", ""] for n in range(3)
    ]
    rows = [row_of(one, first_name="Changed") for one in known]

    checked = send(client, PAGE, table(HEADINGS, *rows, *new))

    text = shown(client, checked)
    assert f"The first {preview.SHOWN} of {preview.SHOWN + 2} rows." in text
    assert f"Row {preview.SHOWN + 1} " in text
    assert f"Row {preview.SHOWN + 2} " not in text
    assert f"Row {preview.SHOWN + 4} First name A Last name B0" in text
    assert (checked.changed, checked.new) == (preview.SHOWN + 2, 3)
    kept = transfers.preview_of(checked)
    assert len(kept.changed) == preview.SHOWN


def test_the_patients_that_are_shown_are_noted_and_only_those_there_still(client, admin):
    gone, kept = PatientFactory(last_name="Gone"), PatientFactory(last_name="Kept")
    rows = [row_of(gone, first_name="New"), row_of(kept), ADA]
    checked = send(client, PAGE, table(HEADINGS, *rows))
    assert not AccessLog.objects.exists()
    gone.delete()

    text = shown(client, checked)

    assert ("Gone" in text, "Kept" in text, "Lovelace" in text) == (False, True, True)
    noted = AccessLog.objects.get()
    assert (noted.user, noted.action, noted.door) == (admin, AccessLog.Action.LIST, "admin")
    assert noted.patients == [kept.pk]


def test_it_is_kept_encrypted_and_no_longer_than_the_file(
    client, django_capture_on_commit_callbacks
):
    given_up, imported = (send(client, PAGE, table(HEADINGS, ADA)) for _ in range(2))
    for name in kept_previews():
        with open(storages["documents"].path(f"previews/{name}"), "rb") as raw:
            assert b"Lovelace" not in raw.read()
    assert len(kept_previews()) == 2

    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{PAGE}import/{given_up.pk}/", {"drop": "1"})
    confirm(client, PAGE, imported)

    assert not kept_previews()
    assert "Lovelace" not in shown(client, imported)


def test_of_a_faulty_file_the_good_rows_are_shown(client):
    faulty = send(client, PAGE, table(HEADINGS, ADA, ["", "Grace", "Hopper", "x", "x", "", "", ""]))

    text = shown(client, faulty)
    assert "Row 2 First name Ada Last name Lovelace" in text
    assert "Row 3 First name Grace" not in text


def test_a_file_checked_before_there_were_previews_is_imported_all_the_same(client):
    checked = send(client, PAGE, table(HEADINGS, ADA))
    storages["documents"].delete(transfers.preview_name(checked))

    assert "Import 1 row" in shown(client, checked)
    assert confirm(client, PAGE, checked).new == 1


def test_the_dry_run_of_the_command_tells_the_same(tmp_path, capsys, admin):
    patient = PatientFactory(street="Old street 1", medical_history="Penicillin")
    Patient.objects.filter(pk=patient.pk).update(street="Old \x1b[31mstreet")
    changed = row_of(patient, street="New street", history="Nuts")
    file = tmp_path / "patients.csv"
    file.write_bytes(table(HEADINGS, changed, ADA))

    call_command("import_patients", file, by=admin.email, dry_run=True)

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert f"Row 2 {patient.record_number} {patient.name}" in lines
    assert "Street: Old [31mstreet -> New street" in lines
    assert "Medical history: changed (not shown)" in lines
    assert "E-mail: ada@mail.example" in lines
    assert lines[-1] == "Nothing written. It would be: 1 new, 1 changed, 0 as they were."
    noted = AccessLog.objects.get()
    assert (noted.action, noted.door, noted.patients) == ("list", "command", [patient.pk])
