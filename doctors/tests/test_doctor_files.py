"""Doctors out of files and into them."""

import pytest

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.files import tasks, transfers
from clinic.models import FileTransfer
from clinic.tests.files import confirm, content_of, csv_rows, faults, send, table
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/doctors/doctor/"
HEADINGS = ["Id", "First name", "Last name", "E-mail", "Specialization", "Active"]
HEADINGS.append("Usual length of a visit")


@pytest.fixture
def client():
    return signed_in(Role.ADMIN)


def export(client, query: str = "") -> bytes:
    response = client.post(f"{PAGE}export/{query}", {"format": "csv"})
    return content_of(response)


def test_new_doctors_and_changed_ones(client):
    known = DoctorFactory(is_active=True, default_duration_minutes=30)
    rows = [
        ["", "Maria", "Keller", "Maria@clinic.example", "Cardiology", "no", "45"],
        [str(known.pk), "Nora", known.last_name, known.email, known.specialization, "no", "30"],
    ]

    done = confirm(client, PAGE, send(client, PAGE, table(HEADINGS, *rows)))

    assert (done.state, done.new, done.changed) == ("done", 1, 1)
    new = Doctor.objects.exclude(pk=known.pk).get()
    assert (new.email, new.is_active, new.default_duration_minutes) == (
        "maria@clinic.example", False, 45
    )  # fmt: skip
    known.refresh_from_db()
    assert (known.first_name, known.is_active) == ("Nora", False)


def test_every_fault_of_doctors(client):
    known = DoctorFactory(email="known@clinic.example")
    rows = [
        ["", "A", "B", "KNOWN@clinic.example", "", "maybe", "a lot"],
        ["x", "A", "B", "b@clinic.example", "Cardiology", "yes", "30"],
        ["", "A", "B", "c@clinic.example", "Cardiology", "yes", "5"],
        ["", "A", "B", "c@clinic.example", "Cardiology", "yes", "30"],
    ]

    faulty = send(client, PAGE, table(HEADINGS, *rows))

    assert faults(faulty) == [
        (2, "E-mail", "Email is already registered"),
        (2, "Specialization", "This field cannot be blank."),
        (2, "Active", "Write one of: yes, no."),
        (2, "Usual length of a visit", "Write a whole number."),
        (3, "Id", "Nobody on record has this. Leave it empty for somebody new."),
        (4, "", "The usual length must be 15 to 180 minutes."),
        (5, "E-mail", "Row 4 has the same."),
    ]
    assert list(Doctor.objects.all()) == [known]


def test_a_doctor_who_was_added_in_between_is_named(client):
    checked = send(
        client, PAGE, table(HEADINGS, ["", "A", "B", "a@clinic.example", "C", "yes", "30"])
    )
    transfers.confirm_transfer(checked, tasks.import_file)
    DoctorFactory(email="a@clinic.example")

    tasks.import_file(transfer_id=str(checked.pk))

    checked.refresh_from_db()
    assert faults(checked) == [(2, "E-mail", "Email is already registered")]
    assert Doctor.objects.count() == 1


def test_what_is_exported_comes_back_unchanged_and_filtered(client):
    DoctorFactory(first_name="=1+1", phone="", is_active=False)
    DoctorFactory()

    content = export(client)
    active = csv_rows(export(client, "?is_active__exact=1"))

    checked = send(client, PAGE, content)
    assert (checked.unchanged, checked.changed, checked.new) == (2, 0, 0)
    assert len(active) == 2
    assert FileTransfer.objects.filter(direction="export").count() == 2


def test_the_example_can_be_imported(client):
    example = client.get(f"{PAGE}import/example.csv").content

    assert confirm(client, PAGE, send(client, PAGE, example)).new == 1


@pytest.mark.parametrize("page", ["import/", "export/"])
def test_receptionists_have_no_files_of_doctors(page):
    desk = signed_in(UserFactory())

    assert desk.get(f"{PAGE}{page}").status_code == 403
    assert f"{PAGE}{page}" not in desk.get(PAGE).content.decode()
