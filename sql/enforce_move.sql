-- A key that a statement brings into a rule's range by another name, schema or NOT NULL is judged; one that was as bad before is not.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_move;
SET search_path = enforce_move, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE modes (mode text);
INSERT INTO modes VALUES ('warn'), ('error'), ('fix');
CREATE VIEW keys AS
  SELECT conrelid::regclass AS referencing, conname, confrelid::regclass AS referenced, confdeltype FROM pg_constraint
  WHERE contype = 'f' AND conparentid = 0 AND connamespace::regnamespace::text ~ 'enforce_move'
  ORDER BY conrelid::regclass::text COLLATE "C", conname;
SELECT fkfix_enable_enforcement();
SELECT format('CREATE TABLE free_%s (a int CONSTRAINT free_%1$s REFERENCES users)', mode) FROM modes \gexec

-- the referencing table
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) SELECT ascii(mode), mode || '_*', 'CASCADE', mode FROM modes;
SELECT format('ALTER TABLE free_%s RENAME TO %1$s_table', mode) FROM modes \gexec
SELECT * FROM keys;
-- it was bad under the same demand: another name in the same range changes nothing, and out of it neither
ALTER TABLE warn_table RENAME TO warn_again;
ALTER TABLE warn_again RENAME TO free_warn;
ALTER TABLE fix_table RENAME TO free_fix;
SELECT fkfix_rebuild('free_fix', 'free_fix', 'NO ACTION');
-- as an index, which the server accepts for a table
SELECT format('ALTER INDEX free_%s RENAME TO %1$s_index', mode) FROM modes \gexec
ALTER INDEX fix_index RENAME TO free_fix;
ALTER INDEX warn_index RENAME TO free_warn;
SELECT fkfix_rebuild('free_fix', 'free_fix', 'NO ACTION');
DELETE FROM fkfix.policy;

-- the referenced table, one of its keys' columns, the key
INSERT INTO fkfix.policy (referenced, constraint_name, on_delete, enforcement) SELECT 'people_' || mode, '*' || mode, 'CASCADE', mode FROM modes;
SELECT unnest(ARRAY[format('ALTER TABLE IF EXISTS users RENAME TO people_%s', mode),
  format('ALTER TABLE IF EXISTS people_%s RENAME TO users', mode)]) FROM modes \gexec
SELECT fkfix_rebuild('free_fix', 'free_fix', 'NO ACTION');
ALTER TABLE users RENAME COLUMN id TO person;
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (referencing, columns, on_delete, enforcement) SELECT '*' || mode, '{author}', 'CASCADE', mode FROM modes;
SELECT format('ALTER TABLE free_%s RENAME COLUMN a TO author', mode) FROM modes \gexec
SELECT format('ALTER TABLE free_%s RENAME COLUMN author TO a', mode) FROM modes WHERE mode <> 'error' \gexec
SELECT fkfix_rebuild('free_fix', 'free_fix', 'NO ACTION');
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (constraint_name, on_delete, enforcement) SELECT 'fk_' || mode, 'CASCADE', mode FROM modes;
SELECT format('ALTER TABLE free_%s RENAME CONSTRAINT free_%1$s TO fk_%1$s', mode) FROM modes \gexec
SELECT * FROM keys;
SELECT fkfix_rebuild('free_fix', 'fk_fix', 'NO ACTION');  -- fails
ALTER TABLE users RENAME CONSTRAINT users_pkey TO fk_error;
DELETE FROM fkfix.policy;
SELECT fkfix_rebuild('free_fix', 'fk_fix', 'NO ACTION');

-- columns of a typed table, renamed through the type, and of an inheriting one
CREATE TYPE free_type AS (a int);
SELECT format('CREATE TABLE typed_%s OF free_type (FOREIGN KEY (a) REFERENCES users)', mode) FROM modes \gexec
INSERT INTO fkfix.policy (referencing, columns, on_delete, enforcement) SELECT 'typed_' || mode, '{author}', 'CASCADE', mode FROM modes;
DROP TABLE typed_warn, typed_fix;
ALTER TYPE free_type RENAME ATTRIBUTE a TO author CASCADE;  -- fails
DROP TABLE typed_error;
CREATE TABLE typed_fix OF free_type (FOREIGN KEY (a) REFERENCES users);
ALTER TYPE free_type RENAME ATTRIBUTE a TO author CASCADE;
ALTER TYPE free_type ADD ATTRIBUTE b int CASCADE;
CREATE TABLE heirs_of (a int);
CREATE TABLE heir (FOREIGN KEY (a) REFERENCES users) INHERITS (heirs_of);
INSERT INTO fkfix.policy (referencing, columns, on_delete, enforcement) VALUES ('heir', '{author}', 'CASCADE', 'fix');
ALTER TABLE heirs_of RENAME COLUMN a TO author;

-- another schema for the table, or another name for the schema
DELETE FROM fkfix.policy;
CREATE SCHEMA enforce_move_free;
CREATE SCHEMA enforce_move_strict;
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) SELECT 'enforce_move_strict.*' || mode, 'CASCADE', mode FROM modes;
SELECT format('ALTER TABLE free_%s SET SCHEMA enforce_move_strict', mode) FROM modes \gexec
SELECT * FROM keys WHERE conname ~ '^fk';
ALTER TABLE free_error SET SCHEMA enforce_move_free;
DROP TABLE enforce_move_strict.free_fix, enforce_move_strict.free_warn;
ALTER SCHEMA enforce_move_strict RENAME TO enforce_move_empty;
ALTER SCHEMA enforce_move_free RENAME TO enforce_move_strict;  -- fails
ALTER TABLE enforce_move_free.free_error RENAME TO free_warn;
ALTER SCHEMA enforce_move_free RENAME TO enforce_move_strict;
ALTER SCHEMA enforce_move_strict RENAME TO enforce_move_free;
ALTER TABLE enforce_move_free.free_warn RENAME TO free_fix;
ALTER SCHEMA enforce_move_free RENAME TO enforce_move_strict;
SELECT * FROM keys WHERE conname ~ '^fk';
SELECT constraint_name, referencing, command_tag, rule_id IS NOT NULL AS by_rule FROM fkfix.history WHERE cause = 'enforcement' ORDER BY id;

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP EXTENSION fkfix;
DROP SCHEMA enforce_move, enforce_move_empty, enforce_move_strict CASCADE;
