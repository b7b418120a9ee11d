-- Partitions, of the referencing and of the referenced table: new keys are judged, derived ones are not, and DETACH is never refused.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_partition;
SET search_path = enforce_partition, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE users_1 PARTITION OF users FOR VALUES IN (1);
CREATE TABLE modes (mode text);
INSERT INTO modes VALUES ('warn'), ('error'), ('fix');
CREATE FUNCTION actions() RETURNS TABLE (referencing regclass, conname name, referenced regclass, confdeltype "char") LANGUAGE sql AS
  $$SELECT conrelid, conname, confrelid, confdeltype FROM pg_constraint
    WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'enforce_partition'::regnamespace
    ORDER BY conrelid::regclass::text COLLATE "C", conname$$;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) SELECT mode || '_*', 'CASCADE', mode FROM modes;

-- both sides partitioned: one key, one message
SELECT format('CREATE TABLE %s_notes (id int, a int CONSTRAINT a REFERENCES users) PARTITION BY LIST (id)', mode) FROM modes \gexec
SELECT * FROM actions();

-- old violations on both sides
SET fkfix.enforcement = off;
CREATE TABLE error_notes (id int, a int CONSTRAINT a REFERENCES users) PARTITION BY LIST (id);
CREATE TABLE fix_old (id int, a int CONSTRAINT a REFERENCES users) PARTITION BY LIST (id);
RESET fkfix.enforcement;
SELECT format('CREATE TABLE %s_notes_1 PARTITION OF %1$s_notes FOR VALUES IN (1)', mode) FROM modes \gexec
CREATE TABLE fix_old_1 PARTITION OF fix_old FOR VALUES IN (1);
CREATE TABLE users_2 PARTITION OF users FOR VALUES IN (2);
CREATE TABLE users_3 (id int NOT NULL);
ALTER TABLE users ATTACH PARTITION users_3 FOR VALUES IN (3);
ALTER TABLE error_notes ADD COLUMN b int;
ALTER TABLE users ADD COLUMN name text;
-- the referenced side gives one away
ALTER TABLE users DETACH PARTITION users_3;
ALTER TABLE users DETACH PARTITION users_2;
DROP TABLE users_2, users_3;
SELECT * FROM actions();

-- ATTACH: the table's own key is absorbed by one that is equal, and otherwise stays its own
SET fkfix.enforcement = off;
CREATE TABLE error_2 (id int, a int CONSTRAINT a REFERENCES users, b int);
CREATE TABLE error_3 (id int, a int CONSTRAINT own REFERENCES users ON DELETE SET NULL, b int);
RESET fkfix.enforcement;
ALTER TABLE error_notes ATTACH PARTITION error_2 FOR VALUES IN (2);
ALTER TABLE error_notes ATTACH PARTITION error_3 FOR VALUES IN (3);
ALTER TABLE error_notes ALTER COLUMN a TYPE bigint, ADD COLUMN c int;
-- an old violation on a partition is known again after ALTER TYPE and by another name of its parent
ALTER TABLE error_notes RENAME TO error_papers;
ALTER TABLE error_papers RENAME COLUMN a TO author;
ALTER TABLE error_2 RENAME TO error_two;
SELECT * FROM actions();

-- DETACH: the derived key becomes one of its own.  Where it was bad, and known to be, nothing is said.
ALTER TABLE error_papers DETACH PARTITION error_two;
ALTER TABLE fix_old DETACH PARTITION fix_old_1;
ALTER TABLE warn_notes DETACH PARTITION warn_notes_1;
ALTER TABLE fix_notes DETACH PARTITION fix_notes_1;
SELECT * FROM actions();
-- where its own name brings it into a rule's range, it is warned of, or fixed
CREATE TABLE free (id int, a int CONSTRAINT a REFERENCES users) PARTITION BY LIST (id);
SELECT format('CREATE TABLE %s_part PARTITION OF free FOR VALUES IN (%s)', mode, ascii(mode)) FROM modes \gexec
CREATE TABLE fix_rigid PARTITION OF free (a NOT NULL) FOR VALUES IN (0) PARTITION BY LIST (a);
CREATE TABLE fix_deep PARTITION OF fix_rigid FOR VALUES IN (1);
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('fix_rigid', 'SET NULL', 'fix');
SELECT format('ALTER TABLE free DETACH PARTITION %s_part', mode) FROM modes \gexec
ALTER TABLE free DETACH PARTITION fix_rigid;
ALTER TABLE fix_rigid DETACH PARTITION fix_deep;
SELECT * FROM actions() WHERE referencing::text ~ 'part|rigid|deep';
-- whatever goes wrong on the way: a rule book that cannot be read
CREATE TABLE fix_late PARTITION OF free FOR VALUES IN (9);
SET fkfix.enforcement = off;
ALTER TABLE fkfix.policy RENAME COLUMN reason TO because;
RESET fkfix.enforcement;
ALTER TABLE users ADD CHECK (id > 0);  -- nothing to judge
ALTER TABLE users ALTER id SET NOT NULL;  -- fails
ALTER TABLE free DETACH PARTITION fix_late;
ALTER TABLE fkfix.policy RENAME COLUMN because TO reason;
SELECT * FROM actions() WHERE referencing::text ~ 'late';

-- new keys of a partition, and of a table with partitions
ALTER TABLE error_3 ADD CONSTRAINT new FOREIGN KEY (id) REFERENCES users;  -- fails
ALTER TABLE error_papers ADD CONSTRAINT new FOREIGN KEY (id) REFERENCES users;  -- fails
ALTER TABLE fix_notes ADD CONSTRAINT new FOREIGN KEY (id) REFERENCES users;
SELECT constraint_name, referencing, command_tag FROM fkfix.history ORDER BY id;
SELECT * FROM fkfix_verify();

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA enforce_partition CASCADE;
DROP EXTENSION fkfix;
