"""The demo clinic that `manage.py seed` makes is as the services would have made it."""

import shutil
from datetime import date, time, timedelta
from io import BytesIO, StringIO

import phonenumbers
import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from appointments.models import Appointment, AppointmentResource, GroupSession, WaitlistEntry
from appointments.scheduling.availability import warnings_for
from appointments.transitions import HOLDING, REACHED_FROM
from clinic.management.seeding.plan import Plan
from clinic.models import Notification
from doctors.models import (
    Absence,
    Closure,
    Doctor,
    ExtraHours,
    HealthcareService,
    Location,
    Resource,
    ServiceDoctor,
    WorkingHours,
)
from doctors.services import unmet_needs
from patients.models import CareAssignment, IdentityDocument, Patient, RelatedPerson
from patients.reach import reach, without_mail

# A Wednesday. The clinic's clocks go forward on the Sunday after it.
TODAY = date(2026, 3, 25)
NOW = Plan(TODAY).now


@pytest.fixture(scope="module", autouse=True)
def seeded(django_db_setup, django_db_blocker):
    """The clinic: one for all tests of this file, which only look at it."""
    with django_db_blocker.unblock(), override_settings(DEBUG=True), transaction.atomic():
        call_command("seed", patients=60, doctors=12, days=6, today=TODAY, stdout=StringIO())
        yield
        transaction.set_rollback(True)
        shutil.rmtree(settings.STORAGES["documents"]["OPTIONS"]["location"])


@pytest.fixture(autouse=True)
def _clean_slate():
    """The photos stay until the last test."""


def test_every_check_lets_its_people_pass():
    assert Patient.objects.count() == 60
    assert Doctor.objects.count() == 12
    for record in [*User.objects.all(), *Doctor.objects.all(), *Patient.objects.all()]:
        record.full_clean()
    for phone in Patient.objects.exclude(phone="").values_list("phone", flat=True):
        assert phonenumbers.is_valid_number(phone)
    ages = [TODAY.year - patient.date_of_birth.year for patient in Patient.objects.all()]
    assert min(ages) >= 0
    assert max(ages) <= 99
    assert {name.isascii() for name in Patient.objects.values_list("last_name", flat=True)} == {
        True,
        False,
    }
    assert all(email.isascii() for email in Patient.objects.values_list("email", flat=True))
    assert Patient.objects.exclude(medical_history="").exists()


def test_there_are_families_who_share_a_mothers_contacts():
    mother = Patient.objects.get(number=1)
    for relation in RelatedPerson.objects.all():
        relation.full_clean()
    children = Patient.objects.filter(related_persons__related_patient=mother, email="", phone="")
    assert children.count() == 3
    for child in children:
        [reached] = reach(child)
        assert (reached.email, reached.signs_in) == (mother.email, True)
        assert child.last_name == mother.last_name
        assert child.zip == mother.zip
    assert set(Patient.objects.visible_to(mother.user)) == {mother, *children}
    grandmothers = Patient.objects.filter(email="").exclude(phone="")
    assert grandmothers.count() == 2
    assert set(without_mail(grandmothers).values()) == {
        f"No e-mail: call {one.phone.as_international}." for one in grandmothers
    }


def test_visits_are_where_they_can_be_by_now():
    for visit in Appointment.objects.with_people()[:100]:
        visit.full_clean()
    for visit in Appointment.objects.with_people():
        assert visit.patient.created_at <= visit.booked_at < visit.starts_at
        assert visit.booked_at <= NOW
        if visit.starts_at > NOW:
            assert visit.status in ("booked", "checked_in", "cancelled")
        elif visit.ends_at > NOW:
            assert visit.status == "in_consultation"
        else:
            assert visit.status in ("fulfilled", "cancelled", "noshow", "entered_in_error")
        starts, ends = timezone.localtime(visit.starts_at), timezone.localtime(visit.ends_at)
        assert time(7, 30) <= starts.time() < ends.time() <= time(19)
    days = {timezone.localdate(visit.starts_at) for visit in Appointment.objects.all()}
    assert TODAY - timedelta(days=3) <= min(days) < TODAY < max(days) <= TODAY + timedelta(days=6)
    today = Appointment.objects.on_day(TODAY)
    assert {"checked_in", "in_consultation"} <= set(today.values_list("status", flat=True))


def test_the_history_is_what_the_services_would_have_kept():
    for visit in Appointment.objects.prefetch_related("history"):
        first, *later = visit.history.all()
        assert (first.from_status, first.to_status) == ("", "booked")
        assert first.at == visit.created_at
        before = first
        for change in later:
            is_move = (change.from_status, change.to_status) == ("booked", "booked")
            assert is_move or change.from_status in REACHED_FROM[change.to_status]
            assert change.from_status == before.to_status
            assert change.from_starts_at == before.to_starts_at
            assert before.at <= change.at <= NOW
            before = change
        assert (before.to_status, before.to_starts_at) == (visit.status, visit.starts_at)
        assert (visit.sequence, visit.updated_at) == (len(later), before.at)


def test_every_patient_is_assigned_to_the_doctors_seen_and_nobody_is_told():
    booked = set(Appointment.objects.values_list("doctor", "patient"))
    assert set(CareAssignment.objects.values_list("doctor", "patient")) == booked
    assert not ProcrastinateJob.objects.exists()
    assert not Notification.objects.exists()


def test_the_demo_log_ins_open():
    roles = {
        "admin@clinic.example": "admin",
        "reception@clinic.example": "receptionist",
        "doctor@clinic.example": "doctor",
        "patient@clinic.example": "patient",
    }
    users = {
        email: authenticate(username=email, password=settings.DEMO_PASSWORD) for email in roles
    }
    assert {email: user.role for email, user in users.items()} == roles
    doctor = users["doctor@clinic.example"].doctor
    assert doctor.appointments.on_day(TODAY).count() >= 10
    patient = users["patient@clinic.example"].patient
    assert patient.appointments.filter(starts_at__gt=NOW, status="booked").exists()
    assert patient.document


def test_photos_can_be_read():
    assert IdentityDocument.objects.count() == 40
    for document in IdentityDocument.objects.all():
        with document.file.open() as file, Image.open(BytesIO(file.read())) as image:
            image.load()
            assert (image.format, image.size) == ("JPEG", (document.width, document.height))


def test_every_field_has_visit_types_and_visits_have_what_they_need():
    for record in [*Location.objects.all(), *Resource.objects.all()]:
        record.full_clean()
    for service in HealthcareService.objects.prefetch_related("needs"):
        service.full_clean()
        assert unmet_needs(service) == []
    offering = set(ServiceDoctor.objects.values_list("doctor__specialization", flat=True))
    assert offering == set(Doctor.objects.values_list("specialization", flat=True))

    typed = Appointment.objects.filter(session=None).exclude(service=None)
    assert 20 < typed.count() < Appointment.objects.count()
    for visit in typed.prefetch_related("service__needs", "resource_bookings__resource"):
        rooms = list(visit.resource_bookings.all())
        needs = [need.pool for need in visit.service.needs.all()]
        assert [room.resource.pool for room in rooms] == needs
        assert visit.price_text == visit.service.price_text
        for room in rooms:
            assert room.resource.location_id == visit.location_id
            assert (room.busy_from, room.busy_until) == (visit.busy_from, visit.busy_until)
            assert room.is_held == (visit.status in HOLDING)
    assert AppointmentResource.objects.filter(session=None).count() > 5


def test_a_group_meets_each_week():
    sessions = list(GroupSession.objects.prefetch_related("appointments", "resource_bookings"))
    assert sessions
    for session in sessions:
        session.full_clean()
        assert [room.resource.pool for room in session.resource_bookings.all()] == ["Exercise room"]
        visits = list(session.appointments.order_by("seat"))
        assert [visit.seat for visit in visits] == list(range(1, len(visits) + 1))
        assert visits
        for visit in visits:
            assert (visit.starts_at, visit.ends_at) == (session.starts_at, session.ends_at)
            assert (visit.service_id, visit.doctor_id) == (session.service_id, session.doctor_id)


def test_the_doctors_have_their_weeks_and_absences():
    for record in [*WorkingHours.objects.all(), *ExtraHours.objects.all(), *Closure.objects.all()]:
        record.full_clean()
    assert set(WorkingHours.objects.values_list("doctor", flat=True)) == {
        doctor.pk for doctor in Doctor.objects.all()
    }
    assert Absence.objects.exists()
    assert WaitlistEntry.objects.waiting().count() == 3
    for visit in Appointment.objects.select_related("doctor")[:50]:
        codes = warnings_for(visit)
        assert codes == [], f"{visit}: {codes}"
        local = timezone.localtime(visit.starts_at)
        assert visit.local_start == f"{local:%Y-%m-%dT%H:%M}"
