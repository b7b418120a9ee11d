-- A look at all keys sees of each what a look at its table alone sees.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE SCHEMA damage;
SET search_path = damage, public;
CREATE TABLE r (a int PRIMARY KEY, b int);
CREATE TABLE s (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE f (id int, ra int CONSTRAINT k REFERENCES r DEFERRABLE);
CREATE TABLE other (ra int CONSTRAINT k REFERENCES r ON DELETE CASCADE);
CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE part (id int, pa int CONSTRAINT k REFERENCES p) PARTITION BY RANGE (id);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (10);
-- keys that indexes serve, or do not
CREATE TABLE served (a int CONSTRAINT a REFERENCES r, b int CONSTRAINT b REFERENCES r, c int CONSTRAINT c REFERENCES r,
  d int CONSTRAINT d REFERENCES r, e int CONSTRAINT e REFERENCES r, f int CONSTRAINT f REFERENCES r, gone int, y int,
  UNIQUE (a, b), CONSTRAINT two FOREIGN KEY (b, y) REFERENCES s ON DELETE SET NULL (y));
CREATE INDEX ON served USING hash (b);
CREATE INDEX ON served (c) WHERE c IS NOT NULL;
CREATE INDEX ON served (d) WHERE a IS NOT NULL;
CREATE INDEX ON served ((e + 1));
CREATE INDEX ON served USING brin (f);
CREATE INDEX ON served (y, b);
ALTER TABLE served DROP COLUMN gone;
-- as wide as a key can be
DO $$ BEGIN
  EXECUTE (SELECT format('CREATE TABLE wide (%s, PRIMARY KEY (%s));
                          CREATE TABLE narrow (%1$s, CONSTRAINT k FOREIGN KEY (%2$s) REFERENCES wide ON DELETE SET NULL (%2$s))',
                         string_agg(c || ' int', ', '), string_agg(c, ', '))
           FROM (SELECT 'c' || i AS c FROM generate_series(1, 32) i) columns);
END $$;
-- so many that what is wrong with a few is looked up
CREATE TABLE many (ra int);
DO $$ BEGIN
  FOR i IN 100 .. 229 LOOP
    EXECUTE format('ALTER TABLE many ADD CONSTRAINT many_%s FOREIGN KEY (ra) REFERENCES r', i);
  END LOOP;
END $$;
INSERT INTO fkfix.policy (on_delete) VALUES ('NO ACTION');

CREATE FUNCTION key(referencing regclass) RETURNS oid LANGUAGE sql AS $$
  SELECT oid FROM pg_constraint WHERE conrelid = referencing AND conname = 'k' AND conparentid = 0 $$;
CREATE FUNCTION trigger(referencing regclass, at regclass, type int) RETURNS oid LANGUAGE sql AS $$
  SELECT oid FROM pg_trigger WHERE tgconstraint = key(referencing) AND tgrelid = at AND tgtype = type $$;

-- A second trigger like this one.
CREATE FUNCTION double(twin oid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE twins ON COMMIT DROP AS SELECT * FROM pg_trigger WHERE oid = twin;
  UPDATE twins SET oid = 99999, tgname = 'twin';
  INSERT INTO pg_trigger SELECT * FROM twins;
  DROP TABLE twins;
END $$;

-- All that is to be seen of a table's keys, or of all.
CREATE FUNCTION look(at regclass) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT v::text FROM fkfix_verify(at) v UNION ALL SELECT a::text FROM fkfix_audit(at, true) a $$;

-- Does the damage, tells what is seen and whether both looks agree, undoes it.
CREATE FUNCTION inflict(damage text, OUT problems text, OUT audited text, OUT agree boolean) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE damage;
  SELECT string_agg(DISTINCT format('%s at %s', problem, at_table), ', ') INTO problems FROM fkfix_verify();
  SELECT string_agg(format('%s %s', referencing, status), ', ' ORDER BY referencing::text) INTO audited
  FROM fkfix_audit() WHERE status = 'damaged';
  SELECT array_agg(seen ORDER BY seen) = (
    SELECT array_agg(seen ORDER BY seen)
    FROM (SELECT oid::regclass AS t FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384) tables,
      LATERAL look(t) seen) INTO agree FROM look(NULL) seen;
  RAISE SQLSTATE 'OK000';
EXCEPTION WHEN SQLSTATE 'OK000' THEN
  NULL;
END $$;

\pset format unaligned
SELECT damage, i.* FROM unnest(ARRAY[
  'SELECT',
  $$DELETE FROM pg_trigger WHERE oid = trigger('f', 'r', 9)$$,
  $$DELETE FROM pg_trigger WHERE oid = trigger('f', 'r', 17)$$,
  $$DELETE FROM pg_trigger WHERE oid = trigger('f', 'f', 5)$$,
  $$DELETE FROM pg_trigger WHERE oid = trigger('f', 'f', 17)$$,
  $$DELETE FROM pg_trigger WHERE tgconstraint = key('f')$$,
  $$UPDATE pg_trigger SET tgrelid = 'other'::regclass WHERE oid = trigger('f', 'f', 5)$$,
  $$UPDATE pg_trigger SET tgconstrrelid = 'other'::regclass WHERE oid = trigger('f', 'r', 9)$$,
  $$UPDATE pg_trigger SET tgfoid = '"RI_FKey_cascade_del"'::regproc WHERE oid = trigger('f', 'r', 9)$$,
  $$UPDATE pg_trigger SET tgfoid = '"RI_FKey_restrict_upd"'::regproc WHERE oid = trigger('other', 'r', 17)$$,
  $$UPDATE pg_trigger SET tgfoid = 'suppress_redundant_updates_trigger'::regproc WHERE oid = trigger('f', 'f', 5)$$,
  $$UPDATE pg_trigger SET tgdeferrable = false WHERE oid = trigger('f', 'r', 9)$$,
  $$UPDATE pg_trigger SET tginitdeferred = true WHERE oid = trigger('f', 'f', 17)$$,
  $$UPDATE pg_trigger SET tgdeferrable = true WHERE oid = trigger('other', 'r', 9)$$,
  $$UPDATE pg_trigger SET tgparentid = trigger('other', 'r', 9) WHERE oid = trigger('f', 'r', 9)$$,
  $$UPDATE pg_trigger SET tgconstraint = key('other') WHERE oid = trigger('f', 'r', 9)$$,
  $$SELECT double(trigger('f', 'r', 9))$$,
  $$SELECT double(trigger('f', 'f', 17))$$,
  $$UPDATE pg_constraint SET condeferred = true WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET confdeltype = 'c' WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET confupdtype = 'x' WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conparentid = 0 WHERE conrelid = 'part1'::regclass AND contype = 'f'$$,
  $$DELETE FROM pg_constraint WHERE contype = 'f' AND conparentid = key('part')$$,
  $$DELETE FROM pg_trigger WHERE oid = trigger('part', 'p', 9)$$,
  $$DELETE FROM pg_constraint WHERE oid = key('part')$$,
  $$DELETE FROM pg_constraint WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conparentid = 999999 WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conparentid = oid WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET confrelid = 999999 WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conkey = '{99}' WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conkey = '{1,1}' WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET confmatchtype = 'x' WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conindid = 999999 WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conpfeqop = '{999999}' WHERE oid = key('f')$$,
  $$DELETE FROM pg_depend WHERE classid = 'pg_constraint'::regclass AND objid = key('f')$$,
  $$DELETE FROM pg_depend WHERE refclassid = 'pg_constraint'::regclass AND refobjid = key('f')$$,
  $$UPDATE pg_class SET relhastriggers = false WHERE oid = 'f'::regclass$$,
  $$UPDATE pg_class SET relnamespace = 999999 WHERE oid = 'f'::regclass$$,
  $$UPDATE pg_trigger SET tgtype = 11 WHERE oid = trigger('f', 'r', 9)$$,
  $$UPDATE pg_trigger SET tgattr = '1' WHERE oid = trigger('f', 'f', 17)$$,
  $$UPDATE pg_constraint SET confdelsetcols = '{7}' WHERE conname = 'two'$$,
  $$UPDATE pg_constraint SET confdelsetcols = '{99}' WHERE conname = 'two'$$,
  $$UPDATE pg_constraint SET conkey = '{}', confkey = '{}' WHERE oid = key('f')$$,
  $$UPDATE pg_constraint SET conkey = NULL, confkey = NULL WHERE oid = key('f')$$,
  $$UPDATE pg_index SET indisvalid = false WHERE indrelid = 'served'::regclass$$,
  $$UPDATE pg_trigger SET tgenabled = 'D' WHERE oid = trigger('f', 'r', 9)$$,
  $$UPDATE pg_trigger SET tgenabled = 'A' WHERE oid = trigger('f', 'f', 5)$$,
  $$ALTER TABLE other DISABLE TRIGGER ALL$$,
  $$UPDATE pg_trigger SET tginitdeferred = true FROM pg_constraint c
    WHERE tgconstraint = c.oid AND conrelid = 'many'::regclass AND conname LIKE 'many_1_8'$$
]) damage, inflict(damage) i;

-- which the damages did not bring about: the columns of the widest key, and indexes
SELECT constraint_name, array_length(columns, 1), length(on_delete) FROM fkfix_audit(NULL, true) WHERE referencing = 'narrow'::regclass;
SELECT constraint_name, hazards FROM fkfix_audit(NULL, true) WHERE referencing = 'served'::regclass ORDER BY 1;

-- what the audit lists beside the status comes from the same looks
BEGIN;
ALTER TABLE f DISABLE TRIGGER ALL;
UPDATE fkfix.policy SET on_delete = 'SET NULL';
SELECT unnest(hazards) FROM fkfix_audit() WHERE referencing = 'f'::regclass;
SELECT unnest(hazards) FROM fkfix_audit('f');
ROLLBACK;

DROP SCHEMA damage CASCADE;
DROP EXTENSION fkfix;
