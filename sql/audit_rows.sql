-- The audit says of every foreign key what it does, what it must do, and what to do
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int, tenant int, PRIMARY KEY (tenant, id), UNIQUE (id));
CREATE TABLE notes (
  id int PRIMARY KEY,
  tenant int, author_id int, editor_id int, owner_id int NOT NULL, parent_id int,
  guest_id int, reader_id int, printer_id int,
  CONSTRAINT violation FOREIGN KEY (tenant, author_id) REFERENCES users ON DELETE SET NULL (author_id),
  CONSTRAINT compliant FOREIGN KEY (parent_id) REFERENCES notes ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT conflict FOREIGN KEY (editor_id) REFERENCES users (id),
  CONSTRAINT infeasible FOREIGN KEY (owner_id) REFERENCES users (id) ON UPDATE RESTRICT,
  CONSTRAINT exempt FOREIGN KEY (guest_id) REFERENCES users (id) ON DELETE SET DEFAULT,
  CONSTRAINT damaged FOREIGN KEY (reader_id) REFERENCES users (id)
    MATCH FULL ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT unmanaged FOREIGN KEY (printer_id) REFERENCES users (id)
);
CREATE INDEX ON notes (author_id, tenant);
CREATE INDEX ON notes (parent_id);
CREATE INDEX ON notes (editor_id);
CREATE INDEX ON notes (owner_id);
CREATE INDEX ON notes USING hash (guest_id);
CREATE INDEX ON notes (reader_id) WHERE reader_id IS NOT NULL;
INSERT INTO fkfix.policy (id, constraint_name, on_delete, on_update, reason) VALUES
  (1, 'violation', 'CASCADE', 'NO ACTION', 'notes go with their author'),
  (2, 'compliant', 'RESTRICT | CASCADE', NULL, 'answers go with the note'),
  (3, 'conflict', 'CASCADE', NULL, 'never shown'),
  (4, 'conflict', 'SET NULL', NULL, NULL),
  (5, 'infeasible', 'SET NULL', 'RESTRICT', 'notes outlive their owner'),
  (6, 'exempt', NULL, NULL, 'it is complicated'),
  (7, 'nonesuch', 'CASCADE', NULL, NULL);
-- damage on purpose: a key that does not do what it says
UPDATE pg_trigger SET tgfoid = '"RI_FKey_cascade_del"'::regproc
WHERE tgfoid = '"RI_FKey_restrict_del"'::regproc AND tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = 'damaged');

SELECT * FROM fkfix_audit(all_keys => true) ORDER BY status \gx

-- without a word only what is not in order
SELECT constraint_name, status FROM fkfix_audit() ORDER BY 2;
SELECT constraint_name, status FROM fkfix_audit(NULL, false) ORDER BY 2;
-- the same, counted
SELECT * FROM fkfix_status() \gx

-- of one referencing table; to be referenced does not count
CREATE TABLE tags (user_id int CONSTRAINT tag REFERENCES users (id));
INSERT INTO fkfix.policy (id, constraint_name, on_delete) VALUES (8, 'tag', 'CASCADE');
SELECT constraint_name, status FROM fkfix_audit('tags');
SELECT constraint_name, status FROM fkfix_audit('users', true);
SELECT count(*) FROM fkfix_audit('notes', true);
SELECT count(*) FROM fkfix_audit(NULL, true);
SELECT count(*) FROM fkfix_audit(relation => 'notes');
-- what is no table has no keys
SELECT count(*) FROM fkfix_audit('notes_pkey', true);
SELECT fkfix_audit('nonesuch');  -- fails
SELECT fkfix_audit('tags', NULL);  -- fails
\echo :LAST_ERROR_SQLSTATE

-- anybody may look, also where he may not read
CREATE ROLE regress_fkfix_user;
SET ROLE regress_fkfix_user;
SELECT constraint_name, status FROM fkfix_audit() ORDER BY 2, 1;
SELECT violation, rules FROM fkfix_status();
RESET ROLE;
-- and in a transaction that may not write
BEGIN READ ONLY;
SELECT constraint_name, status FROM fkfix_audit('tags');
COMMIT;
-- what this transaction has done is seen
BEGIN;
DELETE FROM fkfix.policy;
SELECT count(*) FROM fkfix_audit();
INSERT INTO fkfix.policy (on_delete) VALUES ('NO ACTION');
ALTER TABLE tags RENAME CONSTRAINT tag TO label;
SELECT constraint_name, status FROM fkfix_audit('tags', true);
ROLLBACK;

DROP ROLE regress_fkfix_user;
DROP TABLE tags, notes, users;
DROP EXTENSION fkfix;
