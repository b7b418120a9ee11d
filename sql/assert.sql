-- fkfix_assert() is silent while the audit is, and otherwise one error that
-- says how many keys, which ones and what to run.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY,
  author_id int CONSTRAINT notes_author_fk REFERENCES users);
CREATE TABLE "odd ""table"".x" ("Wh?" int CONSTRAINT "1 k" REFERENCES users);

-- No rules: nothing can be wrong.
SELECT fkfix_assert();

INSERT INTO fkfix.policy (id, referencing, on_delete, reason) VALUES
  (1, 'notes', 'CASCADE', 'notes are their author''s');
SELECT fkfix_assert();  -- fails
SELECT fkfix_assert('notes');  -- fails
SELECT fkfix_assert('"odd ""table"".x"');

-- A conflict, and something that cannot be done.
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES
  (2, '"odd ""table"".x"', 'SET NULL'), (3, '"odd ""table"".x"', 'RESTRICT');
SELECT fkfix_assert('"odd ""table"".x"');  -- fails
DELETE FROM fkfix.policy WHERE id = 3;
ALTER TABLE "odd ""table"".x" ALTER "Wh?" SET NOT NULL;
SELECT fkfix_assert('"odd ""table"".x"');  -- fails

-- What the hints say cures it.
SELECT fkfix_rebuild('public.notes', 'notes_author_fk');
UPDATE fkfix.policy SET on_delete = 'CASCADE' WHERE id = 2;
SELECT rebuilt, detail FROM fkfix_rebuild_all();
SELECT fkfix_assert();

-- Of many keys ten are named.
DO $$
BEGIN
  FOR i IN 1..12 LOOP
    EXECUTE format('CREATE TABLE many_%s (a int REFERENCES users)', i);
  END LOOP;
END
$$;
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (4, 'many*', 'CASCADE');
\set VERBOSITY terse
SELECT fkfix_assert();  -- fails
\set VERBOSITY default
DO $$
DECLARE
  detail text;
  code text;
BEGIN
  PERFORM fkfix_assert();
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, code = RETURNED_SQLSTATE;
  RAISE NOTICE '%, % lines, the last: %', code, cardinality(string_to_array(detail, E'\n')),
    regexp_replace(detail, '.*\n', '');
END
$$;

-- A table that is gone is no table in order.
SELECT fkfix_assert('gone');  -- fails
SELECT fkfix_assert(1::regclass);  -- fails

DO $$
BEGIN
  FOR i IN 1..12 LOOP
    EXECUTE format('DROP TABLE many_%s', i);
  END LOOP;
END
$$;
DROP TABLE notes, "odd ""table"".x", users;
DROP EXTENSION fkfix;
