-- A NOT NULL that comes or goes, by whatever statement, can bring a key into the range of a rule on nullable keys; it is judged then.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_nullable;
SET search_path = enforce_nullable, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE modes (mode text);
INSERT INTO modes VALUES ('warn'), ('error'), ('fix');
CREATE FUNCTION actions() RETURNS TABLE (referencing regclass, confdeltype "char") LANGUAGE sql AS
  $$SELECT conrelid, confdeltype FROM pg_constraint WHERE contype = 'f' AND connamespace = 'enforce_nullable'::regnamespace
    ORDER BY conrelid::regclass::text COLLATE "C"$$;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, nullable, on_delete, enforcement) SELECT mode || '_*', false, 'CASCADE', mode FROM modes;
SELECT format('CREATE TABLE %s_notes (id int, a int REFERENCES users)', mode) FROM modes \gexec

-- the column
SELECT format('ALTER TABLE %s_notes ALTER COLUMN a SET NOT NULL', mode) FROM modes \gexec
-- it is bad already: what else there is to say about it changes nothing
ALTER TABLE warn_notes ADD PRIMARY KEY (a);
ALTER TABLE warn_notes DROP CONSTRAINT warn_notes_pkey, ALTER COLUMN a DROP NOT NULL;
-- a primary key, also from an index that is there
SELECT format('ALTER TABLE %s_notes ADD PRIMARY KEY (a)', mode) FROM modes WHERE mode <> 'fix' \gexec
ALTER TABLE warn_notes DROP CONSTRAINT warn_notes_pkey, ALTER COLUMN a DROP NOT NULL;
SELECT format('CREATE UNIQUE INDEX %s_index ON %1$s_notes (a)', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_notes ADD PRIMARY KEY USING INDEX %1$s_index', mode) FROM modes WHERE mode <> 'fix' \gexec
SELECT * FROM actions();

-- another type that takes no NULL: core makes the key anew, and it was not as bad before
CREATE DOMAIN number AS int;
CREATE DOMAIN some_number AS number NOT NULL;
SELECT format('DROP TABLE %s_notes', mode) FROM modes \gexec
SELECT format('CREATE TABLE %s_notes (id int, a int REFERENCES users)', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_notes ALTER COLUMN a TYPE some_number', mode) FROM modes \gexec
SELECT * FROM actions();

-- the column's domain, at whatever depth; one table at a time, as each statement reaches them all
SELECT format('DROP TABLE %s_notes', mode) FROM modes \gexec
ALTER DOMAIN some_number DROP NOT NULL;
CREATE TABLE warn_notes (a some_number REFERENCES users);
ALTER DOMAIN number SET NOT NULL;
ALTER DOMAIN some_number SET NOT NULL;
ALTER DOMAIN number DROP NOT NULL;
ALTER DOMAIN some_number DROP NOT NULL;
DROP TABLE warn_notes;
CREATE TABLE error_notes (a some_number REFERENCES users);
ALTER DOMAIN some_number SET NOT NULL;  -- fails
ALTER DOMAIN number SET NOT NULL;  -- fails
DROP TABLE error_notes;
CREATE TABLE fix_notes (a some_number REFERENCES users);
ALTER DOMAIN some_number ADD CHECK (VALUE > 0);
ALTER DOMAIN some_number SET NOT NULL;
SELECT * FROM actions();

-- the other way round
UPDATE fkfix.policy SET nullable = true, on_delete = 'SET NULL';
ALTER DOMAIN some_number DROP NOT NULL;
ALTER DOMAIN some_number SET NOT NULL;
DROP TABLE fix_notes;
SELECT format('CREATE TABLE %s_notes (a int PRIMARY KEY REFERENCES users, b int)', mode) FROM modes \gexec
SELECT format('ALTER TABLE %s_notes DROP CONSTRAINT %1$s_notes_pkey, ALTER COLUMN a DROP NOT NULL', mode) FROM modes \gexec
SELECT * FROM actions();

-- a statement on an inherited column reaches the heirs
CREATE TABLE base (a int);
CREATE TABLE error_heir (FOREIGN KEY (a) REFERENCES users ON DELETE SET NULL) INHERITS (base);
UPDATE fkfix.policy SET nullable = false, on_delete = 'CASCADE';
ALTER TABLE base ALTER COLUMN a SET NOT NULL;  -- fails
ALTER TABLE ONLY base ADD CHECK (a > 0) NO INHERIT;
-- and so does NOT NULL of a new one that is merged with theirs, from PostgreSQL 18 on
CREATE TABLE error_merged (b int REFERENCES users ON DELETE SET NULL) INHERITS (base);
SET client_min_messages = warning;
DO $$
DECLARE
  kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['int', 'int NOT NULL', 'serial'] LOOP
    BEGIN
      EXECUTE 'ALTER TABLE base ADD COLUMN b ' || kind;
      IF (SELECT attnotnull FROM pg_attribute WHERE attrelid = 'error_merged'::regclass AND attname = 'b') THEN
        RAISE WARNING '% has made SET NULL fail', kind;
      END IF;
      RAISE SQLSTATE '00U00';
    EXCEPTION WHEN invalid_foreign_key OR SQLSTATE '00U00' THEN NULL;
    END;
  END LOOP;
END$$;
RESET client_min_messages;
-- what turns infeasible was a violation, and is tolerated as that
UPDATE fkfix.policy SET nullable = NULL, on_delete = 'SET NULL';
SET fkfix.enforcement = off;
CREATE TABLE error_rigid (a int REFERENCES users);
RESET fkfix.enforcement;
ALTER TABLE error_rigid ALTER COLUMN a SET NOT NULL;
SELECT status FROM fkfix_audit('error_rigid');

SELECT constraint_name, command_tag, new_on_delete FROM fkfix.history ORDER BY id;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA enforce_nullable CASCADE;
DROP EXTENSION fkfix;
