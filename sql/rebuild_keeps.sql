-- A rebuild changes what it was told to change, and nothing else about the key
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int, tenant int, PRIMARY KEY (tenant, id), UNIQUE (id));
CREATE TABLE notes (tenant int, author_id int);
CREATE VIEW keys AS
  SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
  WHERE contype = 'f' AND conrelid = 'notes'::regclass ORDER BY oid;
CREATE VIEW triggers AS
  SELECT c.conname, tgfoid::regproc AS function, tgenabled AS enabled, tgdeferrable, tginitdeferred
  FROM pg_trigger t JOIN pg_constraint c ON t.tgconstraint = c.oid
  WHERE c.conrelid = 'notes'::regclass AND tgfoid::regproc::text !~ 'check' ORDER BY t.oid;

-- all attributes that a key can have
ALTER TABLE notes ADD CONSTRAINT one FOREIGN KEY (tenant, author_id) REFERENCES users
  MATCH FULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;
ALTER TABLE notes ADD CONSTRAINT two FOREIGN KEY (author_id) REFERENCES users (id)
  ON DELETE SET NULL DEFERRABLE;
COMMENT ON CONSTRAINT one ON notes IS 'as it is';
CREATE TABLE before AS SELECT c.oid, c.conname, array_agg(t.oid ORDER BY t.oid) AS triggers,
  array_agg(t.tgname ORDER BY t.oid) AS names
  FROM pg_constraint c JOIN pg_trigger t ON t.tgconstraint = c.oid
  WHERE conrelid = 'notes'::regclass GROUP BY 1, 2;
INSERT INTO notes VALUES (NULL, NULL);
SELECT * FROM keys;
SELECT * FROM triggers;

-- ON DELETE alone, ON UPDATE alone, both
SELECT fkfix_rebuild('notes', 'one', on_delete => 'CASCADE');
SELECT * FROM keys;
SELECT fkfix_rebuild('notes', 'one', on_update => 'NO ACTION');
SELECT fkfix_rebuild('notes', 'two', on_update => 'SET DEFAULT');
SELECT * FROM keys;
SELECT fkfix_rebuild('notes', 'one', 'NO ACTION', 'RESTRICT');
SELECT fkfix_rebuild('notes', 'two', on_delete => 'NO ACTION', on_update => 'NO ACTION');
SELECT * FROM keys;
-- only NO ACTION waits for the end of the transaction
SELECT * FROM triggers;
-- same key, same triggers, same order, same comment
SELECT count(*) FROM before b JOIN pg_constraint c USING (oid, conname)
WHERE b.triggers = (SELECT array_agg(t.oid ORDER BY t.oid) FROM pg_trigger t WHERE tgconstraint = c.oid)
  AND b.names = (SELECT array_agg(t.tgname ORDER BY t.oid) FROM pg_trigger t WHERE tgconstraint = c.oid);
SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 'one';

-- by the policy: what the rule does not speak of stays, and what it accepts
INSERT INTO fkfix.policy (id, constraint_name, on_delete, on_update)
VALUES (1, 'one', 'SET NULL', NULL), (2, 'two', NULL, 'NO ACTION | CASCADE');
SELECT constraint_name, rebuilt FROM fkfix_rebuild_all();
SELECT * FROM keys;

-- deferred still means deferred: once NO ACTION, the check waits for COMMIT
DELETE FROM notes;
ALTER TABLE notes VALIDATE CONSTRAINT one;
SELECT fkfix_rebuild('notes', 'one', 'NO ACTION');
SELECT fkfix_rebuild('notes', 'two', 'NO ACTION');
INSERT INTO users VALUES (1, 1);
INSERT INTO notes VALUES (1, 1);
BEGIN;
SET CONSTRAINTS two DEFERRED;
DELETE FROM users;
INSERT INTO users VALUES (1, 1);
COMMIT;
BEGIN;
DELETE FROM users;  -- fails
ROLLBACK;
BEGIN;
SET CONSTRAINTS two DEFERRED;
DELETE FROM users;
SET CONSTRAINTS one, two IMMEDIATE;  -- fails
ROLLBACK;
SELECT fkfix_rebuild('notes', 'two', 'CASCADE');
DELETE FROM users;
SELECT count(*) FROM notes;

-- a trigger that somebody disabled stays disabled
ALTER TABLE users DISABLE TRIGGER ALL;
SELECT fkfix_rebuild('notes', 'one', 'SET DEFAULT');
SELECT * FROM triggers;
ALTER TABLE users ENABLE TRIGGER ALL;
SELECT fkfix_rebuild('notes', 'one', 'CASCADE');
SELECT DISTINCT enabled FROM triggers;

-- nothing is rewritten and nothing is read: a key not validated stays so
SELECT relfilenode AS file FROM pg_class WHERE oid = 'notes'::regclass \gset
ALTER TABLE notes DROP CONSTRAINT two;
INSERT INTO notes VALUES (9, 9);  -- fails
ALTER TABLE notes DROP CONSTRAINT one;
INSERT INTO notes VALUES (9, 9);
ALTER TABLE notes ADD CONSTRAINT one FOREIGN KEY (tenant, author_id) REFERENCES users NOT VALID;
SELECT fkfix_rebuild('notes', 'one', 'CASCADE');
SELECT * FROM keys;
ALTER TABLE notes VALIDATE CONSTRAINT one;  -- fails
SELECT relfilenode = :file AS same_file FROM pg_class WHERE oid = 'notes'::regclass;
-- and may be altered, validated and dropped as ever
DELETE FROM notes;
ALTER TABLE notes VALIDATE CONSTRAINT one;
ALTER TABLE notes ALTER CONSTRAINT one DEFERRABLE;
SELECT * FROM keys;
SELECT * FROM fkfix_verify();

DROP TABLE before;
DROP VIEW keys, triggers;
DROP TABLE notes, users;
DROP EXTENSION fkfix;
