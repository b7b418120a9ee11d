-- A role that may not read the policy does not read it through our functions: the reasons of rules are withheld from it.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE SCHEMA attack_reason AUTHORIZATION regress_fkfix_attacker;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement, reason) VALUES
  (1, 'attack_reason.warn_*', 'CASCADE', 'warn', 'a secret'), (2, 'attack_reason.error_*', 'CASCADE', 'error', 'a secret'),
  (3, 'attack_reason.fix_*', 'CASCADE', 'fix', 'a secret'), (4, 'attack_reason.torn', 'CASCADE', 'error', 'a secret'), (5, 'attack_reason.torn', 'SET NULL', 'error', 'a secret'),
  (6, 'attack_reason.exempt', NULL, 'error', 'a secret'), (7, 'nowhere.*', 'CASCADE', 'error', 'a secret');
REVOKE SELECT ON fkfix.policy FROM PUBLIC;
RESET client_min_messages;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_reason, public;
CREATE TABLE users (id int PRIMARY KEY);
-- what enforcement says
CREATE TABLE warn_notes (a int CONSTRAINT a REFERENCES users);
CREATE TABLE error_notes (a int CONSTRAINT a REFERENCES users);  -- fails
CREATE TABLE fix_notes (a int CONSTRAINT a REFERENCES users);
CREATE TABLE torn (a int CONSTRAINT a REFERENCES users);
CREATE TABLE exempt (a int CONSTRAINT a REFERENCES users);
SELECT fkfix_rebuild('fix_notes', 'a', 'NO ACTION');  -- fails
SELECT fkfix_rebuild('torn', 'a');  -- fails
SELECT fkfix_rebuild('exempt', 'a');  -- fails
SELECT fkfix_assert();  -- fails
-- what functions return
CREATE FUNCTION told() RETURNS TABLE (by text, secret boolean) LANGUAGE sql AS $$
  SELECT 'audit', bool_or(a::text ~ 'secret') FROM fkfix_audit(all_keys => true) a
  UNION ALL SELECT 'explain', bool_or(e::text ~ 'secret') FROM (VALUES ('warn_notes'), ('torn'), ('exempt')) t (name), fkfix_explain(t.name::regclass, 'a') e
  UNION ALL SELECT 'check_policy', bool_or(c::text ~ 'secret') FROM fkfix_check_policy() c
  UNION ALL SELECT 'verify', coalesce(bool_or(v::text ~ 'secret'), false) FROM fkfix_verify() v
  UNION ALL SELECT 'status', bool_or(s::text ~ 'secret') FROM fkfix_status() s
  UNION ALL SELECT 'rebuild_all', bool_or(r::text ~ 'secret') FROM fkfix_rebuild_all() r
  UNION ALL SELECT 'script in ' || format, fkfix_script(format) ~ 'secret' FROM unnest('{sql,fkfix,alembic,django,rails}'::text[]) format;
$$;
BEGIN;
SELECT * FROM told();
ROLLBACK;
SELECT reason FROM fkfix_explain('warn_notes', 'a');
-- whoever may read the table reads them there too
RESET SESSION AUTHORIZATION;
BEGIN;
SELECT * FROM told() WHERE secret;
ROLLBACK;
GRANT SELECT ON fkfix.policy TO regress_fkfix_attacker;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SELECT reason FROM fkfix_explain('warn_notes', 'a');
CREATE TABLE error_notes (a int CONSTRAINT a REFERENCES users);  -- fails
RESET SESSION AUTHORIZATION;
-- other columns are not enough
REVOKE SELECT ON fkfix.policy FROM regress_fkfix_attacker;
GRANT SELECT (id, referencing) ON fkfix.policy TO regress_fkfix_attacker;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SELECT reason FROM fkfix_explain('warn_notes', 'a');
RESET SESSION AUTHORIZATION;

SELECT fkfix_disable_enforcement();
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_reason CASCADE;
DROP EXTENSION fkfix;
DROP ROLE regress_fkfix_attacker;
