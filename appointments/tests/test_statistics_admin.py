"""The console's page of statistics."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from appointments.admin.statistics.views import named_period
from appointments.tests.factories import AppointmentFactory
from appointments.tests.scheduling import doctor_working
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/statistics/"
DAY = "from=2026-03-02&to=2026-03-02"
NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_the_page_shows_every_figure_as_a_table():
    AppointmentFactory.past(
        doctor=doctor_working("09:00-10:00"), starts_at=NINE, status="fulfilled"
    )

    content = signed_in(Role.ADMIN).get(f"{PAGE}?{DAY}").content.decode()

    keys = re.findall(r'<section class="figure" id="([^"]+)"', content)
    assert keys == ["visits", "utilisation", "rates", "lead-time", "new-patients", "mails"]
    assert content.count("<table>") == 6
    row = re.search(r"<th scope=\"row\">Mon 2 Mar 2026</th>(.*?)</tr>", content)[1]
    assert re.findall(r"<td>([^<]*)</td>", row) == ["1", "0", "0", "0", "0", "0", "1"]
    assert re.search(r"<td>0\.5</td><td>1\.0</td><td>50\.0</td>", content)


@pytest.mark.parametrize("key", ["visits", "utilisation", "rates", "lead-time", "new-patients"])
def test_a_figure_is_downloaded_as_the_page_shows_it(key):
    doctor = doctor_working("09:00-17:00", first_name="=1+1", last_name="Meyer")
    AppointmentFactory.past(doctor=doctor, starts_at=NINE)
    client = signed_in(Role.RECEPTIONIST)
    table = next(one for one in client.get(f"{PAGE}?{DAY}").context["tables"] if one.key == key)

    response = client.get(f"{PAGE}{key}/csv/?{DAY}")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        f'attachment; filename="{key}-2026-03-02-2026-03-02.csv"'
    )
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == [column.name for column in table.columns]
    assert len(rows) == 1 + len(table.rows) + bool(table.total)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_a_doctor_sees_nobody_elses_figures():
    doctor, other = DoctorFactory(with_account=True), DoctorFactory(last_name="Elsewhere")
    AppointmentFactory.past(doctor=doctor, starts_at=NINE)
    AppointmentFactory.past(doctor=other, starts_at=NINE)
    client = signed_in(doctor.user)

    for path in (f"{PAGE}?{DAY}", f"{PAGE}rates/csv/?{DAY}"):
        content = client.get(path).content.decode()
        assert doctor.last_name in content
        assert "Elsewhere" not in content
    assert client.get(f"{PAGE}mails/csv/?{DAY}").status_code == 404


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("from=2026-03-02", "Both days are needed."),
        ("to=2026-03-02", "Both days are needed."),
        ("from=2026-03-03&to=2026-03-02", "Must not be before the first day."),
        ("from=2025-01-01&to=2026-01-02", "Statistics are of 366 days at most."),
        ("from=2026-02-30&to=2026-03-02", "Enter a valid date."),
        ("from=0001-01-01&to=0001-01-02", "Must be a day from 1900 to 2999."),
        ("from=9999-12-30&to=9999-12-31", "Must be a day from 1900 to 2999."),
        ("period=century", ""),
        ("from=%00&to=%00", "Enter a valid date."),
    ],
)
def test_an_impossible_period_is_said_and_the_usual_one_shown(query, fault):
    client = signed_in(Role.ADMIN)

    response = client.get(f"{PAGE}?{query}")

    assert response.status_code == 200
    today = timezone.localdate()
    assert response.context["period"] == (today - timedelta(days=27), today)
    assert fault in response.content.decode()
    assert client.get(f"{PAGE}visits/csv/?{query}").status_code == 404


def test_no_such_figure():
    assert signed_in(Role.ADMIN).get(f"{PAGE}nothing/csv/").status_code == 404


@pytest.mark.parametrize(
    ("name", "today", "first", "last"),
    [
        ("week", "2026-03-01", "2026-02-23", "2026-03-01"),
        ("week", "2026-03-02", "2026-03-02", "2026-03-08"),
        ("4weeks", "2026-03-01", "2026-02-02", "2026-03-01"),
        ("quarter", "2026-01-01", "2026-01-01", "2026-03-31"),
        ("quarter", "2026-06-30", "2026-04-01", "2026-06-30"),
        ("quarter", "2026-12-31", "2026-10-01", "2026-12-31"),
    ],
)
def test_periods_by_name(name, today, first, last):
    found = named_period(name, date.fromisoformat(today))

    assert found == (date.fromisoformat(first), date.fromisoformat(last))
