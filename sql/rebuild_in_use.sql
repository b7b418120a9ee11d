-- A table that this session is still using is not operated on: pending events, open cursors
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (author_id int CONSTRAINT author REFERENCES users DEFERRABLE);
CREATE TABLE bystanders (id int PRIMARY KEY, user_id int REFERENCES users DEFERRABLE INITIALLY DEFERRED);
INSERT INTO users VALUES (1), (2);
INSERT INTO notes VALUES (1);
INSERT INTO fkfix.policy (id, constraint_name, on_delete) VALUES (1, 'author', 'CASCADE');

-- checks that wait for COMMIT, on the referencing side
BEGIN;
SET CONSTRAINTS author DEFERRED;
INSERT INTO notes VALUES (2);
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
-- as for ALTER TABLE
BEGIN;
SET CONSTRAINTS author DEFERRED;
INSERT INTO notes VALUES (2);
ALTER TABLE notes DROP CONSTRAINT author;  -- fails
ROLLBACK;
-- and on the referenced one
BEGIN;
SET CONSTRAINTS author DEFERRED;
DELETE FROM users WHERE id = 1;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
ROLLBACK;
BEGIN;
SET CONSTRAINTS author DEFERRED;
DELETE FROM users WHERE id = 1;
SELECT * FROM fkfix_rebuild_all();  -- fails
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
-- cured by having them fire
BEGIN;
SET CONSTRAINTS author DEFERRED;
INSERT INTO notes VALUES (2);
SET CONSTRAINTS ALL IMMEDIATE;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
DELETE FROM users WHERE id = 2;
SELECT * FROM notes;
ROLLBACK;
-- and those of another key of the same table count, but not of other tables
BEGIN;
INSERT INTO bystanders VALUES (1, 1);
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
ROLLBACK;
BEGIN;
INSERT INTO bystanders VALUES (1, 1);
DELETE FROM users WHERE id = 2;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
ROLLBACK;

-- a cursor that is open on either table
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM notes;
FETCH c;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM users;
SELECT * FROM fkfix_rebuild_all();  -- fails
ROLLBACK;
-- is no hindrance once it is closed
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM users;
FETCH c;
CLOSE c;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
ROLLBACK;
-- nor is one that holds its rows
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM users;
COMMIT;
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
CLOSE c;

-- nor can a query that reads the table rebuild its keys
SELECT fkfix_rebuild('notes', 'author', 'CASCADE') FROM users;  -- fails
UPDATE notes SET author_id = 1 WHERE fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
-- a query over the audit can
SELECT fkfix_rebuild(referencing, constraint_name) FROM fkfix_audit();
-- so can a cursor; the locks stay if it fails at a later key
BEGIN;
DECLARE c CURSOR FOR SELECT fkfix_rebuild('notes', name, 'SET NULL') FROM unnest('{author,missing}'::name[]) name;
FETCH c;
SAVEPOINT one_done;
FETCH c;  -- fails
ROLLBACK TO one_done;
SELECT relation::regclass FROM pg_locks
WHERE pid = pg_backend_pid() AND relation IN ('notes'::regclass, 'users'::regclass) AND mode = 'ShareRowExclusiveLock'
ORDER BY 1;
ROLLBACK;

-- a trigger cannot, in the middle of what fires it
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM fkfix_rebuild('notes', 'author', 'SET NULL');
  RETURN NULL;
END $$;
CREATE TRIGGER meddle AFTER DELETE ON notes FOR EACH ROW EXECUTE FUNCTION meddle();
DELETE FROM notes;  -- fails
DELETE FROM users WHERE id = 1;  -- fails
DROP TRIGGER meddle ON notes;

-- what refuses changes nothing, and the session goes on
SELECT status, on_delete FROM fkfix_audit(NULL, true) WHERE constraint_name = 'author';
DELETE FROM users WHERE id = 1;
SELECT * FROM notes;
-- partitions are looked at, too
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE items (part int CONSTRAINT part REFERENCES parts);
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM parts1;
SELECT fkfix_rebuild('items', 'part', 'CASCADE');  -- fails
ROLLBACK;

DROP FUNCTION meddle;
DROP TABLE items, parts, bystanders, notes, users;
DROP EXTENSION fkfix;
