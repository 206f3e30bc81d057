"""A clinic of each release goes on with all that it has: row by row, file by file."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from accounts.roles import Role
from appointments.models import Appointment
from clinic.operations.backup.programs import feed_program, program, reached
from clinic.operations.backup.restoring import read_everything
from clinic.settings.basis import DEVELOPMENT_DOCUMENT_KEY
from doctors.models import Doctor
from patients.models import IdentityDocument, Patient
from tests import database

RELEASES = Path(__file__).parent / "releases"
NAME = "test_clinic_upgraded"
CASTS = r"::(character varying|text)(\[\])?|[()]"
PASSWORD = "Clinic-demo-1"
# Columns that web processes of a release can't go on with until they are replaced.
KNOWN_BREAKS = {
    # Reasons were texts in the clear. They are tokens now, which is what is shown there meanwhile;
    # what is still written in the clear is read.
    "1.0.0": {
        ("appointments_appointment", "reason"),
        ("appointments_appointmentevent", "reason"),
        ("appointments_appointmentchange", "reason"),
    }
}
# All that our migrations make, as PostgreSQL describes it. Columns may stand in another order.
OURS = (
    "split_part(c.relname, '_', 1) IN ('accounts', 'appointments', 'clinic', 'doctors', 'patients')"
)
SCHEMA = f"""
SELECT concat_ws(' ', c.relname, attname, format_type(atttypid, atttypmod), attnotnull,
    attgenerated, attidentity, pg_get_expr(adbin, adrelid), collname)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
LEFT JOIN pg_collation l ON l.oid = attcollation
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE c.relkind IN ('r', 'S') AND attnum > 0 AND NOT attisdropped AND {OURS}
UNION ALL
SELECT concat_ws(' ', c.relname, conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid WHERE {OURS}
UNION ALL
SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE {OURS}
UNION ALL
SELECT concat_ws(' ', pg_get_triggerdef(t.oid), obj_description(t.oid))
FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND {OURS}
UNION ALL
SELECT pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname ~ '^(clinic|patients|pgtrigger)_'
"""

COLUMNS = f"""
SELECT c.relname, attname, format_type(atttypid, NULL),
    attnotnull AND adbin IS NULL AND attidentity = ''
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE c.relkind = 'r' AND attnum > 0 AND NOT attisdropped AND ({OURS} OR c.relname LIKE 'procra%')
"""

Columns = dict[tuple[str, str], tuple[str, bool]]


@pytest.fixture(params=sorted(path.parent.name for path in RELEASES.glob("*/database.dump")))
def older(request, transactional_db, settings) -> Iterator[tuple[str, str]]:
    """The database and the documents of a release, in place of those of the tests: which release,
    and the name of the tests' own."""
    settings.DOCUMENT_KEYS = [DEVELOPMENT_DOCUMENT_KEY]
    before, folder = connection.settings_dict["NAME"], RELEASES / request.param
    with connection._nodb_cursor() as cursor:
        database.create(cursor, NAME, "template0")
    database.use(NAME)
    try:
        where, environment = reached(connection)
        command = [program("pg_restore", 18), "--no-owner", "--exit-on-error", *where]
        feed_program(command, environment, [(folder / "database.dump").read_bytes()])
        with tarfile.open(folder / "documents.tar.gz") as tar:
            tar.extractall(storages["documents"].location, filter="data")
        yield request.param, before
    finally:
        database.use(before)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def schema() -> set[str]:
    """Less what PostgreSQL writes in another way once a dump was restored."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return {re.sub(CASTS, "", line) for (line,) in cursor}


def columns() -> Columns:
    """By table and name: the type, and whether whoever inserts a row must name the column."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        return {(table, name): found for table, name, *found in cursor}


def contents(wanted: Columns) -> dict[str, tuple[int, str]]:
    """By table: how many rows, and a hash of what stands in these columns of all of them."""
    names: dict[str, list[str]] = {}
    for table, name in sorted(wanted):
        names.setdefault(table, []).append(f'"{name}"')
    found = {}
    with connection.cursor() as cursor:
        for table, of_table in names.items():
            cursor.execute(
                "SELECT count(*), md5(string_agg(told, chr(10) ORDER BY told))"
                f'FROM (SELECT ROW({", ".join(of_table)})::text AS told FROM "{table}") rows'
            )
            found[table] = cursor.fetchone()
    return found


def test_a_clinic_of_each_release_goes_on_with_all_that_it_has(older, client):
    release, own = older
    then, known = columns(), KNOWN_BREAKS.get(release, set())
    kept = {key: kind for key, kind in then.items() if key not in known}
    before, reasons = contents(kept), stored_reasons()
    assert before["patients_patient"][0] >= 8

    call_command("migrate", interactive=False, verbosity=0)

    check_last_release_goes_on(then, columns(), known)
    assert contents(kept) == before
    assert dict(Appointment.objects.values_list("pk", "reason")) == reasons
    check_that_it_works(client)
    grown = schema()
    database.use(own)
    assert len(grown) > 1000
    assert grown ^ schema() == set()


def stored_reasons() -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, reason FROM appointments_appointment")
        return dict(cursor.fetchall())


def check_last_release_goes_on(before: Columns, after: Columns, known: set) -> None:
    """Web processes of the last release still run while the new ones start: nothing that they read
    is gone or of another type, and rows may be inserted without what they don't know."""
    changed = {key for key, (kind, _) in before.items() if after.get(key, [""])[0] != kind}
    tables = {table for table, _ in before}
    needed = {
        key
        for key, (_, is_needed) in after.items()
        if is_needed and key not in before and key[0] in tables
        if not key[0].endswith("event")  # Written by triggers, which know all columns.
    }
    assert changed == known, "Add a column beside it, and drop the old one a release later."
    assert not needed, "Give these columns a `db_default`."


def check_that_it_works(client) -> None:
    read = read_everything(lambda count: None)
    assert not [name for name, one in read.items() if one.unreadable]
    assert read["patients.IdentityDocument.file"].seen == IdentityDocument.objects.count() > 0
    assert not Patient.objects.filter(sort_name="").exists()
    assert Doctor.objects.exclude(specialization_code="").exists()
    for role in Role:
        assert User.objects.filter(role=role).first().check_password(PASSWORD), role
    desk, patient = User.objects.filter(role=Role.RECEPTIONIST).first(), Patient.objects.first()
    client.force_login(desk)
    page = client.get("/admin/patients/patient/", {"q": patient.last_name})
    assert patient.last_name in page.content.decode()
    assert client.get("/admin/").status_code == 200


def test_each_tag_has_its_clinic_here():
    """`python -m tests.releases <tag>` makes it."""
    git = shutil.which("git")
    if git is None or not (settings.BASE_DIR / ".git").exists():
        pytest.skip("There is no history of git here.")
    told = subprocess.run(
        [git, "tag", "--list", "v*"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    tags = {tag.removeprefix("v") for tag in told.stdout.split()}

    assert tags <= {path.name for path in RELEASES.iterdir()}
