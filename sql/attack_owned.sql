-- REASSIGN OWNED and DROP OWNED change neither a key nor what binds it, and take nothing of ours along but grants.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE ROLE regress_fkfix_heir;
CREATE ROLE regress_fkfix_dba SUPERUSER;
GRANT regress_fkfix_heir TO regress_fkfix_attacker;
CREATE SCHEMA attack_owned AUTHORIZATION regress_fkfix_attacker;
GRANT ALL ON SCHEMA attack_owned TO regress_fkfix_heir;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_fkfix_attacker, regress_fkfix_heir', current_database()) AS give \gset
:give;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, referenced, on_delete, enforcement) VALUES
  (1, 'attack_owned.error_*', NULL, 'CASCADE', 'error'), (2, 'attack_owned.fix_*', NULL, 'CASCADE', 'fix'), (3, NULL, 'attack_owned.fix_users', 'CASCADE', 'fix');
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_owned, public;
CREATE TABLE users (id int PRIMARY KEY);
GRANT ALL ON users TO regress_fkfix_heir;
CREATE TABLE free (a int CONSTRAINT a REFERENCES users);
CREATE TABLE fix_notes (a int CONSTRAINT a REFERENCES users);
CREATE VIEW keys AS SELECT conrelid::regclass, conname, confdeltype, relowner::regrole FROM pg_constraint JOIN pg_class r ON r.oid = conrelid
  WHERE contype = 'f' AND connamespace = 'attack_owned'::regnamespace ORDER BY conrelid::regclass::text COLLATE "C", 2;
GRANT SELECT ON keys TO PUBLIC;

-- what is not one's own cannot be handed over, and what is keeps its key and its rule
REASSIGN OWNED BY regress_fkfix_dba TO regress_fkfix_attacker;  -- fails
DROP OWNED BY regress_fkfix_dba CASCADE;  -- fails
SELECT format('REASSIGN OWNED BY %I TO regress_fkfix_attacker', rolname) AS take FROM pg_roles WHERE oid = 10 \gset
:take;  -- fails
REASSIGN OWNED BY regress_fkfix_attacker TO regress_fkfix_heir;
SELECT * FROM keys;
ALTER TABLE free RENAME TO error_free;  -- fails
CREATE TABLE error_free (a int REFERENCES users);  -- fails
-- in one statement with what brings the key into a rule's range, and back
CREATE FUNCTION hand_over() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  ALTER TABLE attack_owned.free RENAME TO fix_free;
  REASSIGN OWNED BY regress_fkfix_heir TO regress_fkfix_attacker;
  RETURN 1;
END$$;
SELECT hand_over();
SELECT * FROM keys;
-- what another role made is judged when the new owner renames it
GRANT ALL ON SCHEMA attack_owned TO regress_fkfix_heir;
GRANT ALL ON users TO regress_fkfix_heir;
SET SESSION AUTHORIZATION regress_fkfix_heir;
SET search_path = attack_owned, public;
CREATE TABLE heirloom (a int CONSTRAINT a REFERENCES users);
SET SESSION AUTHORIZATION regress_fkfix_attacker;
REASSIGN OWNED BY regress_fkfix_heir TO regress_fkfix_attacker;
ALTER TABLE heirloom RENAME TO error_heirloom;  -- fails

-- DROP OWNED takes the role's own tables and its grants on ours
RESET SESSION AUTHORIZATION;
GRANT INSERT, TRIGGER ON fkfix.policy TO regress_fkfix_heir;
SET SESSION AUTHORIZATION regress_fkfix_heir;
CREATE TABLE heirloom_2 (a int CONSTRAINT a REFERENCES users);
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER strike BEFORE INSERT ON fkfix.policy FOR EACH ROW EXECUTE FUNCTION strike();
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_fkfix_heir CASCADE;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'fkfix.policy'::regclass AND NOT tgisinternal ORDER BY 1;
SELECT has_table_privilege('regress_fkfix_heir', 'fkfix.policy', 'INSERT');
SELECT * FROM keys;
SELECT id, rules FROM fkfix_status(), (SELECT max(id) AS id FROM fkfix.policy) policy;

-- a superuser who hands the tables to an ordinary role hands over the rules, never the switch
BEGIN;
ALTER TABLE fkfix.policy OWNER TO regress_fkfix_heir;
ALTER TABLE fkfix.history OWNER TO regress_fkfix_heir;
SET LOCAL SESSION AUTHORIZATION regress_fkfix_attacker;
REASSIGN OWNED BY regress_fkfix_heir TO regress_fkfix_attacker;
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement, priority) VALUES (4, 'attack_owned.fix_notes', 'SET NULL', 'error', 1);
SELECT status, rule_id FROM fkfix_audit('fix_notes');
SELECT fkfix_rebuild('fix_notes', 'a');
SELECT fkfix_disable_enforcement();  -- fails
ROLLBACK;
-- an event trigger is no ordinary role's: enforcement that a superuser enabled cannot be handed over
SET SESSION AUTHORIZATION regress_fkfix_dba;
SELECT fkfix_disable_enforcement();
SELECT fkfix_enable_enforcement();
REASSIGN OWNED BY regress_fkfix_dba TO regress_fkfix_attacker;  -- fails
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_fkfix_dba TO CURRENT_USER;
SELECT enforcement_enabled, binds_session FROM fkfix_status();
SET SESSION AUTHORIZATION regress_fkfix_attacker;
CREATE TABLE error_notes (a int REFERENCES users);  -- fails
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_fkfix_attacker CASCADE;

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS attack_owned CASCADE;
DROP ROLE regress_fkfix_attacker, regress_fkfix_heir, regress_fkfix_dba;
DROP EXTENSION fkfix;
