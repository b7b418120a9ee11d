-- Wherever the DDL runs (DO, functions, procedures, savepoints, several in a transaction, after pending events) it is judged once and alike.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_context;
SET search_path = enforce_context, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
INSERT INTO users VALUES (1), (2);
CREATE FUNCTION actions() RETURNS TABLE (referencing regclass, conname name, confdeltype "char") LANGUAGE sql AS
  $$SELECT conrelid, conname, confdeltype FROM pg_constraint
    WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'enforce_context'::regnamespace
    ORDER BY conrelid::regclass::text COLLATE "C", conname$$;
SELECT fkfix_enable_enforcement();
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete, enforcement)
  SELECT mode || '_*', 'CASCADE', mode FROM unnest(ARRAY['warn', 'error', 'fix']) mode;

-- DO blocks, which may catch the error
DO $$BEGIN CREATE TABLE fix_do (a int REFERENCES users); EXECUTE 'CREATE TABLE warn_do (a int REFERENCES users)'; END$$;
DO $$BEGIN
  CREATE TABLE fix_do_2 (a int REFERENCES users);
  CREATE TABLE error_do (a int REFERENCES users);
EXCEPTION WHEN invalid_foreign_key THEN
  RAISE NOTICE 'caught: %', SQLERRM;
  CREATE TABLE error_do (a int REFERENCES users ON DELETE CASCADE);
END$$;
-- functions and procedures, which may commit
CREATE FUNCTION make(name text) RETURNS void LANGUAGE plpgsql AS
  $$BEGIN EXECUTE format('CREATE TABLE %I (a int)', name);
    EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (a) REFERENCES users', name); END$$;
SELECT make('fix_function'), make('warn_function');
SELECT make('fix_function_2'), make('error_function');  -- fails
CREATE PROCEDURE make_two() LANGUAGE plpgsql AS
  $$BEGIN CREATE TABLE fix_call (a int REFERENCES users); COMMIT; PERFORM make('error_call'); END$$;
CALL make_two();  -- fails
CREATE FUNCTION rename() RETURNS void LANGUAGE sql AS
  'ALTER TABLE plain RENAME TO fix_plain; ALTER TABLE fix_plain RENAME TO plain; ALTER TABLE plain RENAME TO error_plain;';
CREATE TABLE plain (a int REFERENCES users);
SELECT rename();
SELECT * FROM actions();

-- several statements in one transaction: an old violation is one that the statement found
DROP TABLE error_do, error_plain;
BEGIN;
CREATE TABLE plain (a int REFERENCES users);
ALTER TABLE plain RENAME TO warn_plain;
ALTER TABLE warn_plain RENAME TO warn_other;
ALTER TABLE warn_other ALTER COLUMN a TYPE bigint;
ALTER TABLE warn_other RENAME TO fix_other;
ALTER TABLE fix_other RENAME TO fix_again;
COMMIT;
-- rules written in the same transaction count, those rolled back do not
BEGIN;
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('late*', 'SET NULL', 'fix');
CREATE TABLE late (a int REFERENCES users);
SAVEPOINT one;
UPDATE fkfix.policy SET enforcement = 'error' WHERE referencing = 'late*';
CREATE TABLE late_2 (a int REFERENCES users, b int REFERENCES users);  -- fails
ROLLBACK TO one;
ALTER TABLE late ADD COLUMN b int REFERENCES users;
SAVEPOINT two;
ALTER TABLE late ADD COLUMN c int REFERENCES users;
ROLLBACK TO two;
RELEASE one;
COMMIT;
SELECT constraint_name, command_tag, new_on_delete, transaction_id = max(transaction_id) OVER () AS last
  FROM fkfix.history WHERE referencing ~ 'late' ORDER BY id;
-- a statement reads the rules as they are now, also where the transaction's snapshot is old
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM users;
ALTER TABLE late RENAME TO fix_late;
COMMIT;
-- a savepoint in which a tolerated violation was made
SET fkfix.enforcement = off;
CREATE TABLE error_old (a int CONSTRAINT old REFERENCES users);
RESET fkfix.enforcement;
BEGIN;
SAVEPOINT one;
ALTER TABLE error_old RENAME TO error_older;
ALTER TABLE error_older ALTER COLUMN a TYPE bigint;
SAVEPOINT two;
ALTER TABLE error_older RENAME CONSTRAINT old TO older;
RELEASE one;
ALTER TABLE error_older ALTER COLUMN a SET NOT NULL;
COMMIT;
SELECT * FROM actions();

-- rows written with a deferred key, then a key on the same tables: what is new has no events of its own
CREATE TABLE fix_rows (a int CONSTRAINT first REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, b int);
BEGIN;
CREATE TABLE fix_more (a int, b int);
INSERT INTO users VALUES (3);
UPDATE users SET id = 4 WHERE id = 3;
INSERT INTO fix_rows VALUES (1, 1);
ALTER TABLE fix_more ADD CONSTRAINT second FOREIGN KEY (a) REFERENCES users DEFERRABLE INITIALLY DEFERRED;
INSERT INTO fix_more VALUES (2, 2);
COMMIT;
-- with an open cursor on the referenced table
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM users;
FETCH 1 FROM c;
CREATE TABLE fix_cursor (a int REFERENCES users);
FETCH 1 FROM c;
COMMIT;
-- an older key whose tables are in use is not touched, and says so
CREATE TABLE busy (a int CONSTRAINT busy REFERENCES users);
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM users;
FETCH 1 FROM c;
ALTER TABLE busy RENAME TO fix_busy;
COMMIT;
SELECT fkfix_rebuild('fix_busy', 'busy');
DELETE FROM users;
SELECT * FROM fix_rows, fix_more, fix_cursor, fix_busy;

-- an event trigger of somebody else may do DDL too
CREATE FUNCTION also() RETURNS event_trigger LANGUAGE plpgsql AS
  $$BEGIN IF tg_tag = 'CREATE SEQUENCE' THEN CREATE TABLE error_also (a int REFERENCES users); END IF; END$$;
CREATE EVENT TRIGGER enforce_context ON ddl_command_end EXECUTE FUNCTION also();
CREATE SEQUENCE seq;  -- fails
DROP EVENT TRIGGER enforce_context;
-- the function serves no other purpose
SELECT fkfix_enforce();  -- fails
CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fkfix_enforce();  -- fails

SELECT fkfix_disable_enforcement();
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA enforce_context CASCADE;
DROP EXTENSION fkfix;
