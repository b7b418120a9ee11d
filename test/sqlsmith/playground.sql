-- What sqlsmith plays with: keys of several shapes and a policy that some of
-- them violate, and views, so that functions that return rows serve as tables.
--
-- Nothing belongs to a superuser: sqlsmith shall not use that power on the machine.

CREATE ROLE smith LOGIN;
CREATE EXTENSION fkfix;
GRANT ALL ON fkfix.policy TO smith;
SELECT fkfix_enable_enforcement();

-- sqlsmith asks "pg_proc" what there is to call.  It is shown all of ours and few
-- others, none of them polymorphic, which it calls with types that do not fit.
CREATE SCHEMA lens;
CREATE VIEW lens.pg_proc AS
SELECT p.* FROM pg_catalog.pg_proc p
WHERE probin = '$libdir/fkfix'
  OR hashtext(proname) % 20 = 0 AND proname !~ '^pg_' AND NOT EXISTS (
    SELECT FROM pg_type t WHERE typtype = 'p' AND (t.oid = ANY (proargtypes) OR t.oid = prorettype));
GRANT USAGE ON SCHEMA lens TO smith;
GRANT SELECT ON ALL TABLES IN SCHEMA lens TO smith;
ALTER ROLE smith SET search_path = lens, pg_catalog;

SELECT format('GRANT CREATE ON DATABASE %I TO smith', current_database()) \gexec
SET SESSION AUTHORIZATION smith;
CREATE SCHEMA playground;
SET search_path = playground;
CREATE TABLE users (id int PRIMARY KEY, x int, UNIQUE (id, x));
CREATE TABLE notes (id int PRIMARY KEY, author int REFERENCES users, editor int NOT NULL DEFAULT 1 REFERENCES users ON DELETE CASCADE,
  x int GENERATED ALWAYS AS (editor + 1) STORED, FOREIGN KEY (author, x) REFERENCES users (id, x));
CREATE TABLE parts (id int PRIMARY KEY, a int REFERENCES users ON DELETE SET NULL (a), parent int REFERENCES parts) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
CREATE TABLE to_parts (id int REFERENCES parts DEFERRABLE INITIALLY DEFERRED);
CREATE VIEW a_view AS SELECT * FROM notes;
INSERT INTO users VALUES (1, 2), (2, 3);
INSERT INTO notes VALUES (1, 1, 1), (2, 2, 2);
INSERT INTO parts VALUES (1, 1, 1), (2, NULL, 1);
INSERT INTO to_parts VALUES (1), (2);
INSERT INTO fkfix.policy (referencing, columns, referenced, nullable, on_delete, on_update, enforcement) VALUES
  (NULL, NULL, NULL, NULL, 'CASCADE', NULL, 'warn'), ('notes', '{author}', 'users', NULL, 'SET NULL', NULL, 'error'),
  ('p*', NULL, NULL, true, 'RESTRICT | CASCADE', 'CASCADE', 'fix'), ('p*', NULL, NULL, false, 'SET NULL', NULL, 'off'),
  ('to_?arts', NULL, NULL, NULL, 'SET DEFAULT', NULL, 'fix'), ('to_parts*', NULL, NULL, NULL, 'NO ACTION', NULL, 'fix');
CREATE VIEW audits AS SELECT * FROM fkfix_audit(NULL, true);
CREATE VIEW statuses AS SELECT * FROM fkfix_status();
CREATE VIEW faults AS SELECT * FROM fkfix_verify();
CREATE VIEW complaints AS SELECT * FROM fkfix_check_policy();
CREATE VIEW rebuilds AS SELECT * FROM fkfix_rebuild_all();
CREATE VIEW explanations AS
SELECT e.* FROM pg_constraint c, fkfix_explain(c.conrelid, conname) e WHERE contype = 'f';
CREATE VIEW demands AS
SELECT a.*, n FROM generate_series(0, 3) n,
  fkfix_required_actions('t' || n, ARRAY['a', 'b'], 'playground.users', nullable => n > 1) a;
CREATE VIEW scripts AS
SELECT f, fkfix_script(f) AS script FROM unnest('{sql,fkfix,alembic,django,rails}'::text[]) f;
