"""An empty database gets its tables at once; older ones go on, step by step, to the same."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from accounts.services.guarding import guard_audit
from clinic.management.commands.migrate import BEFORE_RELEASE, FIRST
from clinic.migrations._operations import in_one_form
from doctors.models import Doctor
from patients.models import Patient
from patients.tests.factories import PatientFactory
from tests import database

Row = MigrationRecorder.Migration
MAILBOX = "bo@xn--mller-kva.example"
OLDER = "test_clinic_older"
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
WHERE c.relkind = 'r' AND attnum > 0 AND NOT attisdropped AND {OURS}
"""
# What web processes of the last release can't go on with until they are replaced, and why it is so.
KNOWN_BREAKS = {
    # Answers were kept in the clear. Requests that bear an Idempotency-Key fail there meanwhile.
    ("clinic_idempotencykey", "body"),
    # Reasons were texts in the clear. They are tokens now, which is what is shown there meanwhile;
    # what is still written in the clear is read.
    ("appointments_appointment", "reason"),
    ("appointments_appointmentevent", "reason"),
    ("appointments_appointmentchange", "reason"),
}


def planned() -> list[tuple[str, str]]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]


def standing_for_others() -> dict[str, list[str]]:
    """The names that each app's first migration stands for."""
    replacements = MigrationLoader(None).replacements
    return {
        app: [name for _, name in migration.replaces]
        for (app, _), migration in replacements.items()
        if app in BEFORE_RELEASE
    }


def schema() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return {line for (line,) in cursor}


def columns() -> dict[tuple[str, str], tuple[str, bool]]:
    """By table and name: the type, and whether whoever inserts a row must name the column."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        return {(table, name): found for table, name, *found in cursor}


@pytest.fixture
def older(transactional_db):
    """A new database, in place of that of the tests, with the tables of release 1.0.0: the state
    of the models then, and the name of the database of now."""
    before = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        database.create(cursor, OLDER, "template1")
    database.use(OLDER)
    try:
        executor = MigrationExecutor(connection)
        executor.loader = MigrationLoader(connection, replace_migrations=False)
        yield executor.migrate([(app, FIRST) for app in BEFORE_RELEASE]), before
    finally:
        database.use(before)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {OLDER} WITH (FORCE)")


def test_a_database_of_the_first_release_goes_on_with_its_data(older):
    then, now = older
    before = columns()
    of_then = then.apps.get_model
    patient = of_then("patients", "Patient").objects.create(
        first_name="Jörg", last_name="Müller", email="bo@müller.example", phone="+4930123456"
    )
    of_then("doctors", "Doctor").objects.create(
        email="d@mail.example", phone="+4930123457", specialization="Herzarzt", license_number="1"
    )
    assert {(app, FIRST) for app in BEFORE_RELEASE} == set(
        MigrationRecorder(connection).applied_migrations()
    )

    executor = MigrationExecutor(connection)
    ours = [node for node in executor.loader.graph.leaf_nodes() if node[0] in BEFORE_RELEASE]
    executor.migrate(ours)
    guard_audit()

    stored = Patient.objects.get(pk=patient.pk)
    assert (stored.email, stored.sort_name) == (MAILBOX, "muller\tjorg")
    assert Doctor.objects.get().specialization_code == "394579002"
    assert not [row for row in planned() if row[0] in BEFORE_RELEASE]
    check_last_release_goes_on(before, columns())
    grown = schema()
    database.use(now)
    assert len(grown) > 1000
    assert grown ^ schema() == set()


def check_last_release_goes_on(before: dict, after: dict) -> None:
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
    assert changed == KNOWN_BREAKS, "Add a column beside it, and drop the old one a release later."
    assert not needed, "Give these columns a `db_default`."


@pytest.mark.django_db
def test_a_database_that_went_step_by_step_is_up_to_date():
    stands = standing_for_others()
    assert set(stands) == set(BEFORE_RELEASE)
    Row.objects.filter(app__in=stands, name__contains="squashed").delete()

    assert planned() == []
    call_command("migrate", verbosity=0)

    assert Row.objects.filter(app__in=stands, name__contains="squashed").count() == len(stands)


@pytest.fixture
def before_release(db):
    """What a database of before the first release has written down: its tables are those of the
    release, and what later migrations do is done here."""
    Row.objects.filter(app__in=BEFORE_RELEASE, name=FIRST).delete()
    Row.objects.filter(app__in=BEFORE_RELEASE, name__contains="squashed").delete()
    rows = [Row(app=app, name=name) for app, names in BEFORE_RELEASE.items() for name in names]
    return Row.objects.bulk_create(rows)


def test_a_database_of_before_the_release_has_its_tables_already(before_release):
    assert len(before_release) == 27

    call_command("migrate", verbosity=0)

    recorded = Row.objects.filter(name=FIRST, app__in=BEFORE_RELEASE)
    assert set(recorded.values_list("app", flat=True)) == set(BEFORE_RELEASE)
    assert planned() == []


def test_one_that_has_only_some_of_them_is_told_what_to_do(before_release):
    Row.objects.filter(app="patients", name="0009_language").delete()

    with pytest.raises(CommandError, match="has only some migrations of patients: take the last"):
        call_command("migrate", verbosity=0)


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_addresses_of_before_get_the_form_in_which_they_are_compared():
    """Where that is another's already, both stay for people to decide on."""
    alone, twin, other = (PatientFactory(email=f"p{n}@mail.example") for n in range(3))
    stored = {alone: "ada@müller.example", twin: "bo@müller.example", other: MAILBOX}
    with connection.cursor() as cursor:  # Past the field, which knows one form alone.
        for patient, email in stored.items():
            query = "UPDATE patients_patient SET email = %s WHERE id = %s"
            cursor.execute(query, [email, patient.pk])

    in_one_form("patients", "patient").code(apps, connection.schema_editor())

    emails = dict(Patient.objects.values_list("pk", "email"))
    assert emails[alone.pk] == "ada@xn--mller-kva.example"
    assert emails[twin.pk] == "bo@müller.example"
