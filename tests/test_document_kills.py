"""However a process ends, no row is without its file, and no file is for long without its row."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.storage import SMALL
from patients import tasks
from patients.models import IdentityDocument, Patient
from tests.server import environment


@pytest.fixture
def same_storage(monkeypatch, tmp_path):
    """The documents of another process, whose VAR_DIR is this folder."""
    storage = storages["documents"]
    monkeypatch.setattr(storage, "_location", str(tmp_path / "documents"))
    for name in ("location", "base_location"):
        storage.__dict__.pop(name, None)
    yield storage
    for name in ("location", "base_location"):
        storage.__dict__.pop(name, None)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_at_any_step_leaves_no_row_without_its_file(
    same_storage, tmp_path
):
    UserFactory(role=Role.ADMIN)
    result = subprocess.run(
        [sys.executable, "-m", "tests.document_kills"],
        cwd=settings.BASE_DIR,
        env=environment(VAR_DIR=str(tmp_path), DATABASE_POOL_SIZE="2"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    killed = json.loads(result.stdout)
    assert killed.keys() == {"register", "replace", "delete"}
    assert all(number >= 8 for number in killed.values()), killed

    names = set(IdentityDocument.objects.values_list("file", flat=True))
    assert len(names) == Patient.objects.count() > 0
    for document in IdentityDocument.objects.all():
        assert document.file.open().read().startswith(b"\xff\xd8")

    root = Path(same_storage.location)
    before = {path for path in root.rglob("*") if path.is_file()}
    for path in before:
        os.utime(path, (time.time() - 3700,) * 2)
    tasks.remove_orphaned_documents(timestamp=0)

    left = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert left == names | {name + SMALL for name in names}
    assert len(before) > len(left)  # Some were left over, then.
