-- The tables of rules and of history given to an ordinary role: what that role builds into them runs as that role, or not at all, whoever calls fkfix.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_owner;
CREATE ROLE regress_fkfix_other;
CREATE SCHEMA attack_owner AUTHORIZATION regress_fkfix_owner;
GRANT USAGE ON SCHEMA attack_owner TO PUBLIC;
CREATE TABLE attack_owner.users (id int PRIMARY KEY);
CREATE TABLE attack_owner.notes (a int CONSTRAINT a REFERENCES attack_owner.users);
CREATE TABLE attack_owner.others (a int CONSTRAINT a REFERENCES attack_owner.users);
ALTER TABLE attack_owner.others OWNER TO regress_fkfix_other;
GRANT REFERENCES ON attack_owner.users TO regress_fkfix_other;
SELECT fkfix_rebuild('attack_owner.notes', 'a', 'CASCADE'), fkfix_rebuild('attack_owner.notes', 'a', 'NO ACTION');
GRANT CREATE ON SCHEMA fkfix TO regress_fkfix_owner;
ALTER TABLE fkfix.policy OWNER TO regress_fkfix_owner;
ALTER TABLE fkfix.history OWNER TO regress_fkfix_owner;
SELECT fkfix_enable_enforcement();
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_owner;
SET search_path = attack_owner, public;
-- says where it was called, if not as the owner; what an index or a generated column may call must claim to be immutable
CREATE FUNCTION caught(place text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> 'regress_fkfix_owner' THEN
    RAISE NOTICE '% runs with the rights of another', place;
  ELSIF place !~ '^quiet' THEN
    RAISE NOTICE '% runs as the owner', place;
  END IF;
  RETURN true;
END$$;
CREATE FUNCTION always_caught(place text, value text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM attack_owner.caught(place); RETURN place; END';
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM attack_owner.caught(tg_name); RETURN NEW; END$$;
SELECT format('ALTER TABLE %1$s ADD COLUMN own text DEFAULT ''own'',
  ADD COLUMN counted bigint GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN made text GENERATED ALWAYS AS (attack_owner.always_caught(''quiet column of %1$s'', referencing)) STORED,
  ADD CONSTRAINT checked CHECK (attack_owner.caught(''quiet check of %1$s'')) NOT VALID;
ALTER TABLE %1$s ALTER COLUMN own SET DEFAULT attack_owner.always_caught(''default of %1$s'', '''');
CREATE INDEX ON %1$s (attack_owner.always_caught(''quiet index of %1$s'', referencing));
CREATE INDEX ON %1$s (id) WHERE attack_owner.always_caught(''quiet predicate of %1$s'', referencing) <> '''';
CREATE TRIGGER before_row BEFORE INSERT OR UPDATE OR DELETE ON %1$s FOR EACH ROW EXECUTE FUNCTION strike();
CREATE TRIGGER after_statement AFTER INSERT OR UPDATE OR DELETE ON %1$s EXECUTE FUNCTION strike();
ALTER TABLE %1$s ENABLE ALWAYS TRIGGER before_row, ENABLE ALWAYS TRIGGER after_statement;
CREATE RULE also AS ON INSERT TO %1$s DO ALSO SELECT attack_owner.caught(''rule of %1$s'');
ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON %1$s USING (attack_owner.caught(''policy of %1$s'')) WITH CHECK (attack_owner.caught(''policy of %1$s''));',
  name) FROM unnest(ARRAY['fkfix.history', 'fkfix.policy']) name \gexec

-- a superuser, who is subject to no policy
RESET SESSION AUTHORIZATION;
SELECT fkfix_rebuild('notes', 'a', 'SET NULL');
SELECT fkfix_revert(3);
SELECT fkfix_baseline('attack_owner.notes', 'fix');
SELECT constraint_name, status FROM fkfix_audit('notes', true);
SELECT "position", verdict FROM fkfix_explain('notes', 'a');
SELECT rules, compliant FROM fkfix_status();
SELECT count(*) FROM fkfix_check_policy();
SELECT fkfix_assert('notes');
CREATE TABLE notes_2 (a int REFERENCES users);
-- an ordinary role, who is: its rebuilds are written, and what it would have to read or check through a policy is refused
SET SESSION AUTHORIZATION regress_fkfix_other;
SELECT fkfix_rebuild('others', 'a', 'SET NULL');
SELECT fkfix_revert(5);  -- fails
SELECT status FROM fkfix_audit('others', true);
RESET SESSION AUTHORIZATION;
GRANT INSERT ON fkfix.policy TO regress_fkfix_other;
SET SESSION AUTHORIZATION regress_fkfix_other;
SELECT fkfix_baseline('attack_owner.others');  -- fails
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM fkfix.policy;
-- with the tables' owner in charge of their columns
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT id, cause, constraint_name, new_on_delete, own, made, counted FROM fkfix.history ORDER BY id;
SELECT referencing, on_delete, own, made, counted FROM fkfix.policy;
RESET client_min_messages;

-- a row that the owner's constraints do not take is written for nobody, and the key is not changed either
SET SESSION AUTHORIZATION regress_fkfix_owner;
ALTER TABLE fkfix.history DROP CONSTRAINT checked, ADD CHECK (new_on_delete <> 'RESTRICT') NOT VALID;
RESET SESSION AUTHORIZATION;
SELECT fkfix_rebuild('others', 'a', 'RESTRICT');  -- fails
SET SESSION AUTHORIZATION regress_fkfix_owner;
ALTER TABLE fkfix.history ALTER COLUMN own DROP DEFAULT, ALTER COLUMN own SET NOT NULL;
RESET SESSION AUTHORIZATION;
SELECT fkfix_rebuild('others', 'a', 'CASCADE');  -- fails
SET SESSION AUTHORIZATION regress_fkfix_owner;
DROP INDEX fkfix.history_always_caught_idx, fkfix.history_id_idx;
ALTER TABLE fkfix.history ALTER COLUMN own DROP NOT NULL, ALTER COLUMN cause TYPE bytea USING cause::bytea;
RESET SESSION AUTHORIZATION;
SELECT fkfix_rebuild('others', 'a', 'CASCADE');  -- fails
SELECT confdeltype FROM pg_constraint WHERE conname = 'a' AND conrelid = 'others'::regclass;
-- a table of the same name and columns that the owner makes elsewhere is not taken for the extension's
SET SESSION AUTHORIZATION regress_fkfix_owner;
CREATE TABLE attack_owner.policy (LIKE fkfix.policy INCLUDING ALL);
SET client_min_messages = warning;
INSERT INTO attack_owner.policy (id, on_delete, priority) VALUES (9, 'RESTRICT', 9);
SELECT status, rule_id FROM fkfix_audit('notes', true);
-- owning the tables is not owning the switch
SELECT fkfix_disable_enforcement();  -- fails
RESET SESSION AUTHORIZATION;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
REVOKE CREATE ON SCHEMA public FROM regress_fkfix_owner;
DROP EXTENSION fkfix;
DROP SCHEMA attack_owner CASCADE;
DROP OWNED BY regress_fkfix_owner, regress_fkfix_other;
DROP ROLE regress_fkfix_owner, regress_fkfix_other;
