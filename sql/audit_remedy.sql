-- The remedy of an audit runs as it is printed, wherever the extension is
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE SCHEMA hidden;
CREATE SCHEMA "Fk.Fix ""2""";
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE hidden.notes (author_id int CONSTRAINT author REFERENCES public.users);
CREATE TABLE "Fk.Fix ""2""".notes (author_id int CONSTRAINT author REFERENCES public.users);
CREATE TABLE public.notes (author_id int CONSTRAINT author REFERENCES public.users);
RESET client_min_messages;

INSERT INTO fkfix_policy (id, referencing, on_delete) VALUES (1, 'notes', 'CASCADE');

-- with everything in sight
SELECT remedy FROM fkfix_audit() ORDER BY 1
\gexec
SELECT referencing, on_delete FROM fkfix_audit(NULL, true) ORDER BY 1;

-- with neither the table nor the function in sight
UPDATE fkfix_policy SET on_delete = 'RESTRICT';
SET search_path = hidden;
SELECT remedy FROM public.fkfix_audit() ORDER BY 1
\gexec
SELECT referencing, on_delete FROM public.fkfix_audit(NULL, true) ORDER BY 1;
SET search_path = '';
UPDATE public.fkfix_policy SET on_delete = 'SET NULL';
SELECT remedy FROM public.fkfix_audit() ORDER BY 1
\gexec
SELECT referencing, on_delete FROM public.fkfix_audit(NULL, true) ORDER BY 1;

-- with the extension moved, in sight and out of it
RESET search_path;
ALTER EXTENSION fkfix SET SCHEMA "Fk.Fix ""2""";
UPDATE "Fk.Fix ""2""".fkfix_policy SET on_delete = 'SET DEFAULT';
SELECT remedy FROM "Fk.Fix ""2""".fkfix_audit() ORDER BY 1
\gexec
UPDATE "Fk.Fix ""2""".fkfix_policy SET on_delete = 'CASCADE';
SET search_path = "Fk.Fix ""2""";
SELECT remedy FROM fkfix_audit() ORDER BY 1
\gexec
SELECT referencing, on_delete, status FROM fkfix_audit(NULL, true) ORDER BY 1;

-- a function of that name that comes first in the path is not taken for ours
CREATE FUNCTION hidden.fkfix_rebuild(regclass, name, text DEFAULT NULL, text DEFAULT NULL)
  RETURNS boolean LANGUAGE sql AS 'SELECT NULL::boolean';
SET search_path = hidden, "Fk.Fix ""2""";
UPDATE fkfix_policy SET on_delete = 'NO ACTION';
SELECT remedy FROM fkfix_audit('public.notes')
\gexec
SELECT referencing, on_delete FROM fkfix_audit('public.notes', true);

-- the remedy of damage makes the key anew, as the policy wants it
RESET search_path;
ALTER EXTENSION fkfix SET SCHEMA public;
UPDATE pg_trigger SET tgfoid = '"RI_FKey_setnull_del"'::regproc
WHERE tgfoid = '"RI_FKey_noaction_del"'::regproc AND tgconstrrelid = 'notes'::regclass;
UPDATE fkfix_policy SET on_delete = 'CASCADE';
SELECT status, remedy FROM fkfix_audit('notes') \gx
SELECT remedy FROM fkfix_audit('notes')
\gexec
SELECT status, on_delete FROM fkfix_audit('notes', true);

-- enforcement hands out the same remedy
SELECT fkfix_enable_enforcement();
UPDATE fkfix_policy SET enforcement = 'warn';
SET search_path = hidden;
\set VERBOSITY default
CREATE TABLE public.tags (author_id int CONSTRAINT author REFERENCES public.users);
ALTER TABLE public.tags RENAME TO more_notes;
UPDATE public.fkfix_policy SET referencing = '*notes';
ALTER TABLE public.more_notes DROP CONSTRAINT author, ADD CONSTRAINT author FOREIGN KEY (author_id) REFERENCES public.users;
SELECT public.fkfix_disable_enforcement();
RESET search_path;

-- a function of the same name, whose argument types fit the remedy better, is not called
ALTER EXTENSION fkfix SET SCHEMA public;
CREATE SCHEMA evil;
CREATE FUNCTION evil.fkfix_rebuild(text, text) RETURNS text LANGUAGE sql RETURN 'evil';
SET search_path = public, evil;
SELECT remedy FROM fkfix_audit('more_notes')
\gexec
RESET search_path;
DROP SCHEMA evil CASCADE;

SET client_min_messages = warning;
DROP SCHEMA hidden, "Fk.Fix ""2""" CASCADE;
DROP TABLE more_notes, notes, users;
DROP EXTENSION fkfix;
