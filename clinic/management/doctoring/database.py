"""The database: is it there, is it ours, who keeps what locked, and is it up to date?"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.services.roles import role_findings
from clinic.database import timeouts
from clinic.management.commands.migrate import BEFORE_RELEASE
from clinic.management.doctoring.findings import Finding, fault_of, long_ago, warning, well

OLDEST_VERSION = 15
CLOCKS_APART = 2.0  # Seconds.
OPEN_FOR_LONG = 60.0  # Seconds.
MOST_CONNECTIONS = 0.8  # Of what the server takes.
SERVER = """
SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version'),
    extract(epoch FROM clock_timestamp())::float, pg_is_in_recovery(),
    (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), inet_server_addr() IS NULL,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    current_setting('max_connections')::int,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
"""
OPEN = """
SELECT pid, application_name, state, extract(epoch FROM now() - xact_start)::float
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND xact_start < now() - %s * interval '1 s'
ORDER BY xact_start LIMIT 5
"""
INVALID = """
SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid
UNION ALL SELECT conrelid::regclass || '.' || conname FROM pg_constraint WHERE NOT convalidated
"""


def rows(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall()


def check_server() -> Iterator[Finding]:
    before = timezone.now().timestamp()
    (row,) = rows(SERVER)
    after = timezone.now().timestamp()
    number, version, clock, is_standby, is_encrypted, is_local, taken, limit, _ = row
    yield well(f"PostgreSQL {version.split()[0]} answers, {taken} of {limit} connections taken.")
    if number < OLDEST_VERSION:
        yield fault_of(f"PostgreSQL {number} is too old.", f"Take {OLDEST_VERSION} or newer.")
    if is_standby:
        yield fault_of(
            "It is a standby, which takes no changes.", "Let DATABASE_URL name the primary."
        )
    if taken > MOST_CONNECTIONS * limit:
        yield warning(
            "Its connections run out.",
            "Fewer workers or threads, a smaller DATABASE_POOL_SIZE, or a pooler between.",
        )
    if not is_encrypted and not is_local and not settings.DEBUG:
        yield warning(
            "The way to it is not encrypted.",
            "Add ?sslmode=verify-full to DATABASE_URL where it leaves this machine or network.",
        )
    apart = max(before - clock, clock - after, 0.0)
    if apart > CLOCKS_APART:
        yield fault_of(
            f"Its clock and this machine's are {apart:.0f} seconds apart.",
            "Let both follow NTP: sign-ins, codes and reminders go by them.",
        )


def check_pooler() -> Iterator[Finding]:
    is_between = connection.is_behind_pooler  # type: ignore[attr-defined]
    if is_between and not settings.DATABASE_POOLER:
        yield fault_of(
            "A pooler stands between.",
            "Set DATABASE_POOLER=1 if it shares connections between transactions; "
            "else let DATABASE_URL name PostgreSQL itself.",
        )
    elif settings.DATABASE_POOLER and settings.DATABASE_PREPARED:
        yield warning(
            "Statements are kept prepared behind a pooler.",
            "Set DATABASE_PREPARED=0, unless it is PgBouncer 1.21 or newer that follows them.",
        )


def check_migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(leaves)
    known = set(executor.loader.disk_migrations)
    known |= {one for each in executor.loader.disk_migrations.values() for one in each.replaces}
    known |= {(app, name) for app, names in BEFORE_RELEASE.items() for name in names}
    unknown = set(executor.loader.applied_migrations) - known
    if plan:
        yield fault_of(f"{len(plan)} migrations are not applied.", "Run `manage.py migrate`.")
    elif newer := sorted(f"{app}.{name}" for app, name in unknown if app in BEFORE_RELEASE):
        yield fault_of(
            f"The tables are of a newer version: {newer[-1]}.", "Start that version of the clinic."
        )
    else:
        yield well("The tables are those of this version.")
    for name in [name for (name,) in rows(INVALID)]:
        yield warning(f"{name} is not valid.", "REINDEX or VALIDATE it; see PostgreSQL's log.")


def check_open_transactions() -> Iterator[Finding]:
    for pid, name, state, seconds in rows(OPEN, OPEN_FOR_LONG):
        told = f"Process {pid} ({name or 'unnamed'}, {state}) has had a transaction open for "
        yield warning(
            f"{told}{long_ago(seconds)}.",
            f"It may keep rows locked. If nobody needs it: SELECT pg_terminate_backend({pid}).",
        )


def check_limits() -> Iterator[Finding]:
    web = timeouts.for_web()
    yield well(f"Pages wait {web.lock:.0f} s for a lock, and {web.statement:.0f} s for an answer.")


def check_role() -> Iterator[Finding]:
    (row,) = rows(SERVER)
    if row[-1] and not settings.DEBUG:
        yield fault_of(
            "The clinic works as a superuser.",
            "Two roles: docs/operations.md, The audit and the roles of the database.",
        )
    sentences = role_findings()
    for sentence in sentences if not settings.DEBUG else []:
        yield warning(sentence, "See `manage.py grant_roles --check`.")
    if not sentences:
        yield well("The role can do no more than it must.")
