-- Only who could drop a key and add it again may rebuild it: its owner, with REFERENCES
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_owner;
CREATE ROLE regress_fkfix_member IN ROLE regress_fkfix_owner;
CREATE ROLE regress_fkfix_other;
RESET client_min_messages;

CREATE TABLE users (id int, tenant int, PRIMARY KEY (tenant, id), secret text);
CREATE TABLE notes (tenant int, author_id int, CONSTRAINT author FOREIGN KEY (tenant, author_id) REFERENCES users);
ALTER TABLE notes OWNER TO regress_fkfix_owner;
GRANT ALL ON notes TO regress_fkfix_other;
INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (1, 'notes', 'SET NULL');

-- who does not own the referencing table, whatever else he may
GRANT ALL ON users TO regress_fkfix_other;
SET ROLE regress_fkfix_other;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'author');  -- fails
SELECT * FROM fkfix_rebuild_all();  -- fails
-- nor who owns the referenced one alone
RESET ROLE;
ALTER TABLE users OWNER TO regress_fkfix_other;
SET ROLE regress_fkfix_other;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
RESET ROLE;
ALTER TABLE users OWNER TO CURRENT_USER;
REVOKE ALL ON users FROM regress_fkfix_other;

-- the owner without REFERENCES on the referenced table
SET ROLE regress_fkfix_owner;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'author');  -- fails
SELECT * FROM fkfix_rebuild_all();  -- fails
-- as ALTER TABLE
ALTER TABLE notes DROP CONSTRAINT author, ADD CONSTRAINT author FOREIGN KEY (tenant, author_id) REFERENCES users;  -- fails

-- REFERENCES on some of the columns is not enough
RESET ROLE;
GRANT REFERENCES (id, secret) ON users TO regress_fkfix_owner;
SET ROLE regress_fkfix_owner;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
RESET ROLE;
-- on all of them it is
REVOKE REFERENCES (secret) ON users FROM regress_fkfix_owner;
GRANT REFERENCES (tenant) ON users TO regress_fkfix_owner;
SET ROLE regress_fkfix_owner;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
-- as it is on the table
RESET ROLE;
REVOKE ALL (id, tenant) ON users FROM regress_fkfix_owner;
GRANT REFERENCES ON users TO regress_fkfix_owner;
SET ROLE regress_fkfix_owner;
SELECT fkfix_rebuild('notes', 'author');
-- nothing else is needed: no right to read either table, the policy or the history
RESET ROLE;
REVOKE ALL ON notes FROM regress_fkfix_owner;
REVOKE SELECT ON fkfix.policy, fkfix.history FROM PUBLIC;
SET ROLE regress_fkfix_owner;
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
SELECT constraint_name, rebuilt FROM fkfix_rebuild_all();
SELECT count(*) FROM fkfix.policy;  -- fails

-- a member of the owning role may what it may
SET ROLE regress_fkfix_member;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
RESET ROLE;
ALTER ROLE regress_fkfix_member NOINHERIT;
GRANT regress_fkfix_owner TO regress_fkfix_other;
SET ROLE regress_fkfix_other;
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
RESET ROLE;
REVOKE regress_fkfix_owner FROM regress_fkfix_other;

-- a SECURITY DEFINER function is run by its owner, in both directions
CREATE FUNCTION by_owner() RETURNS boolean LANGUAGE sql SECURITY DEFINER
  AS $$ SELECT fkfix_rebuild('public.notes', 'author', 'CASCADE') $$;
ALTER FUNCTION by_owner() OWNER TO regress_fkfix_owner;
SET ROLE regress_fkfix_other;
SELECT by_owner();
RESET ROLE;
ALTER FUNCTION by_owner() OWNER TO regress_fkfix_other;
SELECT by_owner();  -- fails
-- a superuser may
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');

-- the history tells the two roles apart, and nobody but its owner writes it
SELECT session_user_name = session_user AS by_session_user,
       replace(current_user_name, session_user, 'superuser') AS current_user_name, new_on_delete
FROM fkfix.history ORDER BY id;
GRANT SELECT ON fkfix.policy, fkfix.history TO PUBLIC;
SET ROLE regress_fkfix_owner;
SELECT count(*) > 0 AS readable FROM fkfix.history;
DELETE FROM fkfix.history;  -- fails
INSERT INTO fkfix.history DEFAULT VALUES;  -- fails
RESET ROLE;

-- a key whose tables he owns does not help with one of somebody else's
CREATE TABLE mine (author_id int, tenant int, CONSTRAINT author FOREIGN KEY (tenant, author_id) REFERENCES users);
ALTER TABLE mine OWNER TO regress_fkfix_other;
GRANT REFERENCES ON users TO regress_fkfix_other;
UPDATE fkfix.policy SET referencing = NULL, on_delete = 'CASCADE';
SET ROLE regress_fkfix_other;
SELECT * FROM fkfix_rebuild_all();  -- fails
SELECT rebuilt FROM fkfix_rebuild_all('mine');
RESET ROLE;
SELECT constraint_name, referencing, status FROM fkfix_audit(NULL, true) ORDER BY 2;

-- nor REFERENCES on a table in a schema that he may not look into
CREATE SCHEMA closed;
ALTER TABLE users SET SCHEMA closed;
SET ROLE regress_fkfix_other;
SELECT fkfix_rebuild('mine', 'author', 'SET NULL');  -- fails
RESET ROLE;
GRANT USAGE ON SCHEMA closed TO regress_fkfix_other;
SET ROLE regress_fkfix_other;
SELECT fkfix_rebuild('mine', 'author', 'SET NULL');
RESET ROLE;

SET client_min_messages = warning;
DROP FUNCTION by_owner;
DROP TABLE mine, notes, closed.users;
DROP SCHEMA closed;
DROP ROLE regress_fkfix_owner, regress_fkfix_member, regress_fkfix_other;
DROP EXTENSION fkfix;
