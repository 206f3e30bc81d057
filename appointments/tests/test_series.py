"""Series of visits: looked at, booked, moved and cancelled."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.models import Appointment, AppointmentSeries
from appointments.services.series import NEAREST, SKIP, book_series, preview
from appointments.services.series_changes import cancel_series, reschedule_series
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import codes, patient_online
from appointments.tests.series import (
    EIGHT_WEEKS,
    FOUR_WEEKS,
    WEEK,
    booked_series,
    starts_of,
    visits_of,
    wish,
)
from clinic.errors import NotAllowed
from clinic.models import Notification
from doctors.models import (
    Absence,
    Closure,
    HealthcareService,
    Resource,
    ResourceOutage,
    ServiceNeed,
)
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def block(first: Appointment, weeks: int, **fields) -> Appointment:
    """Somebody else's visit, where the series has one."""
    fields = {"doctor": first.doctor} | fields
    return AppointmentFactory(starts_at=first.starts_at + weeks * WEEK, **fields)


def conflicts(first: Appointment, rule: str = FOUR_WEEKS) -> list[str]:
    return [one.conflict for one in preview(first, rule, UserFactory())]


def test_a_series_is_ordinary_visits_and_one_mail():
    first = wish()
    series = booked_series(first, EIGHT_WEEKS)

    assert starts_of(series) == [first.starts_at + n * WEEK for n in range(8)]
    assert {one.created_by for one in visits_of(series)} == {series.created_by}
    assert [one.history.count() for one in visits_of(series)] == [1] * 8
    events = Notification.objects.values_list("event", flat=True)
    assert list(events) == [f"series_booked:0:{series.pk}"]


@time_machine.travel(datetime(2027, 3, 1, 12).astimezone(), tick=False)
def test_the_local_time_stays_across_a_change_of_the_clocks(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    first = wish(starts_at=datetime.fromisoformat("2027-03-15T09:00+01:00"))
    series = booked_series(first)

    shown = [f"{timezone.localtime(at):%m-%d %H:%M}" for at in starts_of(series)]
    assert shown == ["03-15 09:00", "03-22 09:00", "03-29 09:00", "04-05 09:00"]

    reschedule_series(
        series, UserFactory(), first.starts_at, datetime.fromisoformat("2027-03-16T10:30+01:00")
    )

    shown = [f"{timezone.localtime(at):%m-%d %H:%M}" for at in starts_of(series)]
    assert shown == ["03-16 10:30", "03-23 10:30", "03-30 10:30", "04-06 10:30"]


def test_each_kind_of_conflict_is_found_with_the_nearest_free_time():
    first = wish()
    block(first, 0)
    block(first, 1, doctor=DoctorFactory(), patient=first.patient)
    absent = first.starts_at + 2 * WEEK
    Absence.objects.create(doctor=first.doctor, starts_at=absent, ends_at=absent + HOUR)
    closed = timezone.localdate(first.starts_at + 3 * WEEK)
    Closure.objects.create(starts_on=closed, ends_on=closed)

    found = preview(first, "FREQ=WEEKLY;COUNT=5", UserFactory())

    assert [one.conflict for one in found] == [
        "doctor_double_booked",
        "patient_double_booked",
        "doctor_absent",
        "clinic_closed",
        "",
    ]
    near = [one.nearest.starts_at - one.starts_at for one in found if one.nearest]
    half = timedelta(minutes=30)
    assert [abs(away) for away in near[:2]] == [half, half]
    assert near[2] in (-half, HOUR)
    assert timezone.localdate(found[3].nearest.starts_at) != closed
    assert not AppointmentSeries.objects.exists()


def test_the_preview_asks_as_often_for_fifty_dates_as_for_two():
    first, desk = wish(), UserFactory()
    for weeks in range(0, 40, 3):
        block(first, weeks)
    counts = []
    for rule in ("FREQ=WEEKLY;COUNT=2", "FREQ=WEEKLY;COUNT=50"):
        with CaptureQueriesContext(connection) as asked:
            preview(first, rule, desk)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 8


def test_a_conflict_refuses_all_and_names_every_date():
    first = wish()
    block(first, 1)
    with pytest.raises(ValidationError) as refused:
        booked_series(first)

    assert codes(refused.value) == {"starts_at": ["doctor_double_booked"]}
    assert "1 of 4 dates" in refused.value.messages[0]
    assert [bool(one.conflict) for one in refused.value.occurrences] == [False, True, False, False]
    assert not AppointmentSeries.objects.exists()
    assert Appointment.objects.count() == 1
    assert not Notification.objects.exists()


def test_what_is_taken_is_skipped_or_replaced_and_told():
    first = wish()
    block(first, 1)
    skipped = booked_series(first, on_conflict=SKIP)

    assert starts_of(skipped) == [first.starts_at + n * WEEK for n in (0, 2, 3)]
    left = skipped.dates.get(appointment=None)
    assert left.refused_code == "doctor_double_booked"

    other = wish(doctor=first.doctor, patient=PatientFactory())
    replaced = booked_series(other, on_conflict=NEAREST)
    assert len(starts_of(replaced)) == 4
    assert not set(starts_of(replaced)) & set(starts_of(skipped))
    assert set(replaced.dates.values_list("refused_code", flat=True)) == {"doctor_double_booked"}


def test_what_was_chosen_for_single_dates_holds():
    first = wish()
    second, third = first.starts_at + WEEK, first.starts_at + 2 * WEEK
    series = booked_series(first, choices={second: None, third: third + HOUR})
    fourth = first.starts_at + 3 * WEEK

    assert starts_of(series) == [first.starts_at, third + HOUR, fourth]

    for wrong in ({second + HOUR: None}, {second: second + 9 * WEEK}, {second: third}):
        again = wish(doctor=first.doctor, starts_at=first.starts_at + HOUR)
        with pytest.raises(ValidationError):
            booked_series(again, choices=wrong)


def test_rooms_are_given_for_each_date_and_buffers_count(ultrasound):
    service, room = ultrasound
    first = wish(service=service, ends_at=None)
    ResourceOutage.objects.create(
        resource=room, starts_at=first.starts_at + WEEK, ends_at=first.starts_at + WEEK + HOUR
    )
    # Ten minutes are kept free after it: what begins at its end is in the way.
    AppointmentFactory(doctor=first.doctor, starts_at=first.starts_at + 2 * WEEK + 0.75 * HOUR)

    assert conflicts(first) == ["", "resource_double_booked", "doctor_double_booked", ""]

    series = booked_series(first, on_conflict=NEAREST)
    booked = visits_of(series)
    assert [one.resource_bookings.get().resource for one in booked] == [room] * 4
    assert {one.duration_minutes for one in booked} == {45}

    moved = first.starts_at + timedelta(hours=2)
    reschedule_series(series, UserFactory(), first.starts_at, moved)
    assert [one.resource_bookings.get().resource for one in visits_of(series)] == [room] * 4


@pytest.fixture
def ultrasound():
    """A visit type of 45 minutes and ten more that needs the clinic's only ultrasound."""
    service = HealthcareService.objects.create(
        name="Ultrasound", code="us", duration_minutes=45, buffer_after_minutes=10
    )
    ServiceNeed.objects.create(service=service, pool="ultrasound", count=1)
    room = Resource.objects.create(name="US 1", kind="equipment", pool="ultrasound")
    return service, room


def test_every_fault_is_told_at_once():
    first = wish(starts_at=next_monday(9) + timedelta(seconds=30), length=timedelta(minutes=5))
    with pytest.raises(ValidationError) as refused:
        booked_series(first, "FREQ=YEARLY;COUNT=60")

    assert set(refused.value.message_dict) == {"starts_at", "ends_at", "rule"}
    with pytest.raises(ValidationError) as refused:
        preview(wish(starts_at=timezone.now() - WEEK), FOUR_WEEKS, UserFactory())
    assert "starts_at" in refused.value.message_dict


@pytest.mark.parametrize("inactive", ["doctor", "patient"])
def test_nobody_books_with_who_is_not_there(inactive):
    first = wish()
    if inactive == "doctor":
        first.doctor.is_active = False
    else:
        first.patient.is_deceased = True
    getattr(first, inactive).save()
    for way in (preview, book_series):
        with pytest.raises(ValidationError) as refused:
            way(first, FOUR_WEEKS, UserFactory())
        assert list(codes(refused.value)) == [inactive]


def test_patients_and_other_doctors_make_no_series():
    patient = patient_online()
    for by in (patient.user, DoctorFactory(with_account=True).user):
        with pytest.raises(NotAllowed):
            booked_series(wish(patient=patient), by=by)


def test_this_and_later_ones_are_moved_and_what_went_its_own_way_stays():
    series, desk = booked_series(rule=EIGHT_WEEKS), UserFactory()
    visits = visits_of(series)
    services.reschedule(visits[3], desk, visits[3].starts_at + HOUR)
    services.cancel(visits[5], desk)

    reschedule_series(series, desk, visits[2], visits[2].starts_at + timedelta(days=1, hours=2))

    shift = timedelta(days=1, hours=2)
    now = [Appointment.objects.get(pk=one.pk).starts_at for one in visits]
    was = [one.starts_at for one in visits]
    assert now[:2] == was[:2]
    assert now[3] == was[3] + HOUR
    assert now[5] == was[5]
    assert [now[n] - was[n] for n in (2, 4, 6, 7)] == [shift] * 4
    mails = Notification.objects.filter(event__startswith="series_moved").values_list("event")
    assert list(mails) == [(f"series_moved:1:{series.pk}",)]
    with pytest.raises(ValidationError) as refused:
        reschedule_series(series, desk, visits[3], was[3])
    assert codes(refused.value) == {"": ["wrong_state"]}


@pytest.mark.parametrize("days", [1, -1])
def test_a_series_moves_into_its_own_times(days):
    first = wish(starts_at=next_monday(9) + WEEK)
    series = booked_series(first, "FREQ=DAILY;COUNT=10")
    moved = first.starts_at + timedelta(days=days)
    reschedule_series(series, UserFactory(), first.starts_at, moved)

    assert starts_of(series) == [moved + timedelta(days=n) for n in range(10)]
    series.refresh_from_db()
    assert series.rule == "FREQ=DAILY;COUNT=10"
    assert series.dates.first().local_start == f"{timezone.localtime(moved):%Y-%m-%dT%H:%M}"


def test_a_move_is_refused_whole():
    series = booked_series()
    visits = visits_of(series)
    AppointmentFactory(doctor=series.doctor, starts_at=visits[2].starts_at + HOUR)
    with pytest.raises(ValidationError) as refused:
        reschedule_series(series, UserFactory(), visits[0], visits[0].starts_at + HOUR)

    assert codes(refused.value) == {"starts_at": ["doctor_double_booked"]}
    assert starts_of(series) == [one.starts_at for one in visits]
    assert reschedule_series(series, UserFactory(), visits[0], visits[0].starts_at).sequence == 0


def test_this_and_later_ones_are_cancelled_and_what_went_its_own_way_stays():
    series, desk = booked_series(), UserFactory()
    visits = visits_of(series)
    services.reschedule(visits[2], desk, visits[2].starts_at + HOUR)

    cancel_series(series, desk, visits[1], reason_code="prov")

    states = [Appointment.objects.get(pk=one.pk).status for one in visits]
    assert states == ["booked", "cancelled", "booked", "cancelled"]
    change = visits[1].history.last()
    assert change.reason_code == "prov"
    cancel_series(series, desk)
    with pytest.raises(ValidationError) as refused:
        cancel_series(series, desk)
    assert codes(refused.value) == {"": ["wrong_state"]}


def test_patients_cancel_within_the_notice():
    patient = patient_online()
    start = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=90)
    series = booked_series(wish(patient=patient, starts_at=start), "FREQ=WEEKLY;COUNT=3")
    visits = visits_of(series)
    with pytest.raises(NotAllowed):
        cancel_series(series, patient.user)
    with pytest.raises(NotAllowed):
        reschedule_series(series, patient.user, visits[1], visits[1].starts_at + HOUR)

    cancel_series(series, patient.user, visits[1])

    assert starts_of(series) == [start]
    assert visits[1].history.last().reason_code == "pat"


def test_who_sees_a_series():
    patient = patient_online()
    series = booked_series(wish(patient=patient, doctor=DoctorFactory(with_account=True)))

    def seen(user) -> bool:
        return AppointmentSeries.objects.visible_to(user).filter(pk=series.pk).exists()

    assert seen(patient.user)
    assert seen(series.doctor.user)
    assert seen(UserFactory(role=Role.RECEPTIONIST))
    assert not seen(patient_online().user)
    assert not seen(DoctorFactory(with_account=True).user)
    stranger = DoctorFactory(with_account=True)
    visit = visits_of(series)[1]
    services.reschedule(visit, UserFactory(), visit.starts_at, doctor=stranger)
    assert seen(stranger.user)
    with pytest.raises(NotAllowed):
        cancel_series(series, stranger.user)
