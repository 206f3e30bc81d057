"""Fill the benchmark's database, and print what the contenders' clients need to know as JSON.

It runs as a process of its own, in the environment of the clinic's servers: `benchmarks.ground`
starts it. What earlier runs wrote is taken out again.
"""

import json
import sys
import time
from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from datetime import time as clock
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django

django.setup()

# Models can be imported only now.
# ruff: noqa: E402
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from accounts.models import AccessLog, User
from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.console import signed_in
from appointments.models import Appointment, AppointmentChange
from benchmarks.people import fill_patients, insert_from
from clinic.models import Notification
from doctors.models import Doctor, WorkingHours
from doctors.specializations import code_of
from patients.models import Patient

CARDIOLOGISTS, ON_SATURDAY, SATURDAY_VISITS = 50, 12, 200
AHEAD = 23  # Working days from tomorrow on that are filled: a month.
SLOTS = 20  # Half hours of a doctor's day, from eight to six; four of five are taken.
PHOTO = settings.BASE_DIR / "docs" / "id-card.jpg"
ZONE = ZoneInfo("Europe/Berlin")
DOCTORS = "unnest(%(doctors)s::uuid[]) WITH ORDINALITY AS doctors (id, d)"
MANY = f"""
FROM generate_series(0, %(count)s::int - 1) AS series (v)
JOIN {DOCTORS} ON d = 1 + v %% %(doctor_count)s
JOIN unnest(%(days)s::date[]) WITH ORDINALITY AS days (day, at)
    ON at = 1 + v / (%(doctor_count)s * %(a_day)s)
JOIN bench_patient ON bench_patient.n = (v::bigint * 7919) %% %(patient_count)s
CROSS JOIN LATERAL (SELECT (v / %(doctor_count)s) %% %(a_day)s AS k) AS nth
CROSS JOIN LATERAL (SELECT (day + '08:00'::time + (k / 4 * 5 + k %% 4) * interval '30 min')
    AT TIME ZONE 'Europe/Berlin' AS starts) AS times
ORDER BY v
"""
VISIT = {
    "id": "uuidv7()",
    "doctor_id": "doctors.id",
    "patient_id": "bench_patient.id",
    "starts_at": "starts",
    "ends_at": "starts + interval '30 min'",
    "status": "CASE WHEN starts < now() THEN 'fulfilled' ELSE 'booked' END",
    "booked_at": "starts - interval '30 days'",
    "created_at": "starts - interval '30 days'",
    "updated_at": "starts - interval '30 days'",
    "reason": "'Check-up'",
}
# A table of numbers, from which pgbench draws whom it asks for.
NUMBERED = """
CREATE TABLE bench_{0} AS SELECT row_number() OVER (ORDER BY id)::int - 1 AS n, id FROM {1} {2};
CREATE UNIQUE INDEX ON bench_{0} (n)"""


def main() -> None:
    parser = ArgumentParser()
    for name in ("appointments", "patients", "doctors"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--again", action="store_true", help="The data are there.")
    wanted = parser.parse_args()
    if not wanted.again:
        with transaction.atomic():
            fill(wanted.appointments, wanted.patients, wanted.doctors)
    forget_earlier_runs()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    json.dump(knowledge(), sys.stdout)


def working_days(first: date, count: int, step: int = 1) -> list[date]:
    """So many days from Monday to Friday, from this one on, forwards or backwards."""
    days: list[date] = []
    while len(days) < count:
        if first.weekday() < 5:
            days.append(first)
        first += timedelta(days=step)
    return days


def fill(appointments: int, patients: int, doctors: int) -> None:
    """Everything but what the runs write; the history of none of it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
    fill_patients(patients)
    staff = make_doctors(doctors)
    with connection.cursor() as cursor:
        cursor.execute(NUMBERED.format("patient", Patient._meta.db_table, ""))
        cursor.execute(NUMBERED.format("doctor", Doctor._meta.db_table, "WHERE is_active"))
        cursor.execute("CREATE SEQUENCE bench_booking MINVALUE 0")
    a_day = SLOTS * 4 // 5
    ahead = working_days(timezone.localdate() + timedelta(days=1), AHEAD)
    behind = appointments // (a_day * doctors) + 1 - AHEAD
    past = working_days(timezone.localdate() - timedelta(days=1), max(behind, 0), -1)
    params = {"doctors": staff, "doctor_count": doctors, "patient_count": patients, "a_day": a_day}
    days = [*past[::-1], *ahead]
    insert_from(Appointment, VISIT, MANY, {**params, "count": appointments, "days": days})
    params |= {"doctors": staff[:ON_SATURDAY], "doctor_count": ON_SATURDAY}
    saturday = {"count": SATURDAY_VISITS, "days": [next_saturday()], "a_day": SLOTS}
    insert_from(Appointment, VISIT, MANY.replace("k / 4 * 5 + k %% 4", "k"), params | saturday)


def make_doctors(count: int) -> list[Any]:
    """The doctors' ids, and hours for all of them; the last one more is for the race."""
    made = [
        Doctor(
            first_name="Maria",
            last_name=f"Keller{number:03}",
            email=f"doctor{number}@clinic.example",
            specialization=(name := "Cardiology" if number < CARDIOLOGISTS else "Surgery"),
            specialization_code=code_of(name),
        )
        for number in range(count + 1)
    ]
    Doctor.objects.bulk_create(made)
    WorkingHours.objects.bulk_create(
        WorkingHours(doctor=doctor, weekday=weekday, starts=clock(8), ends=clock(18))
        for number, doctor in enumerate(made)
        for weekday in range(6 if number < ON_SATURDAY else 5)
    )
    return [doctor.pk for doctor in made[:count]]


def next_saturday() -> date:
    tomorrow = timezone.localdate() + timedelta(days=1)
    return tomorrow + timedelta(days=(5 - tomorrow.weekday()) % 7)


def first_booking_day() -> date:
    """The Monday from which on the runs book: none of the data are there."""
    day = timezone.localdate() + timedelta(days=60)
    return day + timedelta(days=-day.weekday() % 7)


def forget_earlier_runs() -> None:
    """Take out what bookings, reads and registrations of earlier runs left."""
    written = [AccessLog, AppointmentChange, Notification]
    names = [model._meta.db_table for model in written] + ["procrastinate_jobs"]
    events = Appointment.pgh_event_model._meta.db_table  # type: ignore[attr-defined]
    since = datetime.combine(first_booking_day(), clock(), ZONE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"TRUNCATE {', '.join([*names, events])} CASCADE")
        visits = Appointment._meta.db_table
        cursor.execute(f"DELETE FROM {visits} WHERE starts_at >= %s", [since])
        newcomers = Patient.objects.filter(email__startswith="newcomer-")
        users = list(newcomers.values_list("user", flat=True))
        cursor.execute(
            "DELETE FROM patients_identitydocument WHERE patient_id IN "
            "(SELECT id FROM patients_patient WHERE email LIKE 'newcomer-%%')"
        )
        newcomers._raw_delete(newcomers.db)
        User.objects.filter(pk__in=users)._raw_delete(newcomers.db)
        cursor.execute("ALTER SEQUENCE bench_booking RESTART")


def knowledge() -> dict[str, Any]:
    """What the clients ask for, and the credentials of one receptionist."""
    user, _ = User.objects.get_or_create(
        email="desk@clinic.example",
        defaults={"role": Role.RECEPTIONIST, "password": make_password("Correct-horse-9")},
    )
    by_name = Doctor.objects.order_by("last_name").values_list("pk", flat=True)
    doctors = [str(pk) for pk in by_name]
    days = Appointment.objects.filter(doctor=doctors[0]).dates("starts_at", "day")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM bench_patient ORDER BY n LIMIT 5000")
        patients = [str(pk) for (pk,) in cursor.fetchall()]
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass",
            [Appointment._meta.db_table],
        )
        triggers = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database())), version()")
        size, version = cursor.fetchone()
    return {
        "doctors": doctors[:-1],
        "race_doctor": doctors[-1],
        "saturday_doctors": doctors[:ON_SATURDAY],
        "patients": patients,
        "days": [day.isoformat() for day in days if day.weekday() < 5],
        "saturday": next_saturday().isoformat(),
        "tomorrow": (timezone.localdate() + timedelta(days=1)).isoformat(),
        "first_booking_day": first_booking_day().isoformat(),
        "triggers": triggers,
        "token": begin_by_api(user).access_token,
        "cookie": signed_in(user).cookies.output(header="", sep=";").split(";")[0].strip(),
        "photo": str(PHOTO),
        "registering_ms": round(least_of_registering() * 1000, 1),
        "rows": {"appointments": Appointment.objects.count(), "patients": Patient.objects.count()},
        "size": size,
        "postgresql": version.split()[1],
    }


def least_of_registering() -> float:
    """Seconds of CPU that a registration can't do without: one hash, the photo read and written."""
    spent = []
    for _ in range(5):
        begun = time.process_time()
        make_password("Correct-horse-9")
        image = Image.open(Path(PHOTO))
        image.load()
        image.convert("RGB").save(BytesIO(), "JPEG", quality=90)
        spent.append(time.process_time() - begun)
    return min(spent)


if __name__ == "__main__":
    main()
