-- fkfix_required_actions() asks of a key that does not exist yet what the audit will ask of it once it does.
CREATE EXTENSION fkfix;
CREATE SCHEMA required;
SET search_path = required, public;
INSERT INTO fkfix.policy (id, referencing, columns, referenced, on_delete, on_update) VALUES
  (1, 'required.notes', '{author_id}', 'users', 'cascade', NULL),
  (2, 'required.n*', NULL, NULL, 'restrict|no action', 'cascade'),
  (3, 'required."Odd.table"', '{"\"A b\""}', NULL, 'set null', NULL),
  (4, 'required.legacy', NULL, NULL, NULL, NULL),
  (5, 'required.torn', '{a}', NULL, 'cascade', NULL),
  (6, 'required.torn', '{a}', NULL, 'restrict', NULL);

-- no table of these exists: the first schema of the search_path is where they would be made
SELECT * FROM fkfix_required_actions('notes', '{author_id}', 'users');
SELECT * FROM fkfix_required_actions('required.notes', '{editor_id}', 'users');
SELECT * FROM fkfix_required_actions('"Odd.table"', '{"A b"}', 'users');
SELECT * FROM fkfix_required_actions('LEGACY', '{a}', 'users');
SELECT * FROM fkfix_required_actions('torn', '{a}', 'users');
SELECT * FROM fkfix_required_actions('elsewhere.notes', '{author_id}', 'users');
SELECT * FROM fkfix_required_actions('pg_temp.notes', '{author_id}', 'users');

-- made so, such a key is what the audit calls in order; a table that is there is found by search_path
CREATE TABLE public.users (id integer PRIMARY KEY);
CREATE TABLE notes (author_id integer REFERENCES users ON DELETE CASCADE, editor_id integer REFERENCES users ON DELETE NO ACTION ON UPDATE CASCADE);
SELECT a.constraint_name, a.status, a.required_on_delete = r.on_delete AS same_on_delete, a.required_on_update IS NOT DISTINCT FROM r.on_update AS same_on_update, a.rule_id = r.rule_id AS same_rule
  FROM fkfix_audit('notes', true) a, fkfix_required_actions('notes', a.columns::text[], 'users') r;

-- a name that is not given is the one the key has or, if it has none yet, would be given
INSERT INTO fkfix.policy (id, constraint_name, priority, on_delete) VALUES
  (7, 'books_shelf_room_fkey', 1, 'restrict'),
  (8, 'mine', 1, 'set default'),
  (9, 'notes_editor_id_fkey1', 1, 'set null');
SELECT rule_id FROM fkfix_required_actions('books', '{shelf,room}', 'users');
SELECT rule_id FROM fkfix_required_actions('books', '{shelf,room}', 'users', 'mine');
SELECT rule_id FROM fkfix_required_actions('notes', '{editor_id}', 'users');
SELECT rule_id FROM fkfix_required_actions('notes', '{editor_id}', 'elsewhere.users');
ALTER TABLE notes RENAME CONSTRAINT notes_editor_id_fkey TO mine;
SELECT rule_id FROM fkfix_required_actions('notes', '{editor_id}', 'users');

-- whether columns accept nulls is said, or known from the table, or else no guess is made
CREATE DOMAIN filled AS integer NOT NULL;
CREATE TABLE shelves (a integer, b integer NOT NULL, c filled);
INSERT INTO fkfix.policy (id, referencing, nullable, on_delete) VALUES
  (10, 'required.shelves', true, 'set null'),
  (11, 'required.shelves', false, 'restrict');
SELECT columns, rule_id
  FROM (VALUES ('{a}'::text[]), ('{b}'), ('{c}'), ('{a,b}'), ('{b,new}')) v(columns), fkfix_required_actions('shelves', columns, 'users');
SELECT rule_id FROM fkfix_required_actions('shelves', '{a}', 'users', nullable => false);
SELECT rule_id FROM fkfix_required_actions('shelves', '{new}', 'users', nullable => true);
SELECT rule_id FROM fkfix_required_actions('shelves', '{new}', 'users'); -- fails
SELECT rule_id FROM fkfix_required_actions('notes', '{new}', 'users');

-- what cannot work
INSERT INTO fkfix.policy (id, referencing, on_delete, priority) VALUES
  (12, 'required.sofas', 'set null', 1),
  (13, 'required.rugs', 'set null (a)', 1);
SELECT t, columns, nullable, on_delete, status
  FROM (VALUES ('sofas', '{a}'::text[], false), ('sofas', '{a}', true), ('rugs', '{a,b}', false), ('rugs', '{a}', false), ('rugs', '{b}', true)) v(t, columns, nullable),
       fkfix_required_actions(t, columns, 'users', nullable => nullable);

-- every role may ask, about tables that it may not touch and with a policy that it may not read
REVOKE SELECT ON fkfix.policy FROM PUBLIC;
CREATE ROLE regress_fkfix_tool;
SET ROLE regress_fkfix_tool;
SELECT on_delete, rule_id FROM fkfix_required_actions('required.notes', '{author_id}', 'public.users');
RESET ROLE;
DROP ROLE regress_fkfix_tool;
GRANT SELECT ON fkfix.policy TO PUBLIC;

SELECT fkfix_required_actions(NULL, '{a}', 'users'); -- fails
SELECT fkfix_required_actions('notes', NULL, 'users'); -- fails
SELECT fkfix_required_actions('notes', '{a}', NULL); -- fails
SELECT fkfix_required_actions('notes', '{}', 'users'); -- fails
SELECT fkfix_required_actions('notes', '{a,NULL}', 'users'); -- fails
SELECT fkfix_required_actions('notes', '{{a},{b}}', 'users'); -- fails
SELECT fkfix_required_actions('', '{a}', 'users'); -- fails
SELECT fkfix_required_actions('a.b.c.d', '{a}', 'users'); -- fails
SELECT fkfix_required_actions('nowhere.required.notes', '{a}', 'users'); -- fails
SET search_path = '';
SELECT fkfix_required_actions('notes', '{a}', 'public.users'); -- fails

SET search_path = required, public;
DROP TABLE notes, shelves, users;
DROP DOMAIN filled;
DROP SCHEMA required;
DROP EXTENSION fkfix;
