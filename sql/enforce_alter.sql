-- A key that ALTER TABLE makes is judged; one that it only touches, or that core takes down and puts up again, is tolerated as it was.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_alter;
SET search_path = enforce_alter, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE modes (mode text);
INSERT INTO modes VALUES ('warn'), ('error'), ('fix'), ('off');
CREATE VIEW keys AS
  SELECT conrelid::regclass AS referencing, conname, confdeltype, convalidated, condeferrable FROM pg_constraint
  WHERE contype = 'f' AND conparentid = 0 AND conrelid::regclass::text ~ '^(warn|error|fix|off)_'
  ORDER BY conrelid::regclass::text COLLATE "C", conname;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete, enforcement)
  SELECT mode || '_*', 'cascade', mode FROM modes;
SELECT format('CREATE TABLE %s_new (id int PRIMARY KEY, a int)', mode) FROM modes \gexec

-- ways to add a key
SELECT format('ALTER TABLE %s_new ADD COLUMN b int REFERENCES users', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_new ADD CONSTRAINT plain FOREIGN KEY (a) REFERENCES users', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_new ADD CONSTRAINT unproven FOREIGN KEY (a) REFERENCES users NOT VALID', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_new VALIDATE CONSTRAINT unproven', mode) FROM modes WHERE mode <> 'error' \gexec
SELECT format('ALTER TABLE %s_new ADD CHECK (a > 0), ADD CONSTRAINT one FOREIGN KEY (a) REFERENCES users, ADD COLUMN c text, ADD CONSTRAINT two FOREIGN KEY (a) REFERENCES users ON DELETE CASCADE, ADD CONSTRAINT three FOREIGN KEY (a) REFERENCES users', mode) FROM modes \gexec
SELECT format('ALTER TABLE IF EXISTS %s_new DROP CONSTRAINT one, ADD CONSTRAINT one FOREIGN KEY (a) REFERENCES users', mode) FROM modes WHERE mode <> 'error' \gexec
ALTER TABLE IF EXISTS error_missing ADD FOREIGN KEY (a) REFERENCES users;
ALTER TABLE error_new ADD COLUMN IF NOT EXISTS a int REFERENCES users;
SELECT * FROM keys;
SELECT constraint_name, command_tag, new_on_delete, rule_id FROM fkfix.history ORDER BY id;
SELECT format('DROP TABLE %s_new', mode) FROM modes \gexec

-- old violations: no statement that does something else is held up by them
SET fkfix.enforcement = off;
SELECT format('CREATE TABLE %s_old (id int PRIMARY KEY, a int CONSTRAINT old REFERENCES users DEFERRABLE)', mode) FROM modes WHERE mode <> 'off' \gexec
SELECT format('ALTER TABLE %s_old ADD CONSTRAINT old_unproven FOREIGN KEY (id) REFERENCES users NOT VALID', mode) FROM modes WHERE mode <> 'off' \gexec
RESET fkfix.enforcement;
DELETE FROM modes WHERE mode = 'off';
SELECT format('ALTER TABLE %s_old ADD COLUMN b text DEFAULT ''x'', ALTER COLUMN b SET NOT NULL', mode) FROM modes \gexec
-- core makes the key anew: of the referencing table, of the referenced one, of both
SELECT oid AS before FROM pg_constraint WHERE conname = 'old' AND conrelid = 'error_old'::regclass \gset
SELECT format('ALTER TABLE %s_old ALTER COLUMN a TYPE bigint', mode) FROM modes \gexec
SELECT oid <> :before AS made_anew FROM pg_constraint WHERE conname = 'old' AND conrelid = 'error_old'::regclass;
ALTER TABLE users ALTER COLUMN id TYPE bigint;
SELECT format('ALTER TABLE %s_old ALTER COLUMN a TYPE int, ADD CHECK (a > 0), ALTER COLUMN a SET DEFAULT 1', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old ALTER CONSTRAINT old DEFERRABLE INITIALLY DEFERRED', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old ALTER CONSTRAINT old NOT DEFERRABLE', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old VALIDATE CONSTRAINT old_unproven', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old DISABLE TRIGGER ALL, ENABLE TRIGGER ALL', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old SET (fillfactor = 70), SET UNLOGGED', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old OWNER TO CURRENT_USER, REPLICA IDENTITY FULL', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old ENABLE ROW LEVEL SECURITY, CLUSTER ON %1$s_old_pkey', mode) FROM modes \gexec
ALTER TABLE users SET LOGGED, ADD COLUMN name text;
SELECT * FROM keys;
-- a new key beside an old one is still judged
SELECT format('ALTER TABLE %s_old ALTER COLUMN a TYPE bigint, ADD CONSTRAINT new FOREIGN KEY (a) REFERENCES users', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_old DROP CONSTRAINT old, ADD CONSTRAINT old FOREIGN KEY (a) REFERENCES users', mode) FROM modes \gexec
SELECT * FROM keys;
-- a foreign key that was dropped and added in two statements is new
ALTER TABLE error_old DROP CONSTRAINT old;
ALTER TABLE error_old ADD CONSTRAINT old FOREIGN KEY (a) REFERENCES users;  -- fails
ALTER TABLE error_old ADD CONSTRAINT old FOREIGN KEY (a) REFERENCES users ON DELETE CASCADE;

-- what cannot be fixed is an error, what the rule accepts is left alone
INSERT INTO fkfix.policy (referencing, columns, on_delete, on_update) VALUES
  ('fix_old', '{id}', 'SET NULL', NULL), ('warn_old', '{id}', 'no action | restrict', 'RESTRICT');
ALTER TABLE fix_old ADD CONSTRAINT rigid FOREIGN KEY (id) REFERENCES users;  -- fails
ALTER TABLE fix_old ADD CONSTRAINT rigid FOREIGN KEY (id) REFERENCES users ON DELETE SET NULL;
ALTER TABLE warn_old ADD CONSTRAINT chosen FOREIGN KEY (id) REFERENCES users ON DELETE RESTRICT;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname IN ('rigid', 'chosen') ORDER BY conname;

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA enforce_alter CASCADE;
DROP EXTENSION fkfix;
