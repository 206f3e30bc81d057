"""What binds whoever works on the database's rows, the application's own role above all."""

from django.db import connection

# pgtrigger's own version lets every role switch triggers off, and raises an error inside for each
# row where nobody does. What writes events works as the tables' owner: who is at the other end of
# the connection counts there; what refuses a change works as whoever asks.
SWITCH = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean AS $$
DECLARE
    ignored text := current_setting('pgtrigger.ignore', true);
BEGIN
    IF ignored IS NULL OR ignored IN ('', '{}') THEN RETURN false; END IF;
    IF NOT trigger_name = ANY (ignored::text[]) THEN RETURN false; END IF;
    RETURN pg_has_role(
        CASE WHEN starts_with(trigger_name, 'pgtrigger_append_only')
            THEN current_user ELSE session_user END,
        (SELECT proowner FROM pg_proc WHERE proname = '_pgtrigger_should_ignore'
            AND pronamespace = 'public'::regnamespace),
        'USAGE'
    );
END $$ LANGUAGE plpgsql;
"""

# A read bears the time at which it is written down; only who owns the table may say another.
TIME = """
CREATE OR REPLACE FUNCTION public.clinic_time_of_read() RETURNS trigger AS $$
BEGIN
    IF NOT pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')
    THEN NEW.at := clock_timestamp(); END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE OR REPLACE FUNCTION public.clinic_refuse_truncate() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are only ever added.', TG_TABLE_NAME USING ERRCODE = '42501';
END $$ LANGUAGE plpgsql;
"""

# Events are written by their triggers alone, as the owner: another role needs no right to insert
# any. A schema of its own, or a temporary table, would else catch what they write.
TABLES = """
DO $$ DECLARE one record; BEGIN
    FOR one IN
        SELECT DISTINCT p.oid::regprocedure AS called FROM pg_proc p
        JOIN pg_trigger t ON t.tgfoid = p.oid
        WHERE p.pronamespace = 'public'::regnamespace AND starts_with(p.proname, 'pgtrigger_')
        AND p.prosrc ~ 'INSERT INTO "[a-z]+_[a-z]+event"' AND NOT p.prosecdef
    LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp',
            one.called);
    END LOOP;
    FOR one IN
        SELECT DISTINCT t.tgrelid::regclass AS kept FROM pg_trigger t
        WHERE starts_with(t.tgname, 'pgtrigger_append_only') AND NOT EXISTS (
            SELECT FROM pg_trigger o
            WHERE o.tgrelid = t.tgrelid AND o.tgname = 'clinic_no_truncate')
    LOOP
        EXECUTE format('CREATE TRIGGER clinic_no_truncate BEFORE TRUNCATE ON %s '
            'EXECUTE FUNCTION public.clinic_refuse_truncate()', one.kept);
    END LOOP;
    IF to_regclass('public.accounts_accesslog') IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgname = 'clinic_time_of_read'
    ) THEN
        CREATE TRIGGER clinic_time_of_read BEFORE INSERT ON public.accounts_accesslog FOR EACH ROW
        WHEN (NEW.at NOT BETWEEN now() - interval '5 s' AND clock_timestamp() + interval '5 s')
        EXECUTE FUNCTION public.clinic_time_of_read();
    END IF;
END $$;
"""

# What is missing of all that, for people.
MISSING = """
SELECT 'The switch of triggers is within everybody''s reach.' FROM pg_proc
WHERE proname = '_pgtrigger_should_ignore' AND prosrc NOT LIKE '%%pg_has_role%%'
UNION ALL
SELECT 'The trigger ' || t.tgname || ' on ' || t.tgrelid::regclass || ' is off.' FROM pg_trigger t
WHERE t.tgenabled NOT IN ('O', 'A') AND (starts_with(t.tgname, 'pgtrigger_')
    OR starts_with(t.tgname, 'clinic_'))
UNION ALL
SELECT format('%%s has no trigger against TRUNCATE.', name) FROM clinic_audit_tables()
WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'clinic_no_truncate'
    AND tgrelid = format('public.%%I', name)::regclass)
UNION ALL
SELECT format('%%s works as whoever changes a row.', p.proname) FROM pg_proc p
WHERE starts_with(p.proname, 'pgtrigger_') AND NOT p.prosecdef
AND p.prosrc ~ 'INSERT INTO "[a-z]+_[a-z]+event"'
AND EXISTS (SELECT FROM pg_trigger WHERE tgfoid = p.oid)
"""


def guard_audit() -> None:
    """Put up what guards the audit, where a migration has left anything without it.

    Each `migrate` ends with it, as the role that owns the tables: pgtrigger writes its functions
    anew with every trigger. What stands already is left alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(SWITCH + TIME + TABLES)


def missing_guards() -> list[str]:
    """What an earlier version of the clinic, or somebody, has left unguarded."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [])
        return sorted(sentence for (sentence,) in cursor.fetchall())
