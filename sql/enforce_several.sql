-- A statement that leaves several bad keys is refused once: the error is about the first, its detail names the others, ten at most.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_several;
SET search_path = enforce_several, public;
SELECT fkfix_enable_enforcement();
CREATE TABLE users (id int PRIMARY KEY);
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement, reason) VALUES
  (1, 'enforce_several.notes*', 'CASCADE', 'error', 'Notes go with their author.'),
  (2, 'enforce_several.fixed', 'CASCADE', 'fix', NULL);
CREATE TABLE notes (a int REFERENCES users);  -- fails
CREATE TABLE notes (a int REFERENCES users, b int REFERENCES users);  -- fails
CREATE TABLE notes (a int REFERENCES users ON DELETE CASCADE, b int REFERENCES users ON DELETE SET NULL, c int REFERENCES users);  -- fails
SELECT format('CREATE TABLE notes (%s)', string_agg(format('a%s int REFERENCES users', n), ', ' ORDER BY n))
FROM generate_series(1, 43) n \gexec
-- older keys, by a new name
CREATE TABLE drafts (a int CONSTRAINT a REFERENCES users, b int CONSTRAINT b REFERENCES users);
ALTER TABLE drafts RENAME TO notes;  -- fails
CREATE SCHEMA several CREATE TABLE notes_1 (a int REFERENCES enforce_several.users) CREATE TABLE notes_2 (a int REFERENCES enforce_several.users);
ALTER SCHEMA several RENAME TO several_more;
-- nothing of a refused statement stays, not what was repaired before the refusal either
CREATE TABLE fixed (a int REFERENCES users, b int NOT NULL);
UPDATE fkfix.policy SET on_delete = 'SET NULL' WHERE id = 2;
ALTER TABLE fixed ADD CONSTRAINT good FOREIGN KEY (a) REFERENCES users, ADD CONSTRAINT bad FOREIGN KEY (b) REFERENCES users;  -- fails
SELECT constraint_name, on_delete FROM fkfix_audit('fixed', true);
SELECT count(*) FROM fkfix.history WHERE constraint_name = 'good';

SET client_min_messages = warning;
DROP SCHEMA enforce_several, several_more CASCADE;
SELECT fkfix_disable_enforcement();
DROP EXTENSION fkfix;
