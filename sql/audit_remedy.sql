-- The remedy of an audit runs as it is printed, whatever the search_path and whoever has functions of the same name
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE SCHEMA hidden;
CREATE SCHEMA "Fk.Fix ""2""";
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE hidden.notes (author_id int CONSTRAINT author REFERENCES public.users);
CREATE TABLE "Fk.Fix ""2""".notes (author_id int CONSTRAINT author REFERENCES public.users);
CREATE TABLE public.notes (author_id int CONSTRAINT author REFERENCES public.users);
RESET client_min_messages;

INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (1, 'notes', 'CASCADE');

-- with everything in sight
SELECT remedy FROM fkfix_audit() ORDER BY 1
\gexec
SELECT referencing, on_delete FROM fkfix_audit(NULL, true) ORDER BY 1;

-- with neither the table nor the function in sight
UPDATE fkfix.policy SET on_delete = 'RESTRICT';
SET search_path = hidden;
SELECT remedy FROM fkfix_audit() ORDER BY 1
\gexec
SELECT referencing, on_delete FROM fkfix_audit(NULL, true) ORDER BY 1;
SET search_path = '';
UPDATE fkfix.policy SET on_delete = 'SET NULL';
SELECT remedy FROM fkfix_audit() ORDER BY 1
\gexec
SELECT referencing, on_delete FROM fkfix_audit(NULL, true) ORDER BY 1;

-- a function of that name that comes first in the path is not taken for ours
CREATE FUNCTION hidden.fkfix_rebuild(regclass, name, text DEFAULT NULL, text DEFAULT NULL)
  RETURNS boolean LANGUAGE sql AS 'SELECT NULL::boolean';
SET search_path = hidden, pg_catalog;
UPDATE fkfix.policy SET on_delete = 'NO ACTION';
SELECT remedy FROM fkfix_audit('public.notes')
\gexec
SELECT referencing, on_delete FROM fkfix_audit('public.notes', true);

-- the remedy of damage makes the key anew, as the policy wants it
RESET search_path;
UPDATE pg_trigger SET tgfoid = '"RI_FKey_setnull_del"'::regproc
WHERE tgfoid = '"RI_FKey_noaction_del"'::regproc AND tgconstrrelid = 'notes'::regclass;
UPDATE fkfix.policy SET on_delete = 'CASCADE';
SELECT status, remedy FROM fkfix_audit('notes') \gx
SELECT remedy FROM fkfix_audit('notes')
\gexec
SELECT status, on_delete FROM fkfix_audit('notes', true);

-- enforcement hands out the same remedy
SELECT fkfix_enable_enforcement();
UPDATE fkfix.policy SET enforcement = 'warn';
SET search_path = hidden;
\set VERBOSITY default
CREATE TABLE public.tags (author_id int CONSTRAINT author REFERENCES public.users);
ALTER TABLE public.tags RENAME TO more_notes;
UPDATE fkfix.policy SET referencing = '*notes';
ALTER TABLE public.more_notes DROP CONSTRAINT author, ADD CONSTRAINT author FOREIGN KEY (author_id) REFERENCES public.users;
SELECT fkfix_disable_enforcement();
RESET search_path;

-- nor is one whose argument types would fit a literal better
CREATE SCHEMA evil;
CREATE FUNCTION evil.fkfix_rebuild(text, text) RETURNS text LANGUAGE sql RETURN 'evil';
SET search_path = public, evil;
SELECT fkfix_rebuild('public.more_notes', 'author');
SELECT remedy FROM fkfix_audit('more_notes')
\gexec
RESET search_path;
DROP SCHEMA evil CASCADE;

SET client_min_messages = warning;
DROP SCHEMA hidden, "Fk.Fix ""2""" CASCADE;
DROP TABLE more_notes, notes, users;
DROP EXTENSION fkfix;
