-- Looking at other roles' tables runs none of their code: no default, index, CHECK, domain, policy, partition key, cast or operator is evaluated for whoever calls fkfix.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE SCHEMA attack_evaluate AUTHORIZATION regress_fkfix_attacker;
INSERT INTO fkfix.policy (id, referencing, on_delete, on_update, enforcement) VALUES (1, 'attack_evaluate.*', 'SET DEFAULT', 'CASCADE', 'fix');
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_evaluate, public;
-- says where it was called, if not as the owner of all this
CREATE FUNCTION caught(place text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user <> 'regress_fkfix_attacker' THEN
    RAISE '% ran with the rights of another', place;
  END IF;
  RETURN true;
END$$;
CREATE FUNCTION caught_number(place text, value int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM attack_evaluate.caught(place); RETURN value; END';
CREATE DOMAIN caught_int AS int DEFAULT caught_number('the default of a domain', 1) CHECK (caught('the check of a domain'));
CREATE TYPE odd AS (a int);
CREATE FUNCTION to_int(odd) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN attack_evaluate.caught_number(''a cast'', ($1).a); END';
CREATE CAST (odd AS int) WITH FUNCTION to_int(odd) AS IMPLICIT;
CREATE TABLE users (id int PRIMARY KEY CHECK (caught('a check')), other int DEFAULT caught_number('the default of a referenced column', 1), UNIQUE (other));
CREATE TABLE notes (
  a int DEFAULT caught_number('a default', 1) CONSTRAINT a REFERENCES users,
  b caught_int CONSTRAINT b REFERENCES users,
  c int GENERATED ALWAYS AS (caught_number('a generated column', 2)) STORED CONSTRAINT c REFERENCES users,
  d odd CONSTRAINT d REFERENCES users,
  e int NOT NULL DEFAULT NULL CONSTRAINT e REFERENCES users,
  CHECK (a IS NOT NULL AND caught('a check')), CHECK (caught('a check of a constant') IS NOT NULL AND b > caught_number('a check', 0)));
CREATE INDEX ON notes (a) WHERE caught('the predicate of an index');
CREATE INDEX ON notes (b, caught_number('an expression of an index', 3)) WHERE a = caught_number('the predicate of an index', 4);
CREATE INDEX ON notes (caught_number('an expression of an index', a));
CREATE STATISTICS about ON (caught_number('statistics', a)), b FROM notes;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON notes USING (caught('a policy')) WITH CHECK (caught('a policy'));
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM attack_evaluate.caught('a trigger'); RETURN NULL; END$$;
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON notes FOR EACH ROW WHEN (caught('the condition of a trigger')) EXECUTE FUNCTION strike();
CREATE RULE r AS ON DELETE TO notes WHERE caught('a rule') DO INSTEAD NOTHING;
CREATE TABLE parts (a int DEFAULT caught_number('a default', 1) CONSTRAINT a REFERENCES users) PARTITION BY LIST (caught_number('a partition key', a));
CREATE TABLE part PARTITION OF parts DEFAULT;
-- tables, functions and operators named as what the server uses
CREATE FUNCTION same(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN attack_evaluate.caught(''an operator''); END';
CREATE OPERATOR attack_evaluate.= (FUNCTION = same, LEFTARG = int, RIGHTARG = int);

-- a superuser looks at it
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM fkfix_audit(all_keys => true);
SELECT constraint_name, status FROM fkfix_audit('notes', true) ORDER BY 1;
SELECT conrelid::regclass, conname, verdict FROM pg_constraint, fkfix_explain(conrelid, conname) WHERE conrelid IN ('notes'::regclass, 'parts'::regclass) AND contype = 'f' ORDER BY 1, 2;
SELECT count(*) FROM fkfix_verify();
SELECT count(*) > 0 AS some FROM fkfix_check_policy();
SELECT violation, infeasible FROM fkfix_status();
SELECT status FROM fkfix_required_actions('attack_evaluate.notes', '{a}', 'attack_evaluate.users');
SELECT count(fkfix_script(format)) FROM unnest('{sql,fkfix,alembic,django,rails}'::text[]) format;
-- changes it, and is told of it by DDL
SELECT constraint_name, rebuilt FROM fkfix_rebuild_all() ORDER BY referencing::text COLLATE "C", 1;
SELECT fkfix_rebuild('notes', 'b', 'NO ACTION');
SELECT fkfix_revert(max(id)) FROM fkfix.history;
SELECT fkfix_baseline('attack_evaluate.*');
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (2, 'attack_evaluate_2.*', 'CASCADE', 'fix');
SET client_min_messages = error;
BEGIN;
ALTER SCHEMA attack_evaluate RENAME TO attack_evaluate_2;
SELECT count(*) FROM fkfix.history WHERE cause = 'enforcement';
ROLLBACK;
SELECT fkfix_disable_enforcement();

\set VERBOSITY default
RESET search_path;
SET client_min_messages = error;
DROP SCHEMA attack_evaluate CASCADE;
DROP ROLE regress_fkfix_attacker;
DROP EXTENSION fkfix;
