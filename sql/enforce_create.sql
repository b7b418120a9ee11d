-- A key that CREATE TABLE or CREATE SCHEMA makes, in whatever form, is judged before the statement ends.
-- The table's name says what its rule does: warn_, error_, fix_ or off_.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_create;
SET search_path = enforce_create, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE modes (mode text);
INSERT INTO modes VALUES ('warn'), ('error'), ('fix'), ('off');
INSERT INTO fkfix.policy (referencing, on_delete, enforcement)
  SELECT mode || '_*', 'cascade', mode FROM modes;
CREATE VIEW keys AS
  SELECT conrelid::regclass AS referencing, conname, confdeltype, confupdtype FROM pg_constraint
  WHERE contype = 'f' AND conparentid = 0 AND conrelid::regclass::text ~ '^(warn|error|fix|off)_'
  ORDER BY conrelid::regclass::text COLLATE "C", conname;
SELECT fkfix_enable_enforcement();

-- as part of a column, and as part of the table
SELECT format('CREATE TABLE %s_column (id int, author int REFERENCES users)', mode) FROM modes \gexec
SELECT format('CREATE TABLE %s_table (author int, CONSTRAINT named FOREIGN KEY (author) REFERENCES users)', mode) FROM modes \gexec
-- several keys, of which some comply
SELECT format('CREATE TABLE %s_several (a int REFERENCES users, b int REFERENCES users ON DELETE CASCADE, c int REFERENCES users)', mode) FROM modes \gexec
-- with another action than the rule asks for
SELECT format('CREATE TABLE %s_other (a int REFERENCES users ON DELETE SET NULL ON UPDATE CASCADE)', mode) FROM modes \gexec
-- deferrable, and to itself
SELECT format('CREATE TABLE %s_self (id int PRIMARY KEY, up int REFERENCES %1$s_self DEFERRABLE INITIALLY DEFERRED)', mode) FROM modes \gexec
-- of a type, unlogged, and as a partition with a key of its own
CREATE TYPE author_type AS (author int);
SELECT format('CREATE TABLE %s_typed OF author_type (FOREIGN KEY (author) REFERENCES users)', mode) FROM modes \gexec
SELECT format('CREATE UNLOGGED TABLE %s_unlogged (author int, FOREIGN KEY (author) REFERENCES users)', mode) FROM modes WHERE mode <> 'error' \gexec
CREATE TABLE parted (author int) PARTITION BY LIST (author);
SELECT format('CREATE TABLE %s_part PARTITION OF parted (FOREIGN KEY (author) REFERENCES users) FOR VALUES IN (%s)', mode, ascii(mode)) FROM modes \gexec
-- partitioned
SELECT format('CREATE TABLE %s_parted (author int REFERENCES users) PARTITION BY LIST (author)', mode) FROM modes \gexec
-- with a schema, whose elements arrive under its own tag
CREATE SCHEMA enforce_element CREATE TABLE fix_element (author int REFERENCES enforce_create.users);
CREATE SCHEMA enforce_element_2 CREATE TABLE error_element (author int REFERENCES enforce_create.users);  -- fails
CREATE SCHEMA enforce_element_3 CREATE TABLE warn_element (author int REFERENCES enforce_create.users);
SELECT * FROM keys;

-- nothing is made, so nothing is judged: the keys that are there, and bad, are tolerated
CREATE TABLE IF NOT EXISTS warn_column (id int, author int REFERENCES users);
SET fkfix.enforcement = off;
CREATE TABLE error_old (author int REFERENCES users);
CREATE TABLE fix_old (author int REFERENCES users);
RESET fkfix.enforcement;
CREATE TABLE IF NOT EXISTS error_old (author int REFERENCES users);
CREATE TABLE IF NOT EXISTS fix_old (author int REFERENCES users);
CREATE TABLE error_like (LIKE error_old INCLUDING ALL);
CREATE TABLE fix_inherits () INHERITS (fix_old);
CREATE INDEX ON error_old (author);
CREATE TABLE third AS SELECT * FROM error_old;
SELECT * FROM keys WHERE referencing::text ~ 'old|like|inherits';

-- rules that conflict are warned of, whatever they ask for
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES
  ('torn', 'CASCADE', 'error'), ('torn', 'SET NULL', 'fix'),
  ('loose', 'CASCADE', 'off'), ('loose', 'SET NULL', 'off');
CREATE TABLE torn (author int REFERENCES users);
CREATE TABLE loose (author int REFERENCES users);
-- what cannot be fixed is an error
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('rigid', 'SET NULL', 'fix');
CREATE TABLE rigid (author int NOT NULL REFERENCES users);  -- fails
CREATE TABLE rigid (author int GENERATED ALWAYS AS (1) STORED REFERENCES users);  -- fails
CREATE TABLE rigid (author int REFERENCES users);
-- both events, a choice of actions, and a column list
INSERT INTO fkfix.policy (referencing, on_delete, on_update) VALUES ('pair_notes', 'set null (b)', 'restrict | cascade');
CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE pair_notes (a int, b int, FOREIGN KEY (a, b) REFERENCES pairs);
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'pair_notes'::regclass AND contype = 'f';

-- temporary tables are nobody's concern
SELECT format('CREATE TEMPORARY TABLE %s_temporary (id int PRIMARY KEY, up int REFERENCES %1$s_temporary)', mode) FROM modes \gexec
DROP TABLE warn_temporary, error_temporary, fix_temporary, off_temporary;

-- every fix left a row that says which statement it was
SELECT constraint_name, cause, command_tag, new_on_delete, new_on_update, rule_id
  FROM fkfix.history ORDER BY id;

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA enforce_create, enforce_element, enforce_element_3 CASCADE;
DROP EXTENSION fkfix;
