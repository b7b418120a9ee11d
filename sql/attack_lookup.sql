-- No object that a role can create, in its own schemas or in pg_temp, changes what the enforcement reads, writes or calls.
\set VERBOSITY terse
CREATE ROLE regress_fkfix_attacker;
CREATE EXTENSION fkfix;
CREATE SCHEMA attack_lookup AUTHORIZATION regress_fkfix_attacker;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES
  (1, 'attack_lookup.error_*', 'CASCADE', 'error'), (2, 'attack_lookup.fix_*', 'CASCADE', 'fix');
SET SESSION AUTHORIZATION regress_fkfix_attacker;
CREATE TABLE attack_lookup.users (id int PRIMARY KEY);
CREATE TABLE attack_lookup.policy (LIKE fkfix.policy INCLUDING ALL);
CREATE TABLE attack_lookup.history (LIKE fkfix.history INCLUDING ALL);
INSERT INTO attack_lookup.policy (priority) VALUES (1000);
CREATE TEMPORARY TABLE policy (LIKE attack_lookup.policy INCLUDING ALL);
CREATE TEMPORARY TABLE history (LIKE attack_lookup.history INCLUDING ALL);
INSERT INTO pg_temp.policy (priority) VALUES (1000);
CREATE FUNCTION attack_lookup.caught() RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE 'caught'; END$$;
CREATE FUNCTION attack_lookup.caught(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT attack_lookup.caught() IS NULL';
CREATE FUNCTION attack_lookup.caught(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT attack_lookup.caught() IS NULL';
CREATE FUNCTION attack_lookup.nextval(regclass) RETURNS bigint LANGUAGE sql AS 'SELECT attack_lookup.caught()::bigint';
CREATE FUNCTION attack_lookup.pg_event_trigger_ddl_commands() RETURNS SETOF text LANGUAGE sql AS 'SELECT attack_lookup.caught()';
CREATE FUNCTION attack_lookup.fkfix_enforce() RETURNS void LANGUAGE sql AS 'SELECT attack_lookup.caught()';
CREATE OPERATOR attack_lookup.= (FUNCTION = attack_lookup.caught, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR attack_lookup.= (FUNCTION = attack_lookup.caught, LEFTARG = bigint, RIGHTARG = bigint);
CREATE DOMAIN attack_lookup.text AS pg_catalog.text CHECK (attack_lookup.caught() IS NULL);
CREATE DOMAIN attack_lookup.int8 AS pg_catalog.int8 CHECK (attack_lookup.caught() IS NULL);
CREATE VIEW attack_lookup.pg_constraint AS SELECT attack_lookup.caught();
SET search_path = pg_temp, attack_lookup, pg_catalog;
CREATE TABLE attack_lookup.error_notes (a integer REFERENCES attack_lookup.users);  -- fails
CREATE TABLE attack_lookup.fix_notes (a integer CONSTRAINT a REFERENCES attack_lookup.users);
ALTER TABLE attack_lookup.fix_notes RENAME TO error_notes;
SELECT pg_catalog.fkfix_rebuild('error_notes', 'a', 'NO ACTION');  -- fails
SELECT pg_catalog.fkfix_rebuild('error_notes', 'a');
SELECT status, rule_id FROM pg_catalog.fkfix_audit(all_keys => true);
SET search_path = '';
CREATE TABLE attack_lookup.error_notes_2 (a integer REFERENCES attack_lookup.users);  -- fails
-- nothing went to the wrong table
SELECT count(*) FROM attack_lookup.history;
SELECT count(*) FROM pg_temp.history;
SELECT session_user_name, current_user_name, referencing, rule_id FROM fkfix.history;
-- settings that change how things are written or read
SET search_path = attack_lookup;
SET quote_all_identifiers = on;
SET row_security = off;
SET array_nulls = off;
SET transform_null_equals = on;
CREATE TABLE error_notes_3 (a integer REFERENCES users);  -- fails
CREATE TABLE fix_notes_3 (a integer REFERENCES users);
RESET ALL;
SELECT confdeltype FROM pg_constraint WHERE conrelid = 'attack_lookup.fix_notes_3'::regclass AND contype = 'f';
RESET SESSION AUTHORIZATION;

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA attack_lookup CASCADE;
DROP TABLE pg_temp.policy, pg_temp.history;
DROP OWNED BY regress_fkfix_attacker;
DROP ROLE regress_fkfix_attacker;
DROP EXTENSION fkfix;
