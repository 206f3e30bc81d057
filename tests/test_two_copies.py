"""Two people at one record: what the one changes, the other's older copy doesn't take back."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.services import passwords, users
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.services import advance, cancel, reschedule
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.transitions import Status
from clinic.money import Price
from doctors import services as doctors
from doctors.models import Doctor
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
    WorkingHoursFactory,
)
from patients import services as patients
from patients.models import IdentityDocument, Patient
from patients.photos import clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg

pytestmark = pytest.mark.django_db
NEW = "Other-horse-77"


def admin() -> User:
    return UserFactory(role=Role.ADMIN)


def changed(service: Callable, **values: Any) -> Callable[[Model], Any]:
    """The change of a copy: these values, then the service."""

    def change(copy: Model) -> None:
        for name, value in values.items():
            setattr(copy, name, value)
        service(copy, by=admin())

    return change


@dataclass
class Pair:
    """Two changes of one record, each made in a copy loaded before either, and what is to be
    stored after both."""

    name: str
    make: Callable[[], Model]
    first: Callable[[Any], Any]
    second: Callable[[Any], Any]
    stored: dict[str, Any]

    def __str__(self) -> str:
        return self.name


def applicant() -> Doctor:
    now = timezone.now()
    return DoctorFactory(is_active=False, applied_at=now, email_verified_at=now, with_account=True)


def photo() -> IdentityDocument:
    clean = clean_photo(ContentFile(jpeg(), "id.jpg"))
    return patients.replace_document(PatientFactory(), clean, by=admin())


def verify(document: IdentityDocument) -> None:
    patients.verify_document(document, "passport", date(2040, 1, 1), by=admin())


def refuse(document: IdentityDocument) -> None:
    patients.refuse_document(document, "Blurred.", by=admin())


def moved(hour: int) -> Callable[[Appointment], Appointment]:
    return lambda visit: reschedule(visit, admin(), next_monday(hour))


PAIRS = [
    Pair(
        "patient",
        lambda: PatientFactory(city="Berlin", street="A 1"),
        changed(patients.change, city="Hamburg"),
        changed(patients.change, street="B 2"),
        {"city": "Hamburg", "street": "B 2"},
    ),
    Pair(
        "patient, contact",
        PatientFactory,
        changed(patients.change, phone="+4930901820"),
        changed(patients.change, medical_history="Asthma"),
        {"phone": "+4930901820", "medical_history": "Asthma"},
    ),
    Pair(
        "doctor",
        DoctorFactory,
        changed(doctors.change, phone="+4930901820"),
        changed(doctors.change, specialization="Cardiology"),
        {"phone": "+4930901820", "specialization": "Cardiology"},
    ),
    Pair(
        "doctor, approved",
        applicant,
        lambda doctor: doctors.approve(doctor, by=admin()),
        changed(doctors.change, phone="+4930901820"),
        {"is_active": True, "phone": "+4930901820"},
    ),
    Pair(
        "account",
        UserFactory,
        changed(users.change, first_name="Ann"),
        changed(users.change, phone="+4930901820"),
        {"first_name": "Ann", "phone": "+4930901820"},
    ),
    Pair(
        "account, closed",
        lambda: UserFactory(first_name="Bo"),
        changed(users.change, is_active=False),
        lambda user: passwords.set_password(user, NEW, keep=None),
        {"is_active": False, "first_name": "Bo"},
    ),
    Pair(
        "working hours",
        WorkingHoursFactory,
        changed(doctors.save_hours, starts=time(8)),
        changed(doctors.save_hours, ends=time(18)),
        {"starts": time(8), "ends": time(18)},
    ),
    Pair(
        "visit type",
        lambda: HealthcareServiceFactory(code="US-1"),
        changed(doctors.save_service, price=Price(Decimal(45), "EUR")),
        changed(doctors.save_service, code="US-2", duration_minutes=45),
        {"price_text": "45.00 EUR", "code": "US-2", "duration_minutes": 45},
    ),
    Pair(
        "place",
        LocationFactory,
        changed(doctors.save_location, phone="+4930901820"),
        changed(doctors.save_location, is_active=False),
        {"phone": "+4930901820", "is_active": False},
    ),
    Pair(
        "room",
        ResourceFactory,
        changed(doctors.save_resource, pool="Treatment"),
        changed(doctors.save_resource, kind="room"),
        {"pool": "Treatment", "kind": "room"},
    ),
    Pair(
        "photo",
        photo,
        verify,
        refuse,
        {"check_result": "refused", "refusal_reason": "Blurred."},
    ),
    Pair(
        "visit, moved and cancelled",
        AppointmentFactory,
        moved(14),
        lambda visit: cancel(visit, admin()),
        {"starts_at": next_monday(14), "status": Status.CANCELLED},
    ),
    Pair(
        "visit, one step and the next",
        AppointmentFactory.today,
        lambda visit: advance(visit, Status.CHECKED_IN, admin()),
        lambda visit: advance(visit, Status.IN_CONSULTATION, admin()),
        {"status": Status.IN_CONSULTATION, "sequence": 2},
    ),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_neither_of_two_changes_takes_the_other_back(pair):
    record = pair.make()
    one, two = (type(record).objects.get(pk=record.pk) for _ in range(2))

    pair.first(one)
    pair.second(two)

    now = type(record).objects.get(pk=record.pk)
    assert {name: getattr(now, name) for name in pair.stored} == pair.stored


def test_an_old_copy_of_an_account_keeps_the_password_of_now():
    user = UserFactory()
    stale = User.objects.get(pk=user.pk)
    passwords.set_password(User.objects.get(pk=user.pk), NEW, keep=None)

    changed(users.change, first_name="Ann")(stale)

    assert User.objects.get(pk=user.pk).check_password(NEW)


def test_a_copy_holds_what_is_stored_afterwards():
    patient = PatientFactory(city="Berlin")
    one, two = (Patient.objects.get(pk=patient.pk) for _ in range(2))
    changed(patients.change, city="Hamburg")(one)

    changed(patients.change, street="B 2")(two)

    assert two.city == "Hamburg"


def test_what_changes_nothing_writes_nothing():
    patient = PatientFactory()
    before = Patient.objects.get(pk=patient.pk)

    patients.change(Patient.objects.get(pk=patient.pk), by=admin())

    assert Patient.objects.get(pk=patient.pk).updated_at == before.updated_at


def test_services_name_the_fields_that_they_write():
    """`save()` of a whole record takes back what others have changed."""
    loose = []
    for folder in ("accounts", "doctors", "patients", "appointments"):
        for path in (settings.BASE_DIR / folder / "services").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if is_whole_save(node):
                    loose.append(f"{path.relative_to(settings.BASE_DIR)}:{node.lineno}")
    assert loose == []


def is_whole_save(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    names = {keyword.arg for keyword in node.keywords}
    is_record = node.func.attr == "save" and not node.args  # A storage is told a name.
    return is_record and not names & {"update_fields", "force_insert"}
