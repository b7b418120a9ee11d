-- fkfix_revert() undoes exactly what one row of the history did: not more, not
-- after somebody else has changed the key, and not past the policy.
CREATE EXTENSION fkfix;
CREATE SCHEMA "S.1";
CREATE TABLE "S.1"."p""q" (id int PRIMARY KEY, "b c" int, UNIQUE (id, "b c"));
CREATE TABLE "S.1".child (x int, "y z" int,
  CONSTRAINT "k 1" FOREIGN KEY (x, "y z") REFERENCES "S.1"."p""q" (id, "b c")
  ON DELETE SET NULL ("y z") ON UPDATE CASCADE);
CREATE FUNCTION definition() RETURNS text LANGUAGE sql AS
  $$ SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'k 1' $$;

SELECT fkfix_rebuild('"S.1".child', 'k 1', 'CASCADE');
SELECT fkfix_rebuild('"S.1".child', 'k 1', on_update => 'RESTRICT');
SELECT definition();

-- The first row changed ON DELETE alone, so ON UPDATE stays.
SELECT fkfix_revert(1);
SELECT definition();
SELECT fkfix_revert(1);  -- fails
SELECT fkfix_revert(2);
SELECT definition();
-- A reversal is a change like any other.
SELECT fkfix_revert(4);
SELECT definition();
SELECT fkfix_revert(5);
SELECT id, cause, old_on_delete, new_on_delete, old_on_update, new_on_update, rule_id
FROM fkfix.history ORDER BY id;

-- A batch, the latest change first.
BEGIN;
SELECT fkfix_rebuild('"S.1".child', 'k 1', 'RESTRICT');
SELECT fkfix_rebuild('"S.1".child', 'k 1', 'CASCADE', 'CASCADE');
SELECT fkfix_rebuild('"S.1".child', 'k 1', 'SET NULL', 'NO ACTION');
COMMIT;
SELECT fkfix_revert(id) FROM fkfix.history
WHERE transaction_id = (SELECT transaction_id FROM fkfix.history WHERE id = 7)
ORDER BY id DESC;
SELECT definition();

-- Somebody has changed the key, or replaced it, or dropped it.
SELECT fkfix_rebuild('"S.1".child', 'k 1', 'CASCADE');
SELECT max(id) AS last FROM fkfix.history \gset
CREATE TABLE other (id int, b int, UNIQUE (id, b));
ALTER TABLE "S.1".child DROP CONSTRAINT "k 1",
  ADD CONSTRAINT "k 1" FOREIGN KEY (x, "y z") REFERENCES other (id, b) ON DELETE CASCADE;
SELECT fkfix_revert(:last);  -- fails
ALTER TABLE "S.1".child DROP CONSTRAINT "k 1",
  ADD CONSTRAINT "k 1" FOREIGN KEY (x, "y z") REFERENCES "S.1"."p""q" (id, "b c") ON DELETE RESTRICT;
SELECT fkfix_revert(:last);  -- fails
SELECT fkfix_rebuild('"S.1".child', 'k 1', 'CASCADE');
SELECT max(id) AS last FROM fkfix.history \gset

-- The policy binds it while it is enforced.
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, constraint_name, on_delete, enforcement) VALUES (1, 'k 1', 'CASCADE', 'error');
SELECT fkfix_revert(:last);  -- fails
UPDATE fkfix.policy SET enforcement = 'warn';
BEGIN;
SELECT fkfix_revert(:last);
ROLLBACK;
SELECT fkfix_disable_enforcement();

-- As a rebuild: for the table's owner.
CREATE ROLE regress_fkfix_stranger;
GRANT USAGE ON SCHEMA "S.1" TO regress_fkfix_stranger;
SET ROLE regress_fkfix_stranger;
SELECT fkfix_revert(:last);  -- fails
RESET ROLE;
BEGIN READ ONLY;
SELECT fkfix_revert(:last);  -- fails
ROLLBACK;
ALTER TABLE "S.1".child DROP CONSTRAINT "k 1";
SELECT fkfix_revert(:last);  -- fails
DROP TABLE "S.1".child;
SELECT fkfix_revert(:last);  -- fails
SELECT fkfix_revert(0);  -- fails
SELECT fkfix_revert(NULL);  -- fails

-- A history whose owner has altered it
BEGIN;
ALTER TABLE fkfix.history ALTER old_on_delete DROP NOT NULL;
UPDATE fkfix.history SET old_on_delete = NULL;
SELECT fkfix_revert(:last);  -- fails
ROLLBACK;
BEGIN;
ALTER TABLE fkfix.history DROP COLUMN old_on_update;
SELECT fkfix_revert(:last);  -- fails
ROLLBACK;

DROP FUNCTION definition();
DROP TABLE other;
DROP SCHEMA "S.1" CASCADE;
DROP ROLE regress_fkfix_stranger;
DROP EXTENSION fkfix;
