-- Whatever rules and keys there are: the audit, fkfix_explain() and
-- fkfix_check_policy() agree, and fkfix_baseline() leaves nothing undecided.
CREATE EXTENSION fkfix;
CREATE SCHEMA s1;
CREATE SCHEMA "S 2";
CREATE TABLE disagreements (what text);
SELECT setseed(0.7);

DO $$
DECLARE
  schemas text[] := '{public,s1,"S 2"}';
  actions text[] := '{NO ACTION,CASCADE,SET NULL,RESTRICT,SET DEFAULT}';
BEGIN
  FOR t IN 1..12 LOOP
    EXECUTE format('CREATE TABLE %I.%I (id int PRIMARY KEY)', schemas[1 + t % 3], 't_' || t);
    FOR c IN 1..4 LOOP
      EXECUTE format('ALTER TABLE %I.%I ADD %I int %s REFERENCES %I.%I ON DELETE %s ON UPDATE %s',
        schemas[1 + t % 3], 't_' || t, 'c' || c, CASE WHEN random() < 0.3 THEN 'NOT NULL' END,
        schemas[1 + (1 + c * t % t) % 3], 't_' || 1 + c * t % t,
        actions[ceil(5 * random())], actions[ceil(5 * random())]);
    END LOOP;
  END LOOP;
END
$$;

CREATE FUNCTION write_rules() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  patterns text[] := ARRAY[NULL, 't_1', 't_2', 't_*', '*', 's1.*', '"S 2".t_?', 't_1?', '*.t_3', 'T_4', '"T_4"', 'nos.t_1', 't_?'];
  actions text[] := ARRAY[NULL, 'CASCADE', 'NO ACTION | CASCADE', 'SET NULL', 'RESTRICT', 'SET NULL (c1)'];
BEGIN
  DELETE FROM fkfix.policy;
  FOR i IN 1..12 LOOP
    INSERT INTO fkfix.policy (referencing, referenced, columns, constraint_name, nullable,
      on_delete, on_update, priority)
    VALUES (patterns[ceil(13 * random())], CASE WHEN random() < 0.4 THEN patterns[ceil(13 * random())] END,
      CASE WHEN random() < 0.3 THEN ARRAY['c' || ceil(4 * random())] WHEN random() < 0.1 THEN '{*}'::text[] END,
      CASE WHEN random() < 0.2 THEN '*fkey' END, CASE WHEN random() < 0.2 THEN random() < 0.5 END,
      actions[ceil(6 * random())], actions[ceil(5 * random())], (1.2 * random())::int);
  END LOOP;
END
$$;

CREATE FUNCTION compare() RETURNS void LANGUAGE sql AS $$
  INSERT INTO disagreements
  SELECT concat_ws(' ', a.referencing, a.constraint_name, a.status, a.rule_id, e.verdict, e.rule_id)
  FROM fkfix_audit(NULL, true) a,
    LATERAL (SELECT * FROM fkfix_explain(a.referencing, a.constraint_name) WHERE "position" = 1) e
  WHERE CASE a.status WHEN 'conflict' THEN e.verdict <> 'conflicts'
    WHEN 'unmanaged' THEN e.verdict NOT IN ('misses', 'unmanaged')
    ELSE e.verdict <> 'wins' OR e.rule_id <> a.rule_id END;

  INSERT INTO disagreements
  SELECT problem FROM unnest('{conflict,infeasible}'::text[]) problem
  WHERE EXISTS (SELECT FROM fkfix_audit() a WHERE a.status = problem) <>
    EXISTS (SELECT FROM fkfix_check_policy() c WHERE c.problem = problem.problem);

  INSERT INTO disagreements
  SELECT 'rule ' || p.id || ' decides or not' FROM fkfix.policy p
  WHERE EXISTS (SELECT FROM fkfix_audit(NULL, true) a WHERE a.rule_id = p.id) AND
    EXISTS (SELECT FROM fkfix_check_policy() c WHERE c.rule_ids[1] = p.id AND c.problem IN ('never wins', 'no match', 'misspelt'));
$$;

DO $$
BEGIN
  FOR i IN 1..20 LOOP
    PERFORM write_rules();
    PERFORM compare();
    PERFORM fkfix_baseline();
    PERFORM compare();
    INSERT INTO disagreements SELECT 'undecided' FROM fkfix_audit(NULL, true) WHERE status = 'unmanaged';
  END LOOP;
END
$$;
SELECT * FROM disagreements;
-- The comparison itself works: this cannot agree with an audit of no rules.
DELETE FROM fkfix.policy;
INSERT INTO disagreements SELECT 'undecided' FROM fkfix_audit(NULL, true) WHERE status = 'unmanaged';
SELECT DISTINCT what FROM disagreements;

DROP FUNCTION write_rules(), compare();
DROP TABLE disagreements;
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA s1, "S 2" CASCADE;
DROP TABLE t_3, t_6, t_9, t_12;
RESET client_min_messages;
DROP EXTENSION fkfix;
