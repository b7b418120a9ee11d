-- The audit looks at root keys of ordinary tables: not at temporary ones, nor an extension's
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;
INSERT INTO fkfix.policy (id, on_delete) VALUES (1, 'CASCADE');

CREATE TABLE users (id int PRIMARY KEY);
-- temporary tables
CREATE TEMP TABLE temp_users (id int PRIMARY KEY);
CREATE TEMP TABLE temp_notes (author_id int CONSTRAINT author REFERENCES temp_users);
SELECT count(*) FROM fkfix_audit(NULL, true);
SELECT count(*) FROM fkfix_audit('temp_notes', true);
SELECT violation, unmanaged FROM fkfix_status();
SELECT * FROM fkfix_rebuild_all();
-- nobody declares anything for them, but whoever owns one may change its keys
SELECT fkfix_rebuild('temp_notes', 'author');  -- fails
SELECT fkfix_rebuild('temp_notes', 'author', 'CASCADE');
-- unlogged tables are tables
CREATE UNLOGGED TABLE unlogged_notes (author_id int CONSTRAINT author REFERENCES users);
SELECT referencing, status FROM fkfix_audit();
DROP TABLE unlogged_notes;

-- a table of an extension, while it is one
CREATE TABLE notes (author_id int CONSTRAINT author REFERENCES users);
SELECT referencing, status FROM fkfix_audit();
ALTER EXTENSION fkfix ADD TABLE notes;
SELECT count(*) FROM fkfix_audit(NULL, true);
SELECT count(*) FROM fkfix_audit('notes', true);
SELECT violation FROM fkfix_status();
SELECT * FROM fkfix_rebuild_all();
ALTER EXTENSION fkfix DROP TABLE notes;
-- it is the referencing table that counts
ALTER EXTENSION fkfix ADD TABLE users;
SELECT referencing, status FROM fkfix_audit();
ALTER EXTENSION fkfix DROP TABLE users;
DROP TABLE notes;

-- one row for a key, however many partitions there are on either side
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts2 PARTITION OF parts FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
CREATE TABLE parts21 PARTITION OF parts2 FOR VALUES FROM (10) TO (15);
CREATE TABLE items (part int CONSTRAINT part REFERENCES parts, kind int) PARTITION BY LIST (kind);
CREATE TABLE items1 PARTITION OF items FOR VALUES IN (1);
CREATE TABLE items2 PARTITION OF items FOR VALUES IN (2);
SELECT count(*) > 1 AS rows_in_pg_constraint FROM pg_constraint WHERE contype = 'f' AND confrelid = 'parts'::regclass;
SELECT referencing, constraint_name, referenced, status FROM fkfix_audit();
SELECT referencing, constraint_name FROM fkfix_audit('items');
-- a partition has none but its own
SELECT count(*) FROM fkfix_audit('items1', true);
ALTER TABLE items1 ADD CONSTRAINT own FOREIGN KEY (kind) REFERENCES users;
SELECT referencing, constraint_name, status FROM fkfix_audit('items1', true);
-- which it has all to itself once detached
ALTER TABLE items DETACH PARTITION items2;
SELECT referencing, constraint_name, status FROM fkfix_audit() ORDER BY 1, 2;
DROP TABLE items2;

-- the children of legacy inheritance have keys of their own
CREATE TABLE elder (author_id int CONSTRAINT author REFERENCES users);
CREATE TABLE younger () INHERITS (elder);
SELECT referencing, constraint_name FROM fkfix_audit('elder');
SELECT count(*) FROM fkfix_audit('younger', true);

DROP TABLE younger, elder, items, parts, users, temp_notes, temp_users;
DROP EXTENSION fkfix;
