-- fkfix_check_policy() finds what is wrong with the rules themselves, each
-- problem once, and says what to do; a sound policy it leaves alone.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY,
  author_id int CONSTRAINT notes_author_fk REFERENCES users,
  editor_id int NOT NULL CONSTRAINT notes_editor_fk REFERENCES users);
CREATE TABLE "Tags" (id int PRIMARY KEY, "noteId" int CONSTRAINT "Tag" REFERENCES notes);
CREATE VIEW problems AS
  SELECT severity, problem, rule_ids, referencing, constraint_name AS name FROM fkfix_check_policy();
\pset format unaligned
\pset fieldsep ' | '
\pset footer off

SELECT * FROM fkfix_check_policy();
-- Sound: a default, an exception, an exemption, a demand of each kind
INSERT INTO fkfix.policy (id, referencing, columns, on_delete, on_update) VALUES
  (1, NULL, NULL, 'NO ACTION', 'NO ACTION | CASCADE'),
  (2, 'notes', '{author_id}', 'SET NULL', 'CASCADE'),
  (3, '"Tags"', NULL, NULL, NULL);
SELECT * FROM fkfix_check_policy();

-- Conflict
INSERT INTO fkfix.policy (id, referencing, columns, on_delete) VALUES
  (4, 'notes', '{author_id}', 'RESTRICT'), (5, 'notes', '{author_id}', 'CASCADE');
SELECT * FROM fkfix_check_policy();

-- What cannot be satisfied; what can, and will fail
TRUNCATE fkfix.policy;
INSERT INTO fkfix.policy (id, referenced, on_delete) VALUES (1, 'users', 'SET NULL');
SELECT * FROM fkfix_check_policy();
ALTER TABLE notes DROP CONSTRAINT notes_editor_fk,
  ADD CONSTRAINT notes_editor_fk FOREIGN KEY (editor_id) REFERENCES users ON DELETE SET NULL;
SELECT * FROM fkfix_check_policy();

-- Rules that never win, and one that hides what others ask
TRUNCATE fkfix.policy;
INSERT INTO fkfix.policy (id, priority, referencing, on_delete, on_update) VALUES
  (1, 0, 'notes', 'RESTRICT', NULL), (2, 0, NULL, NULL, 'CASCADE'), (3, 0, 'n*', 'CASCADE', 'CASCADE'),
  (4, 1, '"Tags"', NULL, 'NO ACTION'), (5, 0, '"Tags"', NULL, NULL);
SELECT severity, problem, rule_ids, referencing, message, cure FROM fkfix_check_policy();

-- Rules that match nothing, and why
TRUNCATE fkfix.policy;
INSERT INTO fkfix.policy (id, referencing, columns, referenced, constraint_name, on_delete) VALUES
  (1, 'tags', NULL, NULL, NULL, 'CASCADE'),
  (2, 'Public.notes', '{"Author_id"}', '"publik".users', NULL, 'CASCADE'),
  (3, 'comments', NULL, NULL, NULL, 'CASCADE'),
  (4, 'notes', '{author_id,editor_id}', NULL, NULL, 'CASCADE'),
  (5, NULL, '{noteid}', NULL, 'tag', 'CASCADE');
SELECT * FROM fkfix_check_policy();

-- A cascade that is refused further on, through a key that no rule is about
TRUNCATE fkfix.policy;
INSERT INTO fkfix.policy (id, referencing, columns, on_delete) VALUES (1, 'notes', '{author_id}', 'CASCADE');
SELECT * FROM fkfix_check_policy();
ALTER TABLE "Tags" DROP CONSTRAINT "Tag", ADD CONSTRAINT "Tag" FOREIGN KEY ("noteId") REFERENCES notes ON DELETE CASCADE;
SELECT * FROM problems;
CREATE TABLE links (tag int CONSTRAINT links_fk REFERENCES "Tags" ON DELETE RESTRICT);
SELECT * FROM fkfix_check_policy();
-- SET NULL refuses nothing.  NO ACTION does not if its row goes another way.
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (2, 'links', 'SET NULL');
SELECT * FROM problems;
UPDATE fkfix.policy SET on_delete = 'NO ACTION' WHERE id = 2;
SELECT * FROM problems;
ALTER TABLE links ADD note int CONSTRAINT links_note_fk REFERENCES notes ON DELETE CASCADE;
UPDATE fkfix.policy SET columns = '{tag}' WHERE id = 2;
SELECT * FROM problems;
UPDATE fkfix.policy SET on_delete = 'RESTRICT' WHERE id = 2;
SELECT * FROM problems;
DROP TABLE links;

-- A circle; a table that references itself is none.
ALTER TABLE users ADD favourite int CONSTRAINT users_tag_fk REFERENCES "Tags" ON DELETE CASCADE,
  ADD boss int CONSTRAINT users_boss_fk REFERENCES users ON DELETE CASCADE;
DELETE FROM fkfix.policy WHERE id = 2;
SELECT * FROM fkfix_check_policy();
UPDATE fkfix.policy SET on_delete = 'SET NULL' WHERE id = 1;
SELECT * FROM problems;

-- Partitions are one table with their parent.
CREATE TABLE p (id int PRIMARY KEY, u int CONSTRAINT p_fk REFERENCES users) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE to_p1 (id int CONSTRAINT to_p1_fk REFERENCES p1);
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (3, 'p', 'CASCADE');
SELECT * FROM problems;

DROP VIEW problems;
DROP TABLE to_p1, p, notes, "Tags", users CASCADE;
DROP EXTENSION fkfix;
