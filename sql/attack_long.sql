-- A text of any length costs nobody's patience: what no key can need is refused before it is compared with itself.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int CONSTRAINT author REFERENCES users);
SET statement_timeout = '60s';
\set VERBOSITY terse
CREATE FUNCTION list(format text, n int, separator text) RETURNS text LANGUAGE sql AS
  $$ SELECT string_agg(format(format, g), separator) FROM generate_series(1, n) g $$;
SELECT fkfix_rebuild('notes', 'author', 'SET NULL (' || list('a%s', 32, ',') || ')');  -- fails
SELECT fkfix_rebuild('notes', 'author', 'SET NULL (' || list('a%s', 33, ',') || ')');  -- fails
SELECT fkfix_rebuild('notes', 'author', 'SET NULL (' || list('a%s', 1000000, ',') || ')');  -- fails
INSERT INTO fkfix.policy (on_delete) VALUES ('SET NULL (' || list('a%s', 1000000, ',') || ')');  -- fails
INSERT INTO fkfix.policy (on_delete) VALUES (list('SET NULL (a%s)', 1000000, '|'));  -- fails
INSERT INTO fkfix.policy (on_delete) VALUES (list('SET NULL (a%s)', 32, '|'));
SELECT status FROM fkfix_required_actions(repeat('"', 3000001), '{a}', 'users');  -- fails
SELECT status FROM fkfix_required_actions('notes', '{a}', repeat('x.', 1000000));  -- fails
-- names that are as long as names can be, are not
SELECT status FROM fkfix_required_actions(repeat('"' || repeat('""', 63) || '".', 1) || '"' || repeat('""', 63) || '"', '{a}', 'users');
-- row security on the policy keeps its reasons from whom it keeps its rows
CREATE ROLE regress_fkfix_reader;
TRUNCATE fkfix.policy;
INSERT INTO fkfix.policy (id, referencing, on_delete, reason) VALUES (1, 'notes', 'CASCADE', 'Secret.');
SELECT detail FROM fkfix_audit();
SET ROLE regress_fkfix_reader;
SELECT detail FROM fkfix_audit();
RESET ROLE;
ALTER TABLE fkfix.policy ENABLE ROW LEVEL SECURITY;
SET ROLE regress_fkfix_reader;
SELECT reason FROM fkfix.policy;
SELECT detail FROM fkfix_audit();
SELECT rule_id, reason FROM fkfix_explain('notes', 'author');
RESET ROLE;

DROP TABLE notes, users;
DROP FUNCTION list;
DROP ROLE regress_fkfix_reader;
DROP EXTENSION fkfix;
