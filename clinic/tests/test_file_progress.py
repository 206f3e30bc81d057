"""How far an import is can be seen while its transaction is open."""

import time

import pytest
from django.db import transaction

from accounts.tests.factories import UserFactory
from clinic.files import progress
from clinic.models import FileTransfer

pytestmark = pytest.mark.django_db(transaction=True)


def test_progress_is_committed_at_once_and_seldom(monkeypatch):
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.2)
    transfer = FileTransfer.objects.create(
        user=UserFactory(), kind="patients", direction="import", state="writing", door="admin"
    )

    with transaction.atomic():
        with progress.Progress(transfer.pk) as told:
            told(10)
            time.sleep(0.3)
            told(20)
            told(30)
        transaction.set_rollback(True)

    transfer.refresh_from_db()
    assert transfer.progress == 20
