-- A name alone identifies nothing: neither a constraint's, nor a table's that the path hides
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE SCHEMA one;
CREATE SCHEMA two;
RESET client_min_messages;

-- one constraint name on many tables, in one schema and in several
CREATE TABLE one.users (id int PRIMARY KEY);
CREATE TABLE two.users (id int PRIMARY KEY);
CREATE TABLE one.notes (author_id int CONSTRAINT author REFERENCES one.users);
CREATE TABLE one.tags (author_id int CONSTRAINT author REFERENCES one.users);
CREATE TABLE two.notes (author_id int CONSTRAINT author REFERENCES one.users);
CREATE TABLE two.tags (author_id int CONSTRAINT author REFERENCES two.users);
-- and on a constraint of another kind, of a table and of a domain
CREATE TABLE one.checked (author_id int CONSTRAINT author CHECK (author_id > 0));
CREATE DOMAIN one.checked_too AS int CONSTRAINT author CHECK (VALUE > 0);
CREATE VIEW keys AS
  SELECT conrelid::regclass AS "table", confdeltype AS d, confupdtype AS u FROM pg_constraint
  WHERE contype = 'f' AND conname = 'author' ORDER BY conrelid::regclass::text;

SELECT fkfix_rebuild('one.tags', 'author', 'CASCADE');
SELECT * FROM keys;
SELECT fkfix_rebuild('two.notes', 'author', 'SET NULL');
SELECT * FROM keys;
SELECT fkfix_rebuild('one.checked', 'author', 'CASCADE');  -- fails
INSERT INTO fkfix.policy (id, referencing, on_update) VALUES (1, 'two.tags', 'RESTRICT');
SELECT referencing, rebuilt FROM fkfix_rebuild_all();
SELECT * FROM keys;

-- the path says which table is meant, as it does for ALTER TABLE
SET search_path = two, one, public;
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
SET search_path = one, two, public;
SELECT fkfix_rebuild('notes', 'author', 'SET DEFAULT');
SELECT * FROM keys;
SET search_path = public;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
-- an empty one hides nothing that is named in full
SET search_path = '';
SELECT fkfix_rebuild('one.notes', 'author', 'NO ACTION');
SELECT referencing, referenced, on_update FROM fkfix_audit('two.tags', true);
-- rules do not look at it
UPDATE fkfix.policy SET referencing = 'notes', on_update = 'CASCADE';
SELECT referencing, rebuilt FROM fkfix_rebuild_all() ORDER BY referencing::text;
RESET search_path;
SELECT * FROM keys;

-- a schema whose objects a role may not even see is no secret to the policy
CREATE ROLE regress_fkfix_owner;
ALTER TABLE one.notes OWNER TO regress_fkfix_owner;
GRANT REFERENCES ON one.users TO regress_fkfix_owner;
UPDATE fkfix.policy SET referencing = 'one.notes', on_delete = 'CASCADE';
SET ROLE regress_fkfix_owner;
SELECT remedy FROM fkfix_audit();
SELECT fkfix_rebuild('one.notes', 'author');  -- fails
RESET ROLE;
GRANT USAGE ON SCHEMA one TO regress_fkfix_owner;
SET ROLE regress_fkfix_owner;
SELECT fkfix_rebuild('one.notes', 'author');
RESET ROLE;

-- renamed since: a regclass is the table, not its name
CREATE TABLE told AS SELECT 'one.tags'::regclass AS tab;
ALTER TABLE one.tags RENAME TO labels;
CREATE TABLE one.tags (author_id int CONSTRAINT author REFERENCES one.users);
SELECT fkfix_rebuild(tab, 'author', 'RESTRICT') FROM told;
SELECT * FROM keys;

SET client_min_messages = warning;
DROP VIEW keys;
DROP TABLE told;
DROP SCHEMA one, two CASCADE;
DROP ROLE regress_fkfix_owner;
DROP EXTENSION fkfix;
