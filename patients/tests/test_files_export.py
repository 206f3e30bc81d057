"""Patients into files: a stream, for whom the role allows it, noted, and back again unchanged."""

import tracemalloc

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import StreamingHttpResponse
from django.test.utils import CaptureQueriesContext

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.files import exporting
from clinic.models import FileTransfer
from clinic.tests.files import confirm, content_of, csv_rows, send, xlsx_cells
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/patients/patient/"
EXPORT = f"{PAGE}export/"
FORMULAS = {
    "first_name": "=1+1",
    "last_name": "@SUM(A1)",
    "street": "+49 = -1",
    "city": "-Köln, Süd; \"Mitte\"",
    "insurance_provider": "'=quoted",
}  # fmt: skip


@pytest.fixture
def client():
    return signed_in(Role.ADMIN)


def export(client, kind: str = "csv", query: str = "", **data) -> bytes:
    response = client.post(f"{EXPORT}{query}", {"format": kind} | data)
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    return content_of(response)


def everything() -> list[dict]:
    return list(Patient.objects.order_by("number").values())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_comes_back_unchanged(client, kind):
    PatientFactory(
        **FORMULAS,
        date_of_birth="1985-03-24",
        gender="prefer_not_to_say",
        country="CI",
        emergency_contact_phone="+4930901899",
        insurance_policy_number="=A1",
        medical_history="Asthma\r\n-Hay fever\n\n+Ж",
    )
    PatientFactory(first_name="'s", last_name="Gravenhage", zip="01067", country="DE")
    before = everything()

    content = export(client, kind, with_sensitive="on")
    checked = send(client, PAGE, content, f"patients.{kind}")

    assert (checked.state, checked.unchanged, checked.changed) == ("checked", 2, 0)
    confirm(client, PAGE, checked)
    assert everything() == before


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_registers_the_same_patients_elsewhere(client, kind):
    PatientFactory(**FORMULAS, date_of_birth="1985-03-24", gender="female")
    kept = [*FORMULAS, "email", "phone", "date_of_birth", "gender", "country"]
    before = Patient.objects.values(*kept).get()
    content = export(client, kind)
    Patient.objects.all().delete()
    if kind == "csv":
        rows = csv_rows(content)
        content = content.replace(rows[1][0].encode(), b"", 1)  # New: without a record number.
        done = confirm(client, PAGE, send(client, PAGE, content))
        assert (done.state, done.new) == ("done", 1)
        assert Patient.objects.values(*kept).get() == before
    else:
        texts = [cell.value for cell in xlsx_cells(content)[1]]
        assert str(before["phone"]) in texts


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_spreadsheet_computes_what_is_exported(client, kind):
    PatientFactory(**FORMULAS)

    content = export(client, kind)

    if kind == "csv":
        cells = csv_rows(content)[1]
    else:
        row = xlsx_cells(content)[1]
        assert {cell.data_type for cell in row if cell.value} == {"s"}
        cells = [cell.value for cell in row if cell.value and cell.value != row[4].value]
        assert row[4].value.startswith("+49")  # A number of a phone, in a cell that is text.
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_encrypted_columns_are_exported_only_where_that_is_asked_for(client):
    PatientFactory(insurance_policy_number="POL-1", medical_history="Asthma")

    plain, secret = export(client), export(client, with_sensitive="on")

    assert not any(word in plain for word in (b"POL-1", b"Asthma", b"Policy", b"Medical"))
    assert all(word in secret for word in (b"POL-1", b"Asthma", b"Policy number"))
    flags = FileTransfer.objects.order_by("created_at").values_list("with_sensitive", flat=True)
    assert list(flags) == [False, True]


def test_the_lists_search_and_order_hold(client):
    names = ["Hopper", "Lovelace", "Hoppe"]
    for name in names:
        PatientFactory(first_name="Zoë", last_name=name)

    found = csv_rows(export(client, query="?q=hopper&o=-1"))
    page = client.get(f"{EXPORT}?q=hopper").content.decode()

    assert [row[2] for row in found[1:]] == ["Hopper", "Hoppe"]
    assert "2 patients" in page
    assert "its search and filters" in page
    assert "3 patients" in client.get(EXPORT).content.decode()
    assert client.get(f"{EXPORT}?id__exact=x").status_code == 302


def test_whose_data_left_in_a_file_is_noted(client, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_A_BATCH", 2)
    patients = [PatientFactory(), PatientFactory(), PatientFactory()]

    export(client)

    log = AccessLog.objects.filter(action=AccessLog.Action.EXPORTED).order_by("id")
    assert [len(row.patients) for row in log] == [2, 1]
    assert {pk for row in log for pk in row.patients} == {patient.pk for patient in patients}
    assert len({row.request_id for row in log}) == 1
    transfer = FileTransfer.objects.get()
    assert (transfer.state, transfer.rows, transfer.direction) == ("done", 3, "export")
    last = FileTransfer.pgh_event_model.objects.latest("pgh_id")
    assert (last.state, last.rows) == ("done", 3)
    assert last.pgh_context["user"] == str(transfer.user_id)
    shown = client.get(f"{PAGE}{patients[0].pk}/access/").content.decode()
    assert "Exported in a file" in shown


def test_who_stops_taking_has_had_what_is_noted(client, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_A_BATCH", 1)
    PatientFactory.create_batch(3)
    response = client.post(EXPORT, {"format": "csv"})
    pieces = iter(response)

    next(pieces), next(pieces)
    response._iterator.close()  # As the server does when the connection is gone.

    assert AccessLog.objects.filter(action=AccessLog.Action.EXPORTED).count() == 1
    transfer = FileTransfer.objects.get()
    assert (transfer.state, transfer.rows) == ("failed", 1)


def test_a_workbook_is_bounded_and_csv_is_not(client, settings):
    settings.EXPORT_XLSX_MAX_ROWS = 1
    PatientFactory.create_batch(2)

    response = client.post(EXPORT, {"format": "xlsx"})

    assert "1 records at most" in response.context["form"].errors["format"][0]
    assert len(csv_rows(export(client))) == 3


def test_only_administrators_are_offered_files():
    patient = PatientFactory()
    doctor = DoctorFactory(with_account=True)
    CareAssignmentFactory(doctor=doctor, patient=patient)
    pages = ["import/", "export/", "import/example.csv"]

    for user in (UserFactory(), doctor.user):
        client = signed_in(user)
        shown = client.get(PAGE).content.decode()
        assert not any(f"{PAGE}{page}" in shown for page in pages)
        for page in pages:
            assert client.get(f"{PAGE}{page}").status_code == 403
            assert client.post(f"{PAGE}{page}", {"format": "csv"}).status_code == 403
    shown = signed_in(Role.ADMIN).get(f"{PAGE}?q=ada").content.decode()
    assert f'href="{PAGE}import/"' in shown
    assert f'href="{EXPORT}?q=ada"' in shown


def test_the_example_is_a_file_that_can_be_imported(client):
    example = client.get(f"{PAGE}import/example.csv").content

    assert confirm(client, PAGE, send(client, PAGE, example)).new == 1


def peak_and_queries(client, count: int) -> tuple[int, int]:
    """The most memory that an export of so many patients takes, in bytes, and its queries."""
    Patient.objects.all().delete()
    PatientFactory.create_batch(count, street="x" * 200)
    response = client.post(EXPORT, {"format": "csv"})
    assert isinstance(response, StreamingHttpResponse)
    with CaptureQueriesContext(connection) as queries:
        tracemalloc.start()
        for _ in response:
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak, len(queries)


def test_memory_and_queries_of_an_export_are_bounded(client, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS_A_BATCH", 50)

    few, few_queries = peak_and_queries(client, 100)
    many, many_queries = peak_and_queries(client, 1000)

    # CPython keeps up to 2,000 freed rows aside; to hold all of them would take ten times more.
    assert many < few * 2
    assert many_queries - few_queries == 900 // 50  # One to note each batch.


def test_the_commands_export_and_import(tmp_path, capsys):
    admin = UserFactory(role=Role.ADMIN)
    patient = PatientFactory(**FORMULAS)
    before = everything()
    file = tmp_path / "patients.csv"

    call_command("export_patients", file, by=admin.email)
    call_command("import_patients", file, by=admin.email)

    assert file.stat().st_mode & 0o777 == 0o600
    assert everything() == before
    assert "0 new, 0 changed, 1 as they were" in capsys.readouterr().out
    log = AccessLog.objects.get()
    assert (log.user, log.patients, log.door) == (admin, [patient.pk], "command")
    doors = list(FileTransfer.objects.values_list("door", "state", "rows"))
    assert doors == [("command", "done", 1)] * 2


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_command_tells_every_fault_and_writes_nothing(tmp_path, capsys, dry_run):
    admin = UserFactory(role=Role.ADMIN)
    file = tmp_path / "patients.csv"
    file.write_text("Last name,E-mail,Phone\nA,a@mail.example,030 901820\nB,b,x\n,,\n,c@d.example,")

    with pytest.raises(CommandError, match="faults in 3 rows: nothing written"):
        call_command("import_patients", file, by=admin.email, dry_run=dry_run)

    told = capsys.readouterr().err
    assert "Row 3, E-mail: Enter an e-mail address such as name@example.com." in told
    assert "Row 5, Last name: This field cannot be blank." in told
    assert not Patient.objects.exists()


def test_a_dry_run_of_the_command_writes_nothing(tmp_path, capsys):
    file = tmp_path / "patients.csv"
    file.write_text("Last name,E-mail,Phone\nA,a@mail.example,030 901820\n")

    call_command("import_patients", file, by=UserFactory(role=Role.ADMIN).email, dry_run=True)

    assert "It would be: 1 new" in capsys.readouterr().out
    assert not Patient.objects.exists()
    assert not FileTransfer.objects.exists()


@pytest.mark.parametrize("command", ["import_patients", "export_patients"])
def test_the_commands_ask_for_somebody_who_may(tmp_path, command):
    for email, sentence in (
        (UserFactory().email, "may not .*: name an active administrator"),
        (UserFactory(role=Role.ADMIN, is_active=False).email, "may not"),
        ("nobody@clinic.example", "no account with the address 'nobody@clinic.example'"),
        ("", "no account with the address ''"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command(command, tmp_path / "a.csv", by=email)


@pytest.mark.parametrize("name", ["a.xls", "a.txt", "a", "csv"])
def test_an_export_says_which_names_it_takes_and_writes_nothing(tmp_path, name):
    with pytest.raises(CommandError, match=r"must end in \.csv or \.xlsx"):
        call_command("export_patients", tmp_path / name, by=UserFactory(role=Role.ADMIN).email)

    assert list(tmp_path.iterdir()) == []
    assert not FileTransfer.objects.exists()


def test_the_commands_say_what_is_wrong_with_the_file(tmp_path):
    admin = UserFactory(role=Role.ADMIN).email
    there = tmp_path / "there.csv"
    there.write_text("Shoe size\n42\n")

    for command, file, word in (
        ("import_patients", tmp_path / "nowhere.csv", "can't be read"),
        ("import_patients", there, "Shoe size"),
        ("export_patients", there, "can't be written"),
    ):
        with pytest.raises(CommandError, match=word):
            call_command(command, file, by=admin)
