-- A rule is stored in its canonical spelling or refused, with what is allowed
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

-- what was written, and what is stored
INSERT INTO fkfix.policy (id, on_delete, on_update, enforcement) VALUES
  (1, 'cascade', 'restrict', 'FIX'),
  (2, '  Set   Null ', E'no\taction', 'Warn'),
  (3, 'set default', NULL, 'off'),
  (4, 'RESTRICT|no action', 'NO ACTION|RESTRICT | CASCADE', 'error'),
  (5, E'set\nnull(author_id)', 'cascade | CASCADE', DEFAULT),
  (6, 'SET NULL ( "Author" , "a,b)c""d" , plain, "plain", Folded )', NULL, DEFAULT),
  (7, 'SET NULL (a, b) | SET DEFAULT (b) | SET NULL (b, a) | SET NULL', NULL, DEFAULT),
  (8, 'SET NULL (ÄPFEL, "select", _x1$)', NULL, DEFAULT),
  (9, NULL, NULL, DEFAULT);
SELECT id, on_delete, on_update, enforcement, priority FROM fkfix.policy ORDER BY id;
-- names are kept as they were written: they are patterns, not names
INSERT INTO fkfix.policy (id, referencing, columns, referenced, constraint_name)
VALUES (10, 'Public."No.tes"', '{Author_ID,"A \"b\""}', '*.USERS', 'Notes.fk?')
RETURNING referencing, columns, referenced, constraint_name;
-- an update is read as strictly as an insert
UPDATE fkfix.policy SET on_delete = 'set   default' WHERE id = 1 RETURNING on_delete;
UPDATE fkfix.policy SET on_delete = 'set defaults' WHERE id = 1;  -- fails
-- and so is what replication and pg_restore write
SET session_replication_role = replica;
INSERT INTO fkfix.policy (id, on_delete) VALUES (11, 'cascades');  -- fails
RESET session_replication_role;
COPY fkfix.policy (id, on_delete, enforcement) FROM stdin;
12	set null	ERROR
\.
SELECT on_delete, enforcement FROM fkfix.policy WHERE id = 12;

-- actions that are none
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'CASCADES');  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, on_update) VALUES (20, 'SETNULL');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, '');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'CASCADE |');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'CASCADE, RESTRICT');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'ON DELETE CASCADE');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'CASCADE;');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'no');  -- fails

-- column lists
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'CASCADE (author_id)');  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, on_update) VALUES (20, 'SET NULL (author_id)');  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'SET NULL ()');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'SET NULL (a b)');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'SET NULL (a');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'SET NULL ("a');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'SET NULL ("")');  -- fails
INSERT INTO fkfix.policy (id, on_delete) VALUES (20, 'SET NULL (1a)');  -- fails

-- names
INSERT INTO fkfix.policy (id, referencing) VALUES (20, '');  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, referencing) VALUES (20, 'a.b.c');  -- fails
INSERT INTO fkfix.policy (id, constraint_name) VALUES (20, repeat('x', 64));  -- fails
INSERT INTO fkfix.policy (id, referencing) VALUES (20, 'public.');  -- fails
INSERT INTO fkfix.policy (id, referenced) VALUES (20, '.users');  -- fails
INSERT INTO fkfix.policy (id, referenced) VALUES (20, 'public."users');  -- fails
INSERT INTO fkfix.policy (id, referenced) VALUES (20, '""');  -- fails
INSERT INTO fkfix.policy (id, constraint_name) VALUES (20, '');  -- fails
INSERT INTO fkfix.policy (id, constraint_name) VALUES (20, 'a"b');  -- fails
INSERT INTO fkfix.policy (id, columns) VALUES (20, '{}');  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, columns) VALUES (20, '{author_id,NULL}');  -- fails
INSERT INTO fkfix.policy (id, columns) VALUES (20, '{{a,b},{c,d}}');  -- fails
INSERT INTO fkfix.policy (id, columns) VALUES (20, '{author_id,""}');  -- fails

-- enforcement
INSERT INTO fkfix.policy (id, enforcement) VALUES (20, 'on');  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, enforcement) VALUES (20, 'policy');  -- fails
INSERT INTO fkfix.policy (id, enforcement) VALUES (20, NULL);  -- fails
\echo :LAST_ERROR_SQLSTATE
INSERT INTO fkfix.policy (id, priority) VALUES (20, NULL);  -- fails

-- the trigger function is good for nothing else
CREATE TABLE spelling (a int);
CREATE TRIGGER t AFTER INSERT ON spelling FOR EACH ROW EXECUTE FUNCTION fkfix.normalize_rule();
INSERT INTO spelling VALUES (1);  -- fails
\echo :LAST_ERROR_SQLSTATE
DROP TRIGGER t ON spelling;
CREATE TRIGGER t BEFORE INSERT ON spelling FOR EACH ROW EXECUTE FUNCTION fkfix.normalize_rule();
INSERT INTO spelling VALUES (1);  -- fails
SELECT fkfix.normalize_rule();  -- fails

-- a rule that got past it all the same is reported by whatever reads the rules
ALTER TABLE fkfix.policy DISABLE TRIGGER normalize_rule;
INSERT INTO fkfix.policy (id, on_delete) VALUES (66, 'whatever');
SELECT * FROM fkfix_audit();  -- fails
SELECT * FROM fkfix_rebuild_all();  -- fails
DELETE FROM fkfix.policy WHERE id = 66;
ALTER TABLE fkfix.policy ENABLE ALWAYS TRIGGER normalize_rule;
SELECT * FROM fkfix_audit();

-- readable by all, written by the owner alone
CREATE ROLE regress_fkfix_user;
SET ROLE regress_fkfix_user;
SELECT count(*) FROM fkfix.policy;
INSERT INTO fkfix.policy (on_delete) VALUES ('CASCADE');  -- fails
DELETE FROM fkfix.policy;  -- fails
SELECT nextval('fkfix.policy_id_seq');  -- fails
RESET ROLE;

DROP ROLE regress_fkfix_user;
DROP TABLE spelling;
DROP EXTENSION fkfix;
