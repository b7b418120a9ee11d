-- An index is usable when it serves the query that a DELETE runs, and only then.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE r (a int, b text, PRIMARY KEY (a, b), UNIQUE (a));
CREATE TABLE f (id int, ra int, rb text, during int4range);
ALTER TABLE f ADD CONSTRAINT one FOREIGN KEY (ra) REFERENCES r (a);
ALTER TABLE f ADD CONSTRAINT two FOREIGN KEY (ra, rb) REFERENCES r (a, b);

-- Which keys an index is good enough for.
CREATE FUNCTION serves(index text, OUT serves name[]) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE index;
  SELECT array_agg(constraint_name ORDER BY constraint_name) INTO serves
  FROM fkfix_audit('f', all_keys => true) WHERE hazards = '{}';
  RAISE SQLSTATE 'OK000';
EXCEPTION WHEN SQLSTATE 'OK000' THEN
  NULL;
END $$;

SELECT index, serves(index) FROM unnest(ARRAY[
  -- usable for one or both
  'CREATE INDEX ON f (ra)',
  'CREATE INDEX ON f (ra, rb)',
  'CREATE INDEX ON f (rb, ra)',
  'CREATE INDEX ON f (ra DESC, rb, id)',
  'CREATE INDEX ON f (ra) INCLUDE (rb)',
  'CREATE UNIQUE INDEX ON f (rb, ra, id)',
  'CREATE INDEX ON f USING hash (ra)',
  'CREATE INDEX ON f (ra) WHERE ra IS NOT NULL',
  'CREATE INDEX ON f (ra, rb) WHERE ra IS NOT NULL AND rb IS NOT NULL',
  'CREATE INDEX ON f (ra, rb) WHERE rb IS NOT NULL',
  'CREATE INDEX ON f (ra, rb text_pattern_ops)',
  -- for neither
  'CREATE INDEX ON f (id, ra, rb)',
  'CREATE INDEX ON f (ra) WHERE id IS NOT NULL',
  'CREATE INDEX ON f (ra) WHERE ra IS NULL',
  'CREATE INDEX ON f (ra) WHERE ra > 0',
  'CREATE INDEX ON f (ra) WHERE ra IS NOT NULL OR id = 1',
  'CREATE INDEX ON f ((ra + 0))',
  'CREATE INDEX ON f USING brin (ra, rb)',
  'CREATE INDEX ON f USING hash (rb)',
  'CREATE INDEX ON f USING gist (during)',
  -- another collation does not serve the comparison
  'CREATE INDEX ON f (ra, rb COLLATE "C")',
  -- not valid
  $$CREATE INDEX i ON f (ra); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass$$
]) index;

-- the statement that makes the index helps
SELECT hazards FROM fkfix_audit('f', all_keys => true) ORDER BY constraint_name;
SELECT substring(hazards[1] FROM 'CREATE.*') FROM fkfix_audit('f', all_keys => true) WHERE constraint_name = 'two' \gexec
SELECT constraint_name, hazards FROM fkfix_audit('f', all_keys => true);
DROP TABLE f;

-- IS NOT NULL of a composite value asks about its fields, which the key does not
CREATE TYPE pair AS (x int, y int);
CREATE TABLE rp (p pair PRIMARY KEY);
CREATE TABLE fp (p pair REFERENCES rp);
CREATE INDEX ON fp (p) WHERE p IS NOT NULL;
SELECT hazards FROM fkfix_audit('fp', all_keys => true);
CREATE INDEX ON fp (p);
SELECT hazards FROM fkfix_audit('fp', all_keys => true);
DROP TABLE fp, rp;
DROP TYPE pair;

-- of a partitioned table every leaf needs one, whatever the order of its columns
CREATE TABLE f (id int, ra int, rb text) PARTITION BY RANGE (id);
CREATE TABLE f1 PARTITION OF f FOR VALUES FROM (0) TO (10);
CREATE TABLE f2 (rb text, dropped int, ra int, id int);
ALTER TABLE f2 DROP dropped;
ALTER TABLE f ATTACH PARTITION f2 FOR VALUES FROM (10) TO (20);
ALTER TABLE f ADD CONSTRAINT two FOREIGN KEY (ra, rb) REFERENCES r;
SELECT hazards FROM fkfix_audit('f', all_keys => true);
CREATE INDEX ON f1 (ra, rb);
SELECT hazards FROM fkfix_audit('f', all_keys => true);
CREATE INDEX ON f2 (rb, ra);
SELECT hazards FROM fkfix_audit('f', all_keys => true);
DROP INDEX f1_ra_rb_idx;
CREATE INDEX ON f (ra, rb);
SELECT hazards FROM fkfix_audit('f', all_keys => true);
DROP TABLE f;
CREATE TABLE f (id int, ra int REFERENCES r (a)) PARTITION BY RANGE (id);
SELECT hazards FROM fkfix_audit('f', all_keys => true);

DROP FUNCTION serves;
DROP TABLE f, r;
DROP EXTENSION fkfix;
