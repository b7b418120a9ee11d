-- Objects made to be mistaken for ours, or for PostgreSQL's own, change nothing that we run
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_evil;
CREATE SCHEMA evil AUTHORIZATION regress_fkfix_evil;
GRANT TEMPORARY ON DATABASE :DBNAME TO regress_fkfix_evil;
RESET client_min_messages;

INSERT INTO fkfix.policy (id, referencing, on_delete, on_update) VALUES (1, 'notes', 'CASCADE', 'NO ACTION');

SET ROLE regress_fkfix_evil;
SET search_path = evil, pg_temp, pg_catalog, public;
CREATE TABLE evil.sprung (what text);
CREATE TABLE evil.users (id int PRIMARY KEY);
CREATE TABLE evil.notes (author_id int CONSTRAINT author REFERENCES evil.users);

-- our tables, empty or with other rules, and views that tell on who reads them
CREATE FUNCTION evil.spring(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO evil.sprung VALUES (what || ' by ' || current_user);
  RETURN what;
END $$;
CREATE TABLE evil.policy (LIKE fkfix.policy);
INSERT INTO evil.policy (id, on_delete, enforcement, priority) VALUES (666, 'SET NULL', 'off', 1000);
CREATE TEMP TABLE policy (LIKE fkfix.policy);
CREATE VIEW evil.history AS SELECT evil.spring('history');
CREATE TEMP VIEW pg_extension AS SELECT evil.spring('pg_extension');
CREATE TEMP VIEW pg_constraint AS SELECT evil.spring('pg_constraint');
CREATE TEMP VIEW pg_trigger AS SELECT evil.spring('pg_trigger');
CREATE TEMP VIEW pg_namespace AS SELECT evil.spring('pg_namespace');
CREATE TEMP TABLE fkfix (a int);
-- our functions
CREATE FUNCTION evil.fkfix_rebuild(relation regclass, constraint_name name, on_delete text DEFAULT NULL, on_update text DEFAULT NULL)
  RETURNS boolean LANGUAGE sql AS $$ SELECT evil.spring('rebuild') IS NULL $$;
CREATE FUNCTION evil.fkfix_enforce() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM evil.spring('enforce'); END $$;
CREATE FUNCTION evil.normalize_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM evil.spring('normalize'); RETURN NULL; END $$;
-- what an INSERT, a comparison or a cast could go through
CREATE FUNCTION evil.sprung_eq(a text, b text) RETURNS boolean LANGUAGE sql AS $$ SELECT evil.spring('=') IS NULL $$;
CREATE OPERATOR evil.= (FUNCTION = evil.sprung_eq, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION evil.sprung_name(a name, b name) RETURNS boolean LANGUAGE sql AS $$ SELECT evil.spring('= name') IS NULL $$;
CREATE OPERATOR evil.= (FUNCTION = evil.sprung_name, LEFTARG = name, RIGHTARG = name);
CREATE FUNCTION evil.sprung_oid(a oid, b oid) RETURNS boolean LANGUAGE sql AS $$ SELECT evil.spring('= oid') IS NULL $$;
CREATE OPERATOR evil.= (FUNCTION = evil.sprung_oid, LEFTARG = oid, RIGHTARG = oid);
CREATE FUNCTION evil.nextval(regclass) RETURNS bigint LANGUAGE sql AS $$ SELECT evil.spring('nextval')::bigint $$;
CREATE FUNCTION evil.format_type(oid, int) RETURNS text LANGUAGE sql AS $$ SELECT evil.spring('format_type') $$;
CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT evil.spring('quote_ident') $$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT evil.spring('now')::timestamptz $$;
CREATE DOMAIN evil.text AS pg_catalog.int4;
CREATE DOMAIN evil.int8 AS pg_catalog.text;
CREATE TYPE evil.xid8 AS ENUM ('x');

-- the traps are set: this is what they do to those who look no closer
SELECT count(*) FROM pg_extension;
SELECT what FROM evil.sprung;
DELETE FROM evil.sprung;

-- the reader's own code reads the real ones
SELECT referencing, status, rule_id, remedy FROM pg_catalog.fkfix_audit() ORDER BY 1;
SELECT rules, violation FROM pg_catalog.fkfix_status();
SELECT constraint_name, new_on_delete, rebuilt FROM pg_catalog.fkfix_rebuild_all();
SELECT pg_catalog.fkfix_rebuild('evil.notes', 'author', 'RESTRICT');
SELECT count(*) FROM pg_catalog.fkfix_verify();

-- the superuser walks into the same trap, with the same path
RESET ROLE;
SELECT pg_catalog.fkfix_enable_enforcement();
ALTER TABLE evil.notes ADD CONSTRAINT author2 FOREIGN KEY (author_id) REFERENCES evil.users;
INSERT INTO fkfix.policy (id, constraint_name, on_delete, priority) VALUES (2, 'author2', 'set  null', 1);
SELECT pg_catalog.fkfix_rebuild('evil.notes', 'author2');
SELECT remedy FROM pg_catalog.fkfix_audit();
SELECT count(*) FROM pg_catalog.fkfix_rebuild_all();
SELECT pg_catalog.fkfix_disable_enforcement();

-- nothing has sprung
SELECT * FROM evil.sprung;
RESET search_path;
SELECT id, constraint_name, new_on_delete, rule_id FROM fkfix.history ORDER BY id;
SELECT id, on_delete FROM fkfix.policy ORDER BY id;

-- the names of our tables, taken while the extension lacks them, do not make a policy
ALTER TABLE fkfix.policy RENAME TO away;
CREATE TABLE fkfix.policy (LIKE fkfix.away);
SELECT count(*) FROM fkfix_audit();  -- fails
\echo :LAST_ERROR_SQLSTATE
DROP TABLE fkfix.policy;
ALTER TABLE fkfix.away RENAME TO policy;
SELECT count(*) FROM fkfix_audit();

SET client_min_messages = warning;
DISCARD TEMP;
DROP EXTENSION fkfix;
DROP OWNED BY regress_fkfix_evil CASCADE;
DROP SCHEMA IF EXISTS evil CASCADE;
DROP ROLE regress_fkfix_evil;
