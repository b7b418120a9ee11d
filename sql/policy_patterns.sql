-- A rule's names are patterns as psql's \d takes them, the same in every session
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int PRIMARY KEY, "Äpfel" int UNIQUE);
CREATE TABLE notes (author_id int CONSTRAINT notes_fk REFERENCES users);
CREATE TABLE "Notes" (author_id int CONSTRAINT "Notes.fk" REFERENCES users);
CREATE TABLE "no.tes" ("a.id" int CONSTRAINT "dots.in.it" REFERENCES users);
CREATE TABLE "no""tes" ("a""id" int CONSTRAINT "quotes""in""it" REFERENCES users);
CREATE TABLE "no*es" ("a*id" int CONSTRAINT "star*in*it" REFERENCES users);
CREATE TABLE nö1 (ä int CONSTRAINT ö_fk REFERENCES users ("Äpfel"));
CREATE TABLE noo1 (o int CONSTRAINT oo_fk REFERENCES users);
CREATE TABLE "a b(c)[d]$^|+.\" (x int CONSTRAINT regexp_fk REFERENCES users);
CREATE SCHEMA other;
CREATE TABLE other.users (id int PRIMARY KEY);
CREATE TABLE other.notes (author_id int CONSTRAINT notes_fk REFERENCES other.users);

-- the keys that a pattern matches, by the name of their constraint
CREATE FUNCTION matched(what text, pattern text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE keys text;
BEGIN
  DELETE FROM fkfix.policy;
  EXECUTE format('INSERT INTO fkfix.policy (id, %I, on_delete) VALUES (1, $1::%s, %L)',
                 what, CASE what WHEN 'columns' THEN 'text[]' ELSE 'text' END, 'CASCADE')
    USING pattern;
  SELECT string_agg(CASE referencing WHEN 'other.notes'::regclass THEN 'other.' ELSE '' END
                    || constraint_name, ' ' ORDER BY referencing::text COLLATE "C")
    INTO keys FROM fkfix_audit();
  RETURN keys;
END $$;

SELECT pattern, matched('referencing', pattern) FROM unnest(ARRAY[
  'notes', 'NOTES', 'NoTeS', '"Notes"', '"NOTES"',
  'public.notes', 'other.notes', '*.notes', 'o*.notes', 'OTHER.*', '"other".notes',
  'no?es', 'n?tes', 'n*s', 'n**s', '*o*e*s*', '?????', '"no?es"', 'no"t"es', '"n"o*',
  '"no.tes"', 'no"."tes', 'no.tes', '"no""tes"', 'no""""tes', '"no*es"', 'no"*"es', 'no*es',
  'n?1', 'nö1', 'n"ö"1', 'NÖ1', 'n??1', 'n*1',
  '"a b(c)[d]$^|+.\"', 'a b*', 'notes|users', '^notes$', 'not_s', 'not%',
  'nonesuch', 'note', 'otes', '*', '*.*'
]) AS pattern;

SELECT pattern, matched('referenced', pattern) FROM unnest(ARRAY[
  'users', 'public.users', 'other.u*', '"Users"'
]) AS pattern;

-- in the name of a constraint or a column a dot is a character like others
SELECT pattern, matched('constraint_name', pattern) FROM unnest(ARRAY[
  'notes_fk', 'NOTES_FK', '"Notes.fk"', 'notes.fk', 'dots.in.it', 'dots.*', '*.*', '"dots.in.it"',
  '"quotes""in""it"', 'star"*"in"*"it', 'star*', '"star*"', 'ö_fk', '?_fk', '??_fk'
]) AS pattern;
SELECT pattern, matched('columns', pattern) FROM unnest(ARRAY[
  '{author_id}', '{AUTHOR_ID}', '{"\"Author_id\""}', '{a.id}', '{a?id}', '{"\"a?id\""}',
  '{"\"a\"\"id\""}', '{"a\"*\"id"}', '{ä}', '{?}', '{*}', '{*,*}', '{author_id,author_id}'
]) AS pattern;

-- what psql says of the same patterns
\d nö1
\d n"ö"1
\d no"t"es

-- never by search_path: neither of the reader nor of whoever wrote the rule
SET search_path = other, public;
SELECT matched('referencing', 'notes');
SELECT referencing, constraint_name FROM fkfix_audit() ORDER BY referencing::text;
SET search_path = pg_catalog;
SELECT referencing, constraint_name FROM fkfix_audit() ORDER BY referencing::text;
RESET search_path;

-- many stars and a long name take no time
SET statement_timeout = '20s';
SELECT matched('constraint_name', repeat('*a', 60) || 'b');
RESET statement_timeout;

SET client_min_messages = warning;
DROP FUNCTION matched;
DROP SCHEMA other CASCADE;
DROP TABLE notes, "Notes", "no.tes", "no""tes", "no*es", nö1, noo1, "a b(c)[d]$^|+.\", users;
DROP EXTENSION fkfix;
