-- While the policy is enforced it binds the actions that a rebuild names
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE ROLE regress_fkfix_owner;
RESET client_min_messages;

CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (author_id int CONSTRAINT author REFERENCES users);
ALTER TABLE notes OWNER TO regress_fkfix_owner;
GRANT REFERENCES ON users TO regress_fkfix_owner;
INSERT INTO fkfix.policy (id, referencing, on_delete, on_update, enforcement, reason)
VALUES (1, 'notes', 'CASCADE | SET NULL', NULL, 'error', 'notes go with their author');

-- not before enforcement is on
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
SELECT fkfix_enable_enforcement();

-- error
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT fkfix_rebuild('notes', 'author', 'SET DEFAULT', 'CASCADE');  -- fails
-- the same for its owner, as it would be by DDL
SET ROLE regress_fkfix_owner;
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');  -- fails
ALTER TABLE notes DROP CONSTRAINT author, ADD CONSTRAINT author FOREIGN KEY (author_id) REFERENCES users;  -- fails
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- what the rule accepts is free, and what it does not speak of
SELECT fkfix_rebuild('notes', 'author', 'SET NULL');
SELECT fkfix_rebuild('notes', 'author', 'CASCADE', 'CASCADE');
SELECT fkfix_rebuild('notes', 'author', NULL, 'RESTRICT');
-- also where the other action of the key is not what it should be
SET fkfix.enforcement = off;
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
RESET fkfix.enforcement;
SELECT fkfix_rebuild('notes', 'author', NULL, 'CASCADE');
-- even naming what the key does already
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');  -- fails

-- fix refuses as well: there is nothing to fix in what was said
UPDATE fkfix.policy SET enforcement = 'fix';
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');  -- fails
\echo :LAST_ERROR_SQLSTATE
-- warn warns, and does it
UPDATE fkfix.policy SET enforcement = 'warn', on_update = 'NO ACTION';
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION', 'CASCADE');
SELECT on_delete, on_update FROM fkfix_audit();
-- off says nothing
UPDATE fkfix.policy SET enforcement = 'off';
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');

-- the setting overrides the rule
SET fkfix.enforcement = error;
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');  -- fails
SET fkfix.enforcement = warn;
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');
SET fkfix.enforcement = off;
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
RESET fkfix.enforcement;

-- an exemption, a conflict and no rule at all bind nobody
UPDATE fkfix.policy SET enforcement = 'error', on_delete = NULL, on_update = NULL;
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');
UPDATE fkfix.policy SET on_delete = 'CASCADE';
INSERT INTO fkfix.policy (id, constraint_name, on_delete, enforcement) VALUES (2, 'author', 'SET NULL', 'error');
SELECT status FROM fkfix_audit();
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
DELETE FROM fkfix.policy;
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');
-- but one that cannot be kept to does, as it would by DDL
INSERT INTO fkfix.policy (id, constraint_name, on_delete, enforcement) VALUES (3, 'author', 'SET NULL (id)', 'error');
SELECT status FROM fkfix_audit();
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails

-- what the policy itself asks for is never refused
UPDATE fkfix.policy SET on_delete = 'CASCADE', enforcement = 'error';
SELECT fkfix_rebuild('notes', 'author');
UPDATE fkfix.policy SET on_delete = 'RESTRICT';
SELECT constraint_name, new_on_delete, rebuilt FROM fkfix_rebuild_all();

-- no more once enforcement is disabled, or gone
ALTER EVENT TRIGGER fkfix_enforcement DISABLE;
SELECT fkfix_rebuild('notes', 'author', 'NO ACTION');
SELECT fkfix_enable_enforcement();
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
SELECT fkfix_disable_enforcement();
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');

DROP TABLE notes, users;
DROP ROLE regress_fkfix_owner;
DROP EXTENSION fkfix;
