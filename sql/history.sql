-- The history has a row for each change, written with it, and for nothing else
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE SCHEMA "My Schema";
RESET client_min_messages;

CREATE TABLE users (id int, tenant int, PRIMARY KEY (tenant, id));
CREATE TABLE "My Schema"."Notes" (tenant int, author_id int,
  CONSTRAINT "the author" FOREIGN KEY (tenant, author_id) REFERENCES users ON UPDATE CASCADE);

-- every column
BEGIN;
SELECT fkfix_rebuild('"My Schema"."Notes"', 'the author', 'set null (author_id)');
SELECT transaction_id = pg_current_xact_id() AS this_transaction,
       changed_at >= now() AND changed_at <= clock_timestamp() AS at_its_time,
       session_user_name = session_user AS session_user, current_user_name = current_user AS current_user
FROM fkfix.history;
COMMIT;
SELECT id, cause, referencing, constraint_name, referenced, old_on_delete, new_on_delete,
       old_on_update, new_on_update, rule_id, command_tag
FROM fkfix.history \gx

-- the rule that asked for it, the statement that it was part of
INSERT INTO fkfix.policy (id, constraint_name, on_delete, on_update) VALUES (42, '*author', 'CASCADE', 'CASCADE');
SELECT fkfix_rebuild('"My Schema"."Notes"', 'the author');
SELECT fkfix_enable_enforcement();
ALTER TABLE "My Schema"."Notes" DROP CONSTRAINT "the author",
  ADD CONSTRAINT author FOREIGN KEY (tenant, author_id) REFERENCES users ON DELETE RESTRICT;
SELECT fkfix_disable_enforcement();
SELECT id, cause, constraint_name, old_on_delete, new_on_delete, old_on_update, new_on_update, rule_id, command_tag
FROM fkfix.history ORDER BY id;

-- what changed nothing, failed or was undone has none
SELECT fkfix_rebuild('"My Schema"."Notes"', 'author');
SELECT fkfix_rebuild('"My Schema"."Notes"', 'author', 'SET NULL (id)');  -- fails
BEGIN;
SELECT fkfix_rebuild('"My Schema"."Notes"', 'author', 'RESTRICT');
ROLLBACK;
SELECT count(*) FROM fkfix.history;
-- a row is what a key did, whatever has become of it
ALTER TABLE "My Schema"."Notes" RENAME TO notes;
DROP TABLE "My Schema".notes;
SELECT DISTINCT referencing FROM fkfix.history;

-- nobody's path leads elsewhere
CREATE TABLE notes (tenant int, author_id int, CONSTRAINT author FOREIGN KEY (tenant, author_id) REFERENCES users,
  CONSTRAINT coauthor FOREIGN KEY (tenant, author_id) REFERENCES users);
CREATE TABLE "My Schema".history (LIKE fkfix.history);
CREATE TEMP TABLE history (LIKE fkfix.history);
CREATE TEMP TABLE policy (LIKE fkfix.policy);
SET search_path = pg_temp, "My Schema", public;
SELECT fkfix_rebuild('notes', 'author');
SELECT count(*) FROM pg_temp.history;
SELECT count(*) FROM "My Schema".history;
SELECT count(*) FROM fkfix.history WHERE referencing = 'public.notes';
BEGIN;
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
SELECT count(*) FROM fkfix_rebuild_all();
SELECT constraint_name, new_on_delete, rule_id FROM fkfix.history
WHERE transaction_id = pg_current_xact_id() ORDER BY id;
ROLLBACK;
DROP TABLE "My Schema".history, pg_temp.history, pg_temp.policy;
RESET search_path;

-- its owner may index it and add to it; a trigger, which others may hang on it as well, does not fire
CREATE TABLE seen (id bigint);
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.seen VALUES (NEW.id);
  RETURN NEW;
END $$;
CREATE TRIGGER watch AFTER INSERT ON fkfix.history FOR EACH ROW EXECUTE FUNCTION watch();
ALTER TABLE fkfix.history ADD COLUMN written_by name, ADD COLUMN path text;
ALTER TABLE fkfix.history ALTER written_by SET DEFAULT current_user, ALTER path SET DEFAULT current_setting('search_path');
CREATE INDEX ON fkfix.history (lower(referencing));
SELECT fkfix_rebuild('notes', 'author', 'RESTRICT');
SELECT constraint_name, written_by = current_user AS by_owner, path FROM fkfix.history
WHERE id = (SELECT max(id) FROM fkfix.history);
BEGIN;
SELECT count(*) FROM fkfix_rebuild_all();
SELECT constraint_name, written_by = current_user AS by_owner, path FROM fkfix.history
WHERE transaction_id = pg_current_xact_id() ORDER BY id;
ROLLBACK;
SELECT count(*) AS fired FROM seen;
-- what he does to it that makes it useless stops rebuilds, for the time being
ALTER TABLE fkfix.history RENAME COLUMN cause TO why;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
SELECT count(*) FROM fkfix_rebuild_all();  -- fails
ALTER TABLE fkfix.history RENAME COLUMN why TO cause;
ALTER TABLE fkfix.history RENAME TO elsewhere;
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');  -- fails
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE fkfix.elsewhere RENAME TO history;
ALTER TABLE fkfix.policy DROP COLUMN reason;
SELECT count(*) FROM fkfix_audit();  -- fails
\echo :LAST_ERROR_SQLSTATE
SELECT on_delete FROM pg_constraint, LATERAL (SELECT confdeltype AS on_delete) d WHERE conname = 'author';

DROP TRIGGER watch ON fkfix.history;
DROP FUNCTION watch;
DROP TABLE seen, notes, users;
DROP EXTENSION fkfix;
DROP SCHEMA "My Schema";
