"""That a patient has died is marked, shown and taken back at every door."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import opened, said, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.deceased import mark_deceased
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import patient_online
from appointments.transitions import CancelReason, Status
from clinic.models import Notification
from clinic.tests.files import confirm, send, table
from clinic.tests.problems import V1, check_problem
from patients.models import Patient
from patients.services.merging.merge import merge, undo
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/patients/patient/"


@pytest.fixture
def desk() -> User:
    return UserFactory(role=Role.RECEPTIONIST)


@pytest.fixture
def patient() -> Patient:
    now = timezone.now()
    return patient_online(date_of_birth="1950-03-04", phone_verified_at=now)


@pytest.mark.parametrize(
    "day", ["1950-03-03", (timezone.localdate() + timedelta(days=1)).isoformat()]
)
def test_a_day_that_can_not_be_is_refused(api, patient, desk, day):
    answer = api(desk).patch(f"{V1}/patients/{patient.pk}", {"deceased_on": day}, "json")

    check_problem(answer, 422, "validation_error", "deceased_on")


def test_staff_mark_it_by_the_api(api, patient, desk):
    address = f"{V1}/patients/{patient.pk}"

    marked = api(desk).patch(address, {"deceased_on": "2026-01-02"}, "json").json()
    assert (marked["is_deceased"], marked["deceased_on"]) == (True, "2026-01-02")
    whole = {name: marked[name] for name in ("name", "email", "phone")}
    kept = api(desk).put(address, whole, "json").json()
    assert (kept["is_deceased"], kept["deceased_on"]) == (True, "2026-01-02")
    both = {"is_deceased": False, "deceased_on": "2026-01-02"}
    check_problem(api(desk).patch(address, both, "json"), 422, "validation_error", "deceased_on")
    back = api(desk).patch(address, {"is_deceased": False}, "json").json()
    assert (back["is_deceased"], back["deceased_on"]) == (False, None)

    own = api(Patient.objects.get(pk=patient.pk).user)
    answer = own.patch(address, {"is_deceased": True}, "json")
    assert answer.status_code in (403, 422)
    assert not Patient.objects.get(pk=patient.pk).is_deceased


def test_the_console_marks_it_cancels_what_is_ahead_and_takes_it_back(patient, desk):
    ahead = [AppointmentFactory(patient=patient, starts_at=next_monday(hour)) for hour in (9, 10)]
    AppointmentFactory.past(patient=patient)
    client, page = signed_in(desk), f"{PAGE}{patient.pk}/deceased/"
    assert page in client.get(f"{PAGE}{patient.pk}/change/").content.decode()
    assert client.get(page).content.decode().count("/admin/appointments/appointment/") >= 2

    answer = client.post(page, {"mark": "", "deceased_on": "2999-01-01"})
    assert "can't be in the future" in answer.context["form"].errors["deceased_on"][0]
    assert not client.post(page, {"cancel": ""}).context
    assert Appointment.objects.filter(status=Status.CANCELLED).count() == 0, "Nobody has died."

    client.post(page, {"mark": "", "deceased_on": "2026-01-02"})
    told = client.post(page, {"cancel": ""})

    assert said(told)[-1] == "2 visits are cancelled."
    for one in ahead:
        one.refresh_from_db()
        assert one.status == Status.CANCELLED
        assert one.history.last().reason_code == CancelReason.DECEASED
    assert not Notification.objects.exists()
    for address in (f"{PAGE}{patient.pk}/change/", f"{PAGE}?q={patient.last_name}"):
        assert "deceased on 2 Jan 2026" in client.get(address).content.decode()

    client.post(page, {"take_back": ""})
    patient.refresh_from_db()
    assert (patient.is_deceased, patient.deceased_on) == (False, None)
    assert signed_in(Role.DOCTOR).get(page).status_code == 403


def test_the_board_and_the_visit_say_it(patient, desk):
    today = AppointmentFactory.today(patient=patient)
    mark_deceased(patient, desk)
    client = signed_in(desk)

    assert "Deceased" in client.get("/admin/").content.decode()
    shown = client.get(f"/admin/appointments/appointment/{today.pk}/change/").content.decode()
    assert "Deceased" in shown


def test_a_merge_keeps_it_and_its_undo_too(patient, desk):
    survivor = patient_online()
    mark_deceased(patient, desk, day="2026-01-02")

    record = merge(survivor, patient, UserFactory(role=Role.ADMIN))

    now = Patient.objects.get(pk=survivor.pk)
    assert (now.is_deceased, str(now.deceased_on)) == (True, "2026-01-02")
    assert not User.objects.get(pk=survivor.user.pk).is_active

    undo(record, UserFactory(role=Role.ADMIN))

    assert not Patient.objects.get(pk=survivor.pk).is_deceased
    assert User.objects.get(pk=survivor.user.pk).is_active
    assert Patient.objects.get(pk=patient.pk).is_deceased


def test_files_know_it(patient):
    client = signed_in(Role.ADMIN)
    headings = ["Record number", "Deceased", "Day of death"]
    other = PatientFactory()
    rows = [[patient.record_number, "yes", ""], [other.record_number, "yes", "2026-01-02"]]

    confirm(client, PAGE, send(client, PAGE, table(headings, *rows)))

    patient.refresh_from_db()
    other.refresh_from_db()
    assert (patient.is_deceased, patient.deceased_on) == (True, None)
    assert (other.is_deceased, str(other.deceased_on)) == (True, "2026-01-02")
    assert not User.objects.get(pk=patient.user.pk).is_active


def test_a_form_that_was_opened_before_does_not_take_it_back(patient, desk):
    client, page = signed_in(desk), f"{PAGE}{patient.pk}/change/"
    seen = opened(client, page)
    mark_deceased(patient, desk)

    client.post(page, seen | {"first_name": "Augusta"})

    assert Patient.objects.get(pk=patient.pk).is_deceased
