-- A role that owns a trusted extension cannot slip a table past the policy through it; the extensions' own scripts are left alone.
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE SCHEMA attack_extension AUTHORIZATION regress_fkfix_attacker;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_fkfix_attacker', current_database()) AS give,
  format('REVOKE CREATE ON DATABASE %I FROM regress_fkfix_attacker', current_database()) AS take \gset
:give;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES
  ('attack_extension.error_*', 'CASCADE', 'error'), ('attack_extension.fix_*', 'CASCADE', 'fix'), ('attack_extension.warn_*', 'CASCADE', 'warn');
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_extension, public;
CREATE EXTENSION tsm_system_rows;
CREATE TABLE users (id int PRIMARY KEY);

-- a member is enforced as any table is
CREATE TABLE error_member (id int, a int);
CREATE TABLE fix_member (id int, a int);
ALTER EXTENSION tsm_system_rows ADD TABLE error_member;
ALTER EXTENSION tsm_system_rows ADD TABLE fix_member;
ALTER TABLE error_member ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users;  -- fails
ALTER TABLE fix_member ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users;
CREATE TABLE free (a int CONSTRAINT a REFERENCES users);
ALTER EXTENSION tsm_system_rows ADD TABLE free;
ALTER TABLE free RENAME TO error_free;  -- fails
-- what became a member with a bad key is looked at when it leaves
RESET SESSION AUTHORIZATION;
SET fkfix.enforcement = off;
ALTER TABLE attack_extension.error_member ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES attack_extension.users;
ALTER TABLE attack_extension.fix_member ADD CONSTRAINT b FOREIGN KEY (a) REFERENCES attack_extension.users;
RESET fkfix.enforcement;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SELECT count(*) FROM fkfix_audit();
ALTER EXTENSION tsm_system_rows DROP TABLE error_member;  -- fails
ALTER EXTENSION tsm_system_rows DROP TABLE fix_member;
SELECT fkfix_rebuild('error_member', 'a', 'CASCADE');
ALTER EXTENSION tsm_system_rows DROP TABLE error_member;
ALTER EXTENSION tsm_system_rows DROP TABLE free;
SELECT conrelid::regclass, conname, confdeltype FROM pg_constraint
  WHERE contype = 'f' AND connamespace = 'attack_extension'::regnamespace ORDER BY conrelid::regclass::text COLLATE "C", 2;
-- a schema that was a member, and an extension that goes elsewhere and takes its members along
CREATE SCHEMA attack_extension_free;
ALTER EXTENSION tsm_system_rows ADD SCHEMA attack_extension_free;
ALTER EXTENSION tsm_system_rows DROP SCHEMA attack_extension_free;
CREATE TABLE attack_extension_free.error_moved (a int CONSTRAINT a REFERENCES users);
RESET SESSION AUTHORIZATION;
ALTER EXTENSION tsm_system_rows SET SCHEMA attack_extension_free;
ALTER EXTENSION tsm_system_rows ADD TABLE attack_extension_free.error_moved;
ALTER EXTENSION tsm_system_rows SET SCHEMA attack_extension;  -- fails
ALTER EXTENSION tsm_system_rows DROP TABLE attack_extension_free.error_moved;
DROP EXTENSION tsm_system_rows;

SELECT constraint_name, command_tag FROM fkfix.history WHERE cause = 'enforcement' ORDER BY id;
SELECT fkfix_disable_enforcement();
:take;
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_extension, attack_extension_free CASCADE;
DROP ROLE regress_fkfix_attacker;
DROP EXTENSION fkfix;
