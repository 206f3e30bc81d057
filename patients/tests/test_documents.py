"""Photos on record: what is on the disk, when it comes and when it goes."""

import errno
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from PIL import Image

from accounts.tests.factories import UserFactory
from clinic.encryption import Unreadable
from clinic.storage import SMALL
from patients import services, tasks
from patients.models import IdentityDocument, Patient
from patients.photos import CleanPhoto, clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload

pytestmark = pytest.mark.django_db


def photo(width: int = 640) -> CleanPhoto:
    return clean_photo(upload(jpeg(width)))


def register(patient: Patient | None = None, photo: CleanPhoto | None = None, by=None) -> Patient:
    return services.register(patient or PatientFactory.build(), photo or clean_photo(upload()), by)


def files() -> list[Path]:
    root = Path(storages["documents"].location)
    return [path for path in root.rglob("*") if path.is_file() and path.suffix != SMALL]


def age(path: Path, by: timedelta) -> None:
    then = time.time() - by.total_seconds()
    os.utime(path, (then, then))


def test_a_photo_is_stored_encrypted_under_a_name_that_tells_nothing():
    sent = photo()

    patient = register(photo=sent)

    (path,) = files()
    raw = path.read_bytes()
    assert sent.content not in raw
    assert b"JFIF" not in raw
    assert not raw.startswith(b"\xff\xd8")
    document = patient.document
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{32}", document.file.name)
    assert document.file.path == str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (path.parent, path.parent.parent)} == {
        0o700
    }
    assert document.uploaded_by is None


def test_a_stored_photo_is_read_back_through_its_field():
    sent = photo()

    register(photo=sent)

    document = IdentityDocument.objects.get()
    with document.file.open() as file:
        content = file.read()
    assert content == sent.content
    assert document.content_type == "image/jpeg"
    assert Image.open(BytesIO(content)).size == (document.width, document.height) == (640, 480)


def test_a_stored_photo_has_no_address_and_is_never_written_in_place():
    register()

    file = IdentityDocument.objects.get().file
    with pytest.raises(ValueError, match="no address"):
        _ = file.url
    with pytest.raises(ValueError, match="read whole"):
        file.open("r+b")


def test_the_same_photo_twice_is_not_the_same_file():
    sent = photo()

    register(photo=sent)
    register(photo=sent)

    first, second = files()
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.parametrize("change", [b"", b"x", None])
def test_a_file_that_was_changed_is_refused(change):
    register()
    (path,) = files()
    raw = bytearray(path.read_bytes())
    if change is None:
        raw[len(raw) // 2] ^= 1
    path.write_bytes(change if change is not None else raw)

    with pytest.raises(Unreadable, match="the data was changed"):
        IdentityDocument.objects.get().file.open()


def test_keys_are_rotated(settings):
    """Keys rotate: the first writes, all of them read, and what is taken away reads no more."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.DOCUMENT_KEYS = [old]
    first = register()
    settings.DOCUMENT_KEYS = [new, old]
    second = register()

    assert first.document.file.open().read() == second.document.file.open().read()
    settings.DOCUMENT_KEYS = [new]
    assert IdentityDocument.objects.get(patient=second).file.open().read()
    with pytest.raises(Unreadable, match="No key in DOCUMENT_KEYS fits"):
        IdentityDocument.objects.get(patient=first).file.open()


def test_a_refused_registration_leaves_no_file():
    known = PatientFactory()

    with pytest.raises(ValidationError) as refused:
        register(PatientFactory.build(email=known.email))

    assert "email" in refused.value.error_dict
    assert files() == []


def test_a_row_that_the_database_refuses_leaves_no_file():
    sent = photo()
    wrong = replace(sent, content_type="image/gif")

    with pytest.raises(IntegrityError):
        register(photo=wrong)

    assert files() == []
    assert not Patient.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_leaves_no_file():
    with pytest.raises(IntegrityError, match="uploaded_by"):
        register(by=UserFactory.build())  # Nobody, as the database finds at the commit.

    assert files() == []
    assert not Patient.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_loses_the_race_for_an_address_leaves_no_file():
    start = Barrier(4)

    def attempt(number: int) -> str:
        try:
            start.wait()
            register(PatientFactory.build(email="ada@mail.example"))
        except ValidationError as error:
            return str(error.error_dict["email"][0].message)
        finally:
            connection.close()
        return "registered"

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(attempt, range(4)))

    assert sorted(answers) == ["Email is already registered"] * 3 + ["registered"]
    assert [str(path) for path in files()] == [Patient.objects.get().document.file.path]


def test_a_replaced_file_is_deleted_after_the_commit_only(django_capture_on_commit_callbacks):
    patient, staff = register(), UserFactory()
    (old,) = files()

    with django_capture_on_commit_callbacks(execute=True):
        document = services.replace_document(patient, photo(width=800), by=staff)
        assert old.exists()

    assert [str(path) for path in files()] == [document.file.path] != [str(old)]
    assert IdentityDocument.objects.get() == document
    assert (document.width, document.uploaded_by, document.patient) == (800, staff, patient)


@pytest.mark.django_db(transaction=True)
def test_a_replacement_whose_commit_fails_keeps_the_old_file():
    patient = register()
    (old,) = files()

    with pytest.raises(IntegrityError, match="uploaded_by"):
        services.replace_document(patient, photo(), by=UserFactory.build())

    assert files() == [old]
    assert IdentityDocument.objects.get().file.path == str(old)


@pytest.mark.django_db(transaction=True)
def test_a_replacement_that_commits_deletes_the_old_file():
    patient = register()
    (old,) = files()

    services.replace_document(patient, photo(), by=UserFactory())

    assert [str(path) for path in files()] == [IdentityDocument.objects.get().file.path]
    assert not old.exists()


def test_a_replacement_that_is_rolled_back_keeps_the_old_file(django_capture_on_commit_callbacks):
    patient, staff = register(), UserFactory()
    (old,) = files()

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        services.replace_document(patient, photo(), by=staff)
        transaction.set_rollback(True)

    assert old in files()
    assert IdentityDocument.objects.get().file.path == str(old)


def test_a_deleted_patient_takes_the_file_along(django_capture_on_commit_callbacks):
    patient = register()

    with django_capture_on_commit_callbacks(execute=True):
        services.delete(patient, by=UserFactory())
        assert len(files()) == 1

    assert files() == []


def test_the_sweep_deletes_old_files_that_have_no_row():
    kept = Path(register().document.file.path)
    age(kept, timedelta(days=400))
    storage = storages["documents"]
    orphan, fresh = (Path(storage.path(storage.save(f"ab/{n}", upload()))) for n in (1, 2))
    age(orphan, timedelta(minutes=61))
    age(fresh, timedelta(minutes=59))

    tasks.remove_orphaned_documents(timestamp=0)

    assert set(files()) == {kept, fresh}


def test_the_sweep_deletes_nothing_where_the_database_is_another_one(monkeypatch, caplog):
    """Such as an empty one, into which a backup is being restored."""
    monkeypatch.setattr(tasks, "FEW_ORPHANS", 1)
    register()
    storage = storages["documents"]
    for number in range(3):
        age(Path(storage.path(storage.save(f"ab/{number}", upload()))), timedelta(days=1))

    tasks.remove_orphaned_documents(timestamp=0)

    assert len(files()) == 4
    assert "3 documents have no row, and 2 have one: none is deleted" in caplog.text


def test_what_a_full_disk_refuses_leaves_nothing(monkeypatch):
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(OSError, match="No space"):
        register()
    assert [
        path for path in Path(storages["documents"].location).rglob("*") if path.is_file()
    ] == []
    assert not Patient.objects.exists()


def test_the_sweep_finds_nothing_where_nothing_was_ever_stored():
    assert not Path(storages["documents"].location).exists()

    tasks.remove_orphaned_documents(timestamp=0)


def test_the_sweep_runs_each_hour():
    (periodic,) = (
        task
        for task in tasks.app.periodic_registry.periodic_tasks.values()
        if task.task.name == "patients.remove_orphaned_documents"
    )

    assert re.fullmatch(r"\d+ \* \* \* \*", periodic.cron)
