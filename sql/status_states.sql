-- fkfix_status tells whether enforcement is on here and in this session, and why not
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE VIEW duty AS
  SELECT enforcement_installed AS installed, enforcement_enabled AS enabled, binds_session AS binds, why_not
  FROM fkfix_status();
SELECT * FROM duty;
SELECT fkfix_enable_enforcement();
SELECT * FROM duty;
SELECT fkfix_enable_enforcement();
SELECT * FROM duty;

-- switched off for the session
SET fkfix.enforcement = off;
SELECT * FROM duty;
SET fkfix.enforcement = warn;
SELECT * FROM duty;
SET fkfix.enforcement = maybe;  -- fails
RESET fkfix.enforcement;

-- disabled, and enabled in the other ways that there are
ALTER EVENT TRIGGER fkfix_enforcement DISABLE;
SELECT * FROM duty;
ALTER EVENT TRIGGER fkfix_enforcement ENABLE REPLICA;
SELECT * FROM duty;
SET session_replication_role = replica;
SELECT * FROM duty;
ALTER EVENT TRIGGER fkfix_enforcement ENABLE;
SELECT * FROM duty;
ALTER EVENT TRIGGER fkfix_enforcement ENABLE ALWAYS;
SELECT * FROM duty;
RESET session_replication_role;
SELECT * FROM duty;
SELECT fkfix_enable_enforcement();

-- enabling brings back what was disabled
ALTER EVENT TRIGGER fkfix_enforcement DISABLE;
SELECT fkfix_enable_enforcement();
SELECT * FROM duty;
ALTER EVENT TRIGGER fkfix_enforcement ENABLE REPLICA;
SELECT fkfix_enable_enforcement();
SELECT * FROM duty;
SELECT fkfix_disable_enforcement();
SELECT * FROM duty;
SELECT fkfix_disable_enforcement();

-- an event trigger of that name that does something else is none of ours
CREATE FUNCTION idle() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER fkfix_enforcement ON ddl_command_end EXECUTE FUNCTION idle();
SELECT * FROM duty;
SELECT fkfix_enable_enforcement();  -- fails
SELECT fkfix_disable_enforcement();  -- fails
DROP EVENT TRIGGER fkfix_enforcement;

-- superusers only, and nobody learns anything else
CREATE ROLE regress_fkfix_user;
SET ROLE regress_fkfix_user;
SELECT fkfix_enable_enforcement();  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_disable_enforcement();  -- fails
SET fkfix.enforcement = off;  -- fails
SELECT enforcement_installed, binds_session, rules FROM fkfix_status();
RESET ROLE;
-- unless they were granted the setting
GRANT SET ON PARAMETER fkfix.enforcement TO regress_fkfix_user;
SET ROLE regress_fkfix_user;
SET fkfix.enforcement = off;
RESET fkfix.enforcement;
RESET ROLE;
REVOKE SET ON PARAMETER fkfix.enforcement FROM regress_fkfix_user;
DROP ROLE regress_fkfix_user;

-- not where nothing may be written
BEGIN READ ONLY;
SELECT fkfix_enable_enforcement();  -- fails
ROLLBACK;

-- what becomes of it is part of the transaction
BEGIN;
SELECT fkfix_enable_enforcement();
SELECT * FROM duty;
ROLLBACK;
SELECT * FROM duty;

-- the call to make can be run from here
SET search_path = pg_catalog;
SELECT why_not FROM public.duty;
RESET search_path;

DROP VIEW duty;
DROP FUNCTION idle;
DROP EXTENSION fkfix;
