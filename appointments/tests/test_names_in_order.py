"""Names stand where people look for them, in every list of people."""

from datetime import date

import pytest
from django.db import connection

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import WaitlistEntry
from clinic.tests.problems import V1
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db
IN_ORDER = [
    ("abel", "Zoe"),
    ("Åberg", "Ida"),
    ("Borner", "Anna"),
    ("Börner", "Bert"),
    ("borner", "Émile"),
    ("Borner", "Eva"),
    ("Bornheim", "Ada"),
    ("de la Cruz", "Ana"),
    ("Meier", "Zoe"),
    ("Meier-Abel", "Ada"),
    ("Meierling", "Ada"),
    ("Oban", "Ada"),
    ("O'Brien", "Ada"),
    ("Obst", "Ada"),
    ("Strasse", "Ada"),
    ("Straße", "Bea"),
    ("van den Bosch", "Ada"),
    ("Vandenberg", "Ada"),
    ("Zander", "Ada"),
    ("Иванов", "Иван"),
]


@pytest.fixture
def people():
    """Patients and doctors of these names, made in another order."""
    looks_after = DoctorFactory(first_name="Ärmin", last_name="Aaa")
    for last, first in sorted(IN_ORDER, key=lambda name: name[1]):
        patient = PatientFactory(first_name=first, last_name=last, gender="female")
        DoctorFactory(first_name=first, last_name=last)
        CareAssignmentFactory(patient=patient, doctor=looks_after)
    return looks_after


def in_console(browser, path: str) -> list[tuple[str, str]]:
    rows = browser.get(f"/admin/{path}").context["cl"].result_list
    people = [getattr(row, "patient", row) for row in rows]
    return [(one.last_name, one.first_name) for one in people if one.last_name != "Aaa"]


def test_people_are_listed_by_name(api, people):
    desk, browser = api(UserFactory()), signed_in(Role.ADMIN)
    backwards = IN_ORDER[::-1]

    def in_api(path: str) -> list[tuple[str, str]]:
        rows = desk.get(f"{V1}/{path}").json()["results"]
        named = [(row["last_name"], row["first_name"]) for row in rows]
        return [name for name in named if name[0] != "Aaa"]

    assert in_api("patients") == in_api("patients?ordering=last_name") == IN_ORDER
    assert in_api("patients?ordering=-last_name") == backwards
    assert in_api(f"doctors/{people.pk}/patients") == IN_ORDER
    assert in_api("doctors") == in_api("doctors?ordering=specialization") == IN_ORDER
    assert in_api("doctors?ordering=-last_name") == backwards
    assert in_console(browser, "patients/patient/") == IN_ORDER
    for turned, order in (("", IN_ORDER), ("-", backwards)):  # A click on the column's head.
        shown = in_console(browser, f"patients/patient/?o={turned}1")
        assert shown == order
    assert in_console(browser, "doctors/doctor/") == IN_ORDER
    assert [(one.last_name, one.first_name) for one in Doctor.objects.all()[1:]] == IN_ORDER
    days = {"from_date": date(2027, 5, 3), "to_date": date(2027, 5, 4), "doctor": people}
    for patient in Patient.objects.order_by("created_at"):
        WaitlistEntry.objects.create(patient=patient, **days)
    waiting = browser.get("/admin/appointments/waitlistentry/").context["cl"]
    column = [*waiting.list_display].index("patient_name")
    assert in_console(browser, f"appointments/waitlistentry/?o={column}") == IN_ORDER


def test_the_list_of_patients_is_read_by_an_index():
    Patient.objects.bulk_create(
        Patient(last_name=f"Name {n % 70}", email=f"p{n}@mail.example", phone=f"+49151{n:08}")
        for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE patients_patient")
    for order in (Patient.objects.all(), Patient.objects.reverse()):
        plan = order.standing()[:50].explain()
        assert "using patient_by_name" in plan, plan
        assert "Sort" not in plan
