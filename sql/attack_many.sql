-- Nobody makes a call of another role's endless: what many rules, keys or ways to a refusal come to is cut short, and said to be.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE SCHEMA attack_many AUTHORIZATION regress_fkfix_attacker;
RESET client_min_messages;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_many, public;
-- a key four hundred times over, and a ladder of cascades: two ways on at each of its twenty steps, and a refusal at its foot
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int);
DO $$
BEGIN
  FOR i IN 1..400 LOOP
    EXECUTE format('ALTER TABLE notes ADD CONSTRAINT a%s FOREIGN KEY (a) REFERENCES users', i);
  END LOOP;
  CREATE TABLE step_0 (id int PRIMARY KEY);
  FOR i IN 1..20 LOOP
    EXECUTE format('CREATE TABLE step_%s (id int PRIMARY KEY, a int REFERENCES step_%s ON DELETE CASCADE, b int REFERENCES step_%2$s ON DELETE CASCADE)', i, i - 1);
  END LOOP;
  FOR i IN 1..150 LOOP
    EXECUTE format('CREATE TABLE foot_%s (a int REFERENCES step_20)', i);
  END LOOP;
END$$;
RESET SESSION AUTHORIZATION;
-- rules that say the same of all of it, and rules that conflict
INSERT INTO fkfix.policy (referencing, on_delete) SELECT 'attack_many.notes', CASE n % 2 WHEN 0 THEN 'CASCADE' ELSE 'SET NULL' END FROM generate_series(1, 600) n;
INSERT INTO fkfix.policy (referencing, on_delete) SELECT 'attack_many.never_' || n, 'CASCADE' FROM generate_series(1, 600) n;
INSERT INTO fkfix.policy (referencing, on_delete) VALUES ('attack_many.step_*', 'CASCADE');

SET statement_timeout = '60s';
SELECT problem, count(*) <= 101 AS bounded, max(length(message)) < 1000 AND max(cardinality(rule_ids)) <= 600 AS short
  FROM fkfix_check_policy() GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE message ~ 'more') > 0 AS says_that_there_is_more FROM fkfix_check_policy();
SELECT constraint_name, status, length(detail) < 1000 AS short, cardinality(hazards) < 10 AS few, length(hazards::text) < 3000 AS short_hazards FROM fkfix_audit('notes') WHERE constraint_name IN ('a1', 'a400') ORDER BY 1;
SELECT count(*) AS rules, max(length(explanation)) < 1000 AS short FROM fkfix_explain('notes', 'a1');
DO $$
BEGIN
  PERFORM fkfix_assert();
EXCEPTION WHEN SQLSTATE '42830' THEN
  RAISE NOTICE 'short: %', length(SQLERRM) < 1000;
END$$;
-- nor is anybody's DDL slowed down by it
SELECT fkfix_enable_enforcement();
\set VERBOSITY terse
UPDATE fkfix.policy SET enforcement = 'warn';
ALTER TABLE notes RENAME TO other_notes;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default

RESET search_path;
RESET statement_timeout;
SET client_min_messages = warning;
DROP SCHEMA attack_many CASCADE;
DROP ROLE regress_fkfix_attacker;
DROP EXTENSION fkfix;
