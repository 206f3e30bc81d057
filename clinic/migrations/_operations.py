from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.operations.base import Operation

from clinic.encryption import TEXT, encrypt_text
from clinic.emails import normal_email


class AllAtOnce(Migration):
    """A migration that makes its tables from the state after the last of its operations.

    Django has each model rendered anew, with all that refer to it, for every operation; that took
    most of the time of an empty database. None of the operations may look at the state before it.
    """

    def apply(self, project_state, schema_editor, collect_sql=False):
        state = project_state.clone()
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, state)
        for operation in self.operations:
            operation.database_forwards(self.app_label, schema_editor, state, state)
        return state


class AddTriggers(Operation):
    """Many triggers at once, by the name of their model.

    pgtrigger's own operation has each model rendered anew, with all that refer to it, for every
    trigger; that took a third of the time of an empty database.
    """

    reversible = False

    def __init__(self, triggers):
        self.triggers = triggers

    def deconstruct(self):
        return type(self).__name__, [], {"triggers": self.triggers}

    def state_forwards(self, app_label, state):
        for model, triggers in self.triggers.items():
            state.models[app_label, model].options["triggers"] = list(triggers)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for triggers in self.triggers.values():
            for trigger in triggers:
                schema_editor.execute(trigger.install_sql, params=None)

    def describe(self):
        return f"Create triggers on {', '.join(self.triggers)}"


def in_one_form(app_label, model_name):
    """The operation that writes addresses with a domain in other letters than ASCII as they are
    compared now. One whose new form is somebody else's stays as it is, for people to decide on."""

    def write(apps, schema_editor):
        rows = apps.get_model(app_label, model_name).objects
        for pk, email in list(rows.filter(email__regex="[^ -~]").values_list("pk", "email")):
            normal = normal_email(email)
            if normal != email and not rows.filter(email=normal).exists():
                rows.filter(pk=pk).update(email=normal)

    return RunPython(write, RunPython.noop, elidable=True)


AS_TEXT = """
DO $do$
DECLARE
    kept text[] := '{{}}';
    statement text;
    one record;
BEGIN
    FOR one IN
        SELECT tgname, pg_get_triggerdef(oid) AS made, obj_description(oid, 'pg_trigger') AS told
        FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal
    LOOP
        kept := kept || one.made;
        IF one.told IS NOT NULL THEN
            kept := kept || format('COMMENT ON TRIGGER %I ON {table} IS %L', one.tgname, one.told);
        END IF;
        EXECUTE format('DROP TRIGGER %I ON {table}', one.tgname);
    END LOOP;
    ALTER TABLE {table} ALTER COLUMN {column} TYPE text;
    FOREACH statement IN ARRAY kept LOOP
        EXECUTE statement;
    END LOOP;
END
$do$
"""
ROWS_AT_ONCE = 5000


def as_text(table, column):
    """The operation that lets a column hold texts of any length, without writing it anew. Triggers
    that look at it keep PostgreSQL from that, so they are made again."""
    return RunSQL(AS_TEXT.format(table=table, column=column), RunSQL.noop)


def encrypted(table, key, column):
    """The operation that encrypts what a column has, without an event for it: no trigger of the
    table runs meanwhile."""
    read = (
        f"SELECT {key}, {column} FROM {table} WHERE {column} <> '' "  # noqa: S608  # nosec B608
        f"AND NOT starts_with({column}, '{TEXT}') {{}} ORDER BY {key} LIMIT {ROWS_AT_ONCE}"
    )
    write = (
        f"UPDATE {table} AS t SET {column} = v.token "  # noqa: S608  # nosec B608
        f"FROM unnest(%s, %s::text[]) AS v(key, token) WHERE t.{key} = v.key"
    )

    def write_tokens(apps, schema_editor):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(read.format(""))
            if not (rows := cursor.fetchall()):
                return
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            while rows:
                keys = [row[0] for row in rows]
                cursor.execute(write, [keys, [encrypt_text(row[1]) for row in rows]])
                cursor.execute(read.format(f"AND {key} > %s"), [keys[-1]])
                rows = cursor.fetchall()
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return RunPython(write_tokens, RunPython.noop, elidable=True)
