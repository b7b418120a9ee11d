-- fkfix_baseline() writes few rules that say of every key what it does today,
-- exactly, and lets the rules that are there decide what they decide.
CREATE EXTENSION fkfix;
CREATE SCHEMA shop;
CREATE TABLE users (id int PRIMARY KEY, team int, UNIQUE (id, team));
CREATE VIEW rules AS
  SELECT referencing, columns, referenced, constraint_name AS name, on_delete, on_update, enforcement
  FROM fkfix.policy ORDER BY id;
\set SHOW_CONTEXT never
CREATE FUNCTION statuses(OUT status text, OUT keys bigint) RETURNS SETOF record LANGUAGE sql AS
  $$ SELECT status, count(*) FROM fkfix_audit(NULL, true) GROUP BY 1 ORDER BY 1 $$;

SELECT fkfix_baseline();

-- One common action, a table and a prefix that do otherwise, and exceptions.
CREATE TABLE a (u int REFERENCES users, v int REFERENCES users, w int REFERENCES users);
CREATE TABLE b (u int REFERENCES users, v int REFERENCES users, w int REFERENCES users ON DELETE RESTRICT);
CREATE TABLE shop.c (u int REFERENCES users ON DELETE CASCADE, v int REFERENCES users ON DELETE CASCADE,
  w int REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE log_1 (x int REFERENCES users ON DELETE SET NULL);
CREATE TABLE log_2 (y int REFERENCES users ON DELETE SET NULL);
CREATE TABLE log_3 (z int REFERENCES users ON DELETE SET NULL);
SELECT fkfix_baseline();
SELECT * FROM rules;
SELECT * FROM statuses();
-- Again there is nothing left to say.
SELECT fkfix_baseline();

-- One rule for each table and column list
DELETE FROM fkfix.policy;
SELECT fkfix_baseline('*.log_*', 'warn', false);
SELECT fkfix_baseline('shop.*', 'FIX', minimal => false);
SELECT * FROM rules;
SELECT * FROM statuses();

-- Rules that are there go on deciding what they decide, in order or not.
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (id, referencing, on_delete, priority) VALUES (100, 'a', 'CASCADE', 0), (101, 'b', NULL, -1);
SELECT fkfix_baseline();
SELECT * FROM rules;
SELECT * FROM statuses();

-- Hostile names, column lists, twins, partitions, and what is out of scope
DELETE FROM fkfix.policy;
CREATE SCHEMA "S.*";
CREATE TABLE "S.*"."Weird_""t.?" ("a*" int, "b.""c" int,
  FOREIGN KEY ("a*", "b.""c") REFERENCES users (id, team) ON DELETE SET NULL ("b.""c"),
  CONSTRAINT "k*" FOREIGN KEY ("a*", "b.""c") REFERENCES users (id, team) ON DELETE SET NULL ("b.""c", "a*"),
  CONSTRAINT "K*" FOREIGN KEY ("a*", "b.""c") REFERENCES users (id, team) ON DELETE SET DEFAULT,
  CONSTRAINT "n
l" FOREIGN KEY ("a*") REFERENCES users ON UPDATE RESTRICT);
CREATE TABLE "S.*"."Weird_2" ("a*" int, b int);
ALTER TABLE "S.*"."Weird_2" ADD FOREIGN KEY (b) REFERENCES users ON DELETE RESTRICT NOT VALID;
CREATE TABLE p (a int REFERENCES users ON DELETE CASCADE) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TEMPORARY TABLE t (a int PRIMARY KEY, b int REFERENCES t ON DELETE CASCADE);
SELECT fkfix_baseline('"S.*".*');
SELECT * FROM rules;
SELECT fkfix_baseline() > 0;
SELECT * FROM statuses();
DROP SCHEMA "S.*" CASCADE;

-- Whatever the keys do, the rules say it, and there are fewer of them.
DO $$
DECLARE
  actions text[] := '{NO ACTION,RESTRICT,CASCADE,SET NULL,SET DEFAULT}';
  keys bigint;
  rules bigint;
BEGIN
  PERFORM setseed(0.5);
  FOR i IN 2..5 LOOP
    DELETE FROM fkfix.policy;
    FOR t IN 1..10 LOOP
      EXECUTE format('CREATE TABLE shop.%I (u int PRIMARY KEY)', 'r_' || t);
      FOR c IN 1..5 LOOP
        EXECUTE format('ALTER TABLE shop.%I ADD %I int REFERENCES shop.%I ON DELETE %s ON UPDATE %s',
          'r_' || t, 'c' || c, 'r_' || ceil(t * random()),
          actions[ceil(i * random() ^ 2)], actions[ceil(i * random() ^ 4)]);
      END LOOP;
    END LOOP;
    SELECT fkfix_baseline('shop.*') INTO rules;
    SELECT count(*) FILTER (WHERE status = 'compliant') INTO keys FROM fkfix_audit(NULL, true);
    RAISE NOTICE '% actions: % keys compliant, fewer rules: %', i, keys, rules < keys;
    FOR t IN REVERSE 10..1 LOOP
      EXECUTE format('DROP TABLE shop.%I CASCADE', 'r_' || t);
    END LOOP;
  END LOOP;
END
$$;

-- It is no way around the privileges on the policy.
DELETE FROM fkfix.policy;
CREATE ROLE regress_fkfix_reader;
SET ROLE regress_fkfix_reader;
SELECT fkfix_baseline();  -- fails
RESET ROLE;
GRANT INSERT ON fkfix.policy TO regress_fkfix_reader;
SET ROLE regress_fkfix_reader;
SELECT fkfix_baseline();
RESET ROLE;
SELECT fkfix_baseline('a.b.c');  -- fails
SELECT fkfix_baseline(enforcement => 'strict');  -- fails
SELECT fkfix_baseline(NULL);  -- fails
SELECT fkfix_baseline(enforcement => NULL);  -- fails
SELECT fkfix_baseline(minimal => NULL);  -- fails

DROP VIEW rules;
DROP FUNCTION statuses();
DROP TABLE a, b, shop.c, log_1, log_2, log_3, p, t, users;
DROP SCHEMA shop;
DROP EXTENSION fkfix;
DROP ROLE regress_fkfix_reader;
