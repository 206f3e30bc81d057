import random
from datetime import date, time
from io import StringIO

import phonenumbers
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange, AppointmentSeries
from appointments.transitions import Status
from clinic.management.seeding.fill import WRITTEN
from clinic.management.seeding.phones import PhoneBook
from clinic.management.seeding.plan import Plan
from patients.models import IdentityDocument, Patient
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


def test_a_longer_calendar_has_a_series_of_eight_dates():
    """Across the change of the clocks, each date at the same local time."""
    seed(days=28)

    [series] = AppointmentSeries.objects.all()
    visits = list(series.appointments.order_by("starts_at"))
    assert len(visits) == 8
    assert {timezone.localtime(visit.starts_at).time() for visit in visits} == {time(13)}
    assert {visit.patient_id for visit in visits} == {series.patient_id}
    assert all(visit.resource_bookings.get().resource.pool for visit in visits)
    assert [date.appointment for date in series.dates.all()] == visits
    assert {date.planned_start == date.local_start for date in series.dates.all()} == {True}


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
