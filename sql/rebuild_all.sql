-- fkfix_rebuild_all cures every violation at once, and says what it did and could not do
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (
  author_id int CONSTRAINT author REFERENCES users,
  editor_id int NOT NULL CONSTRAINT editor REFERENCES users ON UPDATE CASCADE,
  owner_id int CONSTRAINT owner REFERENCES users ON DELETE CASCADE,
  reader_id int CONSTRAINT reader REFERENCES users,
  writer_id int CONSTRAINT writer REFERENCES users,
  guest_id int CONSTRAINT guest REFERENCES users
);
CREATE TABLE tags (user_id int CONSTRAINT tag REFERENCES users ON DELETE RESTRICT);

-- with no rules there is nothing to do
SELECT * FROM fkfix_rebuild_all();

INSERT INTO fkfix.policy (id, constraint_name, on_delete, on_update, reason) VALUES
  (1, 'author', 'CASCADE', 'CASCADE', 'notes go with their author'),
  (2, 'editor', 'SET NULL', NULL, 'editors come and go'),
  (3, 'owner', 'CASCADE | RESTRICT', NULL, NULL),
  (4, 'reader', 'CASCADE', NULL, NULL),
  (5, 'reader', 'SET NULL', NULL, NULL),
  (6, 'writer', NULL, NULL, NULL),
  (7, 'tag', 'SET NULL', NULL, NULL);

-- nothing is done if one key may not be: all or nothing
CREATE TABLE other (user_id int REFERENCES users DEFERRABLE INITIALLY DEFERRED);
BEGIN;
INSERT INTO other VALUES (1);
DECLARE c CURSOR FOR SELECT * FROM tags;
SELECT * FROM fkfix_rebuild_all();  -- fails
ROLLBACK;
SELECT count(*) FROM fkfix.history;

-- of one referencing table
SELECT * FROM fkfix_rebuild_all('tags');
SELECT * FROM fkfix_rebuild_all('users');
-- of all: one row for each key that was not in order
SELECT * FROM fkfix_rebuild_all() ORDER BY constraint_name;
-- once more: what could not be done still cannot
SELECT constraint_name, rebuilt, detail FROM fkfix_rebuild_all() ORDER BY 1;
SELECT constraint_name, status FROM fkfix_audit(NULL, true) ORDER BY 1;
SELECT constraint_name, pg_get_constraintdef(oid) FROM fkfix_audit(NULL, true)
JOIN pg_constraint ON conname = constraint_name ORDER BY 1;
SELECT rule_id, constraint_name, cause FROM fkfix.history ORDER BY rule_id;

-- undone with its transaction
UPDATE fkfix.policy SET on_delete = 'RESTRICT' WHERE on_delete IS NOT NULL;
BEGIN;
SELECT count(*) FILTER (WHERE rebuilt) FROM fkfix_rebuild_all();
SELECT count(*) FROM fkfix_audit();
-- a row for each, with what is its own
SELECT rule_id, cause, command_tag, referencing, constraint_name, referenced, old_on_delete || ', ' || old_on_update AS old,
  new_on_delete || ', ' || new_on_update AS new FROM fkfix.history WHERE transaction_id = pg_current_xact_id() ORDER BY id;
ROLLBACK;
SELECT count(*) FROM fkfix_audit();
SELECT count(*) FROM fkfix.history;

-- what this transaction has declared counts, and what it has created
BEGIN;
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (id, constraint_name, on_delete) VALUES (8, 'fresh', 'CASCADE');
CREATE TABLE fresh (user_id int CONSTRAINT fresh REFERENCES users);
SELECT referencing, new_on_delete, rebuilt FROM fkfix_rebuild_all();
COMMIT;
INSERT INTO users VALUES (1);
INSERT INTO fresh VALUES (1);
DELETE FROM users;
SELECT count(*) FROM fresh;

-- tables that reference each other and themselves
CREATE TABLE hen (id int PRIMARY KEY, egg_id int, mother_id int CONSTRAINT mother REFERENCES hen);
CREATE TABLE egg (id int PRIMARY KEY, hen_id int CONSTRAINT hen REFERENCES hen);
ALTER TABLE hen ADD CONSTRAINT egg FOREIGN KEY (egg_id) REFERENCES egg;
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (id, on_delete) VALUES (9, 'CASCADE');
SELECT referencing, constraint_name, rebuilt FROM fkfix_rebuild_all('hen') ORDER BY 2;
SELECT constraint_name, rebuilt FROM fkfix_rebuild_all() ORDER BY 1;
INSERT INTO hen VALUES (1, NULL, NULL), (2, NULL, 1);
INSERT INTO egg VALUES (1, 2);
UPDATE hen SET egg_id = 1 WHERE id = 1;
DELETE FROM egg;
SELECT count(*) FROM hen;

-- a chain of keys, locked from the referenced end whichever was made first
CREATE TABLE c (id int PRIMARY KEY, b_id int);
CREATE TABLE b (id int PRIMARY KEY, a_id int);
CREATE TABLE a (id int PRIMARY KEY);
ALTER TABLE c ADD CONSTRAINT c_b FOREIGN KEY (b_id) REFERENCES b;
ALTER TABLE b ADD CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a;
BEGIN;
SELECT count(*) FROM fkfix_rebuild_all();
SELECT relation::regclass, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND mode = 'ShareRowExclusiveLock' ORDER BY relation::regclass::text;
COMMIT;
SELECT * FROM fkfix_verify();

-- a partition whose DETACH CONCURRENTLY was interrupted is locked and changed with the rest
CREATE TABLE parts (a_id int) PARTITION BY LIST (a_id);
CREATE TABLE part PARTITION OF parts (CONSTRAINT own FOREIGN KEY (a_id) REFERENCES a) FOR VALUES IN (1);
ALTER TABLE parts ADD CONSTRAINT all_parts FOREIGN KEY (a_id) REFERENCES b;
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (90, 'part*', 'CASCADE');
BEGIN;
UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'part'::regclass;
SELECT constraint_name, rebuilt FROM fkfix_rebuild_all() ORDER BY 1;
SELECT relation::regclass FROM pg_locks
WHERE pid = pg_backend_pid() AND mode = 'ShareRowExclusiveLock' ORDER BY relation::regclass::text;
SELECT conrelid::regclass, conname, confdeltype FROM pg_constraint
WHERE conrelid IN ('part'::regclass, 'parts'::regclass) AND contype = 'f' ORDER BY 1, 2;
ROLLBACK;

SET client_min_messages = warning;
DROP TABLE parts, c, b, a, hen, egg, fresh, other, tags, notes, users CASCADE;
DROP EXTENSION fkfix;
