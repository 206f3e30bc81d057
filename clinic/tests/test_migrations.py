"""One migration an app; a database made before the first release goes on with it."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from clinic.migrations._operations import in_one_form
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

APPS = ["accounts", "appointments", "clinic", "doctors", "patients"]
Row = MigrationRecorder.Migration
MAILBOX = "bo@xn--mller-kva.example"


@pytest.fixture
def before_release():
    """The migrations that a database of before the first release has written down."""
    loaded = MigrationExecutor(connection).loader.disk_migrations
    names = [row for app in APPS for row in loaded[app, "0001_initial"].replaces]
    # Its tables are those of today: what later migrations do is done.
    Row.objects.filter(app__in=APPS, name="0001_initial").delete()
    Row.objects.bulk_create(Row(app=app, name=name) for app, name in names)
    return names


def planned() -> list[tuple[str, str]]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]


def test_a_database_of_before_the_release_has_its_tables_already(before_release):
    assert len(before_release) == 27
    assert ("patients", "0009_language") in before_release

    assert not [name for _, name in planned() if name == "0001_initial"]
    call_command("migrate", verbosity=0)

    recorded = Row.objects.filter(name="0001_initial", app__in=APPS)
    assert set(recorded.values_list("app", flat=True)) == set(APPS)
    assert planned() == []


def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


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
