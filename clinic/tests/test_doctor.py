"""`manage.py doctor` finds what is broken, and says what to do."""

from io import StringIO
from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from clinic.management.doctoring import around, database
from clinic.management.doctoring.findings import Level
from clinic.models import MailHold
from patients.tests.factories import PatientFactory
from tests.server import free_port


def examined() -> tuple[int, str]:
    """Exit code and what is told."""
    output = StringIO()
    try:
        call_command("doctor", stdout=output, no_color=True)
    except SystemExit as ended:
        return int(ended.code or 0), output.getvalue()
    return 0, output.getvalue()


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def redis_away(settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "clinic.shared_cache.SharedCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }


def no_worker(settings) -> None:
    execute("DELETE FROM procrastinate_workers")


def behind(settings) -> None:
    execute("DELETE FROM django_migrations WHERE app = 'appointments'")


def closed(settings) -> None:
    call_command("maintenance", "on", stdout=StringIO())


def held(settings) -> None:
    MailHold.begin("restored from a backup")


def another_address(settings) -> None:
    settings.CLINIC_URL = "https://127.0.0.1:1"
    settings.ALLOWED_HOSTS = ["clinic.example"]


def silent_mail_server(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("breaks", "told", "advice"),
    [
        (redis_away, "Redis doesn't answer", "CACHE_URL"),
        (no_worker, "No job worker runs", "manage.py work"),
        (behind, "migrations are not applied", "manage.py migrate"),
        (closed, "Closed for maintenance since", "maintenance off"),
        (held, "this was restored from a backup", "release_mails"),
        (another_address, "ALLOWED_HOSTS lacks 127.0.0.1", "Add it."),
        (silent_mail_server, "takes nothing", "EMAIL_URL"),
    ],
)
def test_what_is_broken_is_told_with_what_to_do(settings, tmp_path, breaks, told, advice):
    settings.VAR_DIR = tmp_path
    breaks(settings)

    code, text = examined()

    lines = text.splitlines()
    (place,) = [number for number, line in enumerate(lines) if told in line]
    assert advice in lines[place + 1]
    assert "Couldn't be looked at" not in text
    is_fault = lines[place].startswith("FAULT")
    assert is_fault == (breaks not in (closed, held))
    assert code == 1  # No backup was made here, either.
    assert "No backup was ever made here" in text


@pytest.mark.django_db(transaction=True)
def test_who_keeps_a_transaction_open_is_named(monkeypatch):
    monkeypatch.setattr(database, "OPEN_FOR_LONG", -1.0)
    begun, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            PatientFactory()
            begun.set()
            done.wait(30)
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    try:
        assert begun.wait(10)
        (found,) = list(database.check_open_transactions())
    finally:
        done.set()
        thread.join()

    assert "idle in transaction" in found.told
    assert "SELECT pg_terminate_backend(" in found.advice
    assert "INSERT" not in found.told


@pytest.mark.django_db(transaction=True)
def test_without_the_database_the_rest_is_looked_at(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", "there_is_no_such_database")
        patch.setitem(connection.settings_dict, "OPTIONS", {})
        connection.close()
        code, text = examined()
    connection.close()

    assert code == 1
    assert "FAULT  database     The database can't be used" in text
    assert "disk" in text
    assert "job worker" not in text


def test_style_sheets_that_nobody_collected_are_told(settings, tmp_path):
    manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": manifest}}

    (found,) = around.check_static_files()

    assert found.level == Level.FAULT
    assert "collectstatic" in found.advice
