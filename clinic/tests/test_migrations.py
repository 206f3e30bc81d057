"""One migration an app; a database made before the first release goes on with it."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db

APPS = ["accounts", "appointments", "clinic", "doctors", "patients"]
Row = MigrationRecorder.Migration


@pytest.fixture
def before_release():
    """The migrations that a database of before the first release has written down."""
    loaded = MigrationExecutor(connection).loader.disk_migrations
    names = [row for app in APPS for row in loaded[app, "0001_initial"].replaces]
    Row.objects.filter(app__in=APPS).delete()
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
