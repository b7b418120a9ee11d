-- What the policy asks and a rebuild cannot give is infeasible, with the reason
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
CREATE DOMAIN must_be AS int NOT NULL;
CREATE DOMAIN zero AS int DEFAULT 0;
RESET client_min_messages;

CREATE TABLE users (id int, tenant int, PRIMARY KEY (tenant, id), UNIQUE (id));
CREATE TABLE notes (
  tenant int, author_id int,
  must int NOT NULL, must_default int NOT NULL DEFAULT 0, by_domain must_be, domain_default zero NOT NULL,
  generated int GENERATED ALWAYS AS (1) STORED,
  CONSTRAINT not_null FOREIGN KEY (must) REFERENCES users (id),
  CONSTRAINT with_default FOREIGN KEY (must_default) REFERENCES users (id),
  CONSTRAINT by_domain FOREIGN KEY (by_domain) REFERENCES users (id),
  CONSTRAINT domain_default FOREIGN KEY (domain_default) REFERENCES users (id),
  CONSTRAINT one_of_two FOREIGN KEY (tenant, must) REFERENCES users,
  CONSTRAINT match_full FOREIGN KEY (tenant, author_id) REFERENCES users MATCH FULL,
  CONSTRAINT generated FOREIGN KEY (generated) REFERENCES users (id)
);

-- asks one thing of one key: what the audit says, and what a rebuild does
CREATE FUNCTION asked(key text, on_delete text, on_update text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  finding record;
  message text;
  detail text;
BEGIN
  DELETE FROM fkfix.policy;
  INSERT INTO fkfix.policy (id, constraint_name, on_delete, on_update) VALUES (1, key, on_delete, on_update);
  SELECT a.status, a.detail, a.remedy INTO finding FROM fkfix_audit('notes', true) a WHERE a.constraint_name = key;
  IF finding.status = 'infeasible' THEN
    BEGIN
      PERFORM fkfix_rebuild('notes', key::name);
      RAISE 'rebuilt although infeasible';
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
      IF detail <> finding.detail OR finding.remedy IS NOT NULL THEN
        RAISE 'the audit says "%"', finding.detail;
      END IF;
      RETURN 'infeasible: ' || message || E'\n' || detail;
    END;
  END IF;
  RETURN finding.status;
END $$;

\pset format unaligned
\pset tuples_only on
-- SET NULL where a column rejects it, by itself or by its domain
SELECT asked('not_null', 'SET NULL');
SELECT asked('not_null', NULL, 'SET NULL');
SELECT asked('by_domain', 'SET NULL');
SELECT asked('one_of_two', 'SET NULL');
-- but not where the list leaves that one out
SELECT asked('one_of_two', 'SET NULL (tenant)');
SELECT asked('one_of_two', 'SET NULL (must, tenant)');
-- SET DEFAULT where the default is null
SELECT asked('not_null', 'SET DEFAULT');
SELECT asked('not_null', NULL, 'SET DEFAULT');
SELECT asked('with_default', 'SET DEFAULT', 'SET DEFAULT');
SELECT asked('domain_default', 'SET DEFAULT');
SELECT asked('with_default', 'SET NULL');
-- MATCH FULL where only some columns would become null
SELECT asked('match_full', 'SET NULL (author_id)');
SELECT asked('match_full', 'SET DEFAULT (author_id)');
SELECT asked('match_full', 'SET NULL');
SELECT asked('match_full', 'SET NULL (author_id, tenant)');
-- which depends on the defaults, with a list and without
SELECT asked('match_full', 'SET DEFAULT');
ALTER TABLE notes ALTER author_id SET DEFAULT 0;
SELECT asked('match_full', 'SET DEFAULT (author_id)');
SELECT asked('match_full', 'SET DEFAULT', 'SET DEFAULT');
-- generated columns, as ADD CONSTRAINT
SELECT asked('generated', 'SET NULL');
SELECT asked('generated', 'SET DEFAULT');
SELECT asked('generated', NULL, 'CASCADE');
SELECT asked('generated', NULL, 'SET NULL');
SELECT asked('generated', 'CASCADE', 'RESTRICT');
-- a list with a column that the key does not have
SELECT asked('match_full', 'SET NULL (must)');
SELECT asked('match_full', 'SET NULL (nonesuch)');
-- the preferred action counts, although a later one would do
SELECT asked('not_null', 'SET NULL | CASCADE');
-- but not if the key does a later one already
ALTER TABLE notes DROP CONSTRAINT not_null,
  ADD CONSTRAINT not_null FOREIGN KEY (must) REFERENCES users (id) ON DELETE CASCADE;
SELECT asked('not_null', 'SET NULL | CASCADE');
\pset tuples_only off
\pset format aligned

-- in a partition, too
CREATE TABLE items (user_id int CONSTRAINT owner REFERENCES users (id), kind int) PARTITION BY LIST (kind);
CREATE TABLE items1 (kind int, user_id int NOT NULL);
ALTER TABLE items ATTACH PARTITION items1 FOR VALUES IN (1);
UPDATE fkfix.policy SET constraint_name = 'owner', on_delete = 'SET NULL', reason = 'owners come and go';
SELECT status, detail FROM fkfix_audit('items');
SELECT * FROM fkfix_rebuild_all('items') \gx
SELECT fkfix_rebuild('items', 'owner');  -- fails
\echo :LAST_ERROR_SQLSTATE
-- what core accepts is done when it is named in the call, with a warning
SELECT fkfix_rebuild('items', 'owner', 'SET NULL');
SELECT fkfix_rebuild('notes', 'not_null', 'SET DEFAULT', 'SET NULL');
SELECT fkfix_rebuild('notes', 'match_full', 'SET NULL (tenant)');
-- and does what it was bound to do
INSERT INTO users VALUES (1, 1);
INSERT INTO items VALUES (1, 1);
DELETE FROM users;  -- fails

DROP FUNCTION asked;
DROP TABLE items, notes, users;
DROP DOMAIN must_be, zero;
DROP EXTENSION fkfix;
