"""The chain of seals: what was sealed can't be changed, removed, added to or cut off unnoticed."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import AccessLog, AuditSeal, User
from accounts.services.sealing import overwrite, purge_sealed, reseal, seal_audit
from accounts.services.verifying import verify_audit
from accounts.tests.factories import UserFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory

USERS = User.pgh_event_model
EVENTS = USERS._meta.db_table
ACCESS = AccessLog._meta.db_table
OLD = timedelta(days=800)


def read(days_ago: int = 0) -> AccessLog:
    at = timezone.now() - timedelta(days=days_ago)
    return AccessLog.objects.create(at=at, action="read", patients=[], door="api", request_id="x")


def tamper(sql: str, *params) -> None:
    """As somebody would who may do anything with the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("RESET session_replication_role")


@pytest.fixture
def sealed(db):
    """Three reads and three accounts, sealed one after the other."""
    rows = []
    for _ in range(3):
        rows.append((read(), USERS.objects.get(pgh_obj=UserFactory())))
        seal_audit()
    assert verify_audit().findings == []
    return rows


def test_the_chain_covers_every_row_once(sealed):
    verdict = verify_audit()

    assert (verdict.rows, verdict.unsealed, verdict.links) == (6, 0, 6)
    assert seal_audit() == 0
    seals = AuditSeal.objects.filter(table_name=EVENTS)
    assert [seal.row_count for seal in seals] == [1, 1, 1]
    assert [bool(seal.columns) for seal in seals] == [True, False, False]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (f"UPDATE {EVENTS} SET email = 'x' WHERE pgh_id = %s", "{1}: row {0} changed"),
        (f"UPDATE {EVENTS} SET pgh_context = '{{}}' WHERE pgh_id = %s", "{1}: row {0} changed"),
        (f"DELETE FROM {EVENTS} WHERE pgh_id = %s", "{1}: row {0} removed"),
        (f"UPDATE {EVENTS} SET pgh_id = -1 WHERE pgh_id = %s", "{1}: row {0} removed"),
        (f"UPDATE {EVENTS} SET pgh_id = -1 WHERE pgh_id = %s", "row -1 added where none may"),
    ],
)
def test_a_changed_or_removed_event_is_named(sealed, sql, says):
    key = sealed[1][1].pk

    tamper(sql, key)

    assert any(says.format(key, EVENTS) in one for one in verify_audit().findings)


def test_rows_added_behind_and_all_at_once_cut_off_are_named(sealed):
    last = sealed[2][0].pk
    tamper(f"UPDATE {ACCESS} SET action = 'list' WHERE id = %s", sealed[0][0].pk)
    tamper(f"DELETE FROM {ACCESS} WHERE id = %s", last)
    gap = AccessLog.objects.filter(pk__lt=last).latest("pk").pk + 1
    if gap < last:
        tamper(f"UPDATE {ACCESS} SET id = %s WHERE id = %s", gap, sealed[1][0].pk)

    findings = verify_audit().findings
    assert f"{ACCESS}: row {sealed[0][0].pk} changed (link 1)." in findings
    assert any(f"row {last} removed" in one for one in findings)
    assert len(verify_audit(since=AuditSeal.objects.count()).findings) < len(findings)


def test_an_id_that_was_free_cannot_be_used_later(sealed):
    free = read().pk + 1
    tamper(f"SELECT setval(pg_get_serial_sequence('{ACCESS}', 'id'), {free + 9})")
    read()
    seal_audit()
    tamper(
        f"INSERT INTO {ACCESS} (id, at, action, patients, door, request_id) "
        "OVERRIDING SYSTEM VALUE VALUES (%s, now(), 'read', '{}', 'api', 'x')",
        free,
    )

    assert any(f"row {free} added afterwards" in one for one in verify_audit().findings)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE accounts_auditseal SET digest = 'x' WHERE number = 2", "Link 2 of the chain was"),
        ("UPDATE accounts_auditseal SET why = 'x' WHERE number = 3", "Link 3 of the chain was"),
        (
            "DELETE FROM accounts_auditseal WHERE number = 4",
            "Links 4 to 4 of the chain are missing",
        ),
    ],
)
def test_a_changed_link_is_named(sealed, sql, says):
    tamper(sql)

    assert any(says in one for one in verify_audit().findings)


def test_what_was_noted_elsewhere_proves_that_the_end_was_cut_off(sealed, tmp_path, settings):
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors")
    event = USERS.objects.get(pgh_obj=UserFactory())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda told: told())
        seal_audit()
    anchors = tmp_path / "anchors"
    assert anchors.read_text().startswith("7 ")
    call_command("verify_audit", anchor=anchors, verbosity=0)

    tamper(f"DELETE FROM {EVENTS} WHERE pgh_id = %s", event.pk)
    tamper("DELETE FROM accounts_auditseal WHERE number = 7")

    assert verify_audit().findings == []
    with pytest.raises(CommandError, match="1 findings"):
        call_command("verify_audit", anchor=anchors)
    UserFactory()
    seal_audit()
    anchor = {7: anchors.read_text().split()[1]}
    assert "Link 7 is another" in verify_audit(anchors=anchor).findings[0]


def test_nobody_changes_seals_and_a_lost_trigger_is_told(sealed):
    for sql in ("UPDATE accounts_auditseal SET why = 'x'", "DELETE FROM accounts_auditseal"):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            connection.cursor().execute(sql)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{ACCESS}'::regclass")
        name = next(row[0] for row in cursor.fetchall() if "append_only" in row[0])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TRIGGER {name} ON {ACCESS}")

    assert f"{ACCESS} has lost the trigger" in verify_audit().findings[0]


def test_old_rows_go_in_whole_ranges_and_the_chain_says_so(db):
    old = [read(900), read(850)]
    seal_audit()
    mixed = [read(850), read()]
    seal_audit()
    before = timezone.now() - OLD

    assert purge_sealed("access_log", before, dry_run=True) == 2
    assert AccessLog.objects.count() == 4
    assert purge_sealed("access_log", before, dry_run=False) == 2
    assert list(AccessLog.objects.order_by("pk")) == mixed
    assert purge_sealed("access_log", before, dry_run=False) == 0
    assert purge_sealed("events", before, dry_run=False) == 0
    verdict = verify_audit()
    assert (verdict.findings, verdict.purges) == ([], 1)

    tamper(f"UPDATE {ACCESS} SET id = %s WHERE id = %s", old[0].pk, mixed[0].pk)
    findings = " ".join(verify_audit().findings)
    assert f"row {old[0].pk} added where none may be" in findings
    assert f"row {mixed[0].pk} removed" in findings


def test_rows_that_were_tampered_with_are_not_purged(db):
    row = read(900)
    seal_audit()
    tamper(f"UPDATE {ACCESS} SET door = 'site'")

    assert purge_sealed("access_log", timezone.now() - OLD, dry_run=False) == 0
    assert AccessLog.objects.get() == row


def test_an_erasure_is_on_record_and_what_it_left_is_proven(sealed):
    first, second = sealed[0][1], sealed[1][1]
    values = {"first_name": "", "email": "erased@clinic.invalid"}

    assert overwrite(EVENTS, [first.pk], values, why="erasure 7") == 1

    first.refresh_from_db()
    assert (first.first_name, first.email) == ("", "erased@clinic.invalid")
    assert first.last_name
    verdict = verify_audit()
    assert (verdict.findings, verdict.erasures) == ([], 1)
    assert AuditSeal.objects.last().why == "erasure 7"
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        USERS.objects.update(email="x")
    tamper(f"UPDATE {EVENTS} SET email = 'y' WHERE pgh_id = %s", first.pk)
    assert f"row {first.pk} changed" in verify_audit().findings[0]
    with pytest.raises(DatabaseError, match="not what was sealed"), transaction.atomic():
        overwrite(EVENTS, [first.pk, second.pk], values, why="again")


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (EVENTS, {"pgh_created_at": "2020-01-01"}),
        (EVENTS, {"pgh_label": "x"}),
        (ACCESS, {"patients": []}),
        ("accounts_auditseal", {"why": "x"}),
        ("accounts_user", {"role": "admin"}),
        (EVENTS, {}),
    ],
)
def test_an_erasure_takes_nothing_that_proves_what_happened(sealed, table, values):
    with pytest.raises(DatabaseError, match="not rewritten so"), transaction.atomic():
        overwrite(table, [1], values, why="x")


def test_what_the_owner_changed_is_sealed_anew_with_the_reason(sealed):
    tamper(f"UPDATE {EVENTS} SET phone = ''")
    tamper(f"UPDATE {EVENTS} SET email = 'x' WHERE pgh_id = %s", sealed[0][1].pk)

    assert reseal(EVENTS, [sealed[0][1].pk], "new keys") == 1
    assert verify_audit().findings == []
    assert reseal(EVENTS, None, "all of it") == 3


def test_a_new_column_breaks_nothing_and_one_that_went_is_told(sealed):
    tamper(f"ALTER TABLE {EVENTS} ADD COLUMN mood text DEFAULT 'calm'")
    UserFactory()
    seal_audit()
    assert verify_audit().findings == []
    tamper(f"ALTER TABLE {EVENTS} DROP COLUMN mood")
    assert "sealed with mood, which the table has no more" in verify_audit().findings[0]

    call_command("seal_audit", again=EVENTS, why="mood is gone", verbosity=0)

    assert verify_audit().findings == []


def test_new_keys_are_on_record_and_hide_nothing(db, settings):
    event = PatientFactory(medical_history="Asthma").events.get()
    seal_audit()
    settings.DOCUMENT_KEYS = [Fernet.generate_key().decode(), *settings.DOCUMENT_KEYS]

    call_command("reencrypt", verbosity=0)

    verdict = verify_audit()
    assert (verdict.findings, verdict.erasures) == ([], 1)
    assert Patient.pgh_event_model.objects.get().medical_history == "Asthma"
    tamper("UPDATE patients_patientevent SET last_name = 'x'")
    with pytest.raises(CommandError, match=f"row {event.pk} changed"):
        call_command("reencrypt", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_commits_later_under_a_lower_id_is_waited_for():
    """Ids are given out before the commit: what isn't settled stays out, and nobody waits."""
    is_written, may_commit = Event(), Event()

    def slow():
        try:
            with transaction.atomic():
                read()
                is_written.set()
                may_commit.wait(20)
        finally:
            connection.close()

    other = Thread(target=slow)
    other.start()
    assert is_written.wait(10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accounts.services.sealing.PATIENCE", "0.1 seconds")
        read()
        assert seal_audit() == 0
    may_commit.set()
    other.join()
    assert seal_audit() == 1
    assert AuditSeal.objects.get().row_count == 2
    assert verify_audit().findings == []
