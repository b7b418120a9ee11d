-- The owner of the database, who is no superuser, cannot switch enforcement, write rules or history, or set what makes event triggers silent.
SET client_min_messages = warning;
CREATE ROLE regress_fkfix_dbo CREATEDB;
CREATE EXTENSION fkfix;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (1, 'attack_database_owner.error_*', 'CASCADE', 'error');
SELECT format('ALTER DATABASE %I OWNER TO regress_fkfix_dbo', current_database()) AS give,
  format('ALTER DATABASE %I OWNER TO %I', current_database(), current_user) AS take,
  format('ALTER DATABASE %I SET session_replication_role = replica', current_database()) AS replica,
  format('ALTER DATABASE %I SET fkfix.enforcement = off', current_database()) AS off \gset
:give;
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_dbo;
GRANT CREATE ON SCHEMA fkfix TO regress_fkfix_dbo;  -- fails
RESET SESSION AUTHORIZATION;
CREATE TABLE superusers (id int PRIMARY KEY CONSTRAINT a REFERENCES superusers);
SET SESSION AUTHORIZATION regress_fkfix_dbo;
CREATE SCHEMA attack_database_owner;
SET search_path = attack_database_owner;
CREATE TABLE users (id int PRIMARY KEY);

-- the switch
SELECT fkfix_disable_enforcement();  -- fails
SELECT fkfix_enable_enforcement();  -- fails
ALTER EVENT TRIGGER fkfix_enforcement DISABLE;  -- fails
DROP EVENT TRIGGER fkfix_enforcement;  -- fails
CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION fkfix_enforce();  -- fails
DROP EXTENSION fkfix CASCADE;  -- fails
ALTER EXTENSION fkfix SET SCHEMA attack_database_owner;  -- fails
DROP SCHEMA fkfix CASCADE;  -- fails
ALTER SCHEMA fkfix RENAME TO nothing;  -- fails
ALTER SCHEMA fkfix OWNER TO regress_fkfix_dbo;  -- fails
-- the settings, for the database, for a role of his, for a session
:off;  -- fails
:replica;  -- fails
ALTER ROLE regress_fkfix_dbo SET fkfix.enforcement = off;  -- fails
SET session_replication_role = replica;  -- fails
SET fkfix.enforcement = off;  -- fails
GRANT SET ON PARAMETER fkfix.enforcement TO regress_fkfix_dbo;  -- fails
-- the tables
INSERT INTO fkfix.policy (priority) VALUES (1000);  -- fails
DELETE FROM fkfix.policy;  -- fails
TRUNCATE fkfix.history;  -- fails
DROP TABLE fkfix.policy;  -- fails
ALTER TABLE fkfix.policy DISABLE TRIGGER ALL;  -- fails
CREATE TRIGGER t BEFORE INSERT ON fkfix.history FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();  -- fails
GRANT ALL ON fkfix.policy TO regress_fkfix_dbo;  -- fails
CREATE PUBLICATION mine FOR TABLE fkfix.policy;  -- fails
SELECT setval('fkfix.history_id_seq', 1);  -- fails
SELECT fkfix_baseline();  -- fails
-- the keys of others' tables
SELECT fkfix_rebuild('public.superusers', 'a', 'CASCADE');  -- fails
SELECT fkfix_rebuild('public.superusers', 'a');  -- fails
-- he is bound himself
CREATE TABLE error_notes (a int REFERENCES users);  -- fails
SELECT enforcement_enabled, binds_session, rules FROM fkfix_status();
-- he can drop what is his, public included; that takes nothing of the extension with it
SET client_min_messages = warning;
BEGIN;
DROP SCHEMA public CASCADE;
SELECT enforcement_enabled, binds_session, rules FROM fkfix_status();
CREATE TABLE error_notes (a int REFERENCES users);  -- fails
ROLLBACK;
BEGIN;
DROP OWNED BY regress_fkfix_dbo CASCADE;
SELECT enforcement_enabled, binds_session, rules FROM fkfix_status();
ROLLBACK;

RESET SESSION AUTHORIZATION;
:take;
RESET search_path;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
DROP EXTENSION fkfix;
DROP SCHEMA attack_database_owner CASCADE;
DROP TABLE superusers;
DROP OWNED BY regress_fkfix_dbo;
DROP ROLE regress_fkfix_dbo;
