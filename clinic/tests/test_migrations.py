"""An empty database gets its tables at once; tests/test_upgrade.py has older ones go on."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from clinic.management.commands.migrate import BEFORE_RELEASE, FIRST
from clinic.migrations._operations import in_one_form
from patients.models import Patient
from patients.tests.factories import PatientFactory

Row = MigrationRecorder.Migration
MAILBOX = "bo@xn--mller-kva.example"


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
