"""What was kept for as long as the settings say goes at night, and nothing that still counts."""

import runpy
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.conf import settings as clinic_settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AccessLog, OneTimeToken, SignIn
from accounts.services.sealing import seal_audit
from accounts.services.verifying import verify_audit
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic import tasks
from clinic.management.retention import kinds, purging
from clinic.management.retention.purging import purge
from clinic.models import FileTransfer, IdempotencyKey, Notification
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import Erasure, IdentityDocument, Invitation, Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def notification(at, **fields):
    fields = {"status": "sent", "sent_at": at, "event": f"e:{at}:{fields}"} | fields
    subject = "0197a5a2-0000-7000-8000-000000000000"
    return Notification.objects.create(
        recipient="a@mail.example", subject_id=subject, created_at=at, **fields
    )


def entry(at):
    row = LogEntry.objects.create(user=UserFactory(), object_repr="x", action_flag=CHANGE)
    LogEntry.objects.filter(pk=row.pk).update(action_time=at)
    return row


def attempt(at):
    row = AccessAttempt.objects.create(username=str(at), failures_since_start=1)
    AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=at)
    return row


def sign_in(at, **fields):
    return SignIn.objects.create(user=UserFactory(), door="api", expires_at=at, **fields)


def link(at):
    return OneTimeToken.objects.create(
        user=UserFactory(), purpose="reset_password", digest=str(at), expires_at=at
    )


def invitation(at):
    return Invitation.objects.create(patient=PatientFactory(), channel="mail", expires_at=at)


def job(at, status):
    pk = tasks.remove_idempotency_keys.configure(queueing_lock=f"{at}{status}").defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, pk])
        cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [at, pk])
    return ProcrastinateJob.objects.get(pk=pk)


def answer(at):
    return IdempotencyKey.objects.create(
        caller="x", route="/", key=str(at), body_digest=b"", status=200, created_at=at
    )


def transfer(at, **fields):
    fields = {"state": "done", "direction": "import", "kind": "patients", "door": "admin"} | fields
    return FileTransfer.objects.create(user=UserFactory(), created_at=at, **fields)


def photo(at, result="refused"):
    by = UserFactory() if result else None
    name = storages["documents"].save(f"00/{at.timestamp():.0f}{result}", ContentFile(b"photo"))
    return IdentityDocument.objects.create(
        patient=PatientFactory(),
        file=name,
        content_type="image/png",
        width=1,
        height=1,
        document_type="passport" if result == "verified" else "",
        check_result=result,
        refusal_reason="Blurred." if result == "refused" else "",
        checked_at=at if result else None,
        checked_by=by,
    )


def sealed(at):
    return Erasure.objects.create(
        number=1,
        patient_id=uuid4(),
        erased_by=UserFactory(),
        reason="Asked.",
        sealed="[]",
        kept_until=at.date(),
    )


def patient(at):
    return PatientFactory(created_at=at)


def application(at) -> Doctor:
    return DoctorFactory(is_active=False, applied_at=at)


ROWS = {
    "notifications": notification,
    "console_entries": entry,
    "unconfirmed_applications": application,
    "failed_sign_ins": attempt,
    "ended_sign_ins": sign_in,
    "dead_links": link,
    "invitations": invitation,
    "finished_jobs": lambda at: job(at, "succeeded"),
    "failed_jobs": lambda at: job(at, "failed"),
    "kept_answers": answer,
    "file_transfers": transfer,
    "refused_photos": photo,
    "sealed": sealed,
    "idle_patients": patient,
}
SEALED = {"access_log", "events"}


def counts(**how):
    return {purged.kind.name: purged.rows for purged in purge(**how)}


def test_every_kind_of_the_settings_is_gone_through():
    known = set(clinic_settings.RETENTION_DAYS)
    assert {kind.name for kind in kinds.KINDS} == known == set(ROWS) | SEALED
    assert {kind.name for kind in kinds.KINDS[-3:-1]} == SEALED  # What proves the rest goes last.


@pytest.mark.parametrize("name", ROWS)
def test_what_was_kept_long_enough_goes(name, django_capture_on_commit_callbacks):
    now, kept = timezone.now(), timedelta(days=clinic_settings.RETENTION_DAYS[name])
    old, young = ROWS[name](now - kept - DAY), ROWS[name](now - kept + timedelta(hours=1))
    assert counts(is_dry=True)[name] == 1
    assert type(old)._base_manager.filter(pk=old.pk).exists()

    with django_capture_on_commit_callbacks(execute=True):
        assert counts()[name] == 1

    is_deleted = name not in ("idle_patients", "sealed")
    assert type(old)._base_manager.filter(pk=old.pk).exists() != is_deleted
    assert type(old)._base_manager.filter(pk=young.pk).exists()
    if name == "refused_photos":
        assert not storages["documents"].exists(old.file.name)
        assert storages["documents"].exists(young.file.name)


@pytest.mark.parametrize("name", ROWS)
def test_zero_days_are_for_ever(name, settings):
    settings.RETENTION_DAYS = clinic_settings.RETENTION_DAYS | {name: 0}
    ROWS[name](timezone.now() - timedelta(days=20_000))

    assert counts()[name] == 0


def test_what_still_counts_stays():
    """However old: a mail that is owed, a job that waits, a photo that nobody has refused, who
    came lately or is signed in."""
    old = timezone.now() - timedelta(days=20_000)
    notification(old, status="owed", sent_at=None)
    job(old, "todo")
    photo(old, "")
    photo(old, "verified")
    transfer(old, state="writing")
    Patient.objects.update(created_at=timezone.now())
    visited, signed_in = patient(old), PatientFactory(with_account=True, created_at=old)
    AppointmentFactory.past(patient=visited)
    SignIn.objects.create(
        user=signed_in.user, door="api", expires_at=timezone.now() + DAY, started_at=old
    )

    assert not any(counts().values())


def test_many_go_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(purging, "ROWS_AT_ONCE", 2)
    for days in range(5):
        answer(timezone.now() - timedelta(days=days + 2))

    assert counts()["kept_answers"] == 5
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("kind", sorted(SEALED))
def test_the_audit_goes_by_sealed_ranges(kind):
    patient = PatientFactory()
    AccessLog.objects.create(action="read", patients=[patient.pk], door="site")
    seal_audit()
    models = {"access_log": AccessLog, "events": Patient.pgh_event_model}
    later = timezone.now() + timedelta(days=clinic_settings.RETENTION_DAYS[kind] + 1)
    assert counts(is_dry=True)[kind] == 0

    gone = counts(now=later)[kind]

    assert gone >= 1
    assert not models[kind].objects.exists()
    assert not verify_audit().findings


def test_the_command_says_what_goes_and_who_did_not_come():
    idle = patient(timezone.now() - timedelta(days=5000))
    answer(timezone.now() - 2 * DAY)
    told = StringIO()

    call_command("purge", "--dry-run", "--list", stdout=told)

    assert "Answers kept for repeated requests: 1 to delete (kept for a day)." in told.getvalue()
    assert f"1 to look at (kept for 3,653 days).\n  {idle.record_number}\n" in told.getvalue()
    assert IdempotencyKey.objects.exists()
    call_command("purge", stdout=told)
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("value", ["visits=3", "notifications=soon", "notifications=5", "=4"])
def test_settings_that_cannot_be_meant_are_refused(value, monkeypatch):
    monkeypatch.setenv("RETENTION_DAYS", value)

    with pytest.raises(ImproperlyConfigured, match="RETENTION_DAYS"):
        runpy.run_path(str(clinic_settings.BASE_DIR / "clinic/settings/privacy.py"))


def test_the_job_runs_each_night():
    app.perform_import_paths()
    periodic = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}

    assert periodic["clinic.purge"] == "17 3 * * *"
