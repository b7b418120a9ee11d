-- Default privileges give nobody a hand in our schema, tables, sequences and functions; what is granted afterwards is told by fkfix_status() and when enforcement is enabled.
SET client_min_messages = warning;
CREATE ROLE regress_fkfix_attacker;
CREATE ROLE regress_fkfix_group;
CREATE ROLE regress_fkfix_member IN ROLE regress_fkfix_group;
CREATE SCHEMA attack_grants AUTHORIZATION regress_fkfix_attacker;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO regress_fkfix_attacker WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO regress_fkfix_attacker;
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO regress_fkfix_attacker WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO regress_fkfix_attacker WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO regress_fkfix_group, PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO regress_fkfix_group, PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO regress_fkfix_group, PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA pg_catalog GRANT ALL ON FUNCTIONS TO regress_fkfix_group;
CREATE EXTENSION fkfix;
RESET client_min_messages;
\set VERBOSITY terse
-- what is left: USAGE, SELECT and EXECUTE for everybody, and what is the owner's
CREATE VIEW attack_grants.grants AS
  SELECT objid::regclass::text AS object, privilege_type, grantee = 0 AS public
  FROM pg_depend, pg_class, aclexplode(relacl)
  WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fkfix')
    AND classid = 'pg_class'::regclass AND pg_class.oid = objid AND grantee <> relowner
  UNION ALL
  SELECT objid::regprocedure::text, privilege_type, grantee = 0
  FROM pg_depend, pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
  WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fkfix')
    AND classid = 'pg_proc'::regclass AND pg_proc.oid = objid AND grantee <> proowner AND NOT (grantee = 0 AND privilege_type = 'EXECUTE')
  UNION ALL
  SELECT nspname, privilege_type, grantee = 0
  FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'fkfix' AND grantee <> nspowner;
SELECT * FROM attack_grants.grants ORDER BY object COLLATE "C", 2, 3;
SELECT granted_to FROM fkfix_status();
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (1, 'attack_grants.error_*', 'CASCADE', 'error');

SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_grants, public;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int CONSTRAINT a REFERENCES users);
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE NOTICE '% runs', tg_name; RETURN NEW; END$$;
SELECT fkfix_rebuild('notes', 'a', 'CASCADE');
INSERT INTO fkfix.policy (id, priority) VALUES (2, 1000);  -- fails
UPDATE fkfix.policy SET enforcement = 'off';  -- fails
DELETE FROM fkfix.policy;  -- fails
TRUNCATE fkfix.policy;  -- fails
DELETE FROM fkfix.history;  -- fails
TRUNCATE fkfix.history;  -- fails
INSERT INTO fkfix.history SELECT * FROM fkfix.history;  -- fails
SELECT setval('fkfix.history_id_seq', 1);  -- fails
SELECT nextval('fkfix.policy_id_seq');  -- fails
CREATE TRIGGER strike BEFORE INSERT ON fkfix.history FOR EACH ROW EXECUTE FUNCTION strike();  -- fails
CREATE TRIGGER strike BEFORE INSERT ON fkfix.policy FOR EACH ROW EXECUTE FUNCTION strike();  -- fails
CREATE TABLE clings (policy bigint REFERENCES fkfix.policy);  -- fails
CREATE TABLE fkfix.beside (id int);  -- fails
SELECT fkfix_baseline();  -- fails
-- who is nobody's grantee gets nothing through PUBLIC or a group either
SET SESSION AUTHORIZATION regress_fkfix_member;
DELETE FROM fkfix.policy;  -- fails
SELECT setval('fkfix.history_id_seq', 1);  -- fails
RESET SESSION AUTHORIZATION;
SELECT rules FROM fkfix_status();

-- what is granted afterwards: it is told what
SELECT fkfix_disable_enforcement();
GRANT TRIGGER ON fkfix.history TO regress_fkfix_attacker;
GRANT INSERT, DELETE, TRUNCATE, UPDATE ON fkfix.policy TO regress_fkfix_group;
SELECT unnest(granted_to) COLLATE "C" AS granted_to FROM fkfix_status() ORDER BY 1;
SELECT fkfix_enable_enforcement();
REVOKE ALL ON fkfix.policy FROM regress_fkfix_group;
GRANT UPDATE (enforcement) ON fkfix.policy TO regress_fkfix_group;
SELECT unnest(granted_to) COLLATE "C" AS granted_to FROM fkfix_status() ORDER BY 1;
GRANT INSERT ON fkfix.policy TO PUBLIC;
SELECT unnest(granted_to) COLLATE "C" AS granted_to FROM fkfix_status() ORDER BY 1;
REVOKE INSERT ON fkfix.policy FROM PUBLIC;
REVOKE UPDATE (enforcement) ON fkfix.policy FROM regress_fkfix_group;
GRANT UPDATE ON SEQUENCE fkfix.history_id_seq TO regress_fkfix_group;
SELECT unnest(granted_to) COLLATE "C" AS granted_to FROM fkfix_status() ORDER BY 1;
-- by which he can stop changes of keys, and by INSERT make up what somebody may revert, with the rights of whoever does
SET SESSION AUTHORIZATION regress_fkfix_member;
SELECT setval('fkfix.history_id_seq', 1, false);
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SELECT fkfix_rebuild('notes', 'a', 'SET NULL');  -- fails
RESET SESSION AUTHORIZATION;
REVOKE UPDATE ON SEQUENCE fkfix.history_id_seq FROM regress_fkfix_group;
GRANT INSERT ON fkfix.history TO regress_fkfix_group;
SET SESSION AUTHORIZATION regress_fkfix_member;
INSERT INTO fkfix.history SELECT 99, changed_at, session_user_name, current_user_name, transaction_id, cause, referencing, constraint_name, referenced, 'RESTRICT', new_on_delete, old_on_update, new_on_update FROM fkfix.history;
SELECT fkfix_revert(99);  -- fails
RESET SESSION AUTHORIZATION;
REVOKE INSERT ON fkfix.history FROM regress_fkfix_group;
DELETE FROM fkfix.history WHERE id = 99;
-- for a reason: the owner's own INSERT runs a trigger that somebody could make, as on any table
GRANT TRIGGER ON fkfix.policy TO regress_fkfix_attacker;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
CREATE TRIGGER strike BEFORE INSERT ON fkfix.policy FOR EACH ROW EXECUTE FUNCTION strike();
RESET SESSION AUTHORIZATION;
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (2, 'nothing', 'CASCADE');
SELECT fkfix_disable_enforcement();
SELECT fkfix_enable_enforcement();
-- a trigger that somebody has made stays after the REVOKE
REVOKE TRIGGER ON fkfix.policy, fkfix.history FROM regress_fkfix_attacker;
SELECT unnest(granted_to) COLLATE "C" AS granted_to FROM fkfix_status() ORDER BY 1;
DROP TRIGGER strike ON fkfix.policy;
-- who owns a table needs no grant; nor does a superuser, of whom there is nothing to tell
ALTER TABLE fkfix.history OWNER TO regress_fkfix_group;
SELECT unnest(granted_to) COLLATE "C" AS granted_to FROM fkfix_status() ORDER BY 1;
ALTER TABLE fkfix.history OWNER TO CURRENT_USER;
GRANT pg_write_all_data TO regress_fkfix_member;
SELECT unnest(granted_to) COLLATE "C" AS granted_to FROM fkfix_status() ORDER BY 1;
REVOKE pg_write_all_data FROM regress_fkfix_member;
GRANT ALL ON fkfix.policy TO regress_fkfix_attacker;
ALTER ROLE regress_fkfix_attacker SUPERUSER;
SELECT granted_to FROM fkfix_status();

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM regress_fkfix_attacker;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM regress_fkfix_attacker;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM regress_fkfix_attacker;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SCHEMAS FROM regress_fkfix_attacker, regress_fkfix_group, PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM regress_fkfix_group, PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM regress_fkfix_group, PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA pg_catalog REVOKE ALL ON FUNCTIONS FROM regress_fkfix_group;
DROP EXTENSION fkfix;
-- what they take away the script does not give back; enforcement asks for none of it
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE EXTENSION fkfix;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, on_delete, enforcement) VALUES (1, 'CASCADE', 'error');
GRANT ALL ON SCHEMA attack_grants TO regress_fkfix_member;
SET SESSION AUTHORIZATION regress_fkfix_member;
\set VERBOSITY terse
SELECT * FROM fkfix_audit();  -- fails
CREATE TABLE attack_grants.error_notes (a int PRIMARY KEY, b int REFERENCES attack_grants.error_notes);  -- fails
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
SELECT fkfix_disable_enforcement();
DROP EXTENSION fkfix;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
DROP SCHEMA attack_grants CASCADE;
DROP ROLE regress_fkfix_attacker, regress_fkfix_group, regress_fkfix_member;
SELECT count(*) FROM pg_default_acl;
