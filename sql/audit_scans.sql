-- The audit of one table reads no catalog as a whole, nor the rules again: what it costs does not grow with the database
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (
  id int PRIMARY KEY,
  author_id int CONSTRAINT author REFERENCES users,
  editor_id int NOT NULL CONSTRAINT editor REFERENCES users ON DELETE SET NULL,
  editor_too int CONSTRAINT same REFERENCES users
);
CREATE INDEX ON notes (author_id) WHERE author_id IS NOT NULL;
CREATE TABLE parts (id int, author_id int CONSTRAINT part REFERENCES users) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO fkfix.policy (referencing, columns, nullable, on_delete) VALUES
  ('notes', NULL, NULL, 'CASCADE'), ('notes', '{editor_id}', false, 'RESTRICT'), ('part*', '{*}', NULL, 'SET NULL');
INSERT INTO fkfix.policy (referencing, on_delete) SELECT 'table_' || i, 'CASCADE' FROM generate_series(1, 1000) i;

-- how often catalogs and tables have been scanned from end to end
CREATE VIEW scans AS
  SELECT t AS scanned, pg_stat_get_xact_numscans(t) AS times
  FROM unnest('{pg_attribute, pg_class, pg_constraint, pg_depend, pg_extension, pg_index, pg_inherits, pg_namespace, pg_opclass,
    pg_proc, pg_publication, pg_publication_rel, pg_trigger, pg_type, fkfix.policy, fkfix.history}'::regclass[]) t;

-- the first look of a session reads the rules
SELECT constraint_name, status FROM fkfix_audit('notes', true) ORDER BY 1;
BEGIN;
CREATE TEMP TABLE before ON COMMIT DROP AS SELECT * FROM scans;
SELECT constraint_name, status FROM fkfix_audit('notes', true) ORDER BY 1;
SELECT constraint_name, status FROM fkfix_audit('parts', true) ORDER BY 1;
SELECT count(*) FROM fkfix_verify('notes');
SELECT count(*) FROM fkfix_explain('notes', 'author');
SELECT scanned FROM scans JOIN before USING (scanned) WHERE scans.times > before.times ORDER BY scanned::text;
-- which can tell
SELECT count(*) > 0 AS looked FROM fkfix_audit();
SELECT scanned FROM scans JOIN before USING (scanned) WHERE scans.times > before.times ORDER BY scanned::text;
COMMIT;

DROP VIEW scans;
DROP TABLE notes, parts, users;
DROP EXTENSION fkfix;
