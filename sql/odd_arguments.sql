-- Whatever they are called with, functions answer or refuse with a reason: there is no internal error.
SET client_min_messages = error;
CREATE EXTENSION fkfix;
CREATE SCHEMA odd;
SET search_path = odd;

-- Everything that a regclass can be, and what it cannot
CREATE TABLE users (id int PRIMARY KEY, x int, UNIQUE (id, x));
CREATE TABLE notes (id int PRIMARY KEY, author int REFERENCES users, CHECK (id > 0));
CREATE TABLE parts (id int REFERENCES users) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TEMP TABLE ours (id int PRIMARY KEY, parent int REFERENCES ours);
CREATE VIEW a_view AS SELECT * FROM notes;
CREATE MATERIALIZED VIEW a_copy AS SELECT * FROM notes;
CREATE SEQUENCE numbers;
CREATE TYPE pair AS (a int, b int);
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE far_away (id int) SERVER nowhere;
INSERT INTO fkfix.policy (on_delete) VALUES ('CASCADE');
SELECT fkfix_rebuild('notes', 'notes_author_fkey');

-- By type, what to try as an argument
CREATE TABLE oddity (type regtype, value text);
INSERT INTO oddity
SELECT 'regclass'::regtype, oid::text FROM pg_class WHERE relnamespace = 'odd'::regnamespace OR relname = 'ours'
UNION ALL
SELECT 'regclass', reltoastrelid::text FROM pg_class WHERE oid = 'fkfix.policy'::regclass
UNION ALL
SELECT 'regclass', unnest('{NULL,0,1,4294967295,pg_class,pg_database,pg_constraint_oid_index,fkfix.policy,information_schema.tables}'::text[])
UNION ALL
SELECT type, value
FROM unnest('{text,name}'::regtype[]) AS type,
  unnest(ARRAY[NULL, '', ' ', '.', '..', 'a.b.c.d', '"', '""', 'no"quote', '*', '?', '"*"', 'users', 'odd.users', 'pg_temp.ours',
    'notes_author_fkey', 'notes_id_check', 'notes_pkey', 'parts_id_fkey', 'parent', 'ours_parent_fkey', 'postgres.odd.users', 'CASCADE',
    'SET NULL (author)', 'SET NULL (', 'cascade|', '|', 'NO  ACTION', 'off', 'sql', 'django', e'\\', e'\n', 'é', repeat('x', 63), repeat('é', 40),
    repeat('*', 5000), repeat('"', 5000), repeat('(', 5000), repeat('CASCADE|', 1000)]) AS value
UNION ALL
SELECT 'text[]', unnest(ARRAY[NULL, '{}', '{NULL}', '{{a,b},{c,d}}', '[5:6]={a,b}', '{author}', '{author,author}', '{""}', '{xmin}', '{tableoid}',
  '{nothing}', (SELECT array_agg('c' || n)::text FROM generate_series(1, 2000) n), ARRAY[repeat('y', 9000)]::text])
UNION ALL
SELECT 'bigint', unnest('{NULL,0,1,-1,9223372036854775807,-9223372036854775808}'::text[])
UNION ALL
SELECT 'boolean', unnest('{NULL,true,false}'::text[]);

-- What fits stands there often, so that some of the calls make sense.
INSERT INTO oddity
SELECT v.* FROM (VALUES ('regclass'::regtype, 'odd.notes'), ('regclass', 'odd.parts'), ('name', 'notes_author_fkey'), ('name', 'parts_id_fkey'),
  ('text', 'CASCADE'), ('text', 'odd.users'), ('text', NULL)) v, generate_series(1, 30);

-- Calls of one function: each argument takes all its values while the others take some at random.
CREATE FUNCTION calls_of(f regprocedure) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
  types regtype[] = (SELECT proargtypes::regtype[] FROM pg_proc WHERE oid = f);
  argument int;
  odd text;
BEGIN
  IF cardinality(types) = 0 THEN
    RETURN NEXT format('SELECT count(*) FROM %s', f);
  END IF;
  FOR argument IN 0 .. cardinality(types) - 1 LOOP
    FOR odd IN SELECT value FROM (SELECT DISTINCT type, value FROM oddity) o, generate_series(1, 4) WHERE type = types[argument] LOOP
      RETURN NEXT (
        SELECT format('SELECT count(*) FROM %s(%s)', f::oid::regproc, string_agg(format('%L::%s',
          CASE n WHEN argument THEN odd
            ELSE (SELECT value FROM oddity WHERE type = types[n] ORDER BY random() LIMIT 1) END, types[n]), ', ' ORDER BY n))
        FROM generate_series(0, cardinality(types) - 1) n);
    END LOOP;
  END LOOP;
END
$$;

-- Makes all of them, each for nothing; tells which functions never answer, and what nobody should be told.
CREATE FUNCTION odd_calls(OUT function regprocedure, OUT problem text) RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  statement text;
  answered boolean;
BEGIN
  PERFORM setseed(0.5);
  FOR function IN
    SELECT p.oid FROM pg_proc p
    WHERE probin = '$libdir/fkfix' AND prokind = 'f'
      AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) ORDER BY proname
  LOOP
    answered = false;
    FOR statement IN SELECT calls_of(function) LOOP
      BEGIN
        EXECUTE statement;
        RAISE SQLSTATE 'OK000';
      EXCEPTION WHEN others THEN
        answered = answered OR SQLSTATE = 'OK000';
        IF SQLSTATE ~ '^(XX|P0004|53|54|58)' OR SQLERRM = '' THEN
          problem = format('%s %s: %s', SQLSTATE, SQLERRM, left(statement, 200));
          RETURN NEXT;
        END IF;
      END;
    END LOOP;
    IF NOT answered THEN
      problem = 'never answers';
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
SELECT * FROM odd_calls();

DROP SCHEMA odd CASCADE;
DROP TABLE pg_temp.ours;
DROP EXTENSION fkfix;
