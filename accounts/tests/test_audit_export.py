"""The log as a file: all reads and changes of some days, without values, and noted itself."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AccessLog, User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.history import at_work

pytestmark = pytest.mark.django_db
PAGE = "/admin/pghistory/events/export/"


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def days(admin):
    """One read of today, one of a month ago, and a change of today."""
    for ago in (0, 40):
        at = timezone.now() - timedelta(days=ago)
        AccessLog.objects.create(
            at=at, user=admin, action="read", patients=[admin.pk], door="api", request_id=f"r{ago}"
        )
    with at_work("command", "=HYPERLINK(A1)", user=lambda: str(admin.pk)):
        User.objects.filter(pk=admin.pk).update(first_name="Quizzlebaum")
    today = timezone.localdate()
    return {"since": f"{today - timedelta(days=2)}", "until": f"{today}"}


def test_the_console_hands_it_out_and_notes_it(admin, days):
    browser = signed_in(admin)
    assert "Export" in browser.get(PAGE).content.decode()

    answer = browser.post(PAGE, days | {"format": "csv"})

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    read = next(row for row in rows if row["action"] == "read")
    assert (read["records"], read["user"], read["request_id"]) == (str(admin.pk),) * 2 + ("r0",)
    change = next(row for row in rows if row["action"] == "update")
    assert (change["table"], change["user"]) == ("accounts_userevent", str(admin.pk))
    assert not change["what"].startswith("=")
    assert "Quizzlebaum" not in text
    assert "r40" not in text
    assert AccessLog.objects.filter(action="exported", user=admin, door="admin").exists()
    assert browser.post(PAGE, {"since": "2026-02-02", "until": "2026-01-01"}).status_code == 200


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.RECEPTIONIST])
def test_it_is_for_administrators(role):
    assert signed_in(role).get(PAGE).status_code == 403


def test_the_command_writes_json_lines_for_its_caller_alone(admin, days, tmp_path):
    file = tmp_path / "log.jsonl"
    call_command("export_audit", file, by=admin.email, **days_of(days), verbosity=0)

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert {line["table"] for line in lines} >= {"accounts_accesslog", "accounts_userevent"}
    with pytest.raises(CommandError, match="can't be written"):
        call_command("export_audit", file, by=admin.email, **days_of(days))
    with pytest.raises(CommandError, match="no administrator"):
        call_command("export_audit", tmp_path / "x.csv", by=UserFactory().email, **days_of(days))


def days_of(days):
    return {name: timezone.datetime.fromisoformat(day).date() for name, day in days.items()}
