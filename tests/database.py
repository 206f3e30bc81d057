"""The tests' database: migrated once, copied for each worker, emptied after tests that commit."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper

LOCK = 7_303_014  # Held while the template is made or copied: nobody may be connected to it.
# What the migrations themselves write stays. Whoever writes still is waited for.
EMPTY_WRITTEN_TABLES = """
DO $$ DECLARE names text[]; name text; BEGIN
    SELECT array_agg(oid::regclass) INTO names FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
        AND pg_relation_size(oid) > 0;
    IF names IS NULL THEN RETURN; END IF;
    EXECUTE 'LOCK ' || array_to_string(names, ', ') || ' IN EXCLUSIVE MODE';
    FOREACH name IN ARRAY names LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
END $$
"""
# A crash of the machine may cost this server its data; nobody would miss them.
HASTE = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit")


@contextmanager
def copied(name: str) -> Iterator[None]:
    """Make the database of that name, as the migrations leave it, use it, and drop it again.

    The migrations run only where none of an earlier run, or of another worker, can be copied.
    """
    before, template = settings.DATABASES["default"]["NAME"], template_name()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # Until this connection ends.
        hasten(cursor)
        current = fingerprint()
        if fingerprint_of(cursor, template) != current:
            create(cursor, template, "template1")
            use(template)
            call_command("migrate", verbosity=0, interactive=False)
            use(before)
            cursor.execute(f"COMMENT ON DATABASE {template} IS '{current}'")
        create(cursor, name, template)
    use(name)
    yield
    use(before)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def another(name: str) -> Iterator[str]:
    """Make one more such copy, for another process; yields its address."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        create(cursor, name, template_name())
    yield address_of(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def template_name() -> str:
    return f"{settings.NAME}_template"


def address_of(name: str) -> str:
    """The URL of a database of the tests' server."""
    params = connection.get_connection_params()
    where = urlencode({"host": params["host"], "port": params["port"]})
    return f"postgres://{params['user']}@/{name}?{where}"


def hasten(cursor: CursorWrapper) -> None:
    """Let the embedded server, which has no data but the tests', write without care."""
    if settings.DATABASES["default"]["ENGINE"] == "clinic.embedded":
        for setting in HASTE:
            cursor.execute(f"ALTER SYSTEM SET {setting} = off")
        cursor.execute("SELECT pg_reload_conf()")


def fingerprint() -> str:
    """Changes whenever the migrations, or the models they make permissions for, do."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(file.read_bytes())
    for model in apps.get_models():
        options = model._meta
        digest.update(f"{options.label} {options.verbose_name} {options.permissions}".encode())
    return digest.hexdigest()


def fingerprint_of(cursor: CursorWrapper, database: str) -> str | None:
    cursor.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
        [database],
    )
    row = cursor.fetchone()
    return row and row[0]


def create(cursor: CursorWrapper, name: str, template: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def use(name: str) -> None:
    connection.close()
    connection.close_pool()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def empty() -> None:
    """Take out what a test has committed, past the triggers that would refuse or note it.

    Deleting a few rows takes a millisecond, truncating their tables a tenth of a second.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(EMPTY_WRITTEN_TABLES)
        cursor.execute("RESET session_replication_role")
