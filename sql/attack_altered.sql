-- What stands where our tables stood, and is no such table, is neither read nor written: whoever owns it cannot make other sessions crash or run its code.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE SCHEMA attack_altered;
SET search_path = attack_altered, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int CONSTRAINT a REFERENCES users);
SELECT fkfix_rebuild('notes', 'a', 'CASCADE');
SELECT fkfix_enable_enforcement();
CREATE FUNCTION caught() RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'caught'; RETURN 'caught'; END$$;
-- tries all that reads or writes them, undoes what succeeds, and says how it went, once for each outcome
CREATE FUNCTION try() RETURNS TABLE (outcome text, statements text) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
  how text;
  outcomes jsonb := '{}';
BEGIN
  FOREACH statement IN ARRAY ARRAY['CREATE TABLE other (a int REFERENCES users)', 'ALTER TABLE notes RENAME TO papers',
    'SELECT fkfix_rebuild(''notes'', ''a'')', 'SELECT fkfix_rebuild(''notes'', ''a'', ''SET NULL'')', 'SELECT fkfix_rebuild_all()', 'SELECT fkfix_revert(1)',
    'SELECT fkfix_audit()', 'SELECT fkfix_explain(''notes'', ''a'')', 'SELECT fkfix_assert()', 'SELECT fkfix_status()', 'SELECT fkfix_check_policy()', 'SELECT fkfix_script()',
    'SELECT fkfix_required_actions(''notes'', ''{a}'', ''users'')', 'SELECT fkfix_baseline()', 'SELECT fkfix_verify()'] LOOP
    BEGIN
      EXECUTE statement;
      how := 'done';
      RAISE SQLSTATE '00U00';
    EXCEPTION WHEN SQLSTATE '00U00' THEN NULL;
      WHEN OTHERS THEN how := SQLSTATE || ' ' || SQLERRM;
    END;
    statement := substring(statement FROM 'fkfix_\w+|\w+ TABLE');
    outcomes := outcomes || jsonb_build_object(how, coalesce(outcomes ->> how || ', ', '') || statement);
  END LOOP;
  RETURN QUERY SELECT key, value FROM jsonb_each_text(outcomes) ORDER BY key COLLATE "C";
END$$;
SELECT * FROM try();
-- puts something else where a table stood: %1$s is its name, %2$s and %3$s are its columns, in a SELECT and in a CREATE
CREATE FUNCTION put(name text, kind text, how text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  list text;
  definition text;
BEGIN
  SELECT string_agg(CASE WHEN atttypid = 'text'::regtype THEN 'attack_altered.caught()' ELSE 'NULL' END || '::' || format_type(atttypid, NULL) || ' AS ' || attname, ', ' ORDER BY attnum),
    string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attnum)
    INTO list, definition FROM pg_attribute WHERE attrelid = name::regclass AND attnum > 0;
  SET LOCAL fkfix.enforcement = off;
  EXECUTE format('ALTER EXTENSION fkfix DROP TABLE %1$s; ALTER TABLE %1$s SET SCHEMA attack_altered', name);
  EXECUTE format(how, name, list, definition);
  EXECUTE format('ALTER EXTENSION fkfix ADD %s %s', kind, name);
  SET LOCAL fkfix.enforcement = policy;
END$$;

BEGIN; SELECT put('fkfix.policy', 'VIEW', 'CREATE VIEW %1$s AS SELECT %2$s'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.policy', 'MATERIALIZED VIEW', 'CREATE MATERIALIZED VIEW %1$s AS SELECT %2$s WITH NO DATA'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.policy', 'SEQUENCE', 'CREATE SEQUENCE %1$s'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.policy', 'TYPE', 'CREATE TYPE %1$s AS (%3$s)'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.policy', 'FOREIGN TABLE', 'CREATE FOREIGN DATA WRAPPER fkfix_none; CREATE SERVER fkfix_none FOREIGN DATA WRAPPER fkfix_none; CREATE FOREIGN TABLE %1$s (%3$s) SERVER fkfix_none'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.policy', 'TABLE', 'CREATE TABLE %1$s (%3$s) PARTITION BY LIST (id)'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.policy', 'TABLE', 'CREATE TABLE %1$s (id bigint)'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.history', 'VIEW', 'CREATE VIEW %1$s AS SELECT %2$s'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.history', 'SEQUENCE', 'CREATE SEQUENCE %1$s'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.history', 'TABLE', 'CREATE TABLE %1$s (%3$s) PARTITION BY LIST (id)'); SELECT * FROM try(); ROLLBACK;
BEGIN; SELECT put('fkfix.history', 'TABLE', 'CREATE TABLE %1$s (id text, cause text)'); SELECT * FROM try(); ROLLBACK;

-- each column by itself: dropped, of another type, of a domain that runs somebody's code
CREATE DOMAIN caught_text AS text CHECK (VALUE <> caught());
CREATE FUNCTION alter_each(name text, how text) RETURNS TABLE (outcome text, columns bigint) LANGUAGE plpgsql AS $$
DECLARE
  attname text;
  outcomes text[];
BEGIN
  FOR attname IN SELECT unnest(array_agg(a.attname)) FROM pg_attribute a WHERE attrelid = name::regclass AND attnum > 0 AND attidentity = '' AND (how !~ 'caught' OR atttypid = 'text'::regtype) LOOP
    BEGIN
      SET LOCAL fkfix.enforcement = off;
      EXECUTE format('TRUNCATE %1$s; ALTER TABLE %1$s ALTER COLUMN %2$s DROP DEFAULT; ALTER TABLE %1$s ' || how, name, attname);
      SET LOCAL fkfix.enforcement = policy;
      PERFORM fkfix_rebuild('attack_altered.notes', 'a', 'SET NULL');
      PERFORM count(*) FROM fkfix_audit();
      RAISE 'done';
    EXCEPTION WHEN OTHERS THEN outcomes := outcomes || SQLERRM;
    END;
  END LOOP;
  RETURN QUERY SELECT unnest, count(*) FROM unnest(outcomes) GROUP BY 1 ORDER BY 1;
END$$;
SELECT * FROM alter_each('fkfix.policy', 'DROP COLUMN %2$s CASCADE');
SELECT * FROM alter_each('fkfix.history', 'DROP COLUMN %2$s CASCADE');
SELECT * FROM alter_each('fkfix.policy', 'ALTER COLUMN %2$s TYPE box USING NULL');
SELECT * FROM alter_each('fkfix.history', 'ALTER COLUMN %2$s TYPE box USING NULL');
SELECT * FROM alter_each('fkfix.policy', 'ALTER COLUMN %2$s TYPE attack_altered.caught_text');
SELECT * FROM alter_each('fkfix.history', 'ALTER COLUMN %2$s TYPE attack_altered.caught_text');

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
DROP SCHEMA attack_altered CASCADE;
DROP EXTENSION fkfix;
