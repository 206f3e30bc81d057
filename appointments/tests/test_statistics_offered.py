"""Figures by type, place and room, against a slow and obvious count."""

import csv
import io
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.admin.statistics.counting import Period, compute
from appointments.models import Appointment, AppointmentResource, GroupSession
from appointments.tests.factories import AppointmentFactory
from appointments.transitions import HOLDING, Status
from doctors.models import HealthcareService, Location, Resource, ResourceOutage
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)
PERIOD = Period(DAY, DAY + timedelta(days=6))
NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_year_of_choices(rng: random.Random, count: int) -> None:
    """Visits of every kind and state, each on a day and with a doctor of its own."""
    types = [HealthcareService.objects.create(name=n, duration_minutes=30) for n in ("B", "a")]
    places = [Location.objects.create(name=n) for n in ("North", "East")]
    rooms = [Resource.objects.create(name=n, pool="Room") for n in ("1", "2")]
    for number in range(count):
        amount, currency = rng.choice([(None, ""), ("45.50", "EUR"), ("5000", "JPY")])
        visit = AppointmentFactory.past(
            starts_at=NINE + timedelta(days=number - 2),
            ends_at=NINE + timedelta(days=number - 2, minutes=30),
            buffer_after_minutes=15,
            status=rng.choice(Status.values),
            service=rng.choice([None, *types]),
            location=rng.choice([None, *places]),
            price_amount=amount,
            price_currency=currency,
        )
        AppointmentResource.objects.create(
            resource=rng.choice(rooms),
            appointment=visit,
            busy_from=visit.starts_at,
            busy_until=visit.ends_at + timedelta(minutes=15),
            is_held=visit.status in HOLDING,
        )


@pytest.mark.parametrize("seed", range(3))
def test_visits_are_counted_by_what_they_are(seed):
    a_year_of_choices(random.Random(seed), 12)
    rows = [
        one
        for one in Appointment.objects.select_related("service", "location")
        if one.status != Status.ENTERED_IN_ERROR
        and PERIOD.starts_at <= one.starts_at < PERIOD.ends_at
    ]

    found = compute(PERIOD, UserFactory(role=Role.ADMIN)).offered

    for uses, name in ((found.types, "service"), (found.places, "location")):
        labels = {str(getattr(one, name) or "") for one in rows}
        assert set(uses) == (labels if any(labels) else set())
        assert list(uses) == sorted(uses, key=lambda label: (not label, label.casefold()))
        for label, use in uses.items():
            same = [one for one in rows if str(getattr(one, name) or "") == label]
            income = Counter()
            for one in same:
                if one.status in HOLDING and one.price_amount is not None:
                    income[one.price_currency] += one.price_amount
            assert use.by_status == Counter(one.status for one in same)
            assert use.income == income
    held = [one for one in rows if one.status in HOLDING]
    assert sum((room.booked for room in found.rooms), timedelta()) == len(held) * 45 * HOUR / 60
    assert sum(room.visits for room in found.rooms) == len(held)


def test_rooms_of_sessions_and_times_out_of_service_are_cut_at_midnight():
    doctor, room = DoctorFactory(with_account=True), Resource.objects.create(name="1", pool="Room")
    last = PERIOD.ends_at
    session = GroupSession.objects.create(
        doctor=doctor,
        starts_at=last - HOUR,
        ends_at=last + HOUR,
        booked_at=NINE - HOUR,
        capacity=5,
    )
    AppointmentResource.objects.create(
        resource=room, session=session, busy_from=last - HOUR, busy_until=last + HOUR
    )
    ResourceOutage.objects.create(
        resource=room, starts_at=PERIOD.starts_at - HOUR, ends_at=PERIOD.starts_at + HOUR
    )

    (all_of_it,) = compute(PERIOD, UserFactory(role=Role.RECEPTIONIST)).offered.rooms
    (own,) = compute(PERIOD, doctor.user).offered.rooms
    others = compute(PERIOD, DoctorFactory(with_account=True).user).offered.rooms

    assert (all_of_it.visits, all_of_it.booked, all_of_it.out) == (1, HOUR, HOUR)
    assert (own.booked, own.out) == (HOUR, timedelta())
    assert others == []


def test_the_page_has_tables_of_what_is_set_up_alone():
    service = HealthcareService.objects.create(name="=Yoga", duration_minutes=30)
    client = signed_in(Role.ADMIN)
    address = f"/admin/statistics/?from={DAY}&to={DAY}"
    AppointmentFactory.past(starts_at=NINE)
    assert "Visits by" not in client.get(address).content.decode()

    AppointmentFactory.past(
        starts_at=NINE,
        service=service,
        price_amount=Decimal("45.5"),
        price_currency="EUR",
        status=Status.FULFILLED,
    )

    page = client.get(address).content.decode()
    assert "Visits by type" in page
    assert "Visits by place" not in page
    file = client.get(f"/admin/statistics/visit-types/csv/?from={DAY}&to={DAY}")
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows[0] == ["Visit type", "Visits", "No-shows, %", "Cancelled, %", "Expected, EUR"]
    assert rows[1] == ["'=Yoga", "1", "0.0", "0.0", "45.50"]
    assert rows[2:] == [
        ["No type", "1", "", "0.0", "0.00"],
        ["All types", "2", "0.0", "0.0", "45.50"],
    ]
