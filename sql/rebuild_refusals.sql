-- What ADD CONSTRAINT would refuse a rebuild refuses, and changes nothing
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int PRIMARY KEY, tenant int, UNIQUE (tenant, id));
CREATE TABLE notes (
  id int CONSTRAINT pk PRIMARY KEY, tenant int, author_id int CONSTRAINT positive CHECK (author_id > 0),
  generated int GENERATED ALWAYS AS (1) STORED,
  CONSTRAINT author FOREIGN KEY (tenant, author_id) REFERENCES users (tenant, id),
  CONSTRAINT fixed FOREIGN KEY (generated) REFERENCES users
);
CREATE TABLE snapshot AS SELECT oid, xmin AS version FROM pg_constraint WHERE contype = 'f';

-- no such table, no such constraint, no such kind
SELECT fkfix_rebuild('nonesuch', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild(4294967295, 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'nonesuch', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', '', 'CASCADE');  -- fails
SELECT fkfix_rebuild('notes', 'AUTHOR', 'CASCADE');  -- fails
SELECT fkfix_rebuild('users', 'author', 'CASCADE');  -- fails
SELECT fkfix_rebuild('notes_author_id', 'author', 'CASCADE');  -- fails
SELECT fkfix_rebuild('notes', 'positive', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'pk', 'CASCADE');  -- fails
SELECT fkfix_rebuild('pk', 'author', 'CASCADE');  -- fails
SELECT fkfix_rebuild('pg_class', 'pg_class_oid_index', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE

-- NULL where a value is needed
SELECT fkfix_rebuild(NULL, 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', NULL, 'CASCADE');  -- fails

-- what is no action
SELECT fkfix_rebuild('notes', 'author', 'DELETE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'author', NULL, 'UPDATE');  -- fails
SELECT fkfix_rebuild('notes', 'author', '');  -- fails
-- alternatives are for rules
SELECT fkfix_rebuild('notes', 'author', 'CASCADE | SET NULL');  -- fails

-- column lists
SELECT fkfix_rebuild('notes', 'author', 'CASCADE (author_id)');  -- fails
SELECT fkfix_rebuild('notes', 'author', NULL, 'SET NULL (author_id)');  -- fails
SELECT fkfix_rebuild('notes', 'author', 'SET NULL (id)');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'author', 'SET DEFAULT (author_id, nonesuch)');  -- fails

-- generated columns
SELECT fkfix_rebuild('notes', 'fixed', 'SET NULL');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'fixed', 'SET DEFAULT');  -- fails
SELECT fkfix_rebuild('notes', 'fixed', NULL, 'CASCADE');  -- fails
SELECT fkfix_rebuild('notes', 'fixed', NULL, 'SET NULL');  -- fails
SELECT fkfix_rebuild('notes', 'fixed', 'CASCADE', 'SET DEFAULT');  -- fails
-- as core
ALTER TABLE notes ADD FOREIGN KEY (generated) REFERENCES users ON UPDATE CASCADE;  -- fails
\echo :LAST_ERROR_SQLSTATE

-- nothing named, and no rule that asks anything
SELECT fkfix_rebuild('notes', 'author');  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, constraint_name) VALUES (1, 'author');
SELECT fkfix_rebuild('notes', 'author');  -- fails
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (2, 'notes', 'CASCADE');
SELECT fkfix_rebuild('notes', 'author');  -- fails
\echo :LAST_ERROR_SQLSTATE
UPDATE fkfix.policy SET on_delete = 'SET NULL (id)', priority = 1 WHERE id = 2;
SELECT fkfix_rebuild('notes', 'author');  -- fails
\echo :LAST_ERROR_SQLSTATE

-- a descendant: its root is named
CREATE TABLE items (author_id int CONSTRAINT author REFERENCES users) PARTITION BY LIST (author_id);
CREATE TABLE items1 PARTITION OF items FOR VALUES IN (1) PARTITION BY LIST (author_id);
CREATE TABLE items11 PARTITION OF items1 FOR VALUES IN (1);
SELECT fkfix_rebuild('items1', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('items11', 'author', 'CASCADE');  -- fails

-- a damaged key
UPDATE pg_trigger SET tgfoid = '"RI_FKey_setnull_del"'::regproc
WHERE tgfoid = '"RI_FKey_noaction_del"'::regproc AND tgconstrrelid = 'items'::regclass;
SELECT fkfix_rebuild('items', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE

-- where nothing may be written
BEGIN READ ONLY;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM fkfix_rebuild_all();  -- fails
ROLLBACK;

-- nothing has changed
SELECT count(*) FROM snapshot JOIN pg_constraint c USING (oid) WHERE c.xmin = version;
SELECT count(*) FROM fkfix.history;

DROP TABLE items, snapshot, notes, users;
DROP EXTENSION fkfix;
