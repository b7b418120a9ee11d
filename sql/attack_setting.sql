-- A role without the grant cannot set fkfix.enforcement in any way, not even before the library is loaded.
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_attacker;
CREATE ROLE regress_fkfix_trusted;
CREATE SCHEMA attack_setting AUTHORIZATION regress_fkfix_attacker;
GRANT ALL ON SCHEMA attack_setting TO regress_fkfix_trusted;
SET ROLE regress_fkfix_attacker;
CREATE TABLE attack_setting.users (id int PRIMARY KEY);
GRANT ALL ON attack_setting.users TO regress_fkfix_trusted;
RESET ROLE;
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('attack_setting.*', 'CASCADE', 'error');

-- the server knows nothing of the setting yet and takes any value; it is thrown away when the library comes
\set VERBOSITY terse
\c -
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_setting, public;
SET fkfix.enforcement = off;
SHOW fkfix.enforcement;
CREATE TABLE notes (a int REFERENCES users);  -- fails
SHOW fkfix.enforcement;
SET fkfix.enforcement = off;  -- fails
SELECT set_config('fkfix.enforcement', 'off', false);  -- fails
CREATE TABLE notes (a int REFERENCES users);  -- fails
\c -
SET SESSION AUTHORIZATION regress_fkfix_attacker;
BEGIN;
SET LOCAL fkfix.enforcement = off;
SAVEPOINT one;
CREATE TABLE attack_setting.notes (a int REFERENCES attack_setting.users);  -- fails
ROLLBACK TO one;
SET LOCAL fkfix.enforcement = off;  -- fails
ROLLBACK;
-- another name under the prefix, which goes when the library comes
\c -
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET fkfix.something = off;
CREATE TABLE attack_setting.notes (a int REFERENCES attack_setting.users);  -- fails
SET fkfix.something = off;  -- fails

-- stored with a role, a database or a function
\c -
SELECT format('ALTER DATABASE %I OWNER TO regress_fkfix_attacker', current_database()) AS give,
  format('ALTER DATABASE %I OWNER TO %I', current_database(), current_user) AS take,
  format('ALTER DATABASE %I SET fkfix.enforcement = off', current_database()) AS switch \gset
:give;
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SET search_path = attack_setting, public;
ALTER ROLE regress_fkfix_attacker SET fkfix.enforcement = off;  -- fails
:switch;  -- fails
CREATE FUNCTION off() RETURNS void LANGUAGE sql SET fkfix.enforcement = off
  AS 'CREATE TABLE notes (a int REFERENCES users)';  -- fails
CREATE FUNCTION off() RETURNS void LANGUAGE plpgsql
  AS $$BEGIN SET fkfix.enforcement = off; CREATE TABLE notes (a int REFERENCES users); END$$;
SELECT off();  -- fails
ALTER FUNCTION off() SET fkfix.enforcement = off;  -- fails
SELECT off();  -- fails
-- and once the library is loaded
ALTER ROLE regress_fkfix_attacker SET fkfix.enforcement = off;  -- fails
:switch;  -- fails
GRANT SET ON PARAMETER fkfix.enforcement TO regress_fkfix_attacker;  -- fails
ALTER SYSTEM SET fkfix.enforcement = off;  -- fails
-- other settings that would do
SET session_replication_role = replica;  -- fails
RESET SESSION AUTHORIZATION;
:take;

-- who has the grant may, and a superuser may set it for a role
GRANT SET ON PARAMETER fkfix.enforcement TO regress_fkfix_trusted;
\c -
SET SESSION AUTHORIZATION regress_fkfix_trusted;
SET search_path = attack_setting, public;
SET fkfix.enforcement = off;
CREATE TABLE granted (a int REFERENCES users);
SET fkfix.enforcement = warn;
CREATE TABLE granted_too (a int REFERENCES users);
-- a value that is none is none, also when it was set beforehand
\c -
SET SESSION AUTHORIZATION regress_fkfix_trusted;
SET fkfix.enforcement = sometimes;
CREATE TABLE attack_setting.notes (a int REFERENCES attack_setting.users);  -- fails

\c -
SET SESSION AUTHORIZATION regress_fkfix_attacker;
SELECT conrelid::regclass FROM pg_constraint WHERE contype = 'f' AND connamespace = 'attack_setting'::regnamespace ORDER BY conrelid::regclass::text COLLATE "C";
RESET SESSION AUTHORIZATION;
REVOKE SET ON PARAMETER fkfix.enforcement FROM regress_fkfix_trusted;
SELECT fkfix_disable_enforcement();
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA attack_setting CASCADE;
DROP ROLE regress_fkfix_attacker, regress_fkfix_trusted;
DROP EXTENSION fkfix;
