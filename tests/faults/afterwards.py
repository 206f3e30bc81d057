"""When all is over: is everything that was promised there, once, and every mail sent?"""

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC

import psycopg

from tests.faults.clients import Client, Registration, Visit
from tests.faults.stage import ROOT, Stage

SWEEP = """
import django

django.setup()
from patients.tasks import remove_orphaned_documents

remove_orphaned_documents(0)
"""
QUIET_WITHIN = 180.0
OVERLAPS = """
SELECT count(*) FROM appointments_appointment a JOIN appointments_appointment b
ON a.doctor_id = b.doctor_id AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
WHERE a.status IN ('booked', 'checked_in', 'in_consultation')
AND b.status IN ('booked', 'checked_in', 'in_consultation')
"""
WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND "


def let_jobs_end(stage: Stage) -> int:
    """Let the worker send what it owes, as if the time until its next tries went by. Returns how
    many jobs are left that nobody takes."""
    again = [sys.executable, "manage.py", "resend_mails", "--since", "1h"]
    subprocess.run(again, cwd=ROOT, env=stage.worker.environment, check=True, capture_output=True)
    until, left = time.monotonic() + QUIET_WITHIN, -1
    with stage.connect() as own:
        while time.monotonic() < until:
            own.execute(
                """UPDATE procrastinate_jobs SET scheduled_at = now()
                   WHERE status = 'todo' AND scheduled_at > now() AND task_name LIKE '%send%'"""
            )
            row = own.execute(WAITING + "task_name LIKE '%.send%'").fetchone()
            left = row[0] if row else 0
            if not left:
                break
            time.sleep(0.5)
    return left


def all_faults(stage: Stage, clients: list[Client]) -> list[str]:
    """What is wrong, a sentence each. Empty: nothing was lost, nothing is there twice."""
    left = let_jobs_end(stage)
    visits = [visit for client in clients for visit in client.visits]
    registrations = [one for client in clients for one in client.registrations]
    with stage.connect() as own:
        found = [
            *([f"{left} mails are still waiting after {QUIET_WITHIN:.0f} s"] if left else []),
            *lost_visits(own, visits),
            *lost_registrations(own, registrations),
            *overlaps(own),
            *files(own, stage),
            *mails(own, stage),
        ]
    return found + [f"given up: {one}" for client in clients for one in client.given_up]


def lost_visits(own: psycopg.Connection, visits: list[Visit]) -> list[str]:
    rows = own.execute(
        "SELECT id::text, starts_at, status FROM appointments_appointment"
    ).fetchall()
    stored = {row[0]: (row[1].astimezone(UTC), row[2]) for row in rows}
    promised = [one for one in visits if one.id]
    found = []
    for one in promised:
        state = stored.get(one.id)
        if state is None:
            found.append(f"booking {one.id} was acknowledged and is lost")
        elif state != (one.starts_at, one.status) and state not in one.may_be:
            found.append(f"visit {one.id} is {state}, not {one.starts_at} {one.status}")
    twice = [key for key, times in Counter(one.id for one in promised).items() if times > 1]
    found += [f"booking {key} answered two requests" for key in twice]
    unknown = len(visits) - len(promised)
    if not len(promised) <= len(stored) <= len(promised) + unknown:
        found.append(f"{len(stored)} visits stored, {len(promised)} promised, {unknown} unknown")
    return found


def lost_registrations(own: psycopg.Connection, registrations: list[Registration]) -> list[str]:
    rows = own.execute("SELECT id::text, email FROM patients_patient WHERE email LIKE 'faults-%'")
    stored = Counter(row[1] for row in rows.fetchall())
    found = [
        f"registration {one.email} was acknowledged and is there {stored[one.email]} times"
        for one in registrations
        if one.id and stored[one.email] != 1
    ]
    return found + [
        f"{email} is there {times} times" for email, times in stored.items() if times > 1
    ]


def overlaps(own: psycopg.Connection) -> list[str]:
    row = own.execute(OVERLAPS).fetchone()
    return [f"{row[0]} pairs of visits overlap"] if row and row[0] else []


def files(own: psycopg.Connection, stage: Stage) -> list[str]:
    """After the hourly sweep, as if two hours had gone by, each row has its file, and each file
    its row."""
    documents = stage.disk.documents
    for path in documents.rglob("*"):
        os.utime(path, (time.time() - 2 * 3600,) * 2)
    own_environment = {**stage.worker.environment, "DJANGO_SETTINGS_MODULE": "clinic.settings"}
    subprocess.run([sys.executable, "-c", SWEEP], cwd=ROOT, env=own_environment, check=True)
    rows = {row[0] for row in own.execute("SELECT file FROM patients_identitydocument").fetchall()}
    there = {
        str(path.relative_to(documents)): path.stat().st_size
        for path in documents.rglob("*")
        if path.is_file()
    }
    found = [f"the photo {name} is missing" for name in rows - there.keys()]
    found += [f"the photo {name} is empty" for name in rows & there.keys() if not there[name]]
    pictures = {name.removesuffix(".small") for name in there}
    return found + [f"the file {name} belongs to nobody" for name in pictures - rows]


def mails(own: psycopg.Connection, stage: Stage) -> list[str]:
    rows = own.execute(
        "SELECT id::text, recipient, status FROM clinic_notification WHERE channel = 'email'"
    ).fetchall()
    found = []
    for key, recipient, status in rows:
        taken = stage.mails.taken[key, recipient]
        if status == "sent" and not taken:
            found.append(f"mail {key} is recorded as sent, and the server has none")
        if status in ("owed", "failed"):
            found.append(f"mail {key} is {status} still")
    return found


def counts(clients: list[Client], stage: Stage) -> dict[str, int]:
    """What was done meanwhile, in numbers."""
    visits = [visit for client in clients for visit in client.visits if visit.id]
    return {
        "bookings acknowledged": len(visits),
        "of them cancelled": sum(visit.status == "cancelled" for visit in visits),
        "registrations": sum(bool(one.id) for client in clients for one in client.registrations),
        "mails taken": len(stage.mails.taken),
        "of them more than once": sum(times > 1 for times in stage.mails.taken.values()),
    }
