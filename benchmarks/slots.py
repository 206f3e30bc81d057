"""How long a month of free times takes, for one doctor and for fifty, with a year of bookings.

    .venv/bin/python -m benchmarks.slots [times]

It uses a database of its own on the embedded server of the tests. The reference, measured in the
same run, is reading the rows of as many visits as the month holds, plainly and by the day: on a
shared machine only the ratio holds.
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

# Models can be imported only now.
# ruff: noqa: E402
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from appointments.models import Appointment
from appointments.scheduling import availability
from appointments.scheduling.availability import Limits
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import doctor_working
from doctors.models import Doctor
from patients.tests.factories import PatientFactory

DOCTORS, WEEKS, DAYS = 50, 50, 31
START = next_monday(7)
# Every other half hour from nine to five in Berlin, five days a week.
VISITS = """
    INSERT INTO appointments_appointment
        (id, doctor_id, patient_id, starts_at, ends_at, status, reason, overbook_reason,
         booked_at, local_start, time_zone, sequence, created_at, updated_at)
    SELECT gen_random_uuid(), doctor, patient, starts_at, starts_at + '30 min', 'booked', '', '',
           now(), '', '', 0, now(), now()
    FROM unnest(%s::uuid[], %s::uuid[]) AS people(doctor, patient),
         generate_series(0, %s) AS day, generate_series(0, 7) AS hour,
         LATERAL (SELECT %s::timestamptz + day * interval '1 day' + hour * interval '1 hour')
             AS times(starts_at)
    WHERE day %% 7 < 5"""


def main(times: int = 20) -> None:
    before = setup_databases(verbosity=0, interactive=False)
    try:
        doctors = [doctor_working("09:00-17:00", weekdays=range(5)) for _ in range(DOCTORS)]
        patients = [PatientFactory.create().pk for _ in doctors]
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(VISITS, [[one.pk for one in doctors], patients, WEEKS * 7 - 1, START])
            cursor.execute("SET session_replication_role = origin")
            cursor.execute("ANALYZE appointments_appointment")
        print(f"{Appointment.objects.count()} visits; milliseconds, median of {times}")
        print("doctors  free times  month  reference  ratio")
        for number in (1, DOCTORS):
            report(Doctor.objects.filter(pk__in=[one.pk for one in doctors[:number]]), times)
    finally:
        connection.close()
        teardown_databases(before, verbosity=0)


def report(doctors, times: int) -> None:
    def month() -> list:
        return availability.free(doctors, START.date(), DAYS, Limits.of(None))

    def reference() -> list:
        ends_at = START + timedelta(days=DAYS)
        rows = Appointment.objects.filter(
            doctor__in=doctors.values("pk"), starts_at__gte=START, starts_at__lt=ends_at
        )
        return list(rows.values_list("doctor_id", "starts_at", "ends_at"))

    found = len(month())
    spent, plain = milliseconds(month, times), milliseconds(reference, times)
    ratio = spent / plain
    print(f"{doctors.count():7} {found:11} {spent:6.1f} {plain:10.1f} {ratio:6.1f}")


def milliseconds(work: Callable[[], list], times: int) -> float:
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return median(spent) * 1000


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
