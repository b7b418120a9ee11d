-- What runs inside REFRESH MATERIALIZED VIEW, of whose DDL the server tells event triggers nothing, is bound by the policy as all DDL is.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE SCHEMA attack_refresh AUTHORIZATION regress_fkfix_attacker;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, referenced, nullable, on_delete, enforcement) VALUES
  (1, 'attack_refresh.warn_*', NULL, NULL, 'CASCADE', 'warn'), (2, 'attack_refresh.error_*', NULL, NULL, 'CASCADE', 'error'), (3, 'attack_refresh.fix_*', NULL, NULL, 'CASCADE', 'fix'),
  (4, NULL, 'attack_refresh.error_users', NULL, 'CASCADE', 'error'), (5, 'attack_refresh.null_*', NULL, false, 'CASCADE', 'error');
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_refresh, public;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE warn_notes (a int);
CREATE TABLE error_notes (a int);
CREATE TABLE fix_notes (a int);
-- a view that runs whatever stands in a table
CREATE TABLE given (statement text);
CREATE FUNCTION run(statement text) RETURNS text LANGUAGE plpgsql SET search_path = attack_refresh AS 'BEGIN EXECUTE statement; RETURN statement; END';
CREATE FUNCTION run_anyway(statement text) RETURNS text LANGUAGE plpgsql SET search_path = attack_refresh AS $$
BEGIN
  EXECUTE statement;
  RETURN statement;
EXCEPTION WHEN OTHERS THEN
  RETURN sqlstate;
END$$;
CREATE MATERIALIZED VIEW mv AS SELECT run(statement) FROM given WITH DATA;
CREATE UNIQUE INDEX ON mv (run);
CREATE MATERIALIZED VIEW mv_anyway AS SELECT run_anyway(statement) FROM given WITH NO DATA;
-- does it plainly, then concurrently, each in a transaction that is rolled back; then in one that catches the error, for good
\set refresh 'BEGIN; REFRESH MATERIALIZED VIEW mv; ROLLBACK; BEGIN; REFRESH MATERIALIZED VIEW CONCURRENTLY mv; ROLLBACK; REFRESH MATERIALIZED VIEW mv_anyway; SELECT * FROM mv_anyway; TRUNCATE given;'

-- a key added to a table
INSERT INTO given VALUES ('ALTER TABLE error_notes ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users');
:refresh
INSERT INTO given VALUES ('ALTER TABLE warn_notes ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users');
:refresh
INSERT INTO given VALUES ('ALTER TABLE fix_notes ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users');
:refresh
-- a table that has one, or a column
INSERT INTO given VALUES ('CREATE TABLE error_table (a int CONSTRAINT a REFERENCES users)');
:refresh
INSERT INTO given VALUES ('CREATE TABLE fix_table (a int CONSTRAINT a REFERENCES users, b int CONSTRAINT b REFERENCES users ON DELETE RESTRICT)');
:refresh
INSERT INTO given VALUES ('ALTER TABLE error_notes ADD b int CONSTRAINT b REFERENCES users');
:refresh
INSERT INTO given VALUES ('CREATE TABLE IF NOT EXISTS error_table (a int CONSTRAINT a REFERENCES users)');
:refresh
-- partitions
INSERT INTO given VALUES ('CREATE TABLE fix_parts (a int CONSTRAINT a REFERENCES users) PARTITION BY LIST (a); CREATE TABLE error_part PARTITION OF fix_parts DEFAULT');
:refresh
-- a table, a referenced table and a column that come into a rule's range
CREATE TABLE free (a int CONSTRAINT a REFERENCES users);
INSERT INTO given VALUES ('ALTER TABLE free RENAME TO error_free');
:refresh
CREATE TABLE people (id int PRIMARY KEY);
CREATE TABLE free_people (a int CONSTRAINT a REFERENCES people);
INSERT INTO given VALUES ('ALTER TABLE people RENAME TO error_users');
:refresh
CREATE TABLE null_notes (a int CONSTRAINT a REFERENCES users);
INSERT INTO given VALUES ('ALTER TABLE null_notes ALTER a SET NOT NULL');
:refresh
INSERT INTO given VALUES ('ALTER TABLE free RENAME TO fix_free');
:refresh
ALTER TABLE fix_free RENAME TO free;
SELECT fkfix_rebuild('free', 'a', 'NO ACTION');
-- a detour: the key is dropped and comes back worse
CREATE TABLE error_good (a int CONSTRAINT a REFERENCES users ON DELETE CASCADE);
INSERT INTO given VALUES ('ALTER TABLE error_good DROP CONSTRAINT a, ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users');
:refresh
-- in a function in a function, in a refresh in a refresh, as somebody else
CREATE FUNCTION deeper() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = attack_refresh AS
  $$BEGIN EXECUTE 'DO ''BEGIN ALTER TABLE error_notes ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users; END'''; RETURN 1; END$$;
CREATE MATERIALIZED VIEW mv_deep AS SELECT deeper() WITH NO DATA;
INSERT INTO given VALUES ('REFRESH MATERIALIZED VIEW mv_deep'), ('SELECT deeper()');
:refresh
CREATE FUNCTION in_sql() RETURNS void LANGUAGE sql AS 'ALTER TABLE attack_refresh.error_notes ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES attack_refresh.users';
INSERT INTO given VALUES ('SELECT in_sql()');
:refresh
-- a view that is made with its data is not different
CREATE MATERIALIZED VIEW mv_new AS SELECT deeper();  -- fails
-- what the rules accept passes, and what has nothing to do with them
INSERT INTO given VALUES ('ALTER TABLE error_notes ADD CONSTRAINT good FOREIGN KEY (a) REFERENCES users ON DELETE CASCADE'),
  ('ALTER TABLE error_notes ADD c int'), ('CREATE TABLE unrelated (a int REFERENCES users)'), ('ALTER TABLE unrelated RENAME TO unrelated_still'), ('DROP TABLE unrelated_still');
REFRESH MATERIALIZED VIEW mv;
SELECT count(*) FROM mv;

-- there is no key that the policy forbids, and what was fixed stands in the history
RESET SESSION AUTHORIZATION;
SELECT referencing, constraint_name, on_delete, status FROM fkfix_audit() ORDER BY 1, 2;
SELECT conrelid::regclass, conname, confdeltype FROM pg_constraint
  WHERE contype = 'f' AND connamespace = 'attack_refresh'::regnamespace ORDER BY conrelid::regclass::text COLLATE "C", 2;
SELECT session_user_name = current_user_name AS as_himself, referencing, constraint_name, rule_id, command_tag FROM fkfix.history WHERE cause = 'enforcement' ORDER BY id;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_refresh CASCADE;
DROP ROLE regress_fkfix_attacker;
DROP EXTENSION fkfix;
