-- A rebuild keeps pg_constraint and pg_trigger locked to the end of its transaction, as ALTER TABLE does, so that VACUUM FULL cannot come between it and a ROLLBACK.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int CONSTRAINT author REFERENCES users);
CREATE VIEW held AS
  SELECT relation::regclass, mode FROM pg_locks
  WHERE pid = pg_backend_pid() AND relation IN ('pg_constraint'::regclass, 'pg_trigger'::regclass)
    AND mode <> 'AccessShareLock';
BEGIN;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
SELECT * FROM held ORDER BY 1;
ROLLBACK;
-- and nothing else but its tables: no turn, which others would wait for
BEGIN;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
SELECT locktype, relation::regclass, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND mode NOT IN ('AccessShareLock', 'RowExclusiveLock') AND locktype NOT LIKE '%xid' AND locktype NOT LIKE '%transactionid'
ORDER BY 2;
COMMIT;
DROP VIEW held;
DROP TABLE notes, users;
DROP EXTENSION fkfix;
