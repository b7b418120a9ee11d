-- Keys of several shapes, and what can be said of them after a crash.

CREATE EXTENSION fkfix;
CREATE EXTENSION amcheck;

CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE groups (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE groups_1 PARTITION OF groups FOR VALUES FROM (0) TO (4);
CREATE TABLE groups_2 PARTITION OF groups DEFAULT PARTITION BY RANGE (id);
CREATE TABLE groups_2a PARTITION OF groups_2 FOR VALUES FROM (4) TO (6);
CREATE TABLE groups_2b PARTITION OF groups_2 DEFAULT;

CREATE TABLE k1 (id int, a int CONSTRAINT k1 REFERENCES users);
CREATE TABLE k2 (id int, a int CONSTRAINT k2 REFERENCES users DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE k3 (id int, a int CONSTRAINT k3 REFERENCES users) PARTITION BY RANGE (id);
CREATE TABLE k3_1 (junk int, a int, id int);
ALTER TABLE k3_1 DROP COLUMN junk;
ALTER TABLE k3 ATTACH PARTITION k3_1 FOR VALUES FROM (0) TO (1000);
CREATE TABLE k3_2 PARTITION OF k3 DEFAULT;
CREATE TABLE k4 (id int, a int CONSTRAINT k4 REFERENCES groups);
CREATE TABLE k5 (id int, a int CONSTRAINT k5 REFERENCES groups DEFERRABLE) PARTITION BY RANGE (id);
CREATE TABLE k5_1 PARTITION OF k5 FOR VALUES FROM (0) TO (1000);
CREATE TABLE k5_2 PARTITION OF k5 DEFAULT;
CREATE TABLE k6 (id int PRIMARY KEY, a int CONSTRAINT k6 REFERENCES k6);

INSERT INTO users SELECT generate_series(1, 9);
INSERT INTO groups SELECT generate_series(1, 9);
INSERT INTO k1 VALUES (101, 1);
INSERT INTO k2 VALUES (102, 2);
INSERT INTO k3 VALUES (103, 3);
INSERT INTO k4 VALUES (104, 4);
INSERT INTO k5 VALUES (105, 5);
INSERT INTO k6 VALUES (6, NULL), (106, 6);

-- What the policy asks of all keys: changed from batch to batch.
INSERT INTO fkfix.policy (id, on_delete, on_update) VALUES (1, 'NO ACTION', 'NO ACTION');

-- Each root key with the rows that partitioning derived from it.
CREATE VIEW tree AS
  WITH RECURSIVE tree AS (
    SELECT conname AS key, oid, conrelid, confrelid, condeferrable, condeferred, confdeltype, confupdtype, confdelsetcols
    FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
    UNION ALL
    SELECT tree.key, c.oid, c.conrelid, c.confrelid, c.condeferrable, c.condeferred, c.confdeltype, c.confupdtype, c.confdelsetcols
    FROM tree JOIN pg_constraint c ON c.conparentid = tree.oid)
  SELECT * FROM tree;

-- The function that each action trigger must call, and whether it may wait.
CREATE VIEW action_trigger AS
  SELECT tree.key, tgfoid::regproc::text =
      CASE action WHEN 'a' THEN '"RI_FKey_noaction' WHEN 'r' THEN '"RI_FKey_restrict' WHEN 'c' THEN '"RI_FKey_cascade'
        WHEN 'n' THEN '"RI_FKey_setnull' WHEN 'd' THEN '"RI_FKey_setdefault' END
      || CASE event WHEN 8 THEN '_del"' ELSE '_upd"' END AS calls,
    tgdeferrable = (condeferrable AND action = 'a') AND tginitdeferred = (condeferred AND action = 'a') AS waits
  FROM tree JOIN pg_trigger t ON tgconstraint = tree.oid AND tgrelid = tree.confrelid AND tgfoid::regproc::text !~ 'check',
    LATERAL (SELECT tgtype & 24 AS event) e,
    LATERAL (SELECT CASE event WHEN 8 THEN confdeltype ELSE confupdtype END AS action) a;

CREATE TABLE trigger_count AS SELECT key, count(*) FROM action_trigger GROUP BY key;

-- What each key is: its two actions, or what is torn about it.
CREATE VIEW key_state AS
  SELECT key, CASE
    WHEN rows <> 1 THEN 'rows differ'
    WHEN NOT calls THEN 'a trigger calls another function'
    WHEN NOT waits THEN 'a trigger waits or does not'
    WHEN t.count <> c.count THEN 'triggers are gone'
    WHEN fkfix_verify IS NOT NULL THEN 'not in order: ' || fkfix_verify
    ELSE actions END AS state
  FROM (SELECT key, count(DISTINCT confdeltype::text || confupdtype::text) AS rows, min(confdeltype::text || confupdtype::text) AS actions FROM tree GROUP BY key) r
    JOIN (SELECT key, bool_and(calls) AS calls, bool_and(waits) AS waits, count(*) FROM action_trigger GROUP BY key) t USING (key)
    JOIN trigger_count c USING (key)
    LEFT JOIN (SELECT constraint_name AS key, string_agg(problem, ', ') AS fkfix_verify FROM fkfix_verify() GROUP BY 1) v USING (key);

-- What a statement makes of the row that references another by a key.
CREATE FUNCTION outcome(key name, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  referencing record;
  result text;
BEGIN
  BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    EXECUTE statement;
    EXECUTE format('SELECT id, a FROM %I WHERE id BETWEEN 101 AND 199', key) INTO referencing;
    result := CASE WHEN referencing.id IS NULL OR referencing.a > 100 THEN 'c' WHEN referencing.a IS NULL THEN 'n' ELSE 'nothing' END;
    RAISE SQLSTATE '00U00';
  EXCEPTION
    WHEN SQLSTATE '00U00' THEN NULL;
    WHEN foreign_key_violation THEN result := 'a';
  END;
  RETURN result;
END$$;

-- What each key does: DELETE and UPDATE of the row that it references.
CREATE FUNCTION deeds() RETURNS TABLE (key name, deeds text) LANGUAGE plpgsql AS $$
DECLARE
  referenced text;
BEGIN
  FOR key, referenced IN SELECT conname, confrelid::regclass FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 LOOP
    deeds := public.outcome(key, format('DELETE FROM %s WHERE id = %s', referenced, substr(key, 2)))
      || public.outcome(key, format('UPDATE %s SET id = id + 200 WHERE id = %s', referenced, substr(key, 2)));
    RETURN NEXT;
  END LOOP;
END$$;

CREATE FUNCTION letter(action text) RETURNS text
BEGIN ATOMIC
  SELECT CASE action WHEN 'NO ACTION' THEN 'a' WHEN 'CASCADE' THEN 'c' WHEN 'SET NULL' THEN 'n' END;
END;

-- Everything at once: each key, what it is, does and is said to be.
CREATE VIEW report AS
  SELECT key, state, deeds,
    CASE WHEN new_on_delete IS NULL THEN 'aa' ELSE letter(new_on_delete) || letter(new_on_update) END AS history
  FROM key_state JOIN deeds() USING (key)
    LEFT JOIN LATERAL (SELECT new_on_delete, new_on_update FROM fkfix.history WHERE constraint_name = key ORDER BY id DESC LIMIT 1) h ON true;
