-- Whoever may hang triggers on fkfix.history or fkfix.policy makes nobody run them: the rows that fkfix writes there fire none, and none is missing.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE ROLE regress_fkfix_victim;
CREATE SCHEMA attack_history AUTHORIZATION regress_fkfix_attacker;
GRANT ALL ON SCHEMA attack_history TO regress_fkfix_victim;
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES
  (101, 'attack_history.notes', 'SET NULL', 'fix'), (102, 'attack_history.fix_*', 'CASCADE', 'fix');
GRANT TRIGGER, REFERENCES ON fkfix.history, fkfix.policy TO regress_fkfix_attacker;
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_history, public;
CREATE TABLE users (id int PRIMARY KEY);
GRANT ALL ON users TO regress_fkfix_victim;
CREATE TABLE notes (a int CONSTRAINT a REFERENCES users, b int CONSTRAINT b REFERENCES users);
-- what the triggers do: say that they ran, take more if they can, hide the row if they can, or write another
CREATE TABLE caught (what text);
GRANT INSERT ON caught TO PUBLIC;
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO attack_history.caught VALUES (tg_table_name || ' ' || tg_name ||
    CASE WHEN current_user <> 'regress_fkfix_attacker' THEN ' with the rights of another' ELSE '' END);
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    ALTER ROLE regress_fkfix_attacker SUPERUSER;
  END IF;
  RETURN NEW;
END$$;
CREATE FUNCTION hide() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.referencing := ''forged''; RETURN NEW; END';
SELECT format('CREATE TRIGGER a_before_row BEFORE INSERT ON %1$s FOR EACH ROW EXECUTE FUNCTION strike();
CREATE TRIGGER b_forgery BEFORE INSERT ON %1$s FOR EACH ROW EXECUTE FUNCTION forge();
CREATE TRIGGER c_hidden BEFORE INSERT ON %1$s FOR EACH ROW WHEN (NEW.constraint_name = ''b'') EXECUTE FUNCTION hide();
CREATE TRIGGER after_row AFTER INSERT ON %1$s FOR EACH ROW EXECUTE FUNCTION strike();
CREATE TRIGGER before_statement BEFORE INSERT ON %1$s EXECUTE FUNCTION strike();
CREATE TRIGGER after_statement AFTER INSERT ON %1$s REFERENCING NEW TABLE AS fresh EXECUTE FUNCTION strike();
CREATE CONSTRAINT TRIGGER at_once AFTER INSERT ON %1$s FOR EACH ROW EXECUTE FUNCTION strike();',
  name) AS hang FROM unnest(ARRAY['fkfix.history', 'fkfix.policy']) name \gexec
-- what TRIGGER is not enough for
CREATE RULE instead AS ON INSERT TO fkfix.history DO INSTEAD NOTHING;  -- fails
CREATE RULE also AS ON INSERT TO fkfix.policy DO ALSO SELECT hide();  -- fails
CREATE TRIGGER instead INSTEAD OF INSERT ON fkfix.history FOR EACH ROW EXECUTE FUNCTION strike();  -- fails
ALTER TABLE fkfix.history ENABLE ALWAYS TRIGGER after_row;  -- fails
CREATE POLICY hidden ON fkfix.history USING (false);  -- fails

-- rebuilds by the attacker, of one key and of several; then enforcement, for another ordinary role
SELECT fkfix_rebuild('notes', 'a', 'CASCADE');
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON fkfix.history DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION strike();
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON fkfix.policy DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION strike();
SELECT constraint_name, new_on_delete, rebuilt FROM fkfix_rebuild_all('notes') ORDER BY 1;
RESET SESSION AUTHORIZATION;
SELECT fkfix_enable_enforcement();
SET SESSION AUTHORIZATION regress_fkfix_victim;
SET search_path = attack_history, public;
CREATE TABLE fix_victim (a int CONSTRAINT a REFERENCES users, b int CONSTRAINT b REFERENCES users ON DELETE SET NULL);
CREATE TABLE victim (a int CONSTRAINT a REFERENCES users);
SELECT fkfix_rebuild('victim', 'a', 'RESTRICT');
SELECT fkfix_revert(6);
-- for a superuser, in a transaction and without one
RESET SESSION AUTHORIZATION;
CREATE TABLE fix_superuser (a int CONSTRAINT a REFERENCES users);
BEGIN;
CREATE TABLE fix_again (a int CONSTRAINT a REFERENCES users);
SET CONSTRAINTS ALL IMMEDIATE;
COMMIT;
CREATE TABLE superuser (a int CONSTRAINT a REFERENCES users, b int CONSTRAINT b REFERENCES users);
SELECT fkfix_rebuild('superuser', 'a', 'CASCADE', 'CASCADE');
SELECT fkfix_revert(10);
-- rules that a superuser lets fkfix_baseline() write
SELECT fkfix_baseline('attack_history.*', minimal => false);

-- nothing has run
SELECT * FROM caught;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_fkfix_attacker';
-- no row is missing or forged
SELECT id, current_user_name ~ '^regress_fkfix' AS ordinary, cause, referencing, constraint_name, old_on_delete, new_on_delete, new_on_update
  FROM fkfix.history ORDER BY id;
SELECT referencing, columns, on_delete, on_update, enforcement FROM fkfix.policy WHERE id NOT IN (101, 102) ORDER BY 1, 2;
-- every session hears of the new rules
ALTER TABLE victim DROP CONSTRAINT a, ADD FOREIGN KEY (a) REFERENCES users ON DELETE CASCADE;  -- fails
-- whoever may not write rules cannot let fkfix_baseline() do it
SET SESSION AUTHORIZATION regress_fkfix_victim;
SELECT fkfix_baseline();  -- fails
-- a key to our tables keeps rows there, and does not keep fkfix from writing more
SET SESSION AUTHORIZATION regress_fkfix_attacker;
CREATE TABLE clings (history bigint REFERENCES fkfix.history, policy bigint REFERENCES fkfix.policy);
SELECT fkfix_rebuild('notes', 'b', on_update => 'CASCADE');
RESET SESSION AUTHORIZATION;
INSERT INTO clings VALUES (1, 101);
DELETE FROM fkfix.policy WHERE id = 101;  -- fails
SELECT count(*) FROM fkfix.history;
SELECT * FROM caught;

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_history CASCADE;
DROP EXTENSION fkfix;
DROP OWNED BY regress_fkfix_attacker, regress_fkfix_victim;
DROP ROLE regress_fkfix_attacker, regress_fkfix_victim;
