"""Files as other programs and spreadsheets write them: matched, asked about once, imported."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from clinic.files import tasks, transfers
from clinic.files.reading import open_table
from clinic.models import FileTransfer
from clinic.tests.files import (
    answer,
    confirm,
    content_of,
    faults,
    kept_files,
    match,
    send,
    table,
    upload,
    workbook,
)
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/patients/patient/"
State = FileTransfer.State
HEADINGS = [
    *("Nachname", "Vorname", "geb.", "Geschlecht", "Straße", "PLZ", "Ort", "Telefon", "Handy"),
    *("E-Mail", "Krankenkasse", "Hausarzt"),
]
ADA = [
    *("Müller", "Änne", "21.3.85", "w", "Große Straße 1", "10115", "Berlin", "030 901820"),
    *("0151 12345678", "aenne@mail.example", "AOK", "Dr. Noll"),
]
KIM = [
    *("Kim", "", "4.12.1990", "divers", "", "", "", "", "0151 12345679", "kim@mail.example"),
    *("", ""),
]
PLAIN = ["Last name", "E-mail", "Phone", "Postal code", "Date of birth"]


@pytest.fixture
def admin() -> User:
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def client(admin):
    return signed_in(admin)


def row(number: int, **cells: str) -> list[str]:
    own = {
        "name": f"Name{number}",
        "email": f"n{number}@mail.example",
        "phone": f"030 9018{number:02d}",
        "zip": "10115",
        "born": "21.03.1985",
    }
    return list((own | cells).values())


def groups(client, transfer: FileTransfer) -> dict[tuple[str, str], tuple[int, list[str]]]:
    """What the page says is wrong: column and kind, how often, and with which values."""
    shown = client.get(f"{PAGE}import/{transfer.pk}/").context["groups"]
    return {
        (one.column, one.sentence): (one.count, [value.text for value in one.values])
        for one in shown
    }


def test_a_german_file_is_matched_by_a_person_and_imported(client):
    content = table(HEADINGS, ADA, KIM, delimiter=";").decode().encode("cp1252")
    sent = send(client, PAGE, content)
    assert sent.state == State.MATCHING
    page = client.get(f"{PAGE}import/{sent.pk}/columns/")
    form = page.context["form"]
    guessed = [form[name].value() for name in form.fields]
    assert guessed == [
        *("last_name", "first_name", "date_of_birth", "gender", "street", "zip", "city", ""),
        *("phone", "email", "insurance_provider", ""),
    ]
    shown = page.content.decode()
    assert all(value in shown for value in ("Große Straße 1", "Dr. Noll", "Windows-1252"))

    checked = match(client, PAGE, sent, column_8="-", column_12="-")
    assert (checked.state, checked.new) == (State.CHECKED, 2)
    assert not Patient.objects.exists()
    assert confirm(client, PAGE, checked).state == State.DONE

    ada, kim = Patient.objects.order_by("-first_name")
    assert (ada.name, str(ada.date_of_birth), ada.gender) == ("Änne Müller", "1985-03-21", "female")
    assert (ada.street, str(ada.phone)) == ("Große Straße 1", "+4915112345678")
    assert (kim.name, kim.gender) == ("Kim", "other")


def test_a_column_that_nobody_decided_on_is_not_left_out(client):
    sent = send(client, PAGE, table(["Last name", "", "Shoe size"], ["A", "1", "42"]))
    address = f"{PAGE}import/{sent.pk}/columns/"

    refused = client.post(address, {"column_1": "last_name", "column_2": "-"})
    nothing = client.post(address, {"column_1": "-", "column_2": "-", "column_3": "-"})
    twice = client.post(address, {f"column_{n}": "last_name" for n in (1, 2, 3)})

    assert list(refused.context["form"].errors) == ["column_3"]
    assert "without a heading" in refused.content.decode()
    assert "at least one column" in nothing.content.decode()
    assert "Two columns stand for “Last name”" in twice.content.decode()
    sent.refresh_from_db()
    assert sent.state == State.MATCHING


def test_the_same_headings_are_read_as_before_until_somebody_changes_that(client):
    first = match(
        client, PAGE, send(client, PAGE, table(HEADINGS, ADA)), column_8="-", column_12="-"
    )
    again = send(client, PAGE, table(HEADINGS, KIM, delimiter="\t"))
    assert (again.state, again.columns) == (State.CHECKED, first.columns)

    changed = match(client, PAGE, again, column_8="phone", column_9="-")

    assert (changed.state, changed.columns[7:9]) == (State.CHECKED, ["phone", "-"])
    assert send(client, PAGE, table(HEADINGS, ADA)).columns == changed.columns


def test_what_a_spreadsheet_took_away_is_asked_about_once_for_the_column(client):
    rows = [
        row(1, zip="1067", phone="4915112345678"),
        row(2, zip="1069", phone="436641234567"),
        row(3, phone="4.91511E+11"),
        row(4, zip="99"),
    ]
    faulty = send(client, PAGE, workbook(PLAIN, *rows), "patients.xlsx")

    asked = client.get(f"{PAGE}import/{faulty.pk}/")
    found = groups(client, faulty)
    zeros = "A spreadsheet may have taken the zeros from the beginning."
    assert found["Phone", "This may be another number than it seems."] == (
        2, ["4915112345678", "436641234567"]
    )  # fmt: skip
    assert found["Postal code", zeros] == (2, ["1067", "1069"])
    assert any("shortened" in sentence for column, sentence in found if column == "Phone")
    assert "4915112345678 is +49 1511 2345678" in asked.content.decode()

    mended = answer(client, PAGE, faulty, zip="zeros", phone="plus")

    assert [fault[:2] for fault in faults(mended)] == [(4, "Phone"), (5, "Postal code")]
    done = confirm(client, PAGE, mended, "confirm_sound")
    assert (done.state, done.new) == (State.DONE, 2)
    stored = Patient.objects.order_by("email").values_list("zip", "phone")
    assert list(stored) == [("01067", "+4915112345678"), ("01069", "+436641234567")]


def test_the_order_of_day_and_month_is_asked_once_and_kept_for_the_next_file(client):
    rows = [row(1, born="03/04/1985"), row(2, born="05/06/1990"), row(3, born="21.3.85")]
    faulty = send(client, PAGE, table(PLAIN, *rows))
    assert groups(client, faulty) == {
        ("Date of birth", "Day and month may be meant either way."): (
            2, ["03/04/1985", "05/06/1990"]
        )
    }  # fmt: skip

    checked = answer(client, PAGE, faulty, date_of_birth="mdy")

    assert checked.state == State.CHECKED
    confirm(client, PAGE, checked)
    born = Patient.objects.order_by("email").values_list("date_of_birth", flat=True)
    assert list(map(str, born)) == ["1985-03-04", "1990-05-06", "1985-03-21"]


def test_an_order_is_kept_with_the_matching_of_the_same_headings(client):
    headings = ["Nachname", "E-Mail", "Telefon", "PLZ", "Geburtsdatum"]
    faulty = match(client, PAGE, send(client, PAGE, table(headings, row(1, born="03/04/1985"))))
    confirm(client, PAGE, answer(client, PAGE, faulty, date_of_birth="dmy"))

    again = send(client, PAGE, table(headings, row(2, born="05/06/1990", zip="1067")))

    assert [fault[:2] for fault in faults(again)] == [(2, "Postal code")]


def test_a_number_that_is_dialled_as_here_though_the_address_is_abroad(client):
    headings = [*PLAIN[:4], "Country"]
    rows = [row(1, zip="1010", born="AT"), row(2, phone="0664 1234567", zip="1010", born="Austria")]
    faulty = send(client, PAGE, table(headings, *rows))
    assert [fault[:2] for fault in faults(faulty)] == [(2, "Phone")]

    checked = answer(client, PAGE, faulty, phone="here")

    assert checked.state == State.CHECKED
    confirm(client, PAGE, checked)
    phones = Patient.objects.order_by("email").values_list("phone", flat=True)
    assert list(map(str, phones)) == ["+4930901801", "+436641234567"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_good_rows_are_imported_and_the_others_come_back_as_a_file(client, kind):
    headings = ["Nachname", "E-Mail", "Telefon", "PLZ", "geb."]
    bad = row(2, email="=nobody", phone="12")
    known = PatientFactory(email="n3@mail.example")
    content = table(headings, row(1), bad, row(3), row(4), delimiter=";")
    faulty = match(client, PAGE, send(client, PAGE, content))
    assert (faulty.state, faulty.new, faulty.faulty_rows) == (State.FAULTY, 2, [3, 4])
    assert Patient.objects.count() == 1

    done = confirm(client, PAGE, faulty, "confirm_sound")

    assert (done.state, done.new, done.fault_count) == (State.DONE, 2, 3)
    assert set(Patient.objects.exclude(pk=known.pk).values_list("last_name", flat=True)) == {
        "Name1", "Name4"
    }  # fmt: skip
    assert "2 rows were left out" in client.get(f"{PAGE}import/{done.pk}/").content.decode()
    rest = content_of(client.get(f"{PAGE}import/{done.pk}/rest/{kind}/"))
    with open_table(io.BytesIO(rest)) as found:
        assert found.headings == [*headings, "What is wrong"]
        assert found.delimiter == ("" if kind == "xlsx" else ";")
        (_, first), (_, second) = found.rows
    assert first[:5] == bad
    assert "E-mail: Enter an e-mail address" in first[5]
    assert second[5] == f"E-mail: Email is already registered: {known.record_number}."

    # Put right and sent again, it is read as before, and its last column is none of ours.
    corrected = rest.replace(b"'=nobody", b"n2@mail.example") if kind == "csv" else rest
    again = send(client, PAGE, corrected, f"rest.{kind}")
    again = again if again.columns else match(client, PAGE, again)
    assert again.columns[5] == "-"
    assert {fault[1] for fault in faults(again)} <= {"E-mail", "Phone"}


def test_somebody_who_is_faster_with_an_address_is_left_out_and_the_others_are_imported(client):
    faulty = send(client, PAGE, table(PLAIN, row(1), row(2), row(3, zip="x")))
    other = PatientFactory(email="n2@mail.example")

    done = confirm(client, PAGE, faulty, "confirm_sound")

    assert (done.state, done.new) == (State.DONE, 1)
    assert [fault[:2] for fault in faults(done)] == [(3, "E-mail"), (4, "Postal code")]
    assert other.record_number in faults(done)[0][2]
    assert Patient.objects.count() == 2


def test_a_refusal_at_the_last_moment_leaves_the_others_of_its_batch(client, monkeypatch):
    """What a service refuses only when it writes: here the constraint, behind the check's back."""
    faulty = send(client, PAGE, table(PLAIN, row(1), row(2), row(3, zip="x")))
    PatientFactory(email="n2@mail.example")
    monkeypatch.setattr("patients.services.importing.add_known", lambda name, asked: None)

    done = confirm(client, PAGE, faulty, "confirm_sound")

    assert (done.state, done.new) == (State.DONE, 1)
    assert [fault[:2] for fault in faults(done)] == [(3, "E-mail"), (4, "Postal code")]
    assert set(Patient.objects.values_list("email", flat=True)) == {
        "n1@mail.example", "n2@mail.example"
    }  # fmt: skip


def test_faults_are_grouped_with_the_value_and_how_many_rows(client):
    rows = [row(n, phone="12") for n in range(1, 8)] + [
        row(8, zip="ABC"),
        row(9, email="n8@mail.example"),
    ]
    faulty = send(client, PAGE, table(PLAIN, *rows))

    found = groups(client, faulty)

    [phones] = [one for (column, _), one in found.items() if column == "Phone"]
    assert phones == (7, ["12"])
    assert found["E-mail", "Another row of the file has the same."] == (1, ["n8@mail.example"])
    text = " ".join(client.get(f"{PAGE}import/{faulty.pk}/").content.decode().split())
    assert "rows 2, 3, 4, 5, 6 and 2 more" in text


def test_values_of_secret_columns_are_in_no_group(client):
    headings = [*PLAIN, "Policy number"]
    faulty = send(client, PAGE, table(headings, [*row(1), "SECRET-4711\x07"]))

    page = client.get(f"{PAGE}import/{faulty.pk}/").content.decode()

    assert [fault[1] for fault in faults(faulty)] == ["Policy number"]
    assert "SECRET-4711" not in page


def test_a_file_with_faults_is_its_senders_and_goes_within_the_hour(
    client, django_capture_on_commit_callbacks
):
    faulty = send(client, PAGE, table(PLAIN, row(1), row(2, zip="x")))
    done = confirm(client, PAGE, send(client, PAGE, table(PLAIN, row(3), row(4, zip="x"))),
                   "confirm_sound")  # fmt: skip
    stranger = signed_in(Role.ADMIN)
    for path in ("columns/", "rest/csv/", "rest/xlsx/"):
        assert stranger.get(f"{PAGE}import/{faulty.pk}/{path}").status_code == 404
    assert len(kept_files()) == 2
    for one in (faulty, done):
        FileTransfer.objects.filter(pk=one.pk).update(created_at=one.created_at - transfers.KEPT)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.remove_import_files(timestamp=0)

    assert not kept_files()
    assert client.get(f"{PAGE}import/{done.pk}/rest/csv/").status_code == 404
    late = client.post(f"{PAGE}import/{faulty.pk}/", {"confirm_sound": "1"})
    assert said(late) == ["This file can't be imported any more."]
    states = {one.pk: one.state for one in FileTransfer.objects.all()}
    assert states == {faulty.pk: State.FAULTY, done.pk: State.DONE}


def test_a_late_check_takes_no_partial_import_back(client):
    upload(client, PAGE, table(PLAIN, row(1), row(2, zip="x")))
    sent = FileTransfer.objects.get()
    late = FileTransfer.objects.select_related("user").get()
    tasks.check_file(transfer_id=str(sent.pk))
    done = confirm(client, PAGE, sent, "confirm_sound")

    transfers.go_through(late, transfers.Run.check, State.CHECKED)
    tasks.import_file(transfer_id=str(sent.pk))

    done.refresh_from_db()
    assert (done.state, Patient.objects.count()) == (State.DONE, 1)


def test_the_command_reads_such_files_and_leaves_out_what_it_is_told_to(tmp_path, admin):
    file = tmp_path / "patients.csv"
    file.write_bytes(table(HEADINGS, [*ADA[:2], "03/04/1985", *ADA[3:]]).decode().encode("cp1252"))
    who = {"by": admin.email, "verbosity": 0}

    with pytest.raises(CommandError, match="no column “Telefon”, “Hausarzt”"):
        call_command("import_patients", file, **who)
    with pytest.raises(CommandError, match="1 faults in 1 rows"):
        call_command("import_patients", file, leave_out=["Telefon", "hausarzt"], **who)
    call_command("import_patients", file, leave_out=["Telefon", "hausarzt"], dates="dmy", **who)

    assert str(Patient.objects.get().date_of_birth) == "1985-04-03"
