-- fkfix_script() with keys of PostgreSQL 18: not enforced ones stay so, those of
-- partitioned tables are validated apart, and PERIOD is left alone.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE a (u int CONSTRAINT a_fk REFERENCES users NOT ENFORCED);
CREATE TABLE b (u int CONSTRAINT b_fk REFERENCES users) PARTITION BY LIST (u);
CREATE TABLE b1 PARTITION OF b FOR VALUES IN (1);
CREATE TABLE spans (id int4range, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
CREATE TABLE c (s int4range, during daterange,
  CONSTRAINT c_fk FOREIGN KEY (s, PERIOD during) REFERENCES spans (id, PERIOD during));
INSERT INTO fkfix.policy (on_delete) VALUES ('CASCADE');
\pset format unaligned
\pset tuples_only on
SELECT line FROM string_to_table(fkfix_script(), E'\n') line WHERE line ~ '^ALTER|^--   |18' ORDER BY line COLLATE "C";
SELECT count(*) FROM string_to_table(fkfix_script('alembic'), E'\n') line WHERE line ~ 'create_foreign_key';
SELECT line FROM string_to_table(fkfix_script('rails'), E'\n') line WHERE line ~ 'a_fk';
-- The rules cannot be satisfied for the PERIOD key, and say so.
SELECT problem, referencing, constraint_name, message FROM fkfix_check_policy();
DROP TABLE a, b, c, spans, users;
DROP EXTENSION fkfix;
