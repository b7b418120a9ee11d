-- Nobody changes a key of another role's table by bringing it into a rule's range: an older key is fixed only for who owns its table.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE ROLE regress_fkfix_victim;
CREATE ROLE regress_fkfix_both;
GRANT regress_fkfix_attacker, regress_fkfix_victim TO regress_fkfix_both;
CREATE SCHEMA attack_rename AUTHORIZATION regress_fkfix_attacker;
GRANT ALL ON SCHEMA attack_rename TO regress_fkfix_victim;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_fkfix_attacker', current_database()) AS give,
  format('REVOKE CREATE ON DATABASE %I FROM regress_fkfix_attacker', current_database()) AS take \gset
:give;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, columns, referenced, nullable, on_delete, enforcement) VALUES
  (1, NULL, NULL, 'accounts', NULL, 'CASCADE', 'fix'), (2, 'attack_rename_fix.ledger', NULL, NULL, NULL, 'CASCADE', 'fix'),
  (3, 'required', NULL, NULL, false, 'CASCADE', 'fix'), (4, 'typed', '{account}', NULL, NULL, 'CASCADE', 'fix'),
  (5, NULL, NULL, 'error_accounts', NULL, 'CASCADE', 'error'), (6, 'fix_part', NULL, NULL, NULL, 'CASCADE', 'fix');
RESET client_min_messages;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_rename, public;
CREATE TABLE mt (id int PRIMARY KEY);
GRANT ALL ON mt TO regress_fkfix_victim;
CREATE TABLE others (id int PRIMARY KEY);
GRANT ALL ON others TO regress_fkfix_victim;
CREATE DOMAIN account_number AS int;
CREATE TYPE account_type AS (a int);
INSERT INTO mt VALUES (1), (2);
SET SESSION AUTHORIZATION regress_fkfix_victim;
CREATE TABLE ledger (a int CONSTRAINT a REFERENCES mt);
CREATE TABLE required (a account_number CONSTRAINT a REFERENCES others);
INSERT INTO ledger VALUES (1);
CREATE VIEW attack_rename.keys AS
  SELECT conrelid::regclass, conname, confdeltype FROM pg_constraint
  WHERE contype = 'f' AND connamespace::regnamespace::text ~ '^attack_rename' ORDER BY conrelid::regclass::text COLLATE "C", 2;
GRANT SELECT ON attack_rename.keys TO PUBLIC;

-- the referenced table gets another name: a key of the attacker's own would be fixed, the other one is not
SET SESSION AUTHORIZATION regress_fkfix_attacker;
CREATE TABLE own_users (id int PRIMARY KEY);
CREATE TABLE own (a int CONSTRAINT a REFERENCES own_users);
ALTER TABLE own_users RENAME TO accounts;
DROP TABLE own, accounts;
ALTER TABLE mt RENAME TO accounts;
SELECT * FROM keys;
DELETE FROM accounts WHERE id = 1;  -- fails
-- whoever owns both tables may, through membership or as a superuser
ALTER TABLE accounts RENAME TO mt;
SET SESSION AUTHORIZATION regress_fkfix_both;
SET search_path = attack_rename, public;
BEGIN;
ALTER TABLE mt RENAME TO accounts;
SELECT * FROM keys;
ROLLBACK;
-- but not with only one of his roles
BEGIN;
SET LOCAL ROLE regress_fkfix_attacker;
ALTER TABLE mt RENAME TO accounts;
SELECT * FROM keys;
ROLLBACK;
RESET SESSION AUTHORIZATION;
BEGIN;
ALTER TABLE mt RENAME TO accounts;
SELECT * FROM keys;
ROLLBACK;
-- it is not the session that counts
SET SESSION AUTHORIZATION regress_fkfix_attacker;
CREATE FUNCTION rename() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = attack_rename AS 'BEGIN ALTER TABLE mt RENAME TO accounts; RETURN 1; END';
GRANT EXECUTE ON FUNCTION rename() TO PUBLIC;
SET SESSION AUTHORIZATION regress_fkfix_victim;
BEGIN;
SELECT rename();
SELECT * FROM keys;
ROLLBACK;

-- another schema for it, another name for the schema
SET SESSION AUTHORIZATION regress_fkfix_attacker;
BEGIN;
ALTER SCHEMA attack_rename RENAME TO attack_rename_fix;
SELECT * FROM attack_rename_fix.keys;
ROLLBACK;
-- a type or a domain that the other table uses
ALTER DOMAIN account_number SET NOT NULL;
SELECT * FROM keys;
SET SESSION AUTHORIZATION regress_fkfix_victim;
CREATE TABLE typed OF account_type (CONSTRAINT a FOREIGN KEY (a) REFERENCES others);
SET SESSION AUTHORIZATION regress_fkfix_attacker;
ALTER TYPE account_type RENAME ATTRIBUTE a TO account CASCADE;  -- fails
-- a partition that is another role's
CREATE TABLE parted (a int CONSTRAINT a REFERENCES others) PARTITION BY LIST (a);
CREATE TABLE fix_part PARTITION OF parted DEFAULT;
RESET SESSION AUTHORIZATION;
ALTER TABLE fix_part OWNER TO regress_fkfix_victim;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
ALTER TABLE parted DETACH PARTITION fix_part;
SELECT * FROM keys;
-- in a view that is refreshed
CREATE MATERIALIZED VIEW renaming AS SELECT rename() WITH NO DATA;
REFRESH MATERIALIZED VIEW renaming;
SELECT * FROM keys;
ALTER TABLE accounts RENAME TO mt;
-- an error is one for who runs the statement
ALTER TABLE mt RENAME TO error_accounts;  -- fails
-- the owner of the table cures it himself, and could have done so by DDL
ALTER TABLE mt RENAME TO accounts;
SET SESSION AUTHORIZATION regress_fkfix_victim;
SELECT constraint_name, rebuilt FROM fkfix_rebuild_all('ledger');
SELECT session_user_name, current_user_name, cause, referencing, constraint_name, referenced FROM fkfix.history ORDER BY id;
RESET SESSION AUTHORIZATION;

:take;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA attack_rename CASCADE;
DROP ROLE regress_fkfix_attacker, regress_fkfix_victim, regress_fkfix_both;
DROP EXTENSION fkfix;
