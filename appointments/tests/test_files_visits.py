"""The visits of a period in a file, for whom the role allows it, noted and logged."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.models import FileTransfer
from clinic.tests.files import content_of, csv_rows, xlsx_cells
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/appointments/appointment/"
EXPORT = f"{LIST}export/"
HEADINGS = ["Date", "Time", "Doctor", "Patient number", "Name", "Status", "Minutes"]
HEADINGS += ["Visit type", "Place", "Rooms", "Price", "Currency"]


def visit(day: str, **fields):
    """A visit at a quarter past midnight of the clinic's clocks: the day before, in UTC."""
    starts_at = datetime.fromisoformat(f"{day}T00:15+02:00").astimezone(UTC)
    return AppointmentFactory(
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45), **fields
    )


def export(client, first: str, last: str, kind: str = "csv"):
    return client.post(EXPORT, {"first": first, "last": last, "format": kind})


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.ADMIN])
def test_the_visits_of_a_period_leave_in_a_file_and_that_is_noted(role, kind):
    desk = UserFactory(role=role)
    doctor, patient = DoctorFactory(), PatientFactory(first_name="=1+1")
    inside = visit("2032-05-31", doctor=doctor, patient=patient)
    visit("2032-05-30")
    visit("2032-06-01")

    response = export(signed_in(desk), "2032-05-31", "2032-05-31", kind)

    assert "visits-2032-05-31-to-2032-05-31" in response["Content-Disposition"]
    content = content_of(response)
    rows = csv_rows(content) if kind == "csv" else [
        [cell.value for cell in row] for row in xlsx_cells(content)
    ]  # fmt: skip
    nothing = "" if kind == "csv" else None
    assert rows == [
        HEADINGS,
        [
            *("2032-05-31", "00:15", str(doctor), patient.record_number, f"'{patient.name}"),
            *("Booked", "45", *[nothing] * 5),
        ],
    ]
    noted = AccessLog.objects.get(action=AccessLog.Action.EXPORTED)
    assert (noted.user, noted.patients) == (desk, [inside.patient_id])
    transfer = FileTransfer.objects.get()
    assert (transfer.kind, transfer.direction, transfer.state) == ("visits", "export", "done")
    assert (transfer.user, transfer.rows) == (desk, 1)


def test_what_is_no_period_is_said_beside_the_day(settings):
    settings.EXPORT_XLSX_MAX_ROWS = 1
    visit("2032-05-30"), visit("2032-05-31")
    client = signed_in(Role.RECEPTIONIST)

    for first, last, field, words in (
        ("", "2032-05-31", "first", "required"),
        ("2032-06-01", "2032-05-31", "last", "before the first day"),
        ("1000-01-01", "2032-05-31", "first", "1900 to 2999"),
        ("2032-05-30", "2032-05-31", "format", "at most. Choose CSV"),
    ):
        form = export(client, first, last, "xlsx").context["form"]
        assert words in form.errors[field][0]
    assert not FileTransfer.objects.exists()


@time_machine.travel("2026-11-30T12:00:00Z")
def test_the_last_month_is_proposed():
    shown = signed_in(Role.RECEPTIONIST).get(EXPORT).content.decode()

    assert 'name="first" value="2026-10-01"' in shown
    assert 'name="last" value="2026-10-31"' in shown


def test_whoever_may_finds_it_at_the_list():
    doctor = signed_in(DoctorFactory(with_account=True).user)

    assert EXPORT in signed_in(Role.RECEPTIONIST).get(LIST).content.decode()
    assert EXPORT not in doctor.get(LIST).content.decode()
    assert doctor.get(EXPORT).status_code == 403


def test_patients_leave_with_what_an_insurer_asks_for():
    patient = PatientFactory(date_of_birth="1985-03-24", insurance_provider="AOK")
    client, page = signed_in(Role.ADMIN), "/admin/patients/patient/export/"
    [_, (extract, _)] = client.get(page).context["form"].fields["extract"].choices

    content = content_of(client.post(page, {"format": "csv", "extract": extract}))

    assert csv_rows(content) == [
        ["Record number", "Last name", "First name", "Date of birth", "Insurance"],
        [patient.record_number, patient.last_name, "Ada", "1985-03-24", "AOK"],
    ]
