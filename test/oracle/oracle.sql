-- The oracle: a rebuilt key is compared with a native one, row by row.
--
-- A shape is a script that makes tables r (referenced) and f (referencing) and,
-- where it says {key}, a foreign key with given actions and deferrability.
-- oracle.prove() makes each shape natively with the actions before, rebuilds it
-- to the actions after, and compares what the catalogs then say, names in the
-- place of OIDs, with the shape made natively with the actions after.  Where
-- PostgreSQL refuses the actions, the rebuild must refuse them in the same
-- words.  oracle.behave() compares what both do to rows.
--
-- Everything happens in subtransactions that are rolled back.  What cannot
-- (DETACH CONCURRENTLY, pg_dump) goes through oracle.script(), which returns
-- the statements to run.

CREATE SCHEMA oracle;
-- Statistics say nothing here, and the catalogs fill with what was rolled back.
ALTER DATABASE :"DBNAME" SET jit = off;
ALTER DATABASE :"DBNAME" SET enable_hashjoin = off;
ALTER DATABASE :"DBNAME" SET enable_mergejoin = off;
SET search_path = oracle;

CREATE TABLE shape (
  name text PRIMARY KEY,
  ddl text NOT NULL,
  source text NOT NULL DEFAULT current_setting('oracle.source'),
  data text NOT NULL DEFAULT $$
    INSERT INTO r SELECT a, a FROM unnest(ARRAY[0, 1, 2, 5, 11, 12, 21]) a;
    INSERT INTO f (id, ra, rb) SELECT a, a, a FROM unnest(ARRAY[1, 2, 5, 11, 12, 21]) a;
    INSERT INTO f (id, ra, rb) VALUES (3, 1, 1), (13, 1, 1), (14, 11, NULL), (15, NULL, 2)$$,
  keys text[] NOT NULL DEFAULT '{f.k}',          -- what is rebuilt
  referenced text NOT NULL DEFAULT 'r',
  lists text[] NOT NULL DEFAULT '{}',            -- actions on DELETE with column lists
  legal_deletes int NOT NULL DEFAULT 5,          -- how many actions PostgreSQL allows
  legal_updates int NOT NULL DEFAULT 5,
  transactional boolean NOT NULL DEFAULT true,   -- false: must be committed in steps
  behaves boolean NOT NULL DEFAULT true          -- false: r and f are not as usual
);

-- What was compared, for the count at the end.
CREATE TABLE tally (shape text, behaviour boolean, cases int, wrong text);

-- A case.  Deferral: 1 not deferrable, 2 deferrable, 3 initially deferred.
CREATE TYPE transition AS (
  deferral int,
  old_delete text,
  old_update text,
  new_delete text,
  new_update text
);

CREATE FUNCTION actions(of_shape shape) RETURNS text[]
BEGIN ATOMIC
  SELECT ARRAY['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT'] || (of_shape).lists;
END;

CREATE FUNCTION deferrability(number int) RETURNS text
BEGIN ATOMIC
  SELECT (ARRAY['NOT DEFERRABLE', 'DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED'])[number];
END;

CREATE FUNCTION ddl(of_shape shape, on_delete text, on_update text, deferral int) RETURNS text
BEGIN ATOMIC
  SELECT replace(replace((of_shape).ddl, '{key}',
                         format('ON DELETE %s ON UPDATE %s {defer}', on_delete, on_update)),
                 '{defer}', deferrability(deferral));
END;

-- The foreign keys of a schema and all that hangs on them, one line each, with
-- names in the place of OIDs.
CREATE FUNCTION lines(of_schema regnamespace) RETURNS SETOF text
LANGUAGE sql STABLE
AS $$
  WITH relation AS MATERIALIZED (
    SELECT oid, relname::text AS id FROM pg_class WHERE relnamespace = of_schema
  ), key AS MATERIALIZED (
    SELECT c.*, format('%s.%s', r.id, c.conname) AS id
    FROM relation r JOIN pg_constraint c ON c.conrelid = r.oid
    WHERE c.contype = 'f'
  ), trigger AS MATERIALIZED (
    SELECT t.*, format('%s/%s/%s', k.id, r.id, t.tgtype) AS id, k.id AS key, r.id AS at
    FROM key k JOIN pg_trigger t ON t.tgconstraint = k.oid
    JOIN relation r ON r.oid = t.tgrelid
  ), object(classid, objid, id) AS MATERIALIZED (
    SELECT 'pg_class'::regclass::oid, oid, id FROM relation
    UNION ALL SELECT 'pg_constraint'::regclass, oid, id FROM key
    UNION ALL SELECT 'pg_trigger'::regclass, oid, id FROM trigger
  )
  SELECT 'key ' || k.id || ' ' || pg_get_constraintdef(k.oid) || ' '
         || (to_jsonb(k) - '{oid,id,conname,connamespace,conrelid,confrelid,conparentid,conindid}'::text[])::text
         || ' to ' || (SELECT id FROM relation WHERE oid = k.confrelid)
         || ' by ' || (SELECT id FROM relation WHERE oid = k.conindid)
         || ' below ' || coalesce((SELECT p.id FROM key p WHERE p.oid = k.conparentid), k.conparentid::text)
  FROM key k
  UNION ALL
  SELECT 'trigger ' || t.id || ' ' || t.tgfoid::regproc || ' '
         || (to_jsonb(t) - '{oid,id,key,at,tgname,tgrelid,tgparentid,tgconstrrelid,tgconstrindid,tgconstraint,tgfoid}'::text[])::text
         || ' named ' || regexp_replace(t.tgname, t.oid || '$', 'OID')
         || ' to ' || (SELECT id FROM relation WHERE oid = t.tgconstrrelid)
         || ' by ' || (SELECT id FROM relation WHERE oid = t.tgconstrindid)
         || ' below ' || coalesce((SELECT p.id FROM trigger p WHERE p.oid = t.tgparentid), t.tgparentid::text)
  FROM trigger t
  UNION ALL
  SELECT format('depend %s %s %s on %s %s %s %s', d.classid::regclass, o.id, d.objsubid,
                d.refclassid::regclass, coalesce(p.id, d.refobjid::text), d.refobjsubid, d.deptype)
  FROM object o JOIN pg_depend d ON d.classid = o.classid AND d.objid = o.objid
  LEFT JOIN object p ON p.classid = d.refclassid AND p.objid = d.refobjid
  WHERE o.classid IN ('pg_constraint'::regclass, 'pg_trigger'::regclass)
  UNION ALL
  SELECT format('depend %s %s %s on %s %s %s %s', d.classid::regclass, d.objid, d.objsubid,
                d.refclassid::regclass, o.id, d.refobjsubid, d.deptype)
  FROM object o JOIN pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid
  WHERE o.classid IN ('pg_constraint'::regclass, 'pg_trigger'::regclass)
    AND NOT EXISTS (SELECT FROM object q WHERE q.classid = d.classid AND q.objid = d.objid)
  UNION ALL
  SELECT format('relation %s %s', relname, relhastriggers) FROM pg_class
  WHERE relnamespace = of_schema AND relkind IN ('r', 'p')
$$;

-- The lines in order, without the name of the schema.
CREATE FUNCTION portrait(of_schema regnamespace) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT replace(string_agg(line, E'\n' ORDER BY line COLLATE "C"), of_schema::text || '.', '')
  FROM lines(of_schema) line
$$;

-- What differs between two portraits.
CREATE FUNCTION difference(rebuilt text, native text) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
  SELECT string_agg(sign || line, E'\n' ORDER BY line, sign)
  FROM (SELECT '- ' AS sign, line FROM string_to_table(native, E'\n') line
        WHERE line <> ALL (string_to_array(rebuilt, E'\n'))
        UNION ALL
        SELECT '+ ', line FROM string_to_table(rebuilt, E'\n') line
        WHERE line <> ALL (string_to_array(native, E'\n'))) d
$$;

-- Makes a key and what PostgreSQL says to it: nothing, or its refusal.
CREATE FUNCTION make(of_shape shape, on_delete text, on_update text, deferral int) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE ddl(of_shape, on_delete, on_update, deferral);
  RETURN NULL;
EXCEPTION WHEN syntax_error OR feature_not_supported OR invalid_foreign_key
  OR invalid_column_reference THEN
  RETURN format('refused: %s %s', SQLSTATE, SQLERRM);
END
$$;

-- Rebuilds; an action that a key has already is not always named.
CREATE FUNCTION rebuild(of_shape shape, old_delete text, new_delete text,
                        old_update text, new_update text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  changes boolean = old_delete <> new_delete OR old_update <> new_update;
  changed boolean;
  key text;
BEGIN
  FOREACH key IN ARRAY of_shape.keys LOOP
    changed = fkfix_rebuild(split_part(key, '.', 1)::regclass, split_part(key, '.', 2),
      on_delete => CASE WHEN old_delete <> new_delete OR NOT changes THEN new_delete END,
      on_update => CASE WHEN old_update <> new_update OR NOT changes THEN new_update END);
    IF changed <> changes THEN
      RETURN format('fkfix_rebuild() returned %s', changed);
    END IF;
  END LOOP;
  RETURN NULL;
EXCEPTION WHEN syntax_error OR feature_not_supported OR invalid_foreign_key
  OR invalid_column_reference THEN
  RETURN format('refused: %s %s', SQLSTATE, SQLERRM);
END
$$;

CREATE FUNCTION faults() RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT string_agg(v::text, E'\n') FROM fkfix_verify() v
$$;

-- What a native key looks like (or does to rows), or the refusal.  Leaves
-- nothing behind.
CREATE FUNCTION native(of_shape shape, on_delete text, on_update text, deferral int,
                       dml boolean) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  result text;
BEGIN
  result = make(of_shape, on_delete, on_update, deferral);
  IF result IS NULL AND dml THEN
    PERFORM load(of_shape);
    result = conduct(of_shape);
  ELSIF result IS NULL THEN
    result = concat(portrait(current_schema::regnamespace), E'\n' || faults());
  END IF;
  RAISE SQLSTATE 'OK000';
EXCEPTION WHEN SQLSTATE 'OK000' THEN
  RETURN result;
END
$$;

-- What the key that stands looks like (or does to rows) after a rebuild, or the
-- refusal.  The key is then as it was.
CREATE FUNCTION rebuilt(of_shape shape, old_delete text, new_delete text,
                        old_update text, new_update text, dml boolean) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  result text;
BEGIN
  result = rebuild(of_shape, old_delete, new_delete, old_update, new_update);
  IF result IS NULL AND dml THEN
    result = conduct(of_shape);
  ELSIF result IS NULL THEN
    result = concat(portrait(current_schema::regnamespace), E'\n' || faults());
  END IF;
  RAISE SQLSTATE 'OK000';
EXCEPTION WHEN SQLSTATE 'OK000' THEN
  RETURN result;
END
$$;

-- The pairs of actions to compare.  All, or for each transition on DELETE one
-- on UPDATE, another for each, with all deferrabilities (one, for column lists);
-- each "one_in"th of them, at random.
CREATE FUNCTION transitions(of_shape shape, everything boolean, one_in int)
RETURNS SETOF transition
LANGUAGE sql VOLATILE
AS $$
  SELECT deferral, d1, u1, d2, u2
  FROM generate_series(1, 3) deferral,
    unnest(actions(of_shape)) WITH ORDINALITY a1 (d1, i),
    unnest(actions(of_shape)) WITH ORDINALITY a2 (d2, j),
    unnest((actions(of_shape))[1:5]) WITH ORDINALITY b1 (u1, k),
    unnest((actions(of_shape))[1:5]) WITH ORDINALITY b2 (u2, l)
  WHERE (everything OR k = 1 + (i + deferral) % 5 AND l = 1 + (2 * j + deferral) % 5
                       AND (greatest(i, j) <= 5 OR deferral = 1 + (i + j) % 3))
    AND random() * one_in < 1
$$;

-- How many actions PostgreSQL allows must be what the shape says: a shape whose
-- script is wrong would otherwise be refused on both sides and prove nothing.
CREATE FUNCTION illegal(of_shape shape) RETURNS text[]
LANGUAGE sql VOLATILE
AS $$
  SELECT array_agg(format('%s: %s of %s actions on %s are legal', of_shape.name, found, declared, event))
  FROM (
    SELECT 'DELETE' AS event, of_shape.legal_deletes + cardinality(of_shape.lists) AS declared,
      count(*) FILTER (WHERE native(of_shape, action, 'NO ACTION', 1, false) NOT LIKE 'refused%') AS found
    FROM unnest(actions(of_shape)) action
    UNION ALL
    SELECT 'UPDATE', of_shape.legal_updates,
      count(*) FILTER (WHERE native(of_shape, 'NO ACTION', action, 1, false) NOT LIKE 'refused%')
    FROM unnest((actions(of_shape))[1:5]) action
  ) l
  WHERE found <> declared
$$;

-- How many actions further is the new one on DELETE?
CREATE FUNCTION distance(of_shape shape, t transition) RETURNS int
LANGUAGE sql IMMUTABLE
AS $$
  SELECT (n + array_position(a, t.new_delete) - array_position(a, t.old_delete)) % n
  FROM actions(of_shape) a, cardinality(a) n
$$;

-- Compares what the cases leave behind; one row of tally, with all that is wrong.
CREATE FUNCTION compare(this shape, cases transition[], dml boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  wrong text[] = illegal(this);
  natives jsonb;
  before record;
  c transition;
  result text;
  target text;
  compared int = 0;
BEGIN
  SELECT jsonb_object_agg(format('%s %s %s', deferral, new_delete, new_update),
                          native(this, new_delete, new_update, deferral, dml))
  INTO natives
  FROM (SELECT DISTINCT deferral, new_delete, new_update FROM unnest(cases)) t;

  FOR before IN SELECT DISTINCT deferral, old_delete, old_update FROM unnest(cases) ORDER BY 1, 2, 3 LOOP
    BEGIN
      CONTINUE WHEN make(this, before.old_delete, before.old_update, before.deferral) IS NOT NULL;
      IF dml THEN
        PERFORM load(this);
        PERFORM act(ARRAY[s]), act(ARRAY[u])      -- so that the session's plans are old ones
        FROM format('DELETE FROM %I WHERE a IN (1, 11)', this.referenced) s,
          format('UPDATE %I SET a = a + 1 WHERE a IN (2, 12)', this.referenced) u;
      END IF;
      FOREACH c IN ARRAY cases LOOP
        CONTINUE WHEN (c.deferral, c.old_delete, c.old_update) IS DISTINCT FROM before;
        compared = compared + 1;
        result = rebuilt(this, c.old_delete, c.new_delete, c.old_update, c.new_update, dml);
        target = natives ->> format('%s %s %s', c.deferral, c.new_delete, c.new_update);
        IF result IS DISTINCT FROM target THEN
          wrong = wrong || format(E'%s: %s\n%s', this.name, c, difference(result, target));
        END IF;
      END LOOP;
      RAISE SQLSTATE 'OK000';
    EXCEPTION WHEN SQLSTATE 'OK000' THEN
      NULL;
    END;
  END LOOP;
  INSERT INTO oracle.tally VALUES (this.name, dml, compared, array_to_string(wrong, E'\n'));
END
$$;

-- The catalogs after each transition.
CREATE FUNCTION prove(shape_name text, everything boolean, one_in int) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  this shape;
BEGIN
  SELECT * INTO STRICT this FROM oracle.shape WHERE name = shape_name AND transactional;
  PERFORM compare(this, ARRAY(SELECT t FROM transitions(this, everything, one_in) t), false);
END
$$;

--
-- Behaviour
--

-- Rows, put there without a look at the key, so that no event is pending.
CREATE FUNCTION load(of_shape shape) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  SET LOCAL session_replication_role = replica;
  EXECUTE of_shape.data;
  SET LOCAL session_replication_role = origin;
END
$$;

-- What is done to the rows: each line by itself, statements in order.
CREATE FUNCTION scenarios(of_shape shape) RETURNS SETOF text[]
LANGUAGE sql STABLE
AS $$
  SELECT string_to_array(replace(line, '{r}', of_shape.referenced), '; ')
  FROM unnest(ARRAY[
    'DELETE FROM {r} WHERE a = 1',
    'DELETE FROM {r} WHERE a = 11',
    'DELETE FROM {r} WHERE a <> 0',
    'UPDATE {r} SET a = 6 WHERE a = 1',
    'UPDATE {r} SET a = 16, b = 16 WHERE a = 1',
    'UPDATE {r} SET a = 7 WHERE a = 11',
    'UPDATE {r} SET b = 30 WHERE a = 2',
    'TRUNCATE {r}',
    'INSERT INTO f (id, ra, rb) VALUES (9, 99, 99)',
    'DELETE FROM {r} WHERE a = 2; INSERT INTO f (id, ra, rb) VALUES (9, 2, 2)',
    'UPDATE f SET id = id + 8; DELETE FROM {r} WHERE a = 1; UPDATE {r} SET a = 17 WHERE a = 2',
    'DELETE FROM {r} WHERE a = 1; INSERT INTO {r} (a, b) VALUES (1, 1)',
    'SET CONSTRAINTS ALL DEFERRED; DELETE FROM {r} WHERE a = 1; INSERT INTO {r} (a, b) VALUES (1, 1)',
    'SET CONSTRAINTS ALL DEFERRED; INSERT INTO f (id, ra, rb) VALUES (9, 8, 8); INSERT INTO {r} (a, b) VALUES (8, 8); DELETE FROM {r} WHERE a = 5',
    'SET CONSTRAINTS ALL DEFERRED; UPDATE {r} SET a = 4 WHERE a = 1; DELETE FROM f WHERE id IN (1, 3, 13)',
    'SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM {r} WHERE a = 1; INSERT INTO {r} (a, b) VALUES (1, 1)'
  ]) line
  UNION ALL
  SELECT ARRAY[replace(line, '{leaf}', relid::text)]
  FROM pg_partition_tree(to_regclass(of_shape.referenced)), unnest(ARRAY[
    'DELETE FROM {leaf} WHERE a <> 0', 'UPDATE {leaf} SET a = a + 1, b = b + 1 WHERE a IN (2, 12, 21)'
  ]) line
  WHERE isleaf AND level > 0
  UNION ALL
  SELECT ARRAY[replace(line, '{leaf}', relid::text)]
  FROM pg_partition_tree(to_regclass('f')), unnest(ARRAY[
    'UPDATE {leaf} SET ra = 98', 'UPDATE {leaf} SET ra = 5, rb = 5', 'DELETE FROM {leaf}'
  ]) line
  WHERE isleaf AND level > 0
$$;

-- Every row of the schema, with the table that holds it.
CREATE FUNCTION rows() RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
  query text;
  result text;
BEGIN
  SELECT string_agg(format('SELECT %L || t AS line FROM ONLY %I t', relname, relname), ' UNION ALL ')
  INTO query
  FROM pg_class WHERE relnamespace = current_schema::regnamespace AND relkind = 'r';
  EXECUTE format('SELECT string_agg(line, E''\n'' ORDER BY line) FROM (%s) r', query) INTO result;
  RETURN result;
END
$$;

-- What comes of a scenario: the rows, or the error.  Undoes it.
CREATE FUNCTION act(statements text[]) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  statement text;
  result text;
  detail text;
  constraint_name text;
  table_name text;
BEGIN
  FOREACH statement IN ARRAY statements LOOP
    EXECUTE statement;
  END LOOP;
  SET CONSTRAINTS ALL IMMEDIATE;
  result = rows();
  RAISE SQLSTATE 'OK000';
EXCEPTION
  WHEN SQLSTATE 'OK000' THEN
    RETURN result;
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL,
      constraint_name = CONSTRAINT_NAME, table_name = TABLE_NAME;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, detail, constraint_name, table_name);
END
$$;

-- What comes of all scenarios.
CREATE FUNCTION conduct(of_shape shape) RETURNS text
LANGUAGE sql VOLATILE
AS $$
  SELECT string_agg(array_to_string(s, '; ') || ': ' || replace(act(s), E'\n', ' '), E'\n' ORDER BY s)
  FROM scenarios(of_shape) s
$$;

-- What rows do after a transition from each action on DELETE to the next two, or
-- after everything.
CREATE FUNCTION behave(shape_name text, everything boolean, one_in int) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  this shape;
BEGIN
  SELECT * INTO STRICT this FROM oracle.shape WHERE name = shape_name AND transactional AND behaves;
  PERFORM compare(this, ARRAY(
    SELECT t FROM transitions(this, everything, one_in) t
    WHERE everything OR distance(this, t) IN (1, 2)
      AND t.deferral = 1 + (length(t.old_delete) + 2 * length(t.new_delete)) % 3), true);
END
$$;

--
-- What must be committed
--

-- A script that makes a shape twice for each of some transitions: in schema
-- rebuilt_N with the old actions, then rebuilt; in native_N with the new.  From
-- each action on DELETE to the next one, or to everything.
CREATE FUNCTION script(shape_name text, everything boolean) RETURNS text
LANGUAGE sql VOLATILE
AS $$
  SELECT string_agg(
    format(E'CREATE SCHEMA rebuilt_%s; SET search_path = rebuilt_%1$s;\n', n)
    || ddl(s, (t).old_delete, (t).old_update, (t).deferral) || E';\n'
    || (SELECT string_agg(format(E'SELECT fkfix_rebuild(%L, %L, %L, %L);\n', split_part(key, '.', 1),
                                 split_part(key, '.', 2), (t).new_delete, (t).new_update), '')
        FROM unnest((s).keys) key)
    || format(E'CREATE SCHEMA native_%s; SET search_path = native_%1$s;\n', n)
    || ddl(s, (t).new_delete, (t).new_update, (t).deferral), E';\n')
  FROM (
    SELECT s, t, row_number() OVER (ORDER BY t) AS n
    FROM shape s, transitions(s, false, 1) t
    WHERE s.name = shape_name
      AND t.deferral = 1 + (length(t.old_delete) + 2 * length(t.new_delete)) % 3
      AND (everything OR distance(s, t) = 1)
  ) chosen
$$;

-- Compares what that has left, schema by schema.
CREATE FUNCTION compare_committed(shape_name text) RETURNS void
LANGUAGE sql VOLATILE
AS $$
  INSERT INTO tally
  SELECT shape_name, false, count(*),
    concat_ws(E'\n', string_agg(difference(portrait(r.oid), portrait(n.oid)), E'\n'), faults())
  FROM pg_namespace r JOIN pg_namespace n ON n.nspname = replace(r.nspname, 'rebuilt_', 'native_')
  WHERE r.nspname LIKE 'rebuilt\_%'
$$;
