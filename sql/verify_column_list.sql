-- A column list names the same columns in every partition, also where the server forgets to.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE r (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE f (id int NOT NULL, ra int, rb int) PARTITION BY RANGE (id);
CREATE TABLE f1 (rb int, dropped int, ra int, id int NOT NULL);
ALTER TABLE f1 DROP dropped;
ALTER TABLE f ATTACH PARTITION f1 FOR VALUES FROM (0) TO (10);
CREATE TABLE f2 PARTITION OF f FOR VALUES FROM (10) TO (20);
ALTER TABLE f ADD CONSTRAINT k FOREIGN KEY (ra, rb) REFERENCES r ON DELETE SET NULL (rb);

CREATE VIEW lists AS
SELECT conrelid::regclass AS referencing, attname
FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (confdelsetcols)
WHERE conname = 'k' ORDER BY 1;

-- a rebuild maps the list, whoever made it
SELECT problem, at_table, cure FROM fkfix_verify();
SELECT fkfix_rebuild('public.f', 'k', on_delete => 'SET NULL (rb)');
SELECT problem, at_table, cure FROM fkfix_verify();
SELECT * FROM lists;
SELECT fkfix_rebuild('f', 'k', on_delete => 'SET NULL (rb)');
SELECT fkfix_rebuild('f', 'k', on_delete => 'SET DEFAULT (ra)');
SELECT * FROM lists;
SELECT fkfix_rebuild('f', 'k', on_delete => 'SET NULL');
SELECT * FROM lists;
SELECT fkfix_rebuild('f', 'k', on_delete => 'SET NULL (rb)');

-- and once the partition is a table of its own, the right column becomes null
INSERT INTO r VALUES (1, 1), (2, 2);
INSERT INTO f VALUES (1, 1, 1), (11, 1, 1), (2, 2, 2);
DELETE FROM r WHERE a = 1;
SELECT tableoid::regclass, id, ra, rb FROM f ORDER BY id;
ALTER TABLE f DETACH PARTITION f1;
SELECT problem FROM fkfix_verify();
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k' AND conrelid = 'f1'::regclass;
DELETE FROM r WHERE a = 2;
SELECT id, ra, rb FROM f1 ORDER BY id;

DROP VIEW lists;
DROP TABLE f1, f, r;
DROP EXTENSION fkfix;
