"""Patients out of a file: checked first, every fault told, and all of them written or none."""

import threading
import time

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.files import tasks, transfers
from clinic.models import FileTransfer, Notification
from clinic.tests.files import confirm, faults, kept_files, send, table, upload, workbook
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/patients/patient/"
HEADINGS = ["Record number", "First name", "Last name", "E-mail", "Phone", "Date of birth"]
ADA = ["", "Ada", "Lovelace", "Ada@mail.example", "030 901820", "1985-03-24"]
GRACE = ["", "Grace", "Hopper", "grace@mail.example", "+49 30 901821", ""]
State = FileTransfer.State


@pytest.fixture
def admin() -> User:
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def client(admin):
    return signed_in(admin)


def test_new_patients_are_registered_when_the_file_is_confirmed(client, admin):
    checked = send(client, PAGE, table(HEADINGS, ADA, GRACE, delimiter=";"))

    assert (checked.state, checked.rows, checked.new) == (State.CHECKED, 2, 2)
    assert not Patient.objects.exists()

    done = confirm(client, PAGE, checked)

    assert (done.state, done.new, done.changed, done.unchanged) == (State.DONE, 2, 0, 0)
    ada, grace = Patient.objects.order_by("first_name")
    assert (ada.email, str(ada.phone)) == ("ada@mail.example", "+4930901820")
    assert (ada.date_of_birth.isoformat(), grace.date_of_birth) == ("1985-03-24", None)
    assert ada.number != grace.number
    assert not Notification.objects.exists()
    event = Patient.pgh_event_model.objects.filter(pgh_obj=ada.pk).get()
    assert (event.pgh_context["user"], event.pgh_context["door"]) == (str(admin.pk), "admin")


def test_a_row_with_a_record_number_changes_that_patient(client):
    patient = PatientFactory(first_name="Old", city="Berlin", street="Old street 1")
    other = PatientFactory()
    rows = [
        ["record_number", "FIRST NAME", "Street"],
        [patient.record_number, "New", ""],
        [str(other.number), other.first_name, ""],
    ]

    done = confirm(client, PAGE, send(client, PAGE, table(*rows)))

    assert (done.new, done.changed, done.unchanged) == (0, 1, 1)
    email = patient.email
    patient.refresh_from_db()
    assert (patient.first_name, patient.street) == ("New", "")
    assert (patient.city, patient.email) == ("Berlin", email)


def test_every_fault_is_told_by_row_and_column_and_nothing_is_written(client):
    known = PatientFactory(email="known@mail.example", phone="+4930901899")
    headings = [*HEADINGS, "Gender", "Postal code", "Country"]
    rows = [
        [*ADA, "female", "10178", "Germany"],
        ["", "", "", "KNOWN@mail.example", "030 901899", "last May", "robot", "ABC", "DE"],
        ["P-999999", "Lise", "Meitner", "lise@mail.example", "030 901822", "", "", "", "DE"],
        ["", "Emmy", "N\x00", "no address", "12", "2999-01-01", "", "", "Nowhere"],
        ["", "Rosa", "Franklin", "ADA@mail.example", "030 901820", "2023-02-29", "", "", "DE"],
        [known.record_number, "A", "B", "known@mail.example", "030 901899", "", "", "", "DE"],
        [known.record_number, "A", "C", "known@mail.example", "030 901899", "", "", "", "DE"],
    ]

    faulty = send(client, PAGE, table(headings, *rows))

    owner = known.record_number
    assert faults(faulty) == [
        (3, "Last name", "This field cannot be blank."),
        (3, "E-mail", f"Email is already registered: {owner}."),
        (3, "Phone", f"Phone number is already registered: {owner}."),
        (3, "Date of birth", "Write the day such as 24.03.1985 or 1985-03-24."),
        (3, "Gender", "Write one of: Female, Male, Other, Prefer not to say."),
        (3, "Postal code", faulty.faults[5][2]),
        (4, "Record number", "Nobody on record has this. Leave it empty for somebody new."),
        (5, "Last name", "Control characters are not allowed."),
        (5, "E-mail", "Enter an e-mail address such as name@example.com."),
        (5, "Phone", faulty.faults[9][2]),
        (5, "Date of birth", "The date of birth must be in the past."),
        (5, "Country", "Write the country as its two letters, such as DE."),
        (6, "E-mail", "Row 2 has the same."),
        (6, "Phone", "Row 2 has the same."),
        (6, "Date of birth", "There is no such day."),
        (8, "Record number", "Row 7 is about the same record."),
    ]
    assert (faulty.state, faulty.rows, faulty.fault_count) == (State.FAULTY, 7, 16)
    assert "postal code" in faulty.faults[5][2]
    assert list(Patient.objects.all()) == [known]

    response = client.get(f"{PAGE}import/{faulty.pk}/")
    assert response.status_code == 200
    assert "16 faults in 7 rows" in " ".join(response.content.decode().split())
    client.post(f"{PAGE}import/{faulty.pk}/", {"confirm": "1"})
    faulty.refresh_from_db()
    assert faulty.state == State.FAULTY

    listed = client.get(f"{PAGE}import/{faulty.pk}/faults.csv").content.decode()
    assert '"8","Record number","Row 7 is about the same record."' in listed


def test_faults_of_a_long_file_are_shown_page_by_page(client):
    rows = [["", "A", "B", f"a{number}@mail.example", "x", ""] for number in range(150)]

    faulty = send(client, PAGE, table(HEADINGS, *rows))

    assert faulty.fault_count == 150
    first = client.get(f"{PAGE}import/{faulty.pk}/").content.decode()
    second = client.get(f"{PAGE}import/{faulty.pk}/?page=2").content.decode()
    assert ("Page 1 of 2" in first, ">151<" in first) == (True, False)
    assert ("Page 2 of 2" in second, ">151<" in second) == (True, True)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (table(HEADINGS), "no row"),
        (b"Last name\n" + b'"' + b"x" * 200_000, "Row 2"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_as_a_whole(client, content, word):
    faulty = send(client, PAGE, content)

    assert faulty.state == State.FAULTY
    assert word in faulty.refusal
    assert word in client.get(f"{PAGE}import/{faulty.pk}/").content.decode()
    assert not kept_files()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["", "Ada"], "This row has 2 cells under 6 headings."),
        ([*ADA, "more"], "This row has 7 cells under 6 headings."),
    ],
)
def test_a_row_of_another_length_is_a_fault(client, row, sentence):
    faulty = send(client, PAGE, table(HEADINGS, GRACE, row))

    assert (3, "", sentence) in faults(faulty)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\xd0\xcf\x11\xe0xls"])
def test_what_is_no_table_is_refused_beside_the_field(client, content):
    response = upload(client, PAGE, content)

    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    assert not FileTransfer.objects.exists()
    assert not kept_files()


def test_size_and_rows_are_bounded(client, settings):
    settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_BYTES = 1, 200
    long = send(client, PAGE, table(HEADINGS, ADA, GRACE))
    large = upload(client, PAGE, table(HEADINGS, ADA, ["x" * 200]))

    assert "more than 1 rows" in long.refusal
    assert "too large" in large.context["form"].errors["file"][0]


def test_a_workbook_is_imported_alike(client):
    rows = [HEADINGS, ADA, [None, "Grace", "Hopper", "grace@mail.example", "030901821"]]

    done = confirm(client, PAGE, send(client, PAGE, workbook(*rows), "patients.xlsx"))

    assert (done.state, done.new) == (State.DONE, 2)


def test_somebody_who_is_registered_in_between_is_found_at_the_import(client):
    checked = send(client, PAGE, table(HEADINGS, ADA, GRACE))
    other = PatientFactory(email="grace@mail.example")

    refused = confirm(client, PAGE, checked)

    assert refused.state == State.FAULTY
    assert faults(refused) == [
        (3, "E-mail", f"Email is already registered: {other.record_number}.")
    ]
    assert list(Patient.objects.all()) == [other]


@pytest.mark.django_db(transaction=True)
def test_a_registration_at_the_same_moment_is_named_and_nothing_is_written(client):
    """The other one isn't committed yet when the file is checked: the constraint decides."""
    checked = send(client, PAGE, table(HEADINGS, ADA, GRACE))
    transfers.confirm_transfer(checked, tasks.import_file)
    job = threading.Thread(target=write_and_close, args=[checked.pk])
    with transaction.atomic():
        PatientFactory(email="grace@mail.example")
        job.start()
        wait_until_somebody_waits()
    job.join(30)

    checked.refresh_from_db()
    assert checked.state == State.FAULTY
    assert [fault[:2] for fault in faults(checked)] == [(3, "E-mail")]
    assert Patient.objects.count() == 1


def write_and_close(transfer_id) -> None:
    try:
        transfers.write_file(transfer_id)
    finally:
        connection.close()


def wait_until_somebody_waits() -> None:
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("The import waits for nobody.")


def test_the_file_is_kept_encrypted_until_it_is_imported(client):
    checked = send(client, PAGE, table(HEADINGS, ADA))
    storage = transfers.storage()

    with open(storage.path(checked.stored_as), "rb") as raw:
        assert b"Lovelace" not in raw.read()
    with storage.open(checked.stored_as) as plain:
        assert b"Lovelace" in plain.read()
    confirm(client, PAGE, checked)
    assert not kept_files()


def test_a_file_is_given_up_by_hand_or_after_an_hour(client, django_capture_on_commit_callbacks):
    by_hand = send(client, PAGE, table(HEADINGS, ADA))
    fresh = send(client, PAGE, table(HEADINGS, ADA))
    old = send(client, PAGE, table(HEADINGS, ADA))
    FileTransfer.objects.filter(pk=old.pk).update(created_at=old.created_at - transfers.KEPT)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{PAGE}import/{by_hand.pk}/", {"drop": "1"})
        tasks.remove_import_files(timestamp=0)

    states = {row.pk: row.state for row in FileTransfer.objects.all()}
    assert states == {
        by_hand.pk: State.DROPPED, old.pk: State.DROPPED, fresh.pk: State.CHECKED
    }  # fmt: skip
    assert len(kept_files()) == 1
    assert not Patient.objects.exists()


def test_a_file_is_its_senders_alone(client):
    checked = send(client, PAGE, table(HEADINGS, ADA))
    stranger = signed_in(Role.ADMIN)

    for path in ("", "faults.csv"):
        assert stranger.get(f"{PAGE}import/{checked.pk}/{path}").status_code == 404
    assert stranger.post(f"{PAGE}import/{checked.pk}/", {"confirm": "1"}).status_code == 404
    assert client.get(f"/admin/doctors/doctor/import/{checked.pk}/").status_code == 404


def test_who_lost_the_right_in_between_imports_nothing(client, admin):
    checked = send(client, PAGE, table(HEADINGS, ADA))
    transfers.confirm_transfer(checked, tasks.import_file)
    User.objects.filter(pk=admin.pk).update(role=Role.RECEPTIONIST)

    tasks.import_file(transfer_id=str(checked.pk))

    checked.refresh_from_db()
    assert (checked.state, Patient.objects.count()) == (State.FAULTY, 0)


def test_a_job_that_runs_twice_imports_once(client):
    done = confirm(client, PAGE, send(client, PAGE, table(HEADINGS, ADA)))

    tasks.import_file(transfer_id=str(done.pk))
    tasks.check_file(transfer_id=str(done.pk))

    done.refresh_from_db()
    assert (done.state, Patient.objects.count()) == (State.DONE, 1)


def test_an_error_ends_the_import_and_says_so(client):
    checked = send(client, PAGE, table(HEADINGS, ADA))
    transfers.storage().delete(checked.stored_as)
    client.post(f"{PAGE}import/{checked.pk}/", {"confirm": "1"})

    with pytest.raises(FileNotFoundError):
        tasks.import_file(transfer_id=str(checked.pk))

    checked.refresh_from_db()
    assert checked.state == State.FAILED
    assert "Nothing was imported" in client.get(f"{PAGE}import/{checked.pk}/").content.decode()


def test_who_imported_what_stands_among_the_events(client, admin):
    confirm(client, PAGE, send(client, PAGE, table(HEADINGS, ADA), "march.csv"))

    events = FileTransfer.pgh_event_model.objects.order_by("pgh_id")

    states = list(events.values_list("state", flat=True))
    assert states == [State.CHECKING, State.CHECKED, State.WRITING, State.DONE]
    last = events.last()
    assert (last.user_id, last.file_name, last.rows, last.new) == (admin.pk, "march.csv", 1, 1)
    assert not any(hasattr(last, name) for name in ("faults", "stored_as"))
    assert "Lovelace" not in str(list(ProcrastinateJob.objects.values_list("args", flat=True)))


def test_a_new_address_follows_into_the_account_and_the_old_one_is_told(client):
    patient = PatientFactory(with_account=True)
    old = patient.email
    UserFactory(email="staff@clinic.example")
    rows = [["Record number", "E-mail"], [patient.record_number, "new@mail.example"]]
    taken = [["Record number", "E-mail"], [patient.record_number, "staff@clinic.example"]]

    [fault] = faults(send(client, PAGE, table(*taken)))
    confirm(client, PAGE, send(client, PAGE, table(*rows)))

    assert fault[:2] == (2, "E-mail")
    patient.user.refresh_from_db()
    assert patient.user.email == "new@mail.example"
    assert Notification.objects.filter(recipient=old).exists()


@pytest.mark.parametrize("count", [2, 300])
def test_a_batch_takes_a_fixed_number_of_queries(client, count, django_assert_max_num_queries):
    rows = [
        ["", "Ada", f"L{n}", f"a{n}@mail.example", f"+4915120{n:06d}", ""] for n in range(count)
    ]
    checked = send(client, PAGE, table(HEADINGS, *rows))
    transfers.confirm_transfer(checked, tasks.import_file)

    with django_assert_max_num_queries(32):
        tasks.import_file(transfer_id=str(checked.pk))

    assert Patient.objects.count() == count
