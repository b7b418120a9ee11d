-- Every kind of damage is found, named and refused, and its cure works.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE SCHEMA damage;
SET search_path = damage, public;

-- A key between partitioned tables that damage is done to.
CREATE FUNCTION make() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CREATE TABLE r (a int PRIMARY KEY) PARTITION BY RANGE (a);
  CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (10);
  CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (10) TO (20);
  CREATE TABLE f (id int, ra int CONSTRAINT k REFERENCES r DEFERRABLE) PARTITION BY RANGE (id);
  CREATE TABLE f1 PARTITION OF f FOR VALUES FROM (0) TO (10);
  CREATE TABLE f2 PARTITION OF f FOR VALUES FROM (10) TO (20);
  CREATE TABLE elsewhere (a int PRIMARY KEY);
END $$;

-- The key's row for a table, and a trigger of a table's row.
CREATE FUNCTION key(referencing text, referenced text) RETURNS oid LANGUAGE sql AS $$
  SELECT oid FROM pg_constraint
  WHERE contype = 'f' AND conrelid = referencing::regclass AND confrelid = referenced::regclass $$;

CREATE FUNCTION trigger(referencing text, referenced text, at text, type int) RETURNS oid LANGUAGE sql AS $$
  SELECT oid FROM pg_trigger WHERE tgconstraint = key(referencing, referenced)
  AND tgrelid = at::regclass AND tgtype = type $$;

-- As a release that forgot to make a row: nothing depends on it either.
CREATE FUNCTION lose(catalog regclass, lost oid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM pg_depend WHERE classid = catalog AND objid = lost OR refclassid = catalog AND refobjid = lost;
  EXECUTE format('DELETE FROM %s WHERE oid = %s', catalog, lost);
END $$;

-- Does the damage, and tells what comes of it.  Undoes it.
CREATE FUNCTION inflict(damage text, OUT problems text, OUT audited text, OUT refused boolean, OUT left_over bigint,
                        OUT does_again text) LANGUAGE plpgsql AS $$
DECLARE
  cure text;
BEGIN
  PERFORM make();
  EXECUTE damage;
  SELECT string_agg(DISTINCT format('%s at %s', problem, at_table), ', ') INTO problems FROM fkfix_verify('f');
  SELECT status INTO audited FROM fkfix_audit('f', all_keys => true) WHERE constraint_name = 'k';
  BEGIN
    PERFORM fkfix_rebuild('f', 'k', on_delete => 'CASCADE');
    RAISE SQLSTATE 'OK000';
  EXCEPTION
    WHEN object_not_in_prerequisite_state THEN refused = SQLERRM LIKE '%is damaged';
    WHEN SQLSTATE 'OK000' THEN refused = false;
  END;
  FOR cure IN SELECT DISTINCT v.cure FROM fkfix_verify() v LOOP
    EXECUTE cure;
  END LOOP;
  SELECT count(*) INTO left_over FROM fkfix_verify();
  INSERT INTO r VALUES (1), (11);
  INSERT INTO f VALUES (1, 1), (2, 11), (11, 1), (12, 11);
  SET CONSTRAINTS ALL IMMEDIATE;
  BEGIN
    DELETE FROM r1;
    does_again = 'deleted';
  EXCEPTION WHEN foreign_key_violation THEN
    BEGIN
      INSERT INTO f2 VALUES (13, 5);
      does_again = 'inserted';
    EXCEPTION WHEN foreign_key_violation THEN
      does_again = pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k' AND conrelid = 'f'::regclass;
    END;
  END;
  RAISE SQLSTATE 'OK000';
EXCEPTION WHEN SQLSTATE 'OK000' THEN
  NULL;
END $$;

\x on
SELECT damage, (inflict(damage)).* FROM unnest(ARRAY[
  'SELECT',
  -- triggers that are missing, too many, or not what they should be
  $$SELECT lose('pg_trigger', trigger('f', 'r', 'r', 9))$$,
  $$SELECT lose('pg_trigger', trigger('f', 'r1', 'r1', 17))$$,
  $$SELECT lose('pg_trigger', trigger('f1', 'r', 'f1', 5))$$,
  $$UPDATE pg_trigger SET tgfoid = '"RI_FKey_cascade_del"'::regproc WHERE oid = trigger('f', 'r1', 'r1', 9)$$,
  $$UPDATE pg_trigger SET tgfoid = '"RI_FKey_cascade_upd"'::regproc WHERE oid = trigger('f', 'r', 'r', 17)$$,
  $$UPDATE pg_trigger SET tgtype = 17, tgfoid = '"RI_FKey_noaction_upd"'::regproc WHERE oid = trigger('f', 'r2', 'r2', 9)$$,
  $$UPDATE pg_trigger SET tgrelid = 'elsewhere'::regclass WHERE oid = trigger('f', 'r2', 'r2', 9)$$,
  $$UPDATE pg_trigger SET tgconstrrelid = 'elsewhere'::regclass WHERE oid = trigger('f2', 'r', 'f2', 17)$$,
  $$UPDATE pg_trigger SET tgparentid = 0 WHERE oid = trigger('f', 'r1', 'r1', 9)$$,
  $$UPDATE pg_trigger SET tgdeferrable = false WHERE oid = trigger('f', 'r1', 'r1', 9)$$,
  $$UPDATE pg_trigger SET tginitdeferred = true WHERE oid = trigger('f1', 'r', 'f1', 5)$$,
  -- rows that say something else
  $$UPDATE pg_constraint SET confdeltype = 'c' WHERE oid = key('f', 'r')$$,
  $$UPDATE pg_constraint SET confdeltype = 'c' WHERE oid = key('f', 'r1')$$,
  $$UPDATE pg_constraint SET confupdtype = 'n' WHERE oid = key('f2', 'r')$$,
  $$UPDATE pg_constraint SET confmatchtype = 'f' WHERE oid = key('f2', 'r')$$,
  $$UPDATE pg_constraint SET condeferrable = false WHERE oid = key('f', 'r2')$$,
  $$UPDATE pg_constraint SET confdeltype = 'x' WHERE oid = key('f', 'r')$$,
  -- rows that are missing, or stand for another table
  $$SELECT lose('pg_trigger', oid) FROM pg_trigger WHERE tgconstraint = key('f', 'r2');
    SELECT lose('pg_constraint', key('f', 'r2'))$$,
  $$SELECT lose('pg_trigger', oid) FROM pg_trigger WHERE tgconstraint = key('f1', 'r');
    SELECT lose('pg_constraint', key('f1', 'r'))$$,
  $$UPDATE pg_constraint SET confrelid = 'elsewhere'::regclass WHERE oid = key('f', 'r2')$$,
  -- switched off, which is somebody's decision
  $$ALTER TABLE f DISABLE TRIGGER ALL$$,
  $$ALTER TABLE r1 DISABLE TRIGGER ALL$$,
  $$ALTER TABLE r DISABLE TRIGGER ALL$$,
  $$UPDATE pg_trigger SET tgenabled = 'R' WHERE oid = trigger('f', 'r', 'r', 17)$$,
  $$UPDATE pg_trigger SET tgenabled = 'A' WHERE oid = trigger('f1', 'r', 'f1', 5)$$
]) damage;
\x off

DROP SCHEMA damage CASCADE;
RESET search_path;
DROP EXTENSION fkfix;
