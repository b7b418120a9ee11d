-- With event_triggers = off a superuser, and nobody else, leaves enforcement; the status says so.
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE SCHEMA enforce_v17;
CREATE TABLE enforce_v17.users (id int PRIMARY KEY);
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('enforce_v17.*', 'CASCADE', 'error');
\set VERBOSITY terse
SET ROLE regress_fkfix_attacker;
SET event_triggers = off;  -- fails
RESET ROLE;
CREATE TABLE enforce_v17.notes (a int REFERENCES enforce_v17.users);  -- fails
SET event_triggers = off;
CREATE TABLE enforce_v17.notes (a int REFERENCES enforce_v17.users);
SELECT enforcement_enabled, binds_session, why_not FROM fkfix_status();
RESET event_triggers;
SELECT enforcement_enabled, binds_session, why_not FROM fkfix_status();
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA enforce_v17 CASCADE;
DROP ROLE regress_fkfix_attacker;
DROP EXTENSION fkfix;
