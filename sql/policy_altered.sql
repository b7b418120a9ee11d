-- What is done to the table of rules itself is told clearly, and no key is changed by rules that are there in part
CREATE EXTENSION fkfix;
CREATE SCHEMA policy_altered;
SET search_path = policy_altered, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (a int CONSTRAINT author REFERENCES users);
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (1, 'policy_altered.*', 'CASCADE', 'fix');
-- tries all that reads the rules, undoes what succeeds, and says how it went
CREATE FUNCTION try() RETURNS TABLE (statement text, outcome text) LANGUAGE plpgsql AS $$
BEGIN
  FOREACH statement IN ARRAY ARRAY['CREATE TABLE other (a int REFERENCES users)', 'CREATE TABLE unrelated (a int)',
    'ALTER TABLE notes RENAME TO papers', 'SELECT fkfix_rebuild(''notes'', ''author'')',
    'SELECT fkfix_rebuild(''notes'', ''author'', ''SET NULL'')', 'SELECT fkfix_rebuild_all()',
    'SELECT fkfix_audit()', 'SELECT fkfix_assert()', 'SELECT fkfix_baseline()', 'SELECT fkfix_verify()'] LOOP
    BEGIN
      EXECUTE statement;
      outcome := 'done';
      RAISE SQLSTATE '00U00';
    EXCEPTION WHEN SQLSTATE '00U00' THEN NULL;
      WHEN OTHERS THEN outcome := SQLSTATE || ' ' || SQLERRM;
    END;
    RETURN NEXT;
  END LOOP;
END$$;
SET client_min_messages = error;
SELECT * FROM try();

-- the server protects the table from the simplest accident, enforcement from some others
DROP TABLE fkfix.policy;  -- fails
ALTER TABLE fkfix.policy RENAME COLUMN reason TO why;  -- fails
ALTER TABLE fkfix.policy RENAME TO rules;  -- fails
ALTER TABLE fkfix.policy SET SCHEMA policy_altered;  -- fails
ALTER TABLE fkfix.policy ALTER COLUMN priority TYPE bigint;  -- fails
ALTER EXTENSION fkfix DROP TABLE fkfix.policy;  -- fails

-- what can be done all the same stops everything that needs a rule, and nothing else
BEGIN;
ALTER TABLE fkfix.policy DROP COLUMN reason;
SELECT * FROM try();
ROLLBACK;
BEGIN;
SET LOCAL fkfix.enforcement = off;
ALTER TABLE fkfix.policy ALTER COLUMN priority TYPE bigint;
SET LOCAL fkfix.enforcement = policy;
SELECT * FROM try() WHERE outcome <> 'done' LIMIT 1;
-- nor can a rule be written
INSERT INTO fkfix.policy (referencing) VALUES ('new');  -- fails
ROLLBACK;
BEGIN;
SET LOCAL fkfix.enforcement = off;
ALTER TABLE fkfix.policy RENAME TO rules;
SET LOCAL fkfix.enforcement = policy;
SELECT * FROM try();
-- undoing it is all it takes
ALTER TABLE fkfix.rules RENAME TO policy;
SELECT * FROM try() LIMIT 1;
ROLLBACK;
BEGIN;
SET LOCAL fkfix.enforcement = off;
ALTER EXTENSION fkfix DROP TABLE fkfix.policy;
SET LOCAL fkfix.enforcement = policy;
SELECT * FROM try() WHERE outcome <> 'done' LIMIT 1;
-- the ways out
SELECT fkfix_disable_enforcement();
SELECT * FROM try() LIMIT 1;
ROLLBACK;

-- what leaves the rules legible changes nothing
BEGIN;
ALTER TABLE fkfix.policy ADD COLUMN ticket int DEFAULT 7, DROP CONSTRAINT policy_pkey;
ALTER TABLE fkfix.policy ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE child (more int) INHERITS (fkfix.policy);
INSERT INTO child (id, on_delete, priority) VALUES (2, 'nonsense', 100);
SELECT * FROM try() WHERE outcome <> 'done';
ROLLBACK;

-- rules that nothing has checked are checked when they are read
BEGIN;
ALTER TABLE fkfix.policy DISABLE TRIGGER normalize_rule;
INSERT INTO fkfix.policy (id, referencing, on_delete, priority) VALUES (2, 'notes', 'set  null', 1), (3, 'note', 'no actoin', 0);
SELECT * FROM try() WHERE outcome <> 'done' LIMIT 1;
DELETE FROM fkfix.policy WHERE id = 3;
SELECT fkfix_rebuild('notes', 'author');
SELECT on_delete, required_on_delete, status FROM fkfix_audit(all_keys => true);
ROLLBACK;

-- a session that is not told of changes looks for itself
BEGIN;
DROP TRIGGER announce_rules ON fkfix.policy;
CREATE TABLE heard (a int REFERENCES users);
UPDATE fkfix.policy SET on_delete = 'SET NULL';
CREATE TABLE unheard (a int REFERENCES users);
SELECT constraint_name, on_delete FROM fkfix_audit(all_keys => true) ORDER BY 1;
ROLLBACK;
BEGIN;
ALTER TABLE fkfix.policy DISABLE TRIGGER announce_truncate;
CREATE TABLE heard (a int REFERENCES users);
TRUNCATE fkfix.policy;
CREATE TABLE unheard (a int REFERENCES users);
SELECT constraint_name, on_delete FROM fkfix_audit(all_keys => true) ORDER BY 1;
ROLLBACK;

-- nothing has come of all this
SELECT constraint_name, on_delete, status FROM fkfix_audit();
SELECT count(*) FROM fkfix.history;
SELECT fkfix_disable_enforcement();
DROP SCHEMA policy_altered CASCADE;
DROP EXTENSION fkfix;
