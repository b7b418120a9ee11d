-- The rule that wins: priority, then names, wildcards and schemas, in this order
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (author_id int CONSTRAINT notes_fk REFERENCES users);

-- Lets rules meet in pairs: which wins, whichever comes first?  Each is written
-- as the conditions of a rule.
CREATE FUNCTION duel(a text, b text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  verdicts text[];
  pair text[];
BEGIN
  FOREACH pair SLICE 1 IN ARRAY ARRAY[[a, b], [b, a]] LOOP
    DELETE FROM fkfix.policy;
    FOR i IN 1 .. 2 LOOP
      EXECUTE format('INSERT INTO fkfix.policy (id, on_delete) VALUES (%s, %L)', i,
                     CASE WHEN pair[i] = a THEN 'CASCADE' ELSE 'SET NULL' END);
      EXECUTE format('UPDATE fkfix.policy SET %s WHERE id = %s', pair[i], i);
    END LOOP;
    verdicts := verdicts || (SELECT CASE WHEN status = 'conflict' THEN 'neither'
                                         WHEN required_on_delete = 'CASCADE' THEN 'one' ELSE 'other' END
                             FROM fkfix_audit());
  END LOOP;
  RETURN CASE WHEN verdicts[1] = verdicts[2] THEN verdicts[1] ELSE 'it depends on the order' END;
END $$;

\pset format unaligned
SELECT duel(a, b) AS wins, a AS one, b AS other
FROM (VALUES
  -- anything given beats nothing given
  ('referencing = ''notes''', 'id = id'),
  ('referencing = ''n*''', 'id = id'),
  ('referencing = ''public.*''', 'id = id'),
  ('referencing = ''p*.*''', 'id = id'),
  ('nullable = true', 'id = id'),
  -- but * alone is nothing, however often it is said
  ('referencing = ''*''', 'id = id'),
  ('referencing = ''*.*'', referenced = ''**''', 'constraint_name = ''*'''),
  -- the four conditions weigh the same
  ('referencing = ''notes''', 'referenced = ''users'''),
  ('referencing = ''notes''', 'columns = ''{author_id}'''),
  ('referencing = ''notes''', 'constraint_name = ''notes_fk'''),
  ('referencing = ''n*''', 'referenced = ''u*'''),
  ('referencing = ''n*''', 'columns = ''{a*}'''),
  ('referencing = ''n*''', 'constraint_name = ''*fk'''),
  -- a column list is as literal as its least literal name; {*} counts columns
  ('columns = ''{author_id}''', 'columns = ''{author*}'''),
  ('columns = ''{*}''', 'id = id'),
  ('columns = ''{*}''', 'referencing = ''n*'''),
  -- more literal ones beat fewer
  ('referencing = ''notes'', referenced = ''users''', 'referencing = ''notes'''),
  ('referencing = ''notes'', referenced = ''users'', columns = ''{author_id}''',
   'referencing = ''notes'', referenced = ''users'''),
  -- one literal name beats any number of wildcards
  ('constraint_name = ''notes_fk''',
   'referencing = ''n*'', referenced = ''u*'', columns = ''{a*}'', constraint_name = ''n*'''),
  ('referencing = ''notes''', 'referencing = ''public.n*'', nullable = true'),
  -- among equals of these, more wildcards beat fewer
  ('referencing = ''notes'', referenced = ''u*''', 'referencing = ''notes'''),
  ('referencing = ''n*'', referenced = ''u*''', 'referencing = ''public.n*'''),
  -- then more literal schemas
  ('referencing = ''public.notes''', 'referencing = ''notes'''),
  ('referencing = ''public.notes'', referenced = ''public.users''',
   'referencing = ''public.notes'', referenced = ''users'''),
  ('referencing = ''public.notes''', 'referencing = ''p*.notes'', nullable = true'),
  ('referencing = ''public.notes''', 'referencing = ''p*.notes'''),
  ('referencing = ''public.*''', 'referencing = ''p*.*'', referenced = ''p*.*'''),
  -- then more schemas with a wildcard, nullable as one of them
  ('referencing = ''p*.notes''', 'referencing = ''notes'''),
  ('referencing = ''notes'', nullable = true', 'referencing = ''notes'''),
  ('referencing = ''p*.notes''', 'referencing = ''notes'', nullable = true'),
  ('referencing = ''p*.notes'', nullable = true', 'referencing = ''p*.notes'''),
  -- a ? is a wildcard, quotes make a literal
  ('referencing = ''notes''', 'referencing = ''note?'''),
  ('referencing = ''"notes"''', 'referencing = ''notes'''),
  -- priority beats all of it, in both directions
  ('priority = 1', 'referencing = ''public.notes'', referenced = ''public.users'', '
   'columns = ''{author_id}'', constraint_name = ''notes_fk'', nullable = true'),
  ('referencing = ''n*''', 'priority = -1, referencing = ''public.notes'''),
  ('priority = 2147483647', 'priority = -2147483648')
) AS pairs (a, b);
\pset format aligned

-- a tie over the same demand is none: the lowest id is named
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (id, referencing, referenced, on_delete, reason) VALUES
  (8, 'notes', NULL, 'CASCADE', 'eight'),
  (7, NULL, 'users', 'cascade', 'seven');
SELECT status, rule_id, detail FROM fkfix_audit();
-- over different ones it is a conflict, of which all sides are named
INSERT INTO fkfix.policy (id, constraint_name, on_delete, on_update) VALUES
  (9, 'notes_fk', 'CASCADE', 'RESTRICT');
SELECT status, rule_id, required_on_delete, required_on_update, remedy FROM fkfix_audit();
SELECT detail FROM fkfix_audit();
-- a preference for another of the same actions is a different demand
UPDATE fkfix.policy SET on_delete = 'CASCADE | RESTRICT', on_update = NULL;
UPDATE fkfix.policy SET on_delete = 'RESTRICT | CASCADE' WHERE id = 9;
SELECT status, detail FROM fkfix_audit();
-- so is an exemption
UPDATE fkfix.policy SET on_delete = NULL WHERE id = 9;
SELECT status, detail FROM fkfix_audit();
-- lists of columns are compared as the key's: of one column, they are the same
UPDATE fkfix.policy SET on_delete = 'SET NULL';
UPDATE fkfix.policy SET on_delete = 'SET NULL (author_id)' WHERE id = 9;
SELECT status, rule_id FROM fkfix_audit();
-- a rule above the tie ends it
UPDATE fkfix.policy SET on_delete = 'CASCADE' WHERE id = 9;
SELECT status, rule_id FROM fkfix_audit();
UPDATE fkfix.policy SET priority = 1 WHERE id = 9;
SELECT status, rule_id FROM fkfix_audit();

DROP FUNCTION duel;
DROP TABLE notes, users;
DROP EXTENSION fkfix;
