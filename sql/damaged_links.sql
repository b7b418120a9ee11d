-- A catalog whose rows lead nowhere or in a circle is an error or a fault that is named, never a crash or a loop.
CREATE EXTENSION fkfix;
CREATE SCHEMA damaged_links;
SET search_path = damaged_links, public;
SET allow_system_table_mods = on;
SET statement_timeout = '60s';
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int CONSTRAINT k REFERENCES users);
CREATE TABLE parted (a int CONSTRAINT k REFERENCES users) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE to_parted (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE to_part PARTITION OF to_parted FOR VALUES IN (1);
CREATE TABLE refs (a int CONSTRAINT k REFERENCES to_parted ON DELETE CASCADE);
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (1, 'damaged_links.*', 'CASCADE', 'warn');
CREATE FUNCTION key(relation regclass) RETURNS oid LANGUAGE sql AS
  $$ SELECT oid FROM pg_constraint WHERE conrelid = relation AND conname = 'k' $$;

-- Does damage, calls every function, says how each ended, and undoes it all.
CREATE FUNCTION harm(damage text) RETURNS TABLE (call text, outcome text) LANGUAGE plpgsql AS $$
BEGIN
  FOR call IN SELECT unnest(ARRAY[
    'count(*) FROM fkfix_audit()', 'count(*) FROM fkfix_status()', 'count(*) FROM fkfix_check_policy()',
    'count(*) FROM fkfix_verify() WHERE problem IS NOT NULL', 'fkfix_assert()', 'length(fkfix_script()) > 0',
    $c$count(*) FROM fkfix_explain('notes', 'k')$c$, $c$count(*) FROM fkfix_explain('part', 'k')$c$,
    $c$count(*) FROM fkfix_explain('refs', 'k')$c$, $c$status FROM fkfix_required_actions('notes', '{a}', 'users')$c$,
    'fkfix_baseline()', $c$fkfix_rebuild('notes', 'k', 'SET NULL')$c$, $c$fkfix_rebuild('part', 'k', 'SET NULL')$c$,
    'count(*) FROM fkfix_rebuild_all()'])
  LOOP
    BEGIN
      EXECUTE damage;
      BEGIN
        EXECUTE 'SELECT ' || call INTO outcome;
      EXCEPTION WHEN OTHERS THEN
        outcome := SQLSTATE || ' ' || regexp_replace(SQLERRM, '\d{4,}', 'N', 'g');
      END;
      RAISE SQLSTATE 'OK000';
    EXCEPTION WHEN SQLSTATE 'OK000' THEN
      NULL;
    END;
    RETURN NEXT;
  END LOOP;
END $$;
\pset format unaligned
\pset tuples_only on
\set VERBOSITY terse

-- a partition that is being detached, concurrently, and not finally
SELECT * FROM harm($$UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'to_part'::regclass$$);
-- a table that is gone, at either end
SELECT * FROM harm($$UPDATE pg_constraint SET confrelid = 999999 WHERE oid = key('notes')$$);
SELECT * FROM harm($$UPDATE pg_constraint SET conrelid = 999999 WHERE oid = key('notes')$$);
-- a root that is gone, or whose table is; a circle
SELECT * FROM harm($$UPDATE pg_constraint SET conparentid = 999999 WHERE oid = key('part')$$);
SELECT * FROM harm($$UPDATE pg_constraint SET conrelid = 999999 WHERE oid = key('parted')$$);
SELECT * FROM harm($$UPDATE pg_constraint SET conparentid = key('part') WHERE oid = key('parted')$$);
SELECT * FROM harm($$UPDATE pg_inherits SET inhrelid = 'to_parted'::regclass WHERE inhrelid = 'to_part'::regclass$$);
-- a schema that is gone, columns that are none
SELECT * FROM harm($$UPDATE pg_class SET relnamespace = 999999 WHERE oid = 'users'::regclass$$);
SELECT * FROM harm($$UPDATE pg_constraint SET conkey = '{1,2}' WHERE oid = key('notes')$$);
SELECT * FROM harm($$UPDATE pg_constraint SET confkey = '{9}' WHERE oid = key('notes')$$);

\pset format aligned
\pset tuples_only off
SET client_min_messages = warning;
DROP SCHEMA damaged_links CASCADE;
DROP EXTENSION fkfix;
