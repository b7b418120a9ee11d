-- A fix of a key that the statement made takes no lock on a user's table that the statement did not take; an older key's fix takes no more than it needs.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_lock;
SET search_path = enforce_lock, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE parted_users (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE parted_users_1 PARTITION OF parted_users FOR VALUES IN (1);
CREATE TABLE notes (id int, a int);
CREATE TABLE parted_notes (id int, a int) PARTITION BY LIST (id);
CREATE TABLE parted_notes_1 PARTITION OF parted_notes FOR VALUES IN (1);
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete) VALUES ('enforce_lock.*', 'CASCADE');
-- what this transaction holds on tables, and on the extension
CREATE FUNCTION locks() RETURNS TABLE (relation text, mode text) LANGUAGE sql AS
  $$SELECT CASE WHEN l.locktype = 'relation' THEN l.relation::regclass::text ELSE l.locktype || ' of ' || l.classid::regclass END, l.mode
    FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation
    WHERE l.pid = pg_backend_pid() AND
      (l.locktype = 'relation' AND c.relkind IN ('r', 'p') AND c.relnamespace <> 'pg_catalog'::regnamespace OR
       l.locktype IN ('object', 'advisory') AND l.classid = 'pg_extension'::regclass)$$;
CREATE TEMPORARY TABLE statements (n int, statement text);
INSERT INTO statements VALUES
  (1, 'CREATE TABLE fresh (a int REFERENCES users)'),
  (2, 'CREATE TABLE fresh (a int REFERENCES parted_users)'),
  (3, 'CREATE TABLE fresh (a int REFERENCES parted_users) PARTITION BY LIST (a)'),
  (4, 'ALTER TABLE notes ADD FOREIGN KEY (a) REFERENCES users'),
  (5, 'ALTER TABLE notes ADD FOREIGN KEY (a) REFERENCES parted_users'),
  (6, 'ALTER TABLE parted_notes ADD FOREIGN KEY (a) REFERENCES users'),
  (7, 'ALTER TABLE parted_notes ADD FOREIGN KEY (a) REFERENCES parted_users'),
  (8, 'ALTER TABLE notes ADD FOREIGN KEY (a) REFERENCES users NOT VALID'),
  (9, 'ALTER TABLE notes ADD b int REFERENCES users, ADD c int REFERENCES parted_users');
-- each statement in a subtransaction that is rolled back, locks and all
CREATE FUNCTION held_by(statement text, enforcement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE held text[];
BEGIN
  PERFORM set_config('fkfix.enforcement', enforcement, true);
  EXECUTE statement;
  SELECT array_agg(relation || ': ' || mode ORDER BY 1) FROM locks() WHERE relation <> 'statements' INTO held;
  RAISE EXCEPTION USING ERRCODE = 'P0FK1';
EXCEPTION WHEN SQLSTATE 'P0FK1' THEN
  RETURN QUERY SELECT unnest(held);
END$$;
SET client_min_messages = warning;
SELECT n, with_fkfix.* AS more_than_the_statement_takes
  FROM statements, LATERAL (SELECT * FROM held_by(statement, 'policy') EXCEPT SELECT * FROM held_by(statement, 'off')) with_fkfix
  ORDER BY 1, 2;
SELECT n, count(*) > 3 AS seen FROM statements, held_by(statement, 'off') GROUP BY n ORDER BY n;

-- an older key: SHARE ROW EXCLUSIVE on its tables, which the rename does not take on the referenced ones
SET fkfix.enforcement = off;
CREATE TABLE public.older (a int REFERENCES parted_users);
RESET fkfix.enforcement;
SELECT with_fkfix.* AS more_than_the_statement_takes FROM (
    SELECT * FROM held_by('ALTER TABLE public.older SET SCHEMA enforce_lock', 'policy')
    EXCEPT SELECT * FROM held_by('ALTER TABLE public.older SET SCHEMA enforce_lock', 'off')) with_fkfix
  ORDER BY 1;
DROP TABLE statements, public.older;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
DROP SCHEMA enforce_lock CASCADE;
DROP EXTENSION fkfix;
RESET client_min_messages;
