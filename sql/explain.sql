-- fkfix_explain() shows every rule that matches a key, in order, and why the
-- winner wins; where none does, what the nearest ones miss.
CREATE EXTENSION fkfix;
CREATE SCHEMA app;
CREATE TABLE app.users (id int PRIMARY KEY);
CREATE TABLE app.notes (id int PRIMARY KEY,
  author_id int CONSTRAINT notes_author_fk REFERENCES app.users,
  editor_id int NOT NULL CONSTRAINT notes_editor_fk REFERENCES app.users);

SELECT verdict, explanation FROM fkfix_explain('app.notes', 'notes_author_fk');

-- Every step of the precedence, from the last to the first.
INSERT INTO fkfix.policy (id, priority, referencing, referenced, columns, constraint_name, nullable, on_delete) VALUES
  (1, 0, NULL, NULL, NULL, NULL, NULL, 'NO ACTION'),
  (2, 0, NULL, NULL, NULL, NULL, true, 'SET NULL'),
  (3, 0, 'app.*', NULL, NULL, NULL, NULL, 'CASCADE'),
  (4, 0, 'n*', NULL, NULL, NULL, NULL, 'RESTRICT'),
  (5, 0, 'notes', NULL, NULL, NULL, NULL, 'CASCADE'),
  (6, 0, NULL, NULL, '{*_id}', '*_fk', NULL, 'SET NULL'),
  (7, 0, 'app.notes', 'users', '{author_id}', NULL, NULL, 'CASCADE'),
  (8, 1, NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE fkfix.policy SET reason = 'who knows' WHERE id = 7;
\x
SELECT * FROM fkfix_explain('app.notes', 'notes_author_fk') LIMIT 2;
\x
SELECT "position", rule_id, verdict, specificity, on_delete, explanation
FROM fkfix_explain('app.notes', 'notes_author_fk');
DELETE FROM fkfix.policy WHERE id IN (7, 8);
SELECT rule_id, explanation FROM fkfix_explain('app.notes', 'notes_author_fk');
-- It agrees with the audit.
SELECT rule_id, status FROM fkfix_audit('app.notes', true) WHERE constraint_name = 'notes_author_fk';

-- Ties, with and without a difference.
DELETE FROM fkfix.policy WHERE id <> 1;
INSERT INTO fkfix.policy (id, referencing, referenced, columns, on_delete) VALUES
  (7, 'app.notes', 'users', '{author_id}', 'CASCADE'),
  (9, 'app.notes', 'users', '{author_id}', 'CASCADE');
SELECT rule_id, verdict, explanation FROM fkfix_explain('app.notes', 'notes_author_fk');
DELETE FROM fkfix.policy WHERE id = 1;
SELECT rule_id, verdict, explanation FROM fkfix_explain('app.notes', 'notes_author_fk');
INSERT INTO fkfix.policy (id, referencing, referenced, columns, on_delete) VALUES
  (10, 'app.notes', 'users', '{author_id}', 'RESTRICT');
SELECT rule_id, verdict, explanation FROM fkfix_explain('app.notes', 'notes_author_fk');
DELETE FROM fkfix.policy WHERE id IN (7, 9);
SELECT rule_id, verdict, explanation FROM fkfix_explain('app.notes', 'notes_author_fk');

-- Nothing matches: each condition that is missed, the nearest rules first.
INSERT INTO fkfix.policy (id, referencing, columns, referenced, constraint_name, nullable, on_delete) VALUES
  (11, 'App.Notes', NULL, NULL, NULL, true, 'CASCADE'),
  (12, NULL, '{editor_id,x}', 'public.users', 'fk', NULL, 'CASCADE'),
  (13, 'n?te', NULL, '"Users"', NULL, NULL, 'CASCADE'),
  (14, 'notes', NULL, NULL, 'no', NULL, 'CASCADE'),
  (15, 'comments', NULL, NULL, NULL, NULL, 'CASCADE'),
  (16, 'a', '{b}', 'c', 'd', true, 'CASCADE');
SELECT rule_id, verdict, explanation FROM fkfix_explain('app.notes', 'notes_editor_fk');

-- A derived key is explained by its root; hostile names are quoted.
CREATE TABLE "p ""1""" (a int, "b.c" int CONSTRAINT "k ""x" REFERENCES app.users) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF "p ""1""" FOR VALUES IN (1);
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (id, referencing, columns, on_delete) VALUES
  (1, 'part', NULL, 'RESTRICT'), (2, '"p ""1"""', '{"B.c"}', 'RESTRICT');
SELECT rule_id, verdict, explanation FROM fkfix_explain('part', 'k "x');
UPDATE fkfix.policy SET columns = '{b.c}' WHERE id = 2;
SELECT rule_id, verdict, explanation FROM fkfix_explain('part', 'k "x');

-- Out of scope
CREATE TEMPORARY TABLE t (a int PRIMARY KEY, b int CONSTRAINT tk REFERENCES t);
SELECT * FROM fkfix_explain('t', 'tk');

SELECT * FROM fkfix_explain('app.notes', 'notes_pkey');  -- fails
SELECT * FROM fkfix_explain('app.notes', 'none');  -- fails
SELECT * FROM fkfix_explain(NULL, 'none');  -- fails
SELECT * FROM fkfix_explain('app.notes', NULL);  -- fails

DROP TABLE t, "p ""1""";
DROP TABLE app.notes, app.users;
DROP SCHEMA app;
DROP EXTENSION fkfix;
