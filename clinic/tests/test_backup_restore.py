"""The drill: back up while people work, lose everything, restore, and find all of it again."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection, connections

from accounts.roles import Role
from accounts.tests.factories import PASSWORD, UserFactory
from appointments import services as visits
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.mail import HELD
from clinic.models import MailHold, Notification
from clinic.operations.backup.latest import last_backup
from clinic.operations.backup.making import free_folder
from clinic.operations.backup.manifest import DATABASE, DOCUMENTS, MANIFEST
from clinic.tests.jobs import run_due_jobs
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import IdentityDocument, Patient
from patients.photos import clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from tests import database

NEW = "test_clinic_restored"
KEY = Fernet.generate_key().decode()
TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND relname <> 'django_migrations'
"""
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(settings, tmp_path):
    """Three patients with photos, a visit each, and who works there."""
    settings.VAR_DIR = tmp_path / "var"
    settings.DOCUMENT_KEYS = [KEY]
    desk = UserFactory(role=Role.RECEPTIONIST)
    photo, doctor = clean_photo(upload()), DoctorFactory()
    for number in range(3):
        patient = services.register(
            PatientFactory.build(medical_history=f"Asthma {number}"), photo, by=desk
        )
        visit = AppointmentFactory.build(
            doctor=doctor, patient=patient, starts_at=next_monday(8 + number)
        )
        visits.book(visit, by=desk)
    return desk


@contextmanager
def emptied(name: str = NEW) -> Iterator[None]:
    """Another machine: an empty database in place of that of the tests, and no documents."""
    before = connection.settings_dict["NAME"]
    shutil.rmtree(storages["documents"].location)
    with connection._nodb_cursor() as cursor:
        database.create(cursor, name, "template0")
    database.use(name)
    try:
        yield
    finally:
        database.use(before)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def contents() -> dict[str, tuple[int, str]]:
    """By table: the number of rows, and a hash of all of them."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(
                "SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) "
                f'FROM "{table}" t'
            )
            found[table] = cursor.fetchone()
    return found


def documents() -> dict[str, bytes]:
    root = Path(storages["documents"].location)
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def backup(*options: str) -> str:
    out = StringIO()
    call_command("backup", *map(str, options), stdout=out)
    return out.getvalue()


def restore(*options: str) -> str:
    out = StringIO()
    call_command("restore", *map(str, options), stdout=out)
    return out.getvalue()


def test_what_was_lost_is_restored_row_by_row_and_file_by_file(clinic, tmp_path, client):
    rows, files = contents(), documents()
    told = backup(tmp_path / "backups")
    (folder,) = (tmp_path / "backups").glob("clinic-*")

    assert "3 documents" in told
    assert last_backup().folder == str(folder)
    assert {path.name for path in folder.iterdir()} == {MANIFEST, DATABASE, DOCUMENTS}
    assert folder.stat().st_mode & 0o777 == 0o700
    check_that_it_tells_nothing(folder)
    assert "All of it can be read" in restore(folder, "--dry-run")
    with emptied():
        assert "No mails are sent" in restore(tmp_path / "backups", "--check")
        after = contents()
        assert after.pop("clinic_mailhold")[0] == 1
        rows.pop("clinic_mailhold")
        assert after == rows
        assert documents() == files
        assert {document.file.open().read() for document in IdentityDocument.objects.all()}
        assert Patient.objects.order_by("created_at").last().medical_history == "Asthma 2"
        assert client.login(username=clinic.email, password=PASSWORD)
        check_that_nobody_is_mailed()


def check_that_it_tells_nothing(folder: Path) -> None:
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    patient = Patient.objects.first()
    for value in (patient.last_name, patient.email, KEY, Appointment._meta.db_table + " ("):
        assert value.encode() not in kept


def check_that_nobody_is_mailed() -> None:
    """Until they are released; then what was held is sent, once."""
    owed = Notification.objects.filter(status="owed").count()
    run_due_jobs()
    held = Notification.objects.filter(status="failed", last_error=HELD)
    assert held.count() == owed > 0

    call_command("release_mails", stdout=StringIO())
    run_due_jobs()

    assert not MailHold.objects.exists()
    assert Notification.objects.filter(status="sent").count() == owed


def test_while_people_work_it_holds_one_moment(clinic, tmp_path):
    """Photos are replaced and visits booked as fast as that goes: each row has its file."""
    stop, faults = threading.Event(), []
    photo = clean_photo(upload())
    patients = list(Patient.objects.all())

    def work() -> None:
        try:
            while not stop.is_set():
                for patient in patients:
                    services.replace_document(patient, photo, by=clinic)
                services.register(PatientFactory.build(), photo, by=clinic)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(2):
            backup(tmp_path / "backups", "--keep", "1")
    finally:
        stop.set()
        worker.join()
    assert not faults
    with emptied():
        (folder,) = (tmp_path / "backups").glob("clinic-*")
        assert "unreadable" not in restore(folder, "--check")
        counts = json.loads((folder / MANIFEST).read_text())["counts"]
        assert Patient.objects.count() == counts["patients_patient"] > len(patients)
        assert IdentityDocument.objects.count() == Patient.objects.count()


def test_what_does_not_fit_is_refused_before_anything_is_changed(clinic, tmp_path, settings):
    backup(tmp_path)
    (folder,) = tmp_path.glob("clinic-*")
    rows, files = contents(), documents()

    with pytest.raises(CommandError, match="This database isn't empty"):
        restore(folder)
    assert contents() == rows
    with emptied():
        settings.DOCUMENT_KEYS = [Fernet.generate_key().decode()]
        with pytest.raises(CommandError, match="No key of DOCUMENT_KEYS has sealed"):
            restore(folder)
        settings.DOCUMENT_KEYS = [KEY]
        manifest = folder / MANIFEST
        told = manifest.read_text()
        manifest.write_text(told.replace("0008_mail_hold", "0999_of_tomorrow"))
        with pytest.raises(CommandError, match="or it was changed"):
            restore(folder)
        manifest.write_text(told)
        whole = (folder / DATABASE).read_bytes()
        (folder / DATABASE).write_bytes(whole[:1000])
        for options in ([], ["--dry-run"]):
            with pytest.raises(CommandError, match="was changed, or cut off"):
                restore(folder, *options)
        assert not tables()
        (folder / DATABASE).write_bytes(whole)
        assert "Restored" in restore(folder)  # Though its documents were there already.
        assert documents() == files


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return cursor.fetchall()


def test_a_document_that_is_gone_is_told_and_the_rest_is_kept(clinic, tmp_path):
    lost = IdentityDocument.objects.first().file
    lost.storage.delete(lost.name)

    with pytest.raises(CommandError, match="whole but for 1 documents whose files are gone"):
        backup(tmp_path)
    assert last_backup().missing == 1
    with emptied(), pytest.raises(CommandError, match="Restored, but 1 values can't be read"):
        restore(tmp_path, "--check")


def test_the_oldest_go_and_what_was_broken_off_with_them(clinic, tmp_path):
    (tmp_path / ".partial-old").mkdir()
    for number in range(3):
        (tmp_path / f"clinic-2020010{number}T000000Z").mkdir()
        (tmp_path / f"clinic-2020010{number}T000000Z" / MANIFEST).write_text("{}")
    (tmp_path / "clinic-mine").mkdir()

    told = backup(tmp_path, "--keep", "2")

    assert told.count("Removed clinic-2020") == 2
    left = {path.name for path in tmp_path.iterdir()} - {".lock", "var"}
    assert {"clinic-20200102T000000Z", "clinic-mine"} < left
    assert len(left) == 3


def test_two_backups_of_one_second_have_folders_of_their_own(tmp_path):
    wanted = tmp_path / "clinic-20270301T120000Z"

    for _ in range(3):
        free_folder(wanted).mkdir()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [wanted.name, f"{wanted.name}-2", f"{wanted.name}-3"]
