"""Texts that mean harm, in files that come in, and in mails, texts, calendars and files that go
out."""

import csv
import io
import json
import logging
import re
from email import policy
from email.parser import BytesParser

import pytest
from openpyxl import Workbook

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.services import book, cancel
from appointments.tests.calendars import read
from appointments.tests.factories import AppointmentFactory
from clinic.logs import JsonFormatter, TextFormatter, without_people
from clinic.sms import locmem
from clinic.tests.files import confirm, content_of, send, table, workbook
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests.hostile.texts import CALENDAR, MARKUP, NAUGHTY, TAG

TEXTS = NAUGHTY | {"breaks out": MARKUP, "long": "x" * 20_000}
PATIENTS, DOCTORS = "/admin/patients/patient/", "/admin/doctors/doctor/"
HEADINGS = {
    PATIENTS: {
        "first_name": "First name",
        "last_name": "Last name",
        "preferred_name": "Preferred name",
        "street": "Street",
        "city": "City",
        "insurance_provider": "Insurance",
        "medical_history": "Medical history",
    },
    DOCTORS: {
        "first_name": "First name",
        "last_name": "Last name",
        "specialization": "Specialization",
        "license_number": "License number",
    },
}
MODELS = {PATIENTS: Patient, DOCTORS: Doctor}


def sheet(*rows: list[str]) -> bytes:
    """A workbook in which every cell is a text, whatever it looks like."""
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for cells in book.active.iter_rows():
        for cell in cells:
            cell.data_type = "s"
    book.save(file)
    return file.getvalue()


WRITERS = {"csv": table, "xlsx": sheet}
UNWRITABLE = {"xlsx": {"zero", "controls", "surrogate"}, "csv": {"surrogate"}}


def rows_of(page: str, kind: str) -> dict[str, tuple[str, str, list[str]]]:
    """By the address in it: the field and text of each row, and the row. One text stands in one
    field of each."""
    rows, names = {}, [*HEADINGS[page]]
    longest = {name: MODELS[page]._meta.get_field(name).max_length for name in names}
    for number, (name, field) in enumerate((n, f) for n in TEXTS for f in names):
        if name in UNWRITABLE[kind]:
            continue
        text = TEXTS[name] if name == "long" else TEXTS[name][: longest[field]]
        told = {"first_name": "Ada", "last_name": f"Of {number}", "specialization": "Surgery"}
        address = f"row{number}@mail.example"
        cells = [text if each == field else told.get(each, "") for each in names]
        rows[address] = (field, text, [*cells, address, f"+4915112{number:06d}"])
    return rows


def shown_of(client, page: str, transfer) -> str:
    return client.get(f"{page}import/{transfer.pk}/").content.decode()


@pytest.mark.walk
@pytest.mark.django_db
@pytest.mark.parametrize(("page", "kind"), [(PATIENTS, "csv"), (DOCTORS, "xlsx")])
def test_a_file_keeps_a_text_as_it_is_or_says_what_is_wrong_with_it(page, kind):
    """What an import took comes back out of the export, and in again, as it was."""
    client, model, write = signed_in(Role.ADMIN), MODELS[page], WRITERS[kind]
    rows, headings = rows_of(page, kind), [*HEADINGS[page].values(), "E-mail", "Phone"]
    name = f"file.{kind}"

    faulty = send(client, page, write(headings, *(row for *_, row in rows.values())), name)
    wrong = {int(line) for line, *_ in faulty.faults}
    assert faulty.state == "faulty", faulty.state
    assert len(faulty.faults) == faulty.fault_count
    shown = shown_of(client, page, faulty)
    assert TAG not in shown
    assert "<script>alert" not in shown
    fit = [one for line, one in enumerate(rows.values(), 2) if line not in wrong]
    assert len(fit) > len(rows) / 3
    done = confirm(client, page, send(client, page, write(headings, *(r for *_, r in fit)), name))

    assert (done.state, done.new) == ("done", len(fit))
    stored = {one.email: one for one in model.objects.all()}
    for field, text, row in fit:
        kept = getattr(stored[row[-2]], field)
        assert kept.split() == text.split() or not text.split(), (field, text, kept)
    exported = client.post(f"{page}export/", {"format": kind, "with_sensitive": "on"})
    content = content_of(exported)
    if kind == "csv":
        cells = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        assert not [cell for line in cells for cell in line if re.match(r"[=@\t\r+-](?!\d)", cell)]
    again = send(client, page, content, name)
    assert (again.changed, again.new, again.fault_count) == (0, 0, 0)


@pytest.mark.django_db
def test_a_formula_that_nothing_has_computed_is_not_taken_for_an_empty_cell():
    client = signed_in(Role.ADMIN)
    content = workbook(["First name", "Last name", "E-mail"], ["Ada", "=A1", "ada@mail.example"])

    sent = send(client, PATIENTS, content, "file.xlsx")

    assert "a formula that was never computed" in shown_of(client, PATIENTS, sent)
    assert not Patient.objects.exists()


STORED = [CALENDAR, NAUGHTY["header"], MARKUP, *map(NAUGHTY.get, ("codes", "markup", "formula"))]


@pytest.mark.django_db(transaction=True)
def test_mails_texts_and_calendars_obey_nothing_that_somebody_wrote(mailbox, settings):
    """Of names that were stored before a rule refused them, too."""
    settings.SMS_URL = "locmem://"
    admin, visits = UserFactory(role=Role.ADMIN), []
    for text in STORED:
        people = {"first_name": text[:50], "last_name": text[:50]}
        patient, doctor = PatientFactory(with_account=True), DoctorFactory()
        for model, one in ((Patient, patient), (Doctor, doctor)):
            model.objects.filter(pk=one.pk).update(**people)
            one.refresh_from_db()
        visit = AppointmentFactory.build(patient=patient, doctor=doctor, reason=text)
        visits.append(book(visit, by=admin))
    for visit in visits[::2]:
        cancel(Appointment.objects.get(pk=visit.pk), admin)

    run_due_jobs()

    assert len(mailbox.mails) >= len(STORED)
    addresses = set(Patient.objects.values_list("email", flat=True))
    for recipients, mail in mailbox.mails:
        assert len(recipients) == 1
        assert {*recipients} <= addresses
        again = BytesParser(policy=policy.strict).parsebytes(mail.as_bytes())
        assert not {"Bcc", "Cc"} & {*again.keys()}
        assert not mail.defects
        assert all("\n" not in value and "\r" not in value for _, value in mail.items())
        html = part(mail, "html")
        assert TAG not in html
        assert "<script>" not in html
        assert "<img src=x" not in html
        for attached in mail.iter_attachments():
            content = attached.get_payload(decode=True)
            _, events = read(content)
            assert len(events) == 1
            assert b"\nBEGIN:VALARM" not in content
    assert all("\n" not in message.text for message in locmem.outbox)


@pytest.mark.parametrize("name", TEXTS)
def test_a_line_of_the_log_stays_one_line(name):
    record = logging.LogRecord("x", 20, "", 0, "Said: %s", (TEXTS[name],), None)

    line = JsonFormatter().format(record)

    assert line.encode()
    assert json.loads(line)["message"] == without_people(f"Said: {TEXTS[name]}")
    assert not re.search(r"[\x1b\x07\x00]", TextFormatter().format(record))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", line)
