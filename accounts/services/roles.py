"""Roles of the database: an owner who migrates, and one that the clinic works as.

`DATABASE_URL` names the one that works. Where `DATABASE_OWNER_URL` names another, that one owns
the tables, and the first can read and write the clinic's rows, but add to the audit only what its
triggers add, and change nothing of how the database is made.
"""

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Composed, Identifier, Literal

from accounts.services.guarding import missing_guards

SEAL_TABLE = "accounts_auditseal"
ACCESS_TABLE = "accounts_accesslog"
CALLED = (
    "clinic_seal_audit(integer, integer, interval)",
    "clinic_purge_audit(boolean, timestamptz, boolean)",
    "clinic_overwrite_audit(text, bigint[], jsonb, text)",
)
# Of the role of this connection; each a sentence where it is so.
POWERS = """
SELECT concat('The role ', current_user, ' ', what, '.') FROM (
    SELECT 'is a superuser' AS what FROM pg_roles WHERE rolname = current_user AND rolsuper
    UNION ALL SELECT 'may make roles' FROM pg_roles WHERE rolname = current_user AND rolcreaterole
    UNION ALL SELECT 'owns the tables, or belongs to who does: it can switch their triggers off'
        FROM pg_class WHERE oid = to_regclass('public.accounts_accesslog')
        AND pg_has_role(current_user, relowner, 'MEMBER')
    UNION ALL SELECT 'may make tables in the schema'
        WHERE has_schema_privilege('public', 'CREATE')
    UNION ALL SELECT concat('may ', lower(power), ' rows of ', name)
        FROM (SELECT name FROM clinic_audit_tables() UNION SELECT 'accounts_auditseal') t,
        unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) power
        WHERE has_table_privilege(format('public.%%I', name), power)
    UNION ALL SELECT concat('may insert rows of ', name)
        FROM (SELECT name FROM clinic_audit_tables() WHERE is_event
            UNION SELECT 'accounts_auditseal') t
        WHERE has_table_privilege(format('public.%%I', name), 'INSERT')
) found
"""


def grant_roles() -> bool:
    """Give the role of `DATABASE_URL` what it needs, and no more; make it if it isn't there.

    Returns whether there is such a role besides this connection's. Must run as the tables' owner;
    to make the role, that one needs CREATEROLE (ProgrammingError).
    """
    own = settings.DATABASES["default"]
    name = own.get("USER") or ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        owner, database = cursor.fetchone()
        if not settings.DATABASE_OWNER or name in ("", owner):
            return False
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        role = Identifier(name)
        if cursor.fetchone() is None:
            made = SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
            password = own.get("PASSWORD") or None
            cursor.execute(made.format(role, Literal(password)).as_string(cursor.connection))
        for statement in grants(cursor, role, Identifier(database)):
            cursor.execute(statement.as_string(cursor.connection))
    return True


def grants(cursor: CursorWrapper, role: Identifier, database: Identifier) -> list[Composed]:
    """The statements, in order: everything of rows, then less of the audit."""
    cursor.execute("SELECT name FROM clinic_audit_tables() WHERE is_event")
    events = [name for (name,) in cursor.fetchall()]
    cursor.execute("SELECT string_to_array(clinic_audit_columns(%s), ',')", [ACCESS_TABLE])
    columns = SQL(", ").join(Identifier(one) for one in cursor.fetchone()[0] if one != "id")
    kept = [*events, SEAL_TABLE, ACCESS_TABLE, "django_migrations"]
    tables = SQL(", ").join(Identifier("public", name) for name in kept)
    called = SQL(", ").join(SQL(f"public.{signature}") for signature in CALLED)
    return [
        SQL(text).format(
            role=role, database=database, tables=tables, columns=columns, called=called
        )
        for text in (
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}",
            "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "REVOKE INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER ON {tables} FROM {role}",
            # Never the id: no row comes to lie among those that were sealed.
            "GRANT INSERT ({columns}) ON public.accounts_accesslog TO {role}",
            "GRANT EXECUTE ON FUNCTION {called} TO {role}",
        )
    ]


def role_findings() -> list[str]:
    """What the role of this connection could do to the audit, and what guards are missing.

    Sentences for operators; none where it is as it should be.
    """
    with connection.cursor() as cursor:
        cursor.execute(POWERS, [])
        found = sorted(sentence for (sentence,) in cursor.fetchall())
    return found + missing_guards()
