-- For a database full of other people's keys, such as the one that PostgreSQL's
-- own regression tests leave behind: fkfix_verify() finds nothing wrong, every
-- key can be rebuilt and put back, and looks afterwards as before.
--
--    psql -X -v ON_ERROR_STOP=1 -f database.sql DATABASE
--
-- Prints how many keys there are.  Leaves nothing behind.

\set QUIET on
\pset tuples_only on
\pset format unaligned
BEGIN;
SET LOCAL client_min_messages = error;
CREATE SCHEMA fkfix_trial;
CREATE EXTENSION fkfix;
SET LOCAL search_path = fkfix_trial, pg_catalog;

CREATE VIEW portrait AS
SELECT 'key' AS kind, c.oid, (to_jsonb(c) || jsonb_build_object('def', pg_get_constraintdef(c.oid)))::text AS line
FROM pg_constraint c WHERE contype = 'f'
UNION ALL
SELECT 'trigger', t.oid, to_jsonb(t)::text FROM pg_trigger t WHERE tgisinternal;
CREATE TABLE before AS TABLE portrait;

CREATE FUNCTION try_all(OUT keys int, OUT rebuilt int, OUT refused int) LANGUAGE plpgsql AS $$
DECLARE
  key record;
  fault text;
BEGIN
  SELECT string_agg(v::text, E'\n') INTO fault FROM fkfix_verify() v;
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'fkfix_verify() says: %', fault;
  END IF;
  keys = 0;
  rebuilt = 0;
  refused = 0;
  FOR key IN
    SELECT conrelid::regclass AS relation, conname, on_delete, on_update
    FROM pg_constraint
      JOIN fkfix_audit(all_keys => true) a ON a.referencing = conrelid AND a.constraint_name = conname
    WHERE contype = 'f' AND conparentid = 0
  LOOP
    keys = keys + 1;
    BEGIN
      PERFORM fkfix_rebuild(key.relation, key.conname, one, two)
      FROM (VALUES (1, 'CASCADE', 'CASCADE'), (2, 'SET NULL', 'RESTRICT'), (3, key.on_delete, key.on_update)) v (n, one, two);
      rebuilt = rebuilt + 1;
    EXCEPTION WHEN syntax_error OR feature_not_supported THEN
      refused = refused + 1;
    END;
  END LOOP;
  SELECT string_agg(v::text, E'\n') INTO fault FROM fkfix_verify() v;
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'after the rebuilds fkfix_verify() says: %', fault;
  END IF;
  IF EXISTS (TABLE before EXCEPT TABLE portrait) OR EXISTS (TABLE portrait EXCEPT TABLE before) THEN
    RAISE EXCEPTION 'the keys are not as they were';
  END IF;
END $$;

SELECT format('%s keys: %s rebuilt and put back, %s refused', keys, rebuilt, refused) FROM try_all();
ROLLBACK;
