-- The tables stand in a schema of their own and the functions where every session finds them; whatever is in the way stops the installation, and nothing is left of it.
SET client_min_messages = warning;
\set VERBOSITY terse
CREATE ROLE regress_fkfix_squatter;
CREATE VIEW left_behind AS
  SELECT 'extension' AS kind, extname::text AS name FROM pg_extension WHERE extname = 'fkfix'
  UNION ALL SELECT 'relation', relname FROM pg_class WHERE relnamespace = to_regnamespace('fkfix')
  UNION ALL SELECT 'function', proname FROM pg_proc WHERE probin ~ 'fkfix' OR pronamespace = to_regnamespace('fkfix')
  UNION ALL SELECT 'owner of the schema', nspowner::regrole::text FROM pg_namespace WHERE nspname = 'fkfix';

-- a schema of that name: empty, full, another's; or another schema asked for
CREATE SCHEMA fkfix;
CREATE EXTENSION fkfix;  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM left_behind WHERE kind <> 'owner of the schema';
CREATE TABLE fkfix.policy (id int);
CREATE FUNCTION fkfix.normalize_rule() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE EXTENSION fkfix;  -- fails
CREATE EXTENSION fkfix SCHEMA fkfix;  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM left_behind WHERE kind <> 'owner of the schema';
DROP SCHEMA fkfix CASCADE;
CREATE SCHEMA fkfix AUTHORIZATION regress_fkfix_squatter;
CREATE EXTENSION fkfix;  -- fails
SELECT * FROM left_behind;
DROP SCHEMA fkfix;
CREATE EXTENSION fkfix SCHEMA public;  -- fails
CREATE EXTENSION IF NOT EXISTS fkfix SCHEMA nowhere;  -- fails
SELECT * FROM left_behind;
-- nor does it replace a function that somebody has put there
CREATE FUNCTION pg_catalog.fkfix_status() RETURNS int LANGUAGE sql RETURN 1;
CREATE EXTENSION fkfix;  -- fails
SELECT * FROM left_behind;
DROP FUNCTION pg_catalog.fkfix_status();

-- what its members are, and that they stay where they are
CREATE EXTENSION fkfix SCHEMA pg_catalog;
SELECT object.type, object.identity
FROM pg_depend d, pg_identify_object(classid, objid, objsubid) object
WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fkfix')
  AND object.type <> 'type'  -- since PostgreSQL 17 those of tables are members, too
ORDER BY object.identity COLLATE "C";
ALTER EXTENSION fkfix SET SCHEMA public;  -- fails
DROP SCHEMA fkfix CASCADE;  -- fails
CREATE TABLE own_schema_users (id int PRIMARY KEY);
CREATE TABLE own_schema_notes (a int CONSTRAINT a REFERENCES own_schema_users);
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (1, 'own_schema_notes', 'CASCADE', 'warn');
SELECT fkfix_enable_enforcement();

-- a superuser who renames the schema is told so by what needs its tables, and can rename it back
ALTER SCHEMA fkfix RENAME TO elsewhere;  -- fails
SET fkfix.enforcement = off;
ALTER SCHEMA fkfix RENAME TO elsewhere;
SELECT count(*) FROM fkfix_audit();  -- fails
ALTER SCHEMA elsewhere RENAME TO fkfix;
RESET fkfix.enforcement;
SELECT count(*) FROM fkfix_audit();

-- every function is found by its bare name without any search_path, by everybody
CREATE VIEW calls AS
  SELECT proname, format('SELECT count(*) FROM %I(%s)', proname,
    (SELECT string_agg(CASE type WHEN 'regclass'::regtype THEN '''public.own_schema_notes''' WHEN 'name'::regtype THEN '''a'''
      WHEN 'text[]'::regtype THEN '''{a}''' WHEN 'bigint'::regtype THEN '1'
      WHEN 'text'::regtype THEN '''public.own_schema_users''' END, ', ')
     FROM unnest(proargtypes::regtype[]) WITH ORDINALITY a (type, n) WHERE n <= pronargs - pronargdefaults)) AS call
  FROM pg_proc WHERE probin = '$libdir/fkfix' AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype);
CREATE FUNCTION call_all(OUT name text, OUT outcome text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  FOR name, statement IN SELECT proname, call FROM public.calls ORDER BY proname COLLATE "C" LOOP
    BEGIN
      EXECUTE statement;
      outcome := 'done';
    EXCEPTION WHEN OTHERS THEN outcome := SQLSTATE || ' ' || SQLERRM;
    END;
    RETURN NEXT;
  END LOOP;
END$$;
SET search_path = '';
SELECT * FROM public.call_all();
GRANT SELECT ON public.calls TO regress_fkfix_squatter;
SET ROLE regress_fkfix_squatter;
SELECT * FROM public.call_all();
RESET ROLE;
RESET search_path;

-- a role's own fkfix_audit is found only by who asks for it, with the same arguments or with fewer
CREATE SCHEMA own_schema AUTHORIZATION regress_fkfix_squatter;
SET ROLE regress_fkfix_squatter;
CREATE FUNCTION own_schema.fkfix_audit(relation regclass DEFAULT NULL, all_keys boolean DEFAULT false) RETURNS SETOF text LANGUAGE sql AS 'SELECT ''his own''';
CREATE FUNCTION own_schema.fkfix_audit() RETURNS SETOF text LANGUAGE sql AS 'SELECT ''his own''';
CREATE TABLE own_schema.policy (LIKE fkfix.policy);
RESET ROLE;
SET search_path = own_schema, public;
SELECT status FROM fkfix_audit();
SELECT status FROM fkfix_audit('own_schema_notes', true);
SELECT * FROM own_schema.fkfix_audit('own_schema_notes', true);
RESET search_path;

SELECT fkfix_disable_enforcement();
DROP EXTENSION fkfix;
SELECT * FROM left_behind;
DROP SCHEMA own_schema CASCADE;
DROP VIEW left_behind, calls;
DROP FUNCTION call_all();
DROP TABLE own_schema_notes, own_schema_users;
DROP ROLE regress_fkfix_squatter;
