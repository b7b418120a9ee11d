-- Tables in a schema of their own, that of the search path: plain, and partitioned on
-- either side of a key, on both, and on several levels; alike, so that each can be
-- attached to another.

CREATE TABLE t_plain (id int PRIMARY KEY, x int, ra int REFERENCES t_plain, rb public.number, UNIQUE (id, x));
CREATE TABLE t_parted (id int PRIMARY KEY, x int, ra int, rb public.number, UNIQUE (id, x),
  FOREIGN KEY (ra) REFERENCES t_plain ON DELETE CASCADE) PARTITION BY LIST (id);
CREATE TABLE t_parted0 PARTITION OF t_parted FOR VALUES IN (0);
CREATE TABLE t_parted1 PARTITION OF t_parted FOR VALUES IN (1);
CREATE TABLE t_parted2 PARTITION OF t_parted FOR VALUES IN (2, 3) PARTITION BY LIST (id);
CREATE TABLE t_parted22 PARTITION OF t_parted2 FOR VALUES IN (2);
CREATE TABLE t_parted23 PARTITION OF t_parted2 FOR VALUES IN (3);
CREATE TABLE t_below (id int PRIMARY KEY, x int, ra int REFERENCES t_parted ON DELETE SET NULL, rb public.number,
  UNIQUE (id, x), CONSTRAINT k FOREIGN KEY (ra, rb) REFERENCES t_parted (id, x) ON DELETE SET NULL (rb));
CREATE TABLE t_both (id int PRIMARY KEY, x int, ra int REFERENCES t_parted ON DELETE CASCADE, rb public.number REFERENCES t_below,
  UNIQUE (id, x)) PARTITION BY RANGE (id);
CREATE TABLE t_both0 PARTITION OF t_both FOR VALUES FROM (0) TO (1);
CREATE TABLE t_both1 PARTITION OF t_both FOR VALUES FROM (1) TO (2) PARTITION BY LIST (id);
CREATE TABLE t_both11 PARTITION OF t_both1 FOR VALUES IN (1);
CREATE TABLE t_loose (id int PRIMARY KEY, x int, ra int REFERENCES t_parted, rb public.number, UNIQUE (id, x));
