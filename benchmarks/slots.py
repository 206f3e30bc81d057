"""How long a month of free times takes, for one doctor and for fifty, with a year of bookings.

    .venv/bin/python -m benchmarks.slots [times]

It uses a database of its own on the embedded server of the tests. The reference, measured in the
same run, is reading the rows of as many visits as the month holds, plainly and by the day: on a
shared machine only the ratio holds. After that the same month is asked for by a visit type with a
buffer that needs a room of each of two pools, in turns with the plain one.
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
from appointments.scheduling.availability import PLAIN, Limits, Wanted, wanted_for
from appointments.tests.factories import next_monday
from appointments.tests.scheduling import doctor_working
from doctors.models import Doctor, HealthcareService, ServiceNeed
from doctors.tests.factories import HealthcareServiceFactory, ResourceFactory
from patients.tests.factories import PatientFactory

DOCTORS, WEEKS, DAYS = 50, 50, 31
START = next_monday(7)
POOLS = ("Ultrasound", "Couch")
ROOMS = 30  # Of each pool: one for each of the doctors whose visits need them, and a few more.
# Every other half hour from nine to five in Berlin, five days a week: twenty minutes, and ten kept
# free after them.
VISITS = """
    INSERT INTO appointments_appointment
        (id, doctor_id, patient_id, starts_at, ends_at, status, reason, overbook_reason,
         booked_at, local_start, time_zone, sequence, created_at, updated_at,
         buffer_after_minutes)
    SELECT gen_random_uuid(), doctor, patient, starts_at, starts_at + '20 min', 'booked', '', '',
           now(), '', '', 0, now(), now(), 10
    FROM unnest(%s::uuid[], %s::uuid[]) AS people(doctor, patient),
         generate_series(0, %s) AS day, generate_series(0, 7) AS hour,
         LATERAL (SELECT %s::timestamptz + day * interval '1 day' + hour * interval '1 hour')
             AS times(starts_at)
    WHERE day %% 7 < 5"""
TAKEN = """
    INSERT INTO appointments_appointmentresource
        (resource_id, appointment_id, busy_from, busy_until, is_held)
    SELECT resource, id, busy_from, busy_until, true
    FROM unnest(%s::uuid[], %s::uuid[]) AS rooms(doctor, resource)
    JOIN appointments_appointment ON doctor_id = doctor"""


def main(times: int = 20) -> None:
    before = setup_databases(verbosity=0, interactive=False)
    try:
        working = {"weekdays": range(5), "slot_interval_minutes": 30}
        doctors = [doctor_working("09:00-17:00", **working) for _ in range(DOCTORS)]
        scan = scan_in_rooms()
        half = [one.pk for one in doctors[: DOCTORS // 2]]
        rooms = [
            [ResourceFactory.create(pool=pool).pk for _ in range(ROOMS)][: len(half)]
            for pool in POOLS
        ]
        patients = [PatientFactory.create().pk for _ in doctors]
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(VISITS, [[one.pk for one in doctors], patients, WEEKS * 7 - 1, START])
            for of_pool in rooms:
                cursor.execute(TAKEN, [half, of_pool])
            cursor.execute("SET session_replication_role = origin")
            cursor.execute("ANALYZE appointments_appointment, appointments_appointmentresource")
        print(f"{Appointment.objects.count()} visits; milliseconds, median of {times}")
        print("doctors  free times  month  reference  ratio")
        for number in (1, DOCTORS):
            report(Doctor.objects.filter(pk__in=[one.pk for one in doctors[:number]]), times)
        print("doctors  of a type  month  without  ratio")
        for number in (1, DOCTORS):
            known = Doctor.objects.filter(pk__in=[one.pk for one in doctors[:number]])
            report_type(known, scan, times)
    finally:
        connection.close()
        teardown_databases(before, verbosity=0)


def scan_in_rooms() -> HealthcareService:
    """Twenty minutes, ten kept free after them, with one of each pool."""
    scan = HealthcareServiceFactory.create(duration_minutes=20, buffer_after_minutes=10)
    for pool in POOLS:
        ServiceNeed.objects.create(service=scan, pool=pool)
    return scan


def month_of(doctors, wanted: Wanted = PLAIN) -> list:
    return availability.free(doctors, START.date(), DAYS, Limits.of(None), wanted=wanted)


def report_type(doctors, scan: HealthcareService, times: int) -> None:
    found = len(month_of(doctors, wanted_for(scan.pk)))
    spent, plain = [], []
    for _ in range(times):  # In turns: the machine is as busy for the one as for the other.
        spent.append(milliseconds(lambda: month_of(doctors, wanted_for(scan.pk)), 1))
        plain.append(milliseconds(lambda: month_of(doctors), 1))
    typed, without = median(spent), median(plain)
    ratio = typed / without
    print(f"{doctors.count():7} {found:10} {typed:6.1f} {without:8.1f} {ratio:6.2f}")


def report(doctors, times: int) -> None:
    def month() -> list:
        return month_of(doctors)

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
