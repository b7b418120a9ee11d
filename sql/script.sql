-- fkfix_script() writes the migration that cures today's violations, in the
-- terms of each tool, and changes nothing.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY,
  author_id int CONSTRAINT notes_author_fk REFERENCES users ON UPDATE CASCADE);
COMMENT ON CONSTRAINT notes_author_fk ON notes IS 'who wrote it';

-- Nothing to do is a script too.
\pset format unaligned
\pset tuples_only on
SELECT fkfix_script();
SELECT fkfix_script('fkfix');
SELECT right(fkfix_script('alembic'), 51);
SELECT fkfix_script('django');
SELECT fkfix_script('rails');

INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (1, 'notes', 'CASCADE');
SELECT fkfix_script();
SELECT fkfix_script('fkfix');
-- The revision's name is made of its contents.
SELECT regexp_replace(fkfix_script('alembic'), '"fkfix[0-9a-f]{7}"', '"fkfix1234567"');
SELECT fkfix_script('django');
SELECT fkfix_script('rails');

-- What a script cannot cure it says.  A line break in a name ends no comment,
-- and what a tool has no words for, or would misread, is left to SQL.
CREATE TABLE "odd
DROP TABLE users" ("a:b" int NOT NULL CONSTRAINT "k%1" REFERENCES users,
  c int CONSTRAINT "k#{2}" REFERENCES users DEFERRABLE);
UPDATE fkfix.policy SET referencing = '"odd"*', on_delete = 'SET NULL';
SELECT fkfix_script();
SELECT line FROM string_to_table(fkfix_script('alembic'), E'\n') line WHERE line ~ 'k%1|k#.2.';
SELECT line FROM string_to_table(fkfix_script('rails'), E'\n') line WHERE line ~ 'k%1|k\\?#.2.';

-- A role that may do nothing else may ask, and sees names qualified.
CREATE ROLE regress_fkfix_reader;
SET ROLE regress_fkfix_reader;
SELECT line FROM string_to_table(fkfix_script('fkfix'), E'\n') line WHERE line ~ '^SELECT';
RESET ROLE;

SELECT fkfix_script('xml');  -- fails
SELECT fkfix_script(NULL);  -- fails

DROP TABLE "odd
DROP TABLE users", notes, users;
DROP EXTENSION fkfix;
DROP ROLE regress_fkfix_reader;
