-- The shapes of foreign keys that came with NOT ENFORCED and PERIOD.

SET search_path = oracle;
SET oracle.source = 'shapes_v18';

-- A key like those of other shapes, with a few words more.
CREATE FUNCTION key_and(words text, definition text DEFAULT '(ra) REFERENCES r') RETURNS text
BEGIN ATOMIC
  SELECT replace(key(definition), '{key}', '{key} ' || words);
END;

INSERT INTO shape (name, lists, ddl)
SELECT name, lists, ddl FROM (VALUES
  ('not enforced', '{}'::text[], r() || f() || key_and('NOT ENFORCED')),
  ('not enforced, composite', ARRAY['SET NULL (rb)'], r() || f()
    || key_and('NOT ENFORCED', '(rb, ra) REFERENCES r (b, a)')),
  ('not enforced, both partitioned', '{}', r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || deep_partitions('f', 'id') || key_and('NOT ENFORCED')),
  ('no longer enforced', '{}', r('PARTITION BY RANGE (a)') || partitions('r') || f() || key() || $$
    ALTER TABLE f ALTER CONSTRAINT k NOT ENFORCED$$),
  ('enforced later', '{}', r() || f() || key_and('NOT ENFORCED') || $$
    ALTER TABLE f ALTER CONSTRAINT k ENFORCED$$),
  ('not valid, referencing partitioned', '{}', r() || f('PARTITION BY RANGE (id)') || partitions('f')
    || key_and('NOT VALID')),
  ('not valid, both partitioned', ARRAY['SET NULL (rb)'], r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || partitions('f') || key_and('NOT VALID', '(ra, rb) REFERENCES r (a, b)')),
  ('not valid, one partition validated', '{}', r() || f('PARTITION BY RANGE (id)') || partitions('f')
    || key_and('NOT VALID') || $$
    ALTER TABLE f1 VALIDATE CONSTRAINT k$$),
  ('not valid, attached with a valid key', '{}', r() || f('PARTITION BY RANGE (id)') || key_and('NOT VALID') || $$
    CREATE TABLE f1 (LIKE f INCLUDING DEFAULTS, CONSTRAINT mine FOREIGN KEY (ra) REFERENCES r {key});
    ALTER TABLE f ATTACH PARTITION f1 DEFAULT$$),
  ('attached with a NOT VALID key', '{}', r() || f('PARTITION BY RANGE (id)') || key() || $$
    CREATE TABLE f1 (LIKE f INCLUDING DEFAULTS);
    ALTER TABLE f1 ADD CONSTRAINT mine FOREIGN KEY (ra) REFERENCES r {key} NOT VALID;
    ALTER TABLE f ATTACH PARTITION f1 DEFAULT$$)
) v (name, lists, ddl);

-- Keys with PERIOD do nothing but refuse.
CREATE FUNCTION period(r_partitioned text DEFAULT '', f_partitioned text DEFAULT '') RETURNS text
BEGIN ATOMIC
  SELECT format($$
    CREATE TABLE r (a int4range, during daterange, PRIMARY KEY (a, during WITHOUT OVERLAPS)) %s;
    CREATE TABLE f (id int4range, ra int4range, during daterange) %s;
    $$, r_partitioned, f_partitioned);
END;

INSERT INTO shape (name, legal_deletes, legal_updates, behaves, ddl)
SELECT name, 1, 1, false, ddl || $$
    ALTER TABLE f ADD CONSTRAINT k FOREIGN KEY (ra, PERIOD during) REFERENCES r (a, PERIOD during) {key}$$
FROM (VALUES
  ('period', period()),
  ('period, both partitioned', period('PARTITION BY LIST (a)', 'PARTITION BY LIST (id)') || $$
    CREATE TABLE r1 PARTITION OF r FOR VALUES IN ('[1,2)');
    CREATE TABLE r2 PARTITION OF r DEFAULT;
    CREATE TABLE f1 PARTITION OF f DEFAULT;
    $$)
) v (name, ddl);
