"""Two people at one form, in the console and on the site: nothing of either is lost unseen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.services import users
from accounts.tests.console import opened, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.services import reschedule
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.history import at_work
from doctors import services as doctors
from doctors.models import WorkingHours
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
    WorkingHoursFactory,
)
from patients import services as patients
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
KEPT = "Nothing is saved yet; what you typed is kept."


@dataclass
class Form:
    """A form of a stored record, a service of the same, and two of its fields."""

    address: str
    make: Callable[[], Any]
    change: Callable
    mine: dict[str, str]
    others: dict[str, str]

    def __str__(self) -> str:
        return self.address


CONSOLE = [
    Form(
        "/admin/patients/patient/{}/change/",
        lambda: PatientFactory(street="Elm Row 1", zip="10115", city="Berlin"),
        patients.change,
        {"street": "Elm Row 2"},
        {"city": "Potsdam"},
    ),
    Form(
        "/admin/doctors/doctor/{}/change/",
        DoctorFactory,
        doctors.change,
        {"specialization": "Cardiology"},
        {"license_number": "77"},
    ),
    Form(
        "/admin/accounts/user/{}/change/",
        lambda: UserFactory(first_name="Bo", last_name="Hansen"),
        users.change,
        {"first_name": "Bodil"},
        {"last_name": "Jensen"},
    ),
    Form(
        "/admin/doctors/healthcareservice/{}/change/",
        HealthcareServiceFactory,
        doctors.save_service,
        {"description": "Please come early."},
        {"code": "C-1"},
    ),
    Form(
        "/admin/doctors/location/{}/change/",
        LocationFactory,
        doctors.save_location,
        {"name": "Mill Lane"},
        {"address": "12 Mill Lane"},
    ),
    Form(
        "/admin/doctors/resource/{}/change/",
        ResourceFactory,
        doctors.save_resource,
        {"name": "The old one"},
        {"pool": "Sonography"},
    ),
]


def shown(page) -> dict[str, Any]:
    """All that the form sends back where nothing is typed."""
    form = page.context["adminform"].form
    data = {field.html_name: field.value() for field in form if field.value() is not None}
    data.pop("document_photo", None)
    return data | {"care_assignments-TOTAL_FORMS": "0", "care_assignments-INITIAL_FORMS": "0"}


def meanwhile(form: Form, record, values: dict[str, str], by: User) -> None:
    now = type(record).objects.get(pk=record.pk)
    for name, value in values.items():
        setattr(now, name, value)
    with at_work("admin", "POST", user=lambda: str(by.pk)):
        form.change(now, by=by)


@pytest.fixture
def colleague():
    return UserFactory(role=Role.ADMIN, first_name="Jo", last_name="Desk")


@pytest.mark.parametrize("form", CONSOLE, ids=str)
def test_what_others_changed_elsewhere_in_the_record_stays(form, colleague):
    record, browser = form.make(), signed_in(Role.ADMIN)
    address = form.address.format(record.pk)
    typed = shown(browser.get(address)) | form.mine
    meanwhile(form, record, form.others, colleague)

    assert browser.post(address, typed).status_code == 302

    record.refresh_from_db()
    stored = form.mine | form.others
    assert {name: getattr(record, name) for name in stored} == stored


@pytest.mark.parametrize("form", CONSOLE, ids=str)
def test_a_field_that_both_changed_is_refused_once_with_both_values(form, colleague):
    record, browser = form.make(), signed_in(Role.ADMIN)
    address = form.address.format(record.pk)
    typed = shown(browser.get(address)) | form.mine
    [name] = form.mine
    meanwhile(form, record, {name: "Others"}, colleague)

    refused = browser.post(address, typed)

    found = refused.context["adminform"].form.errors
    assert found[name] == ["Now it is “Others”. To put yours in its place, save again."]
    assert found["__all__"][0].startswith("Jo Desk (")
    assert KEPT in found["__all__"][0]
    assert shown(refused)[name] == form.mine[name]
    assert getattr(refused.context["original"], name) == "Others"
    record.refresh_from_db()
    assert getattr(record, name) == "Others"

    assert browser.post(address, shown(refused)).status_code == 302
    record.refresh_from_db()
    assert getattr(record, name) == form.mine[name]


def test_a_visit_that_was_moved_meanwhile_stays_where_it_is(colleague):
    visit, browser = AppointmentFactory(), signed_in(Role.RECEPTIONIST)
    address = f"/admin/appointments/appointment/{visit.pk}/change/"
    local = timezone.localtime(visit.starts_at)
    typed = {
        "doctor": str(visit.doctor_id),
        "starts_at_0": f"{local:%Y-%m-%d}",
        "starts_at_1": f"{local:%H:%M}",
        "duration_minutes": "45",
    } | opened(browser, address)
    reschedule(Appointment.objects.get(), colleague, next_monday(14))

    refused = browser.post(address, typed)

    assert refused.status_code == 200
    assert Appointment.objects.get().starts_at == next_monday(14)
    assert (
        f"{timezone.localtime(next_monday(14)):%H:%M}"
        in refused.context["adminform"].form.errors["starts_at"][0]
    )


def test_a_form_of_a_visit_that_does_not_say_what_it_showed_is_not_believed():
    visit, browser = AppointmentFactory(), signed_in(Role.RECEPTIONIST)
    address = f"/admin/appointments/appointment/{visit.pk}/change/"
    typed = {"doctor": str(visit.doctor_id), "starts_at_0": "2039-01-03", "starts_at_1": "09:00"}

    assert "look at it once more" in browser.post(address, typed).content.decode()
    assert Appointment.objects.get().sequence == 0


def test_a_week_that_was_changed_meanwhile_is_not_replaced_unseen(colleague):
    hours, browser = WorkingHoursFactory(), signed_in(Role.ADMIN)
    address = f"/admin/doctors/doctor/{hours.doctor_id}/hours/"
    rows = {"span-0-weekday": "0", "span-0-starts": "10:00", "span-0-ends": "12:00"}
    counts = {"span-TOTAL_FORMS": "1", "span-INITIAL_FORMS": "0"}
    sent = rows | counts | {"opened": browser.get(address).context["opened"]}
    WorkingHoursFactory(doctor=hours.doctor, weekday=2)

    refused = browser.post(address, sent)

    assert "Somebody else changed this week" in refused.content.decode()
    assert WorkingHours.objects.count() == 2
    again = browser.post(address, sent | {"opened": refused.context["opened"]})
    assert again.status_code == 302
    assert [f"{span.starts:%H:%M}" for span in WorkingHours.objects.all()] == ["10:00"]


def test_a_doctor_whom_a_colleague_put_in_charge_or_took_out_meanwhile(colleague):
    """Such rows are added and taken out alone: none goes back to what it was."""
    patient, ended, added = PatientFactory(), DoctorFactory(), DoctorFactory()
    patients.assign(ended, patient, by=colleague)
    browser, address = signed_in(Role.ADMIN), f"/admin/patients/patient/{patient.pk}/change/"
    page = browser.get(address)
    [rows] = page.context["inline_admin_formsets"]
    fields = [
        field for form in [rows.formset.management_form, *rows.formset.forms] for field in form
    ]
    sent = shown(page) | {field.html_name: field.value() for field in fields if field.value()}
    patients.end_assignment(ended, patient, by=colleague)
    patients.assign(added, patient, by=colleague)

    assert browser.post(address, sent | {"first_name": "Ida"}).status_code == 302

    assert [found.doctor for found in patient.care_assignments.all()] == [added]


def test_a_patient_and_the_desk_at_the_same_contact_data(colleague):
    patient = PatientFactory(with_account=True, street="Elm Row 1", zip="10115", city="Berlin")
    browser = signed_in(patient.user)
    address = "/me/profile/change/"
    form = browser.get(address).context["form"]
    typed = {field.html_name: field.value() or "" for field in form} | {"street": "Elm Row 2"}
    now = Patient.objects.get()
    now.street, now.city = "Oak Row 9", "Potsdam"
    patients.change(now, by=colleague)

    refused = browser.post(address, typed)

    assert "Now it is “Oak Row 9”" in refused.content.decode()
    again = refused.context["form"]
    assert (again["street"].value(), again["city"].value()) == ("Elm Row 2", "Potsdam")
    sent = {field.html_name: field.value() or "" for field in again}
    assert browser.post(address, sent).status_code == 302
    patient.refresh_from_db()
    assert (patient.street, patient.city) == ("Elm Row 2", "Potsdam")


def test_a_patient_moves_a_visit_that_the_desk_has_moved(colleague):
    patient = PatientFactory(with_account=True, email_verified_at=timezone.now())
    visit = AppointmentFactory(patient=patient)
    browser = signed_in(patient.user)
    reschedule(Appointment.objects.get(), colleague, next_monday(14))
    starts = f"{next_monday(16):%Y-%m-%dT%H:%M:%SZ}"

    browser.post(
        f"/me/visits/{visit.pk}/move/?doctor={visit.doctor_id}&starts={starts}", {"sequence": "0"}
    )

    assert Appointment.objects.get().starts_at == next_monday(14)
