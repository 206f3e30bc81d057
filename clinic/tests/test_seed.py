import random
from datetime import date, time, timedelta
from io import BytesIO, StringIO

import phonenumbers
import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange, WaitlistEntry
from appointments.scheduling.availability import warnings_for
from appointments.transitions import REACHED_FROM, Status
from clinic.management.seeding.fill import WRITTEN
from clinic.management.seeding.phones import PhoneBook
from clinic.management.seeding.plan import Plan
from clinic.models import Notification
from doctors.models import Absence, Closure, Doctor, ExtraHours, WorkingHours
from patients.models import CareAssignment, IdentityDocument, Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
# A Wednesday. The clinic's clocks go forward on the Sunday after it.
TODAY = date(2026, 3, 25)
NOW = Plan(TODAY).now
SMALL = {"patients": 25, "doctors": 6, "days": 6, "today": TODAY}


@pytest.fixture(autouse=True)
def development(settings):
    settings.DEBUG = True


def seed(**options) -> str:
    out = StringIO()
    call_command("seed", stdout=out, **{**SMALL, **options})
    return out.getvalue()


def test_seed_makes_people_whom_every_check_lets_pass():
    seed()

    assert Patient.objects.count() == 25
    assert Doctor.objects.count() == 6
    for record in [*User.objects.all(), *Doctor.objects.all(), *Patient.objects.all()]:
        record.full_clean()
    for phone in Patient.objects.values_list("phone", flat=True):
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


def test_seed_lets_visits_be_where_they_can_be_by_now():
    seed(patients=60)

    for visit in Appointment.objects.with_people():
        visit.full_clean()
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


def test_seed_keeps_the_history_that_the_services_would_have_kept():
    seed()

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


def test_seed_assigns_every_patient_to_the_doctors_seen_and_tells_nobody():
    seed()

    booked = set(Appointment.objects.values_list("doctor", "patient"))
    assert set(CareAssignment.objects.values_list("doctor", "patient")) == booked
    assert not ProcrastinateJob.objects.exists()
    assert not Notification.objects.exists()


def test_seed_makes_the_demo_log_ins(settings):
    seed()

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


def test_seed_stores_photos_that_can_be_read():
    seed()

    assert IdentityDocument.objects.count() == 25
    for document in IdentityDocument.objects.all():
        with document.file.open() as file, Image.open(BytesIO(file.read())) as image:
            image.load()
            assert (image.format, image.size) == ("JPEG", (document.width, document.height))


def everything() -> list:
    """Every row that was written, with encrypted text and photos in the clear."""
    photos = [document.file.read() for document in IdentityDocument.objects.order_by("pk")]
    return [list(model.objects.order_by("pk").values_list()) for model in WRITTEN] + photos


def everything_after_seeding(**options) -> list:
    """What a seed leaves behind, undone again; the sequences have gone on all the same."""
    with transaction.atomic():
        seed(**options)
        made = everything()
        transaction.set_rollback(True)
    return made


def test_the_same_seed_makes_the_same_clinic():
    first = everything_after_seeding()
    random.seed(7)
    PatientFactory().delete()

    assert everything_after_seeding() == first
    assert everything_after_seeding(seed=2) != first


def test_numbers_go_on_after_the_seeded_ones():
    seed()

    assert PatientFactory(phone="+12025550199").number is not None
    assert Patient.objects.order_by("-number").values_list("number", flat=True)[0] == 26
    visit = Appointment.objects.first()
    change = AppointmentChange.objects.create(
        appointment=visit,
        to_status=Status.BOOKED,
        to_starts_at=visit.starts_at,
        to_ends_at=visit.ends_at,
        to_doctor=visit.doctor,
    )
    assert change.pk == AppointmentChange.objects.count()


@pytest.mark.parametrize("zone", ["Pacific/Apia", "America/St_Johns", "Asia/Kathmandu"])
def test_seed_works_on_the_clinics_own_clocks_on_a_sunday_too(settings, zone):
    settings.TIME_ZONE = zone

    seed(patients=5, doctors=1, days=1, today=date(2026, 3, 29))

    local = [timezone.localtime(visit.starts_at) for visit in Appointment.objects.all()]
    assert {day.date() for day in local} >= {date(2026, 3, 29)}
    assert all(time(8) <= day.time() < time(17) for day in local)


def test_seed_makes_exactly_as_many_appointments_as_asked_for():
    assert "6 doctors, 25 patients and 123 appointments" in seed(appointments=123)

    assert Appointment.objects.count() == 123


def test_seed_leaves_nothing_behind_where_there_is_no_room():
    with pytest.raises(CommandError, match="have no room"):
        seed(patients=2, doctors=1, days=2, appointments=50)

    assert not Patient.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize("factory", [PatientFactory, UserFactory])
def test_seed_refuses_a_database_that_is_in_use(factory):
    record = factory(email="admin@clinic.example")

    with pytest.raises(CommandError, match="reset_db"):
        seed()

    assert [*Patient.objects.all(), *User.objects.all()] == [record]


def test_seed_refuses_a_production_database_unless_forced(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="--force"):
        seed()
    assert not Patient.objects.exists()

    warning = StringIO()
    seed(force=True, patients=1, doctors=1, days=1, stderr=warning)
    assert Patient.objects.count() == 1
    assert "can now sign in" in warning.getvalue()


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--patients=0", "a whole number, 1 or more"),
        ("--patients=many", "a whole number, 1 or more"),
        ("--doctors=1e9", "a whole number, 1 or more"),
        ("--days=x", "a whole number, 1 or more"),
        ("--days=100000", "3650 at most"),
        ("--today=2026-02-30", "a day such as 2030-01-31"),
        ("--today=0001-01-01", "of the years 2000 to 2100"),
    ],
)
def test_seed_refuses_options_that_mean_nothing(option, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("seed", option)


def test_no_phone_number_comes_twice():
    book = PhoneBook()
    numbers = {book[index] for index in range(60_000)}

    assert len(numbers) == 60_000
    assert len(book) > 3_000_000
    assert all(map(phonenumbers.is_valid_number, map(phonenumbers.parse, sorted(numbers)[::500])))


def test_seed_gives_the_doctors_their_weeks_and_absences():
    seed(doctors=12)

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
