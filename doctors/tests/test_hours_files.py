"""Working hours out of files and into them."""

from datetime import time

import pytest
from django.core.management import call_command

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.files import confirm, content_of, csv_rows, faults, send, table
from doctors.files.hours import HoursFile
from doctors.models import HoursService, WorkingHours
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    WorkingHoursFactory,
)

pytestmark = pytest.mark.django_db

PAGE = "/admin/doctors/workinghours/"
HEADINGS = ["Id", "Doctor's e-mail", "Weekday", "From", "To", "First day", "Last day"]


@pytest.fixture
def client():
    return signed_in(Role.ADMIN)


def test_new_hours_and_changed_ones(client):
    doctor = DoctorFactory()
    known = WorkingHoursFactory(doctor=doctor, weekday=0, starts=time(9), ends=time(12))
    rows = [
        [str(known.pk), doctor.email, "Monday", "09:00", "12:30", "", ""],
        ["", doctor.email.upper(), "friday", "13:00", "00:00", "2026-01-01", ""],
    ]

    done = confirm(client, PAGE, send(client, PAGE, table(HEADINGS, *rows)))

    assert (done.state, done.new, done.changed) == ("done", 1, 1)
    known.refresh_from_db()
    assert known.ends == time(12, 30)
    new = WorkingHours.objects.exclude(pk=known.pk).get()
    assert (new.doctor, new.weekday, new.ends) == (doctor, 4, time(0))


def test_every_fault_of_hours_by_row_and_column(client):
    doctor = DoctorFactory()
    rows = [
        ["", "nobody@clinic.example", "Monday", "09:00", "12:00", "", ""],
        ["", doctor.email, "Someday", "9 o'clock", "12:00", "New Year", ""],
        ["", doctor.email, "Tuesday", "12:00", "09:00", "", ""],
        ["x", doctor.email, "Tuesday", "09:00", "12:00", "", ""],
    ]

    told = faults(send(client, PAGE, table(HEADINGS, *rows)))

    assert {(row, column) for row, column, _ in told} == {
        (2, "Doctor's e-mail"), (3, "Weekday"), (3, "From"), (3, "First day"), (4, "To"), (5, "Id")
    }  # fmt: skip
    assert not WorkingHours.objects.exists()


def test_hours_that_overlap_are_written_by_none(client):
    doctor = DoctorFactory()
    rows = [
        ["", doctor.email, "Monday", "09:00", "12:00", "", ""],
        ["", doctor.email, "Monday", "11:00", "13:00", "", ""],
    ]

    ended = confirm(client, PAGE, send(client, PAGE, table(HEADINGS, *rows)))

    assert ended.state == "faulty"
    assert [(row, column) for row, column, _ in faults(ended)] == [(3, "From")]
    assert not WorkingHours.objects.exists()


def test_what_was_exported_comes_back_as_it_was(client):
    WorkingHoursFactory(weekday=2, valid_from="2026-01-01")
    WorkingHoursFactory(weekday=6, ends=time(0))
    exported = content_of(client.post(f"{PAGE}export/", {"format": "csv"}))

    done = confirm(client, PAGE, send(client, PAGE, exported))

    assert len(csv_rows(exported)) == 3
    assert (done.state, done.new, done.changed, done.unchanged) == ("done", 0, 0, 2)


def test_places_and_visit_types_are_named(client, django_assert_max_num_queries):
    doctor, mill, harbour = DoctorFactory(), LocationFactory(name="Mill"), LocationFactory()
    LocationFactory(name="Shut", is_active=False)
    scan, both = (HealthcareServiceFactory(name=name) for name in ("Scan", "Scan; long"))
    known = WorkingHoursFactory(doctor=doctor, weekday=3, location=harbour)
    HoursService.objects.create(hours=known, service=scan)
    headings = [*HEADINGS, "Place", "Visit types"]
    span = [doctor.email, "Monday", "09:00", "12:00", "", ""]
    rows = [
        ["", *span, "MILL", "scan; long; Scan"],
        [str(known.pk), doctor.email, "Thursday", "09:00", "17:00", "", "", "", ""],
    ]

    told = faults(send(client, PAGE, table(headings, ["", *span, "Shut", "Scan; x-ray"])))
    assert {(column, sentence) for _, column, sentence in told} == {
        ("Place", "There is no place of this name in use."),
        ("Visit types", "There is no visit type called x-ray."),
    }
    done = confirm(client, PAGE, send(client, PAGE, table(headings, *rows)))

    assert (done.state, done.new, done.changed) == ("done", 1, 1)
    new = WorkingHours.objects.get(weekday=0)
    assert (new.location, new.service_ids) == (mill, {scan.pk, both.pk})
    known = WorkingHours.objects.get(pk=known.pk)
    assert (known.location, known.service_ids) == (None, frozenset())
    exported = content_of(client.post(f"{PAGE}export/", {"format": "csv"}))
    assert [row[-2:] for row in csv_rows(exported)[1:]] == [["Mill", "Scan; Scan; long"], ["", ""]]
    again = send(client, PAGE, exported)
    assert confirm(client, PAGE, again).unchanged == 2
    WorkingHours.objects.filter(pk=known.pk).delete()
    file = HoursFile(UserFactory())
    with django_assert_max_num_queries(1):
        [row] = file.loaded(WorkingHours.objects.all(), [])
        assert (row.location.name, row.type_names) == ("Mill", ["Scan", "Scan; long"])


def test_only_admins_find_the_way_in_the_list_of_doctors(client):
    assert f"{PAGE}import/" in client.get("/admin/doctors/doctor/").content.decode()

    for role in (Role.RECEPTIONIST, Role.DOCTOR):
        other = signed_in(role)
        assert f"{PAGE}import/" not in other.get("/admin/doctors/doctor/").content.decode()
        assert other.get(f"{PAGE}import/").status_code == 403
        assert other.post(f"{PAGE}export/", {"format": "csv"}).status_code == 403


def test_the_command_writes_all_hours(tmp_path):
    WorkingHoursFactory()
    admin = UserFactory(role=Role.ADMIN)

    call_command("export_hours", str(tmp_path / "hours.csv"), by=admin.email, verbosity=0)

    assert len((tmp_path / "hours.csv").read_text("utf-8-sig").strip().splitlines()) == 2


def test_what_would_change_is_shown_with_whose_hours_they_are(client):
    doctor, other = DoctorFactory(), DoctorFactory()
    known = WorkingHoursFactory(doctor=doctor, weekday=0, starts=time(9), ends=time(12))
    rows = [
        [str(known.pk), other.email, "Monday", "09:00", "12:30", "", ""],
        ["", doctor.email, "Friday", "13:00", "17:00", "", ""],
    ]

    checked = send(client, PAGE, table(HEADINGS, *rows))
    shown = client.get(f"{PAGE}import/{checked.pk}/").context["preview"]
    [changed], [new] = shown.changed, shown.new

    assert (changed.number, changed.name) == (2, f"{doctor}, Monday 09:00 to 12:00")
    assert [(one.heading, one.before, one.after) for one in changed.values] == [
        ("Doctor's e-mail", doctor.email, other.email),
        ("To", "12:00", "12:30"),
    ]
    assert (new.number, [one.after for one in new.values]) == (
        3, [doctor.email, "Friday", "13:00", "17:00"]
    )  # fmt: skip
