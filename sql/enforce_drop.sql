-- DROP EXTENSION is refused while enforcement is on; with CASCADE, or after switching it off, nothing is left behind.
CREATE EXTENSION fkfix;
SELECT fkfix_enable_enforcement();
DROP EXTENSION fkfix;  -- fails
CREATE TABLE enforce_drop_users (id int PRIMARY KEY);
INSERT INTO fkfix.policy (referencing, on_delete) VALUES ('enforce_drop_notes', 'CASCADE');
CREATE TABLE enforce_drop_notes (a int REFERENCES enforce_drop_users);
-- the extension's parts cannot go alone
DROP FUNCTION fkfix_enforce();  -- fails
DROP TABLE fkfix.policy;  -- fails
DROP SCHEMA fkfix;  -- fails
DROP SCHEMA fkfix CASCADE;  -- fails
CREATE VIEW left_behind AS
  SELECT 'event trigger' AS kind, evtname::text AS name FROM pg_event_trigger WHERE evtname ~ 'fkfix'
  UNION ALL SELECT 'schema', nspname FROM pg_namespace WHERE nspname ~ 'fkfix'
  UNION ALL SELECT 'function', proname FROM pg_proc WHERE proname ~ 'fkfix' OR probin ~ 'fkfix'
  UNION ALL SELECT 'relation', relname FROM pg_class WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace)
  UNION ALL SELECT 'initial privileges', objoid::text FROM pg_init_privs
    WHERE classoid = 'pg_proc'::regclass AND objoid NOT IN (SELECT oid FROM pg_proc)
      OR classoid = 'pg_class'::regclass AND objoid NOT IN (SELECT oid FROM pg_class)
      OR classoid = 'pg_namespace'::regclass AND objoid NOT IN (SELECT oid FROM pg_namespace)
  UNION ALL SELECT 'dependency', objid::text FROM pg_depend WHERE refclassid = 'pg_extension'::regclass
    AND refobjid NOT IN (SELECT oid FROM pg_extension);
SELECT count(*) > 10 AS present FROM left_behind;
DROP EXTENSION fkfix CASCADE;
SELECT * FROM left_behind;
-- the keys stay as they were made
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'enforce_drop_notes'::regclass;
ALTER TABLE enforce_drop_notes ADD FOREIGN KEY (a) REFERENCES enforce_drop_users;
-- and it can come again
CREATE EXTENSION fkfix;
SELECT fkfix_enable_enforcement();
SELECT fkfix_disable_enforcement();
DROP EXTENSION fkfix;
SELECT * FROM left_behind;
DROP VIEW left_behind;
DROP TABLE enforce_drop_notes, enforce_drop_users;
