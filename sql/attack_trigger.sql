-- Our trigger functions give nothing to who hangs them on a table or view of his own, or calls them: they refuse, or do to that table what they do to ours.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE SCHEMA attack_trigger AUTHORIZATION regress_fkfix_attacker;
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (1, 'attack_trigger.error_*', 'CASCADE', 'error');
SELECT fkfix_enable_enforcement();
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_trigger, public;
SELECT fkfix_enforce();  -- fails
SELECT fkfix.normalize_rule();  -- fails
SELECT fkfix.announce_rules();  -- fails
CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION fkfix_enforce();  -- fails

-- the one that checks rules, on tables with other columns, columns of other types, and in all the places where a trigger can be
CREATE TABLE odd (id int, on_delete int, columns int, reason box);
CREATE TRIGGER t BEFORE INSERT OR UPDATE ON odd FOR EACH ROW EXECUTE FUNCTION fkfix.normalize_rule();
INSERT INTO odd VALUES (1);  -- fails
DROP TRIGGER t ON odd;
CREATE TRIGGER t AFTER INSERT ON odd FOR EACH ROW EXECUTE FUNCTION fkfix.normalize_rule();
INSERT INTO odd VALUES (1);  -- fails
DROP TRIGGER t ON odd;
CREATE TRIGGER t BEFORE DELETE OR INSERT ON odd EXECUTE FUNCTION fkfix.normalize_rule();
INSERT INTO odd VALUES (1);  -- fails
DROP TRIGGER t ON odd;
CREATE TRIGGER t BEFORE TRUNCATE ON odd EXECUTE FUNCTION fkfix.normalize_rule();
TRUNCATE odd;  -- fails
DROP TRIGGER t ON odd;
INSERT INTO odd VALUES (1);
CREATE TRIGGER t BEFORE DELETE ON odd FOR EACH ROW EXECUTE FUNCTION fkfix.normalize_rule();
DELETE FROM odd;  -- fails
DROP TRIGGER t ON odd;
CREATE VIEW odd_view AS SELECT * FROM odd;
CREATE TRIGGER t INSTEAD OF INSERT ON odd_view FOR EACH ROW EXECUTE FUNCTION fkfix.normalize_rule();
INSERT INTO odd_view VALUES (1);  -- fails
-- a table with the same columns, and more, in another order: it is checked as ours is, and is no policy
CREATE TABLE policy (LIKE fkfix.policy INCLUDING DEFAULTS);
ALTER TABLE policy DROP COLUMN reason, DROP COLUMN id, ADD COLUMN more int, ADD COLUMN reason text, ADD COLUMN id bigint;
CREATE TRIGGER t BEFORE INSERT OR UPDATE ON policy FOR EACH ROW EXECUTE FUNCTION fkfix.normalize_rule();
INSERT INTO policy (id, on_delete, enforcement, priority) VALUES (1, 'set  null', 'off', 1000);
INSERT INTO policy (on_delete) VALUES ('nonsense');  -- fails
SELECT id, on_delete, priority FROM policy;
CREATE TABLE error_notes (a int PRIMARY KEY, b int REFERENCES error_notes);  -- fails

-- the one that announces changes, for rows, for statements, in the place of a statement
CREATE TRIGGER t BEFORE INSERT ON odd FOR EACH ROW EXECUTE FUNCTION fkfix.announce_rules();
INSERT INTO odd VALUES (2);
DROP TRIGGER t ON odd;
CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON odd FOR EACH ROW EXECUTE FUNCTION fkfix.announce_rules();
CREATE TRIGGER s BEFORE TRUNCATE ON odd EXECUTE FUNCTION fkfix.announce_rules();
INSERT INTO odd VALUES (3);
UPDATE odd SET id = 4;
DELETE FROM odd WHERE id = 4;
TRUNCATE odd;
SELECT count(*) FROM odd;
DROP TRIGGER t ON odd_view;
CREATE TRIGGER t INSTEAD OF INSERT ON odd_view FOR EACH ROW EXECUTE FUNCTION fkfix.announce_rules();
INSERT INTO odd_view VALUES (5);
SELECT count(*) FROM odd;
CREATE TABLE error_notes (a int PRIMARY KEY, b int REFERENCES error_notes);  -- fails

RESET SESSION AUTHORIZATION;
SELECT rules, binds_session FROM fkfix_status();
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_trigger CASCADE;
DROP ROLE regress_fkfix_attacker;
DROP EXTENSION fkfix;
