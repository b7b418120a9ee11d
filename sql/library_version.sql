-- The library serves no functions that another version has declared, but goes on to enforce; only the superuser's own hand can stage this here
CREATE EXTENSION fkfix;
CREATE SCHEMA library_version;
SET search_path = library_version, public;
\set VERBOSITY sqlstate
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int CONSTRAINT author REFERENCES users);
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (1, 'library_version.*', 'CASCADE');
SELECT fkfix_enable_enforcement();

-- calls every function, with an argument of NULL for each, and says how it went
CREATE FUNCTION call_all() RETURNS TABLE (outcome text, functions text) LANGUAGE plpgsql AS $$
DECLARE
  function record;
  outcomes jsonb = '{}';
BEGIN
  FOR function IN
    SELECT p.proname, format('SELECT * FROM %s(%s)', p.oid::regproc, array_to_string(array_fill('NULL'::text, ARRAY[p.pronargs::int]), ', ')) AS call
    FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE e.extname = 'fkfix' AND p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
    ORDER BY p.proname
  LOOP
    BEGIN
      EXECUTE function.call;
      outcome := 'done';
      RAISE SQLSTATE '00U00';
    EXCEPTION WHEN SQLSTATE '00U00' THEN NULL;
      WHEN OTHERS THEN outcome := SQLSTATE;
    END;
    outcomes := jsonb_set(outcomes, ARRAY[outcome], coalesce(outcomes -> outcome, '[]') || to_jsonb(function.proname));
  END LOOP;
  RETURN QUERY SELECT key, CASE WHEN key = '55000' THEN 'all others' ELSE value::text END FROM jsonb_each(outcomes) ORDER BY 1;
END$$;

-- as it was installed, none minds
SELECT functions FROM call_all() WHERE outcome = '55000';
-- the files are newer than the extension in this database
BEGIN;
UPDATE pg_extension SET extversion = '0.0' WHERE extname = 'fkfix';
ALTER FUNCTION fkfix_status() COST 2;  -- as an update script does one thing or other to functions
SELECT * FROM call_all();
-- people are told why, and what to do
DO $$
DECLARE
  hint text;
BEGIN
  PERFORM fkfix_rebuild('notes', 'author');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RAISE '%', replace(SQLERRM, (SELECT default_version FROM pg_available_extensions WHERE name = 'fkfix'), 'its own')
    USING HINT = hint;
END$$;  -- fails
ROLLBACK;
-- or older: enforcement goes on, and so do the rules, which other sessions hear of
UPDATE pg_extension SET extversion = '99.0' WHERE extname = 'fkfix';
ALTER FUNCTION fkfix_status() COST 3;
SELECT fkfix_rebuild_all();  -- fails
CREATE TABLE fixed (a int CONSTRAINT a REFERENCES users);
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (2, 'refused', 'set  null', 'error');
CREATE TABLE refused (a int REFERENCES users);  -- fails
-- a function that the library does not have is none
CREATE FUNCTION fkfix_future() RETURNS void AS '$libdir/fkfix' LANGUAGE C;  -- fails
-- enforcement can be switched off by the function, and by hand when the library cannot be loaded
SELECT fkfix_disable_enforcement();
CREATE TABLE free (a int CONSTRAINT a REFERENCES users);
UPDATE pg_extension SET extversion = v.default_version FROM pg_available_extensions v WHERE v.name = extname AND extname = 'fkfix';
SELECT fkfix_enable_enforcement();
UPDATE pg_proc SET probin = '$libdir/fkfix_is_gone' WHERE proname = 'fkfix_enforce';
\connect -
SET search_path = library_version, public;
\set VERBOSITY sqlstate
CREATE TABLE stopped (a int);  -- fails
SELECT obj_description(oid, 'pg_event_trigger') FROM pg_event_trigger WHERE evtname = 'fkfix_enforcement';
DROP EVENT TRIGGER fkfix_enforcement;
UPDATE pg_proc SET probin = '$libdir/fkfix' WHERE proname = 'fkfix_enforce';
CREATE TABLE free_again (a int CONSTRAINT a REFERENCES users);
SELECT referencing, on_delete, status FROM fkfix_audit(all_keys => true) ORDER BY 1;
SELECT referencing, cause FROM fkfix.history;

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA library_version CASCADE;
DROP EXTENSION fkfix;
