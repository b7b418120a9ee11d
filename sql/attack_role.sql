-- A role that owns its tables and nothing else cannot switch enforcement, change rules or history, or make a key that the policy forbids.
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE ROLE regress_fkfix_friend;
GRANT regress_fkfix_friend TO regress_fkfix_attacker;
CREATE SCHEMA attack_role AUTHORIZATION regress_fkfix_attacker;
CREATE SCHEMA attack_role_free AUTHORIZATION regress_fkfix_attacker;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_fkfix_attacker', current_database()) AS give \gset
:give;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES
  (1, 'attack_role.error_*', 'CASCADE', 'error'), (2, 'attack_role.fix_*', 'CASCADE', 'fix'), (3, 'attack_role.warn_*', 'CASCADE', 'warn');
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_role, public;
CREATE TABLE users (id int PRIMARY KEY);
GRANT ALL ON users TO regress_fkfix_friend;
GRANT ALL ON SCHEMA attack_role TO regress_fkfix_friend;

-- the switch
SELECT fkfix_disable_enforcement();  -- fails
SELECT fkfix_enable_enforcement();  -- fails
ALTER EVENT TRIGGER fkfix_enforcement DISABLE;  -- fails
ALTER EVENT TRIGGER fkfix_enforcement RENAME TO nothing;  -- fails
DROP EVENT TRIGGER fkfix_enforcement;  -- fails
DROP FUNCTION fkfix_enforce();  -- fails
ALTER FUNCTION fkfix_enforce() RENAME TO nothing;  -- fails
CREATE OR REPLACE FUNCTION pg_catalog.fkfix_enforce() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';  -- fails
DROP EXTENSION fkfix CASCADE;  -- fails
ALTER EXTENSION fkfix SET SCHEMA attack_role;  -- fails
ALTER EXTENSION fkfix DROP TABLE fkfix.policy;  -- fails
ALTER EXTENSION fkfix ADD TABLE users;  -- fails
CREATE FUNCTION nothing() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER fkfix_enforcement_2 ON ddl_command_end EXECUTE FUNCTION nothing();  -- fails
CREATE EVENT TRIGGER zzz ON ddl_command_end EXECUTE FUNCTION fkfix_enforce();  -- fails

-- the rules and the history
INSERT INTO fkfix.policy (priority) VALUES (1000);  -- fails
UPDATE fkfix.policy SET enforcement = 'off';  -- fails
DELETE FROM fkfix.policy;  -- fails
TRUNCATE fkfix.policy;  -- fails
DROP TABLE fkfix.policy;  -- fails
ALTER TABLE fkfix.policy RENAME TO nothing;  -- fails
ALTER TABLE fkfix.policy ENABLE ROW LEVEL SECURITY;  -- fails
ALTER TABLE fkfix.policy DISABLE TRIGGER ALL;  -- fails
CREATE POLICY nothing ON fkfix.policy USING (false);  -- fails
CREATE RULE nothing AS ON INSERT TO fkfix.history DO INSTEAD NOTHING;  -- fails
CREATE TRIGGER t BEFORE INSERT ON fkfix.history FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();  -- fails
CREATE TABLE heir () INHERITS (fkfix.policy);  -- fails
CREATE TABLE refers (a bigint REFERENCES fkfix.policy);  -- fails
BEGIN;
LOCK TABLE fkfix.policy IN ROW EXCLUSIVE MODE;  -- fails
ROLLBACK;
SELECT setval('fkfix.history_id_seq', 1);  -- fails
INSERT INTO fkfix.history SELECT * FROM fkfix.history;  -- fails

-- the keys: another name, schema or owner, other rights
CREATE TABLE free (a int CONSTRAINT a REFERENCES users);
ALTER TABLE free RENAME TO error_notes;  -- fails
ALTER INDEX free RENAME TO error_notes;  -- fails
ALTER TABLE free SET SCHEMA attack_role_free;
ALTER TABLE attack_role_free.free RENAME TO error_notes;
ALTER TABLE attack_role_free.error_notes SET SCHEMA attack_role;  -- fails
ALTER SCHEMA attack_role RENAME TO attack_role_old;
ALTER SCHEMA attack_role_free RENAME TO attack_role;  -- fails
ALTER SCHEMA attack_role_old RENAME TO attack_role;
SET ROLE regress_fkfix_friend;
CREATE TABLE error_notes (a int REFERENCES users);  -- fails
CREATE FUNCTION friendly(statement text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE statement; END';
SET ROLE regress_fkfix_attacker;
SELECT friendly('CREATE TABLE attack_role.error_notes (a int REFERENCES attack_role.users)');  -- fails
CREATE PROCEDURE own(statement text) LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE statement; END';
CALL own('CREATE TABLE attack_role.error_notes (a int REFERENCES attack_role.users)');  -- fails

-- the extension's own functions
CREATE TABLE error_notes (a int CONSTRAINT a REFERENCES users ON DELETE CASCADE);
CREATE TABLE fix_notes (a int CONSTRAINT a REFERENCES users);
CREATE TABLE warn_notes (a int CONSTRAINT a REFERENCES users);
SELECT fkfix_rebuild('error_notes', 'a', 'NO ACTION');  -- fails
SELECT fkfix_rebuild('fix_notes', 'a', on_delete => 'RESTRICT', on_update => 'CASCADE');  -- fails
SELECT fkfix_rebuild('fix_notes', 'a', on_update => 'CASCADE');
SELECT fkfix_rebuild('warn_notes', 'a', 'SET NULL');
CREATE FUNCTION looks_on() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM fkfix_rebuild(''fix_notes'', ''a'', ''NO ACTION''); RETURN NULL; END';
CREATE TRIGGER t AFTER DELETE ON users EXECUTE FUNCTION looks_on();
DELETE FROM users;  -- fails
SELECT conrelid::regclass, confdeltype, confupdtype FROM pg_constraint
  WHERE conname = 'a' AND conrelid::regclass::text ~ '_notes$' ORDER BY conrelid::regclass::text COLLATE "C";
RESET SESSION AUTHORIZATION;

-- with the rules out of sight: no privilege, and row-level security that hides every row
REVOKE ALL ON fkfix.policy, fkfix.history FROM PUBLIC;
ALTER TABLE fkfix.policy ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE fkfix.history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SELECT count(*) FROM fkfix.policy;  -- fails
CREATE TABLE error_more (a int REFERENCES users);  -- fails
CREATE TABLE fix_more (a int REFERENCES users);
SELECT status FROM fkfix_audit('warn_notes');
RESET SESSION AUTHORIZATION;
-- an event trigger of the same name that runs something else is not taken for ours
DROP EVENT TRIGGER fkfix_enforcement;
CREATE EVENT TRIGGER fkfix_enforcement ON ddl_command_end EXECUTE FUNCTION attack_role.nothing();
SELECT fkfix_enable_enforcement();  -- fails
SELECT fkfix_disable_enforcement();  -- fails
SELECT enforcement_installed, binds_session, why_not FROM fkfix_status();
DROP EVENT TRIGGER fkfix_enforcement;
-- nor is one that a superuser has renamed lost; one that fires for some tags alone does not count
SELECT fkfix_enable_enforcement();
ALTER EVENT TRIGGER fkfix_enforcement RENAME TO "Renamed";
CREATE TABLE attack_role.error_other (a int REFERENCES attack_role.users);  -- fails
SELECT fkfix_rebuild('attack_role.error_notes', 'a', 'NO ACTION');  -- fails
ALTER EVENT TRIGGER "Renamed" DISABLE;
SELECT enforcement_installed, enforcement_enabled, binds_session, why_not FROM fkfix_status();
SELECT fkfix_enable_enforcement();
SELECT enforcement_installed, enforcement_enabled, binds_session, why_not FROM fkfix_status();
SELECT fkfix_disable_enforcement();
CREATE EVENT TRIGGER tagged ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION fkfix_enforce();
SELECT enforcement_installed FROM fkfix_status();
DROP EVENT TRIGGER tagged;
-- the function fits no other event
CREATE EVENT TRIGGER starting ON ddl_command_start WHEN TAG IN ('CREATE SEQUENCE') EXECUTE FUNCTION fkfix_enforce();
CREATE SEQUENCE attack_role.sequence;  -- fails
DROP EVENT TRIGGER starting;
SELECT count(*) FROM pg_event_trigger;

\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_role, attack_role_free CASCADE;
DROP EXTENSION fkfix CASCADE;
DROP OWNED BY regress_fkfix_attacker;
DROP ROLE regress_fkfix_attacker, regress_fkfix_friend;
