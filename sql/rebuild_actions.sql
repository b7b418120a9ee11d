-- A rebuilt key does on DELETE and UPDATE what it was told, and says whether it changed
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE notes (id int, y int DEFAULT 0, x int DEFAULT 0,
                    CONSTRAINT author FOREIGN KEY (y, x) REFERENCES users (b, a));
CREATE INDEX ON notes (x, y);

-- the story: deleting is refused, the key is rebuilt, deleting works
INSERT INTO users VALUES (1, 2), (0, 0);
INSERT INTO notes VALUES (1, 2, 1);
DELETE FROM users WHERE a = 1;  -- fails
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
DELETE FROM users WHERE a = 1;
SELECT count(*) FROM notes;

-- says false and does nothing when the key does it already
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
SELECT fkfix_rebuild('notes', 'author', 'cascade', 'no action');
SELECT count(*) FROM fkfix.history;
-- by the catalogs, not by the effect: what was written is what a dump shows
SELECT fkfix_rebuild('notes', 'author', 'SET NULL');
SELECT fkfix_rebuild('notes', 'author', 'SET NULL (x, y)');
SELECT fkfix_rebuild('notes', 'author', 'SET NULL (x, y)');
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'author';
SELECT fkfix_rebuild('notes', 'author', 'SET NULL (y, x)');
SELECT fkfix_rebuild('notes', 'author', 'SET NULL');

-- every action, by what it does: deletes (1, 2), then moves (3, 4) to (5, 6)
CREATE FUNCTION outcome(on_delete text, on_update text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text := '';
BEGIN
  PERFORM fkfix_rebuild('notes', 'author', on_delete, on_update);
  DELETE FROM notes;
  DELETE FROM users WHERE a > 0;
  INSERT INTO users VALUES (1, 2), (3, 4);
  INSERT INTO notes VALUES (1, 2, 1), (2, 4, 3);
  BEGIN
    DELETE FROM users WHERE a = 1;
    result := coalesce((SELECT format('y=%s x=%s', coalesce(y::text, 'null'), coalesce(x::text, 'null'))
                        FROM notes WHERE id = 1), 'gone');
  EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN result := 'refused';
  END;
  result := result || ', ';
  BEGIN
    UPDATE users SET a = 5, b = 6 WHERE a = 3;
    result := result || (SELECT format('y=%s x=%s', coalesce(y::text, 'null'), coalesce(x::text, 'null'))
                         FROM notes WHERE id = 2);
  EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN result := result || 'refused';
  END;
  RETURN result;
END $$;

SELECT d AS on_delete, u AS on_update, outcome(d, u)
FROM unnest(ARRAY['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT']) d,
     unnest(ARRAY['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT']) u
ORDER BY d, u;
SELECT d AS on_delete, outcome(d, NULL)
FROM unnest(ARRAY['SET NULL (x)', 'SET NULL (y)', 'SET DEFAULT (y)', 'SET NULL (x, y)', 'SET NULL']) d;
-- NO ACTION lets another row take the place of the one that left, RESTRICT does not
CREATE FUNCTION shift() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET a = a + 1 WHERE b = 4;
  RETURN 'shifted';
EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN RETURN 'refused';
END $$;
TRUNCATE users, notes;
INSERT INTO users VALUES (3, 4), (2, 4);
INSERT INTO notes VALUES (1, 4, 3);
SELECT fkfix_rebuild('notes', 'author', NULL, 'RESTRICT');
SELECT shift();
SELECT fkfix_rebuild('notes', 'author', NULL, 'NO ACTION');
SELECT shift();

-- a table that references itself
CREATE TABLE tree (id int PRIMARY KEY, parent_id int CONSTRAINT parent REFERENCES tree);
INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2), (4, 4);
DELETE FROM tree WHERE id = 1;  -- fails
SELECT fkfix_rebuild('tree', 'parent', 'CASCADE', 'CASCADE');
UPDATE tree SET id = 40 WHERE id = 4;
DELETE FROM tree WHERE id = 1;
SELECT * FROM tree;
SELECT fkfix_rebuild('tree', 'parent', 'SET NULL');
INSERT INTO tree VALUES (41, 40);
DELETE FROM tree WHERE id = 40;
SELECT * FROM tree;

-- a column that stands in two keys, each of which goes its own way
CREATE TABLE posts (x int, y int, z int,
                    CONSTRAINT one FOREIGN KEY (x, y) REFERENCES users,
                    CONSTRAINT two FOREIGN KEY (x, z) REFERENCES users);
SELECT fkfix_rebuild('posts', 'two', 'SET NULL (z)');
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'posts'::regclass ORDER BY 1;

-- undone with its transaction, or with a savepoint of it
BEGIN;
SELECT fkfix_rebuild('posts', 'one', 'CASCADE');
SAVEPOINT s;
SELECT fkfix_rebuild('posts', 'one', 'RESTRICT');
ROLLBACK TO s;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'one';
INSERT INTO users VALUES (7, 7);
INSERT INTO posts VALUES (7, 7, NULL);
DELETE FROM users WHERE a = 7;
SELECT count(*) FROM posts;
ROLLBACK;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'one';
INSERT INTO users VALUES (7, 7);
INSERT INTO posts VALUES (7, 7, NULL);
DELETE FROM users WHERE a = 7;  -- fails
SELECT * FROM fkfix_verify();

DROP FUNCTION outcome, shift;
DROP TABLE posts, tree, notes, users;
DROP EXTENSION fkfix;
