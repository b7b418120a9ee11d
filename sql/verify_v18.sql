-- A key that is not enforced has no triggers, and must have none.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE loose (u int CONSTRAINT k REFERENCES users NOT ENFORCED);
CREATE TABLE strict (u int CONSTRAINT k REFERENCES users);
CREATE FUNCTION look(at regclass) RETURNS TABLE (at_table regclass, problem text) LANGUAGE sql AS $$
  SELECT v.at_table, v.problem FROM fkfix_verify(at) v ORDER BY 1, 2 $$;

SELECT * FROM look(NULL);
BEGIN;
UPDATE pg_trigger SET tgconstraint = (SELECT oid FROM pg_constraint WHERE conrelid = 'loose'::regclass AND contype = 'f')
WHERE tgconstraint = (SELECT oid FROM pg_constraint WHERE conrelid = 'strict'::regclass AND contype = 'f') AND tgtype = 9;
SELECT * FROM look(NULL);
SELECT * FROM look('loose');
SELECT * FROM look('strict');
ROLLBACK;
BEGIN;
DELETE FROM pg_trigger
WHERE tgconstraint = (SELECT oid FROM pg_constraint WHERE conrelid = 'strict'::regclass AND contype = 'f');
SELECT * FROM look(NULL);
SELECT * FROM look('strict');
ROLLBACK;
BEGIN;
UPDATE pg_constraint SET conenforced = false WHERE conrelid = 'strict'::regclass AND contype = 'f';
SELECT * FROM look(NULL);
SELECT * FROM look('strict');
ROLLBACK;

DROP FUNCTION look;
DROP TABLE loose, strict, users;
DROP EXTENSION fkfix;
