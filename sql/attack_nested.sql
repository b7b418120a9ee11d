-- DDL is bound by the policy wherever it runs: in functions that the server calls for an index, a default, a CHECK, a trigger, a statement of any other kind.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE ROLE regress_fkfix_friend;
GRANT regress_fkfix_friend TO regress_fkfix_attacker;
CREATE SCHEMA attack_nested AUTHORIZATION regress_fkfix_attacker;
GRANT ALL ON SCHEMA attack_nested TO regress_fkfix_friend;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES
  (1, 'attack_nested.error_*', 'CASCADE', 'error'), (2, 'attack_nested.fix_*', 'CASCADE', 'fix');
RESET client_min_messages;
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_nested, public;
CREATE TABLE users (id int PRIMARY KEY);
GRANT ALL ON users TO regress_fkfix_friend;
CREATE TABLE free (a int CONSTRAINT a REFERENCES users);
-- when armed, run() makes a table that the policy forbids, and rerun() brings one there
CREATE FUNCTION run(what text) RETURNS int LANGUAGE plpgsql SET search_path = attack_nested AS $$
BEGIN
  IF current_setting('attack.armed', true) = 'on' THEN
    EXECUTE CASE what WHEN 'make' THEN 'CREATE TABLE error_made (a int CONSTRAINT a REFERENCES users)'
      WHEN 'rename' THEN 'ALTER TABLE free RENAME TO error_free'
      ELSE format('CREATE TABLE fix_%s (a int CONSTRAINT a REFERENCES users)', what) END;
  END IF;
  RETURN 1;
END$$;
CREATE FUNCTION run_always(what text) RETURNS int LANGUAGE plpgsql IMMUTABLE SET search_path = attack_nested AS 'BEGIN RETURN run(what); END';
CREATE FUNCTION run_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM attack_nested.run(NEW.what); RETURN NEW; END';
CREATE DOMAIN whats AS text;
CREATE TABLE acts (what whats);
INSERT INTO acts VALUES ('make');
CREATE TABLE acts_2 (what text);
INSERT INTO acts_2 VALUES ('rename');
CREATE INDEX indexed ON acts_2 (run_always(what));
CREATE STATISTICS about_acts ON (run_always(what)) FROM acts;
SET attack.armed = on;

-- indexes
CREATE INDEX failing ON acts (run_always(what));  -- fails
CREATE INDEX failing ON acts (what) WHERE run_always(what) = 1;  -- fails
CREATE INDEX CONCURRENTLY failing ON acts (run_always(what));  -- fails
DROP INDEX failing;
REINDEX INDEX indexed;  -- fails
REINDEX TABLE CONCURRENTLY acts_2;  -- fails
SELECT count(*) FROM pg_index WHERE indrelid = 'acts_2'::regclass AND NOT indisvalid;
DROP INDEX indexed_ccnew;
CLUSTER acts_2 USING indexed;  -- fails
VACUUM FULL acts_2;  -- fails
ANALYZE acts_2;  -- fails
ANALYZE acts;  -- fails
ALTER TABLE acts ADD PRIMARY KEY (what), ADD EXCLUDE ((run_always(what)) WITH =);  -- fails
-- ALTER TABLE and ALTER DOMAIN that read rows
ALTER TABLE acts ADD COLUMN done int DEFAULT run('make');  -- fails
ALTER TABLE acts ADD COLUMN done int GENERATED ALWAYS AS (run_always(what)) STORED;  -- fails
ALTER TABLE acts ALTER COLUMN what TYPE int USING run(what);  -- fails
ALTER TABLE acts ADD CHECK (run(what) = 1);  -- fails
ALTER TABLE acts ADD CONSTRAINT later CHECK (run(what) = 1) NOT VALID;
ALTER TABLE acts VALIDATE CONSTRAINT later;  -- fails
ALTER TABLE acts DROP CONSTRAINT later;
ALTER DOMAIN whats ADD CHECK (run(VALUE) = 1);  -- fails
CREATE TABLE parts (what text) PARTITION BY LIST ((run_always(what)));
CREATE TABLE part PARTITION OF parts DEFAULT;
INSERT INTO parts VALUES ('make');  -- fails
ALTER TABLE parts ATTACH PARTITION acts_2 FOR VALUES IN (1);  -- fails
-- statements that make a table, or read one
CREATE TABLE copies AS SELECT run(what) FROM acts;  -- fails
SELECT run(what) INTO copies FROM acts;  -- fails
CREATE MATERIALIZED VIEW copies AS SELECT run(what) FROM acts;  -- fails
PREPARE run AS SELECT run(what) FROM acts;
EXECUTE run;  -- fails
EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) EXECUTE run;  -- fails
COPY (SELECT run(what) FROM acts) TO STDOUT;  -- fails
BEGIN;
DECLARE one CURSOR WITH HOLD FOR SELECT run(what) FROM acts_2;
COMMIT;  -- fails
MERGE INTO acts USING acts_2 ON run(acts_2.what) = 1 WHEN MATCHED THEN DO NOTHING;  -- fails
DO 'BEGIN PERFORM run(''make''); END';  -- fails
-- triggers: at once, at commit, of a partitioned table, by an action of a foreign key
CREATE TABLE fired (what text);
CREATE TRIGGER run BEFORE INSERT ON fired FOR EACH ROW EXECUTE FUNCTION run_trigger();
INSERT INTO fired VALUES ('make');  -- fails
COPY fired FROM STDIN;  -- fails
rename
\.
DROP TRIGGER run ON fired;
CREATE CONSTRAINT TRIGGER run AFTER INSERT ON fired DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION run_trigger();
INSERT INTO fired VALUES ('make');  -- fails
BEGIN;
INSERT INTO fired VALUES ('rename');
SET CONSTRAINTS ALL IMMEDIATE;  -- fails
ROLLBACK;
CREATE TABLE fired_by_key (what text, a int DEFAULT 1 REFERENCES users ON UPDATE CASCADE);
INSERT INTO users VALUES (1);
INSERT INTO fired_by_key VALUES ('rename');
CREATE TRIGGER run AFTER UPDATE ON fired_by_key FOR EACH ROW EXECUTE FUNCTION run_trigger();
UPDATE users SET id = 2;  -- fails
-- row security, rules, procedures that commit, rights of another
CREATE TABLE secured (what text) ;
ALTER TABLE secured ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY run ON secured USING (true) WITH CHECK (run(what) = 1);
INSERT INTO secured VALUES ('make');  -- fails
CREATE RULE run AS ON INSERT TO acts DO ALSO SELECT run(NEW.what);
INSERT INTO acts VALUES ('rename');  -- fails
CREATE PROCEDURE commits(what text) LANGUAGE plpgsql AS 'BEGIN COMMIT; PERFORM attack_nested.run(what); COMMIT; END';
CALL commits('make');  -- fails
CREATE FUNCTION as_owner(what text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = attack_nested AS 'BEGIN RETURN run(what); END';
SET ROLE regress_fkfix_friend;
SELECT as_owner('rename');  -- fails
SELECT run('make');  -- fails
RESET ROLE;
-- to catch the error is to lose the key
DO $$
BEGIN
  PERFORM run('rename');
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE '%', SQLERRM;
END$$;
-- a fix is one in all these places too
SELECT run('select');
ALTER TABLE acts ADD COLUMN done int DEFAULT run('default');
DO 'BEGIN BEGIN PERFORM run(''kept''); RAISE division_by_zero; EXCEPTION WHEN OTHERS THEN PERFORM run(''instead''); END; END';

SELECT conrelid::regclass, conname, confdeltype FROM pg_constraint
  WHERE contype = 'f' AND connamespace = 'attack_nested'::regnamespace ORDER BY conrelid::regclass::text COLLATE "C", 2;
SELECT referencing, command_tag FROM fkfix.history ORDER BY id;
RESET SESSION AUTHORIZATION;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_nested CASCADE;
DROP ROLE regress_fkfix_attacker, regress_fkfix_friend;
DROP EXTENSION fkfix;
