-- The shapes of foreign keys that every version can hold.

SET search_path = oracle;
SET oracle.source = 'shapes';

-- What most shapes start from: r (a, b) of two keys, f (id, ra, rb).
CREATE FUNCTION r(partitioned text DEFAULT '') RETURNS text
BEGIN ATOMIC
  SELECT format(E'CREATE TABLE r (a int, b int, PRIMARY KEY (a), UNIQUE (a, b)) %s;\n', partitioned);
END;

CREATE FUNCTION f(partitioned text DEFAULT '') RETURNS text
BEGIN ATOMIC
  SELECT format(E'CREATE TABLE f (id int NOT NULL, ra int DEFAULT 0, rb int DEFAULT 0) %s;\n', partitioned);
END;

CREATE FUNCTION key(definition text DEFAULT '(ra) REFERENCES r', at text DEFAULT 'f') RETURNS text
BEGIN ATOMIC
  SELECT format(E'ALTER TABLE %s ADD CONSTRAINT k FOREIGN KEY %s {key};\n', at, definition);
END;

CREATE FUNCTION partitions(of_table text) RETURNS text
BEGIN ATOMIC
  SELECT replace(E'CREATE TABLE {t}1 PARTITION OF {t} FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE {t}2 PARTITION OF {t} FOR VALUES FROM (10) TO (20);
    CREATE TABLE {t}3 PARTITION OF {t} DEFAULT;\n', '{t}', of_table);
END;

-- Two levels, and a third in one place.
CREATE FUNCTION deep_partitions(of_table text, part_key text) RETURNS text
BEGIN ATOMIC
  SELECT replace(replace(E'CREATE TABLE {t}1 PARTITION OF {t} FOR VALUES FROM (MINVALUE) TO (10) PARTITION BY RANGE ({k});
    CREATE TABLE {t}1a PARTITION OF {t}1 FOR VALUES FROM (MINVALUE) TO (4);
    CREATE TABLE {t}1b PARTITION OF {t}1 DEFAULT PARTITION BY LIST ({k});
    CREATE TABLE {t}1ba PARTITION OF {t}1b FOR VALUES IN (5, 6, 7);
    CREATE TABLE {t}1bb PARTITION OF {t}1b DEFAULT;
    CREATE TABLE {t}2 PARTITION OF {t} DEFAULT PARTITION BY RANGE ({k});
    CREATE TABLE {t}2a PARTITION OF {t}2 FOR VALUES FROM (10) TO (20);
    CREATE TABLE {t}2b PARTITION OF {t}2 DEFAULT;\n', '{t}', of_table), '{k}', part_key);
END;

INSERT INTO shape (name, ddl) VALUES
  ('plain', r() || f() || key()),
  ('match simple', r() || f() || key('(ra) REFERENCES r (a) MATCH SIMPLE')),
  ('match full', r() || f() || key('(ra) REFERENCES r (a) MATCH FULL')),
  ('not valid', r() || f() || key() || $$
    ALTER TABLE f DROP CONSTRAINT k, ADD CONSTRAINT k FOREIGN KEY (ra) REFERENCES r {key} NOT VALID$$),
  ('validated later', r() || f() || $$
    ALTER TABLE f ADD CONSTRAINT k FOREIGN KEY (ra) REFERENCES r {key} NOT VALID;
    ALTER TABLE f VALIDATE CONSTRAINT k$$),
  ('altered deferrability', r() || f() || key() || $$
    ALTER TABLE f ALTER CONSTRAINT k DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE f ALTER CONSTRAINT k {defer}$$),
  ('inline', r() || $$
    CREATE TABLE f (id int, ra int DEFAULT 0 CONSTRAINT k REFERENCES r {key}, rb int)$$),
  ('unlogged', replace(r() || f(), 'CREATE', 'CREATE UNLOGGED') || key()),
  ('temporary', replace(r() || f(), 'CREATE', 'CREATE TEMP') || key()),
  ('temporary partitioned', replace(
    r('PARTITION BY RANGE (a)') || f('PARTITION BY RANGE (id)') || partitions('r') || partitions('f'),
    'CREATE', 'CREATE TEMP') || key()),
  ('unique index only', r() || f() || $$
    ALTER TABLE r DROP CONSTRAINT r_pkey;
    CREATE UNIQUE INDEX r_a ON r (a) INCLUDE (b);
    $$ || key('(ra) REFERENCES r (a)')),
  ('dropped columns', $$
    CREATE TABLE r (x int, a int, y int, b int);
    ALTER TABLE r DROP x, ADD PRIMARY KEY (a), DROP y;
    CREATE TABLE f (x int, ra int DEFAULT 0, y int, id int, rb int);
    ALTER TABLE f DROP x, DROP y;
    $$ || key()),
  ('two keys on the same columns, older', r() || f() || key() || $$
    ALTER TABLE f ADD CONSTRAINT k2 FOREIGN KEY (ra) REFERENCES r ON DELETE SET NULL ON UPDATE CASCADE$$),
  ('two keys on the same columns, newer', r() || f() || $$
    ALTER TABLE f ADD CONSTRAINT k2 FOREIGN KEY (ra) REFERENCES r ON DELETE CASCADE ON UPDATE CASCADE;
    $$ || key()),
  ('the same column in two keys', r() || f() || $$
    CREATE TABLE q (a int PRIMARY KEY);
    INSERT INTO q SELECT generate_series(0, 99);
    ALTER TABLE f ADD CONSTRAINT k2 FOREIGN KEY (ra) REFERENCES q ON DELETE SET NULL;
    $$ || key()),
  ('two tables reference one', r() || f() || $$
    CREATE TABLE g (ra int REFERENCES r ON DELETE CASCADE ON UPDATE CASCADE);
    $$ || key()),
  ('legacy inheritance', r() || f() || key() || $$
    CREATE TABLE f_child () INHERITS (f);
    ALTER TABLE f_child ADD CONSTRAINT k FOREIGN KEY (ra) REFERENCES r ON DELETE SET NULL;
    CREATE TABLE r_child () INHERITS (r)$$),
  ('referencing partitioned', r() || f('PARTITION BY RANGE (id)') || partitions('f') || key()),
  ('referencing partitioned by the key', r() || f('PARTITION BY RANGE (ra)') || partitions('f') || key()),
  ('referencing partitioned by hash', r() || f('PARTITION BY HASH (id)') || $$
    CREATE TABLE f1 PARTITION OF f FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE f2 PARTITION OF f FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    $$ || key()),
  ('referencing partitioned later', r() || f('PARTITION BY RANGE (id)') || key() || partitions('f')),
  ('referencing partitioned deep', r() || f('PARTITION BY RANGE (id)') || deep_partitions('f', 'id') || key()),
  ('referenced partitioned', r('PARTITION BY RANGE (a)') || partitions('r') || f() || key()),
  ('referenced partitioned later', r('PARTITION BY RANGE (a)') || f() || key() || partitions('r')),
  ('referenced partitioned deep', r('PARTITION BY RANGE (a)') || deep_partitions('r', 'a') || f() || key()),
  ('both partitioned', r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || partitions('f') || key()),
  ('both partitioned later', r('PARTITION BY RANGE (a)') || f('PARTITION BY RANGE (id)') || key()
    || partitions('f') || partitions('r')),
  ('both partitioned deep', r('PARTITION BY RANGE (a)') || deep_partitions('r', 'a')
    || f('PARTITION BY RANGE (id)') || deep_partitions('f', 'id') || key()),
  ('a key to one partition', r('PARTITION BY RANGE (a)') || partitions('r') || f() || $$
    CREATE TABLE q (ra int REFERENCES r1 ON DELETE SET NULL);
    $$ || key()),
  ('a partition with a key of its own besides', r() || f('PARTITION BY RANGE (id)') || partitions('f') || $$
    ALTER TABLE f1 ADD CONSTRAINT k1 FOREIGN KEY (rb) REFERENCES r ON DELETE CASCADE;
    $$ || key()),
  ('attached with its own key', r() || f('PARTITION BY RANGE (id)') || key() || $$
    CREATE TABLE f1 (id int NOT NULL, ra int DEFAULT 0, rb int DEFAULT 0, CONSTRAINT k FOREIGN KEY (ra) REFERENCES r {key});
    ALTER TABLE f ATTACH PARTITION f1 FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE f2 (LIKE f, CONSTRAINT mine FOREIGN KEY (ra) REFERENCES r {key});
    ALTER TABLE f ATTACH PARTITION f2 DEFAULT$$),
  ('attached with its own key, both partitioned', r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || key() || $$
    CREATE TABLE f1 (id int NOT NULL, ra int DEFAULT 0, rb int DEFAULT 0, CONSTRAINT mine FOREIGN KEY (ra) REFERENCES r {key});
    ALTER TABLE f ATTACH PARTITION f1 FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE f2 (LIKE f) PARTITION BY RANGE (id);
    CREATE TABLE f2a PARTITION OF f2 DEFAULT;
    ALTER TABLE f2 ADD CONSTRAINT mine FOREIGN KEY (ra) REFERENCES r {key};
    ALTER TABLE f ATTACH PARTITION f2 DEFAULT$$),
  ('attached in another column order', r('PARTITION BY RANGE (a)') || f('PARTITION BY RANGE (id)') || key() || $$
    CREATE TABLE f1 (x text, rb int DEFAULT 0, y int, ra int DEFAULT 0, id int NOT NULL);
    ALTER TABLE f1 DROP x, DROP y;
    ALTER TABLE f ATTACH PARTITION f1 FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE f2 PARTITION OF f DEFAULT;
    CREATE TABLE r1 (x text, b int, y int, a int NOT NULL);
    ALTER TABLE r1 DROP x, DROP y;
    ALTER TABLE r ATTACH PARTITION r1 FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE r2 PARTITION OF r DEFAULT$$),
  ('referencing detached and attached again', r() || f('PARTITION BY RANGE (id)') || partitions('f') || key() || $$
    ALTER TABLE f DETACH PARTITION f2;
    ALTER TABLE f ATTACH PARTITION f2 FOR VALUES FROM (10) TO (20)$$),
  ('referenced detached, the rest', r('PARTITION BY RANGE (a)') || partitions('r') || f() || key() || $$
    ALTER TABLE r DETACH PARTITION r2$$),
  ('both partitioned, both detached and attached again', r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || partitions('f') || key() || $$
    ALTER TABLE r DETACH PARTITION r2;
    ALTER TABLE f DETACH PARTITION f2;
    ALTER TABLE f ATTACH PARTITION f2 FOR VALUES FROM (10) TO (20);
    ALTER TABLE r ATTACH PARTITION r2 FOR VALUES FROM (10) TO (20)$$);

-- The keys that a DETACH leaves behind are keys in their own right.
INSERT INTO shape (name, keys, data, ddl)
SELECT name, keys, format($$
    INSERT INTO r SELECT a, a FROM unnest(ARRAY[0, 1, 2, 5, 11, 12, 21]) a;
    INSERT INTO f (id, ra, rb) SELECT a, a, a FROM unnest(ARRAY[-1, 21]) a;
    INSERT INTO %s (id, ra, rb) SELECT a, a, a FROM unnest(ARRAY[5, 11, 12]) a;
    INSERT INTO %1$s (id, ra, rb) VALUES (5, 1, 1), (12, NULL, 1)$$, split_part(keys[1], '.', 1)), ddl
FROM (VALUES
  ('referencing detached', '{f2.k,f.k}'::text[], r() || f('PARTITION BY RANGE (id)') || partitions('f') || key() || $$
    ALTER TABLE f DETACH PARTITION f2$$),
  ('referencing detached from deep', '{f1b.k,f.k}', r() || f('PARTITION BY RANGE (id)')
    || deep_partitions('f', 'id') || key() || $$
    ALTER TABLE f1 DETACH PARTITION f1b$$),
  ('referencing detached, both partitioned', '{f2.k,f.k}', r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || partitions('f') || key() || $$
    ALTER TABLE f DETACH PARTITION f2$$),
  ('referencing detached, both deep', '{f1.k,f.k}', r('PARTITION BY RANGE (a)') || deep_partitions('r', 'a')
    || f('PARTITION BY RANGE (id)') || deep_partitions('f', 'id') || key() || $$
    ALTER TABLE f DETACH PARTITION f1$$)
) v (name, keys, ddl);

INSERT INTO shape (name, keys, transactional, ddl) VALUES
  ('detached concurrently', '{f2.k,f.k}', false, r() || f('PARTITION BY RANGE (id)') || $$
    CREATE TABLE f1 PARTITION OF f FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE f2 PARTITION OF f FOR VALUES FROM (10) TO (20);
    $$ || key() || $$
    ALTER TABLE f DETACH PARTITION f2 CONCURRENTLY$$),
  ('detached concurrently, both partitioned', '{f2.k,f.k}', false, r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || $$
    CREATE TABLE f1 PARTITION OF f FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE f2 PARTITION OF f FOR VALUES FROM (10) TO (20);
    $$ || key() || $$
    ALTER TABLE f DETACH PARTITION f2 CONCURRENTLY$$),
  ('referenced detached concurrently, the rest', '{f.k}', false, r('PARTITION BY RANGE (a)') || $$
    CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (10) TO (20);
    $$ || f() || key() || $$
    ALTER TABLE r DETACH PARTITION r2 CONCURRENTLY$$);

-- Several columns, and lists of them.
INSERT INTO shape (name, lists, ddl)
SELECT name, ARRAY['SET NULL (rb)', 'SET DEFAULT (ra)', 'SET NULL (ra, rb)'], ddl FROM (VALUES
  ('composite', r() || f() || key('(ra, rb) REFERENCES r (a, b)')),
  ('composite, reversed', r() || f() || key('(rb, ra) REFERENCES r (b, a)')),
  ('composite, match full', r() || f() || key('(ra, rb) REFERENCES r (a, b) MATCH FULL')),
  ('composite, crossed', r() || f() || key('(rb, ra) REFERENCES r (a, b)')),
  ('composite, overlapping key', r() || f() || $$
    ALTER TABLE f ADD CONSTRAINT k2 FOREIGN KEY (ra) REFERENCES r (a) ON DELETE SET NULL;
    $$ || key('(ra, rb) REFERENCES r (a, b)')),
  ('composite, referencing partitioned', r() || f('PARTITION BY RANGE (id)') || partitions('f')
    || key('(rb, ra) REFERENCES r (b, a)')),
  ('composite, referenced partitioned', r('PARTITION BY RANGE (a)') || deep_partitions('r', 'a') || f()
    || key('(ra, rb) REFERENCES r (a, b)')),
  ('composite, both partitioned', r('PARTITION BY RANGE (a)') || partitions('r')
    || f('PARTITION BY RANGE (id)') || deep_partitions('f', 'id') || key('(ra, rb) REFERENCES r (a, b)')),
  ('composite, referenced in another column order', r('PARTITION BY RANGE (a)') || f() || $$
    CREATE TABLE r1 (x text, b int, y int, a int NOT NULL);
    ALTER TABLE r1 DROP x, DROP y;
    $$ || key('(ra, rb) REFERENCES r (a, b)') || $$
    ALTER TABLE r ATTACH PARTITION r1 FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE r2 PARTITION OF r DEFAULT$$)
) v (name, ddl);

-- Without lists, because core does not map them.
INSERT INTO shape (name, ddl) VALUES
  ('composite, other column orders', r('PARTITION BY RANGE (a)') || f('PARTITION BY RANGE (id)') || $$
    CREATE TABLE r1 (x text, b int, y int, a int NOT NULL);
    ALTER TABLE r1 DROP x, DROP y;
    ALTER TABLE r ATTACH PARTITION r1 DEFAULT;
    CREATE TABLE f1 (x text, rb int DEFAULT 0, y int, ra int DEFAULT 0, id int NOT NULL);
    ALTER TABLE f1 DROP x, DROP y;
    ALTER TABLE f ATTACH PARTITION f1 FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE f2 PARTITION OF f DEFAULT;
    $$ || key('(rb, ra) REFERENCES r (b, a)')),
  ('one column twice', r() || f() || key('(ra, ra) REFERENCES r (a, b)'));

-- Generated columns refuse what would set them.
INSERT INTO shape (name, legal_deletes, legal_updates, behaves, ddl) VALUES
  ('generated', 3, 2, false, r() || $$
    CREATE TABLE f (id int, ra int GENERATED ALWAYS AS (id) STORED);
    $$ || key()),
  ('generated, composite, referencing partitioned', 3, 2, false, r() || $$
    CREATE TABLE f (id int, ra int, rb int GENERATED ALWAYS AS (ra) STORED) PARTITION BY RANGE (id);
    $$ || partitions('f') || key('(ra, rb) REFERENCES r (a, b)'));

-- Partitioned tables that hold nothing yet.
INSERT INTO shape (name, behaves, ddl) VALUES
  ('referencing partitioned, no partition', false, r() || f('PARTITION BY RANGE (id)') || key()),
  ('referenced partitioned, no partition', false, r('PARTITION BY RANGE (a)') || f() || key());

-- A table that references itself.
CREATE FUNCTION self(partitioned text DEFAULT '') RETURNS text
BEGIN ATOMIC
  SELECT format(E'CREATE TABLE f (id int, a int, b int, ra int DEFAULT 0, rb int DEFAULT 0, PRIMARY KEY (a), UNIQUE (a, b)) %s;\n',
                partitioned);
END;

INSERT INTO shape (name, referenced, lists, data, ddl)
SELECT name, 'f', lists, $$
    INSERT INTO f (id, a, b, ra, rb) VALUES (0, 0, 0, NULL, NULL), (1, 1, 1, 0, 0), (2, 2, 2, 1, 1), (3, 5, 5, 5, 5),
      (4, 11, 11, 1, 1), (5, 12, 12, 11, 11), (6, 21, 21, 2, 2), (7, 3, 3, 12, 12)$$, ddl
FROM (VALUES
  ('self-referencing', '{}'::text[], self() || key('(ra) REFERENCES f (a)')),
  ('self-referencing, inline', '{}', $$
    CREATE TABLE f (id int, a int PRIMARY KEY, b int, ra int DEFAULT 0 CONSTRAINT k REFERENCES f {key}, rb int)$$),
  ('self-referencing, composite', ARRAY['SET NULL (rb)', 'SET DEFAULT (ra)'],
    self() || key('(rb, ra) REFERENCES f (b, a)')),
  ('self-referencing, partitioned', '{}', self('PARTITION BY RANGE (a)') || partitions('f')
    || key('(ra) REFERENCES f (a)')),
  ('self-referencing, partitioned later', '{}', self('PARTITION BY RANGE (a)')
    || key('(ra) REFERENCES f (a)') || partitions('f')),
  ('self-referencing, partitioned deep', ARRAY['SET NULL (rb)'], self('PARTITION BY RANGE (a)')
    || deep_partitions('f', 'a') || key('(ra, rb) REFERENCES f (a, b)')),
  ('self-referencing, attached in another column order', '{}', self('PARTITION BY RANGE (a)')
    || key('(ra) REFERENCES f (a)') || $$
    CREATE TABLE f1 (x text, rb int, ra int DEFAULT 0, y int, b int, a int NOT NULL, id int);
    ALTER TABLE f1 DROP x, DROP y;
    ALTER TABLE f ATTACH PARTITION f1 FOR VALUES FROM (MINVALUE) TO (10);
    CREATE TABLE f2 PARTITION OF f DEFAULT$$)
) v (name, lists, ddl);

INSERT INTO shape (name, keys, referenced, data, ddl) VALUES
  ('self-referencing, detached', '{f2.k,f.k}', 'f', $$
    INSERT INTO f (id, a, b, ra, rb) VALUES (0, 0, 0, NULL, NULL), (1, 1, 1, 0, 0), (2, 2, 2, 1, 1);
    INSERT INTO f2 (id, a, b, ra, rb) VALUES (4, 11, 11, 1, 1), (5, 12, 12, 2, 2)$$,
    self('PARTITION BY RANGE (a)') || partitions('f') || key('(ra) REFERENCES f (a)') || $$
    ALTER TABLE f DETACH PARTITION f2$$);
