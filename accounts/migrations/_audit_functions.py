"""What the database itself does for the audit's chain: nothing else writes seals.

The functions belong to whoever migrates, and work as that role. The settings of `DIGEST` make a
row the same text whoever asks. 7303015 is held by whoever adds to the chain.
"""

# The access log, and the events of all tracked models, as long as the trigger keeps them.
TABLES = """
CREATE FUNCTION clinic_audit_tables(OUT name text, OUT is_event boolean) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.relname::text, c.relname ~ 'event$' FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND (c.relname = 'accounts_accesslog' OR EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'pgh_id'
    )) AND EXISTS (
        SELECT FROM pg_trigger t
        WHERE t.tgrelid = c.oid AND starts_with(t.tgname, 'pgtrigger_append_only')
    ) ORDER BY 1
$$;
"""

# What a range of rows is now. `hints` has 16 bytes a row: its id, and how its digest begins.
DIGEST = """
CREATE FUNCTION clinic_audit_digest(
    name text, columns text, first_id bigint, last_id bigint,
    OUT row_count bigint, OUT digest bytea, OUT hints bytea, OUT latest timestamptz
) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres' SET bytea_output = 'hex' SET extra_float_digits = 1
AS $$ DECLARE
    key text := CASE WHEN name ~ 'event$' THEN 'pgh_id' ELSE 'id' END;
    moment text := CASE WHEN name ~ 'event$' THEN 'pgh_created_at' ELSE 'at' END;
    listed text;
BEGIN
    SELECT string_agg(format('t.%I', one), ', ' ORDER BY place) INTO listed
        FROM unnest(string_to_array(columns, ',')) WITH ORDINALITY AS c (one, place);
    EXECUTE format(
        'SELECT count(*), sha256(coalesce(string_agg(h, '''' ORDER BY k), '''')), '
        'coalesce(string_agg(int8send(k) || substr(h, 1, 8), '''' ORDER BY k), ''''), max(m) '
        'FROM (SELECT t.%I::bigint AS k, t.%I AS m, '
        'sha256(convert_to(ROW(%s)::text, ''UTF8'')) AS h '
        'FROM public.%I t WHERE t.%I BETWEEN $1 AND $2) r',
        key, moment, listed, name, key
    ) INTO row_count, digest, hints, latest USING first_id, last_id;
END $$;
"""

# The columns of a table, by which its rows are sealed; those that a link was sealed by; and the
# latest link of each range that has not been removed since.
RANGES = """
CREATE FUNCTION clinic_audit_columns(name text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = format('public.%I', name)::regclass AND attnum > 0 AND NOT attisdropped
$$;
CREATE FUNCTION clinic_sealed_columns(name text, until bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT columns FROM accounts_auditseal
    WHERE table_name = name AND number <= until AND columns <> '' ORDER BY number DESC LIMIT 1
$$;
CREATE FUNCTION clinic_standing_seals(name text) RETURNS SETOF accounts_auditseal
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT ON (first_id) * FROM accounts_auditseal
    WHERE table_name = name AND kind <> 'purge' AND first_id > coalesce(
        (SELECT max(last_id) FROM accounts_auditseal WHERE table_name = name AND kind = 'purge'), 0
    ) ORDER BY first_id, number DESC
$$;
"""

# The next link. Its hash is what `accounts.services.verifying` computes, too.
ADD = """
CREATE FUNCTION clinic_add_seal(
    kind text, name text, first_id bigint, last_id bigint, why text,
    row_count bigint, digest bytea, hints bytea, latest timestamptz, columns text
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before record; number bigint; at timestamptz := clock_timestamp();
BEGIN
    SELECT s.number, s.hash INTO before FROM accounts_auditseal s ORDER BY s.number DESC LIMIT 1;
    number := coalesce(before.number, 0) + 1;
    IF columns = clinic_sealed_columns(name, number) THEN columns := ''; END IF;
    INSERT INTO accounts_auditseal VALUES (
        number, kind, name, first_id, last_id, row_count, digest, hints, latest, columns, why, at,
        coalesce(before.hash, ''),
        sha256(coalesce(before.hash, '') || convert_to(concat_ws(
            E'\\n', number, kind, name, first_id, last_id, row_count, encode(digest, 'hex'),
            coalesce((extract(epoch FROM latest) * 1000000)::bigint, 0),
            (extract(epoch FROM at) * 1000000)::bigint, columns, why
        ), 'UTF8'))
    );
END $$;
CREATE FUNCTION clinic_seal_range(
    kind text, name text, first_id bigint, last_id bigint, why text
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE columns text := clinic_audit_columns(name); d record;
BEGIN
    SELECT * INTO d FROM clinic_audit_digest(name, columns, first_id, last_id);
    PERFORM clinic_add_seal(kind, name, first_id, last_id, why,
        d.row_count, d.digest, d.hints, d.latest, columns);
END $$;
"""

# Seal what is settled. Who has taken a lower id than the highest to be seen and may yet commit
# holds a lock of the table, taken before the id: once these have ended, no lower one can come.
# They are waited for a little, blocking nobody; a table where one goes on is left for the next time.
SEAL = """
CREATE FUNCTION clinic_seal_audit(most_rows integer, most_seals integer, patience interval)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    started timestamptz := clock_timestamp();
    audited record; bounds jsonb := '{}'; bound bigint; sealed bigint; upper bigint;
    key text; made integer := 0; relations oid[]; holders text[]; busy oid[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(7303015) THEN RETURN 0; END IF;
    FOR audited IN SELECT * FROM clinic_audit_tables() LOOP
        key := CASE WHEN audited.is_event THEN 'pgh_id' ELSE 'id' END;
        EXECUTE format('SELECT max(%I) FROM public.%I', key, audited.name) INTO bound;
        SELECT s.last_id INTO sealed FROM accounts_auditseal s
            WHERE s.table_name = audited.name ORDER BY s.first_id DESC LIMIT 1;
        IF bound > coalesce(sealed, 0) THEN
            bounds := bounds || jsonb_build_object(audited.name, bound);
            relations := relations || format('public.%I', audited.name)::regclass::oid;
        END IF;
    END LOOP;
    SELECT array_agg(virtualtransaction || relation) INTO holders FROM pg_locks
        WHERE relation = ANY (relations) AND mode = 'RowExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid IS DISTINCT FROM pg_backend_pid();
    LOOP
        SELECT array_agg(relation) INTO busy FROM pg_locks
            WHERE relation = ANY (relations) AND mode = 'RowExclusiveLock'
            AND virtualtransaction || relation = ANY (holders);
        EXIT WHEN busy IS NULL OR clock_timestamp() > started + patience;
        PERFORM pg_sleep(0.02);
    END LOOP;
    FOR audited IN SELECT t.*, format('public.%I', t.name)::regclass::oid AS relation
        FROM clinic_audit_tables() t WHERE bounds ? t.name
    LOOP
        CONTINUE WHEN audited.relation = ANY (busy);
        key := CASE WHEN audited.is_event THEN 'pgh_id' ELSE 'id' END;
        bound := bounds ->> audited.name;
        sealed := NULL;
        SELECT s.last_id INTO sealed FROM accounts_auditseal s
            WHERE s.table_name = audited.name ORDER BY s.first_id DESC LIMIT 1;
        sealed := coalesce(sealed, 0);
        WHILE sealed < bound AND made < most_seals LOOP
            EXECUTE format(
                'SELECT %1$I FROM public.%2$I WHERE %1$I > $1 AND %1$I <= $2 '
                'ORDER BY %1$I OFFSET $3 LIMIT 1', key, audited.name
            ) INTO upper USING sealed, bound, most_rows - 1;
            upper := coalesce(upper, bound);
            PERFORM clinic_seal_range('rows', audited.name, sealed + 1, upper, '');
            sealed := upper;
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
"""

# Let the body write where `append_only` would refuse, until it says otherwise.
LIFT = """
CREATE FUNCTION clinic_lift_append_only(is_lifted boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT set_config('pgtrigger.ignore', CASE WHEN is_lifted THEN (
        SELECT array_agg(DISTINCT tgname)::text FROM pg_trigger
        WHERE starts_with(tgname, 'pgtrigger_append_only')
    ) ELSE '{}' END, true)
$$;
"""

# Remove whole ranges whose rows are all older, from the oldest on, up to the first that isn't what
# was sealed. Only who owns the tables removes what is younger than a year.
PURGE = """
CREATE FUNCTION clinic_purge_audit(are_events boolean, before timestamptz, is_dry boolean)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    audited record; seal record; now_there record; total bigint := 0;
    first bigint; last bigint; gone bigint; digests bytea; latest timestamptz; key text;
BEGIN
    IF before > now() - interval '1 year' AND NOT pg_has_role(session_user, current_user, 'USAGE')
    THEN RAISE EXCEPTION 'What the audit has of the last year stays.' USING ERRCODE = '42501';
    END IF;
    IF NOT is_dry THEN PERFORM pg_advisory_xact_lock(7303015); END IF;
    FOR audited IN SELECT * FROM clinic_audit_tables() t WHERE t.is_event = are_events LOOP
        first := NULL; gone := 0; digests := ''; latest := NULL;
        key := CASE WHEN audited.is_event THEN 'pgh_id' ELSE 'id' END;
        FOR seal IN SELECT * FROM clinic_standing_seals(audited.name) ORDER BY first_id LOOP
            EXIT WHEN seal.latest >= before;
            SELECT * INTO now_there FROM clinic_audit_digest(
                audited.name, clinic_sealed_columns(audited.name, seal.number),
                seal.first_id, seal.last_id);
            IF now_there.digest <> seal.digest THEN
                RAISE WARNING 'Rows of % from % to % are not what was sealed: they stay.',
                    audited.name, seal.first_id, seal.last_id;
                EXIT;
            END IF;
            first := coalesce(first, seal.first_id);
            last := seal.last_id;
            gone := gone + seal.row_count;
            digests := digests || seal.digest;
            latest := greatest(latest, seal.latest);
        END LOOP;
        total := total + gone;
        CONTINUE WHEN is_dry OR first IS NULL;
        PERFORM clinic_lift_append_only(true);
        EXECUTE format('DELETE FROM public.%1$I WHERE %2$I BETWEEN $1 AND $3',
            audited.name, key) USING first, first, last;
        UPDATE accounts_auditseal SET row_hints = '' WHERE table_name = audited.name
            AND first_id BETWEEN first AND last AND row_hints <> '';
        PERFORM clinic_lift_append_only(false);
        PERFORM clinic_add_seal('purge', audited.name, first, last, 'older than ' || before::date,
            gone, sha256(digests), '', latest, '');
    END LOOP;
    RETURN total;
END $$;
"""

# Seal anew the ranges of these rows, or all: `clinic_reseal_audit` for who owns the tables and has
# changed rows, `clinic_overwrite_audit` for an erasure by the application, which says what it
# writes, changes no row that isn't as sealed, and never whom, when or what an event was.
OVERWRITE = """
CREATE FUNCTION clinic_reseal_audit(name text, ids bigint[], why text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE seal record; made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7303015);
    FOR seal IN SELECT s.* FROM clinic_standing_seals(name) s WHERE ids IS NULL OR s.first_id IN (
        SELECT (SELECT r.first_id FROM accounts_auditseal r WHERE r.table_name = name
            AND r.kind <> 'purge' AND r.first_id <= one ORDER BY r.first_id DESC LIMIT 1)
        FROM unnest(ids) one WHERE one <= (SELECT r.last_id FROM accounts_auditseal r
            WHERE r.table_name = name ORDER BY r.first_id DESC LIMIT 1)
    ) ORDER BY s.first_id LOOP
        PERFORM clinic_seal_range('erasure', name, seal.first_id, seal.last_id, why);
        PERFORM clinic_lift_append_only(true);
        UPDATE accounts_auditseal SET row_hints = '' WHERE number = seal.number;
        PERFORM clinic_lift_append_only(false);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
CREATE FUNCTION clinic_overwrite_audit(name text, ids bigint[], "values" jsonb, why text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    written bigint; listed text; taken text; is_event boolean; seal record; now_there record;
BEGIN
    SELECT t.is_event INTO is_event FROM clinic_audit_tables() t WHERE t.name = $1;
    SELECT string_agg(format('%I', k), ', ' ORDER BY k),
        string_agg(format('p.%I', k), ', ' ORDER BY k) INTO listed, taken
        FROM jsonb_object_keys("values") k;
    IF is_event IS NULL OR why = '' OR listed IS NULL OR EXISTS (
        SELECT FROM jsonb_object_keys("values") k WHERE CASE WHEN is_event
        THEN k IN ('pgh_id', 'pgh_created_at', 'pgh_label', 'pgh_obj_id') ELSE k <> 'address' END
    ) THEN RAISE EXCEPTION 'The audit is not rewritten so.' USING ERRCODE = '42501'; END IF;
    PERFORM pg_advisory_xact_lock(7303015);
    PERFORM clinic_seal_audit(10000, 1000, interval '2 s');
    FOR seal IN SELECT s.* FROM clinic_standing_seals(name) s
        WHERE EXISTS (SELECT FROM unnest(ids) one WHERE one BETWEEN s.first_id AND s.last_id)
    LOOP
        SELECT * INTO now_there FROM clinic_audit_digest(
            name, clinic_sealed_columns(name, seal.number), seal.first_id, seal.last_id);
        IF now_there.digest <> seal.digest THEN
            RAISE EXCEPTION 'Rows of % from % to % are not what was sealed.',
                name, seal.first_id, seal.last_id;
        END IF;
    END LOOP;
    PERFORM clinic_lift_append_only(true);
    EXECUTE format(
        'UPDATE public.%1$I t SET (%2$s) = '
        '(SELECT %3$s FROM jsonb_populate_record(t, $1) p) WHERE t.%4$I = ANY ($2)',
        name, listed, taken, CASE WHEN is_event THEN 'pgh_id' ELSE 'id' END
    ) USING "values", ids;
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM clinic_lift_append_only(false);
    PERFORM clinic_reseal_audit(name, ids, why);
    RETURN written;
END $$;
"""

# What nobody but their owner runs unless it is granted (`accounts.services.roles`).
OWNERS = """
REVOKE EXECUTE ON FUNCTION
    clinic_add_seal(text, text, bigint, bigint, text, bigint, bytea, bytea, timestamptz, text),
    clinic_seal_range(text, text, bigint, bigint, text),
    clinic_seal_audit(integer, integer, interval),
    clinic_purge_audit(boolean, timestamptz, boolean),
    clinic_overwrite_audit(text, bigint[], jsonb, text),
    clinic_reseal_audit(text, bigint[], text),
    clinic_lift_append_only(boolean)
FROM PUBLIC;
"""

ALL = TABLES + DIGEST + RANGES + ADD + SEAL + LIFT + PURGE + OVERWRITE + OWNERS
