-- When a key's triggers fire is a setting: verify names those that never do, its cure switches on that one and no other, and a rebuild keeps all as they are.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE users_1 PARTITION OF users FOR VALUES IN (1);
CREATE TABLE notes (a int CONSTRAINT author REFERENCES users);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER mine AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE VIEW firing AS
  SELECT tgrelid::regclass AS at_table, CASE WHEN tgisinternal THEN tgfoid::regproc::text ELSE tgname END AS trigger, tgenabled
  FROM pg_trigger WHERE tgrelid IN ('users'::regclass, 'users_1'::regclass, 'notes'::regclass);
-- for replication too, or only then
DO $$
DECLARE
  it record;
BEGIN
  FOR it IN SELECT * FROM pg_trigger WHERE tgrelid IN ('notes'::regclass, 'users_1'::regclass) AND tgisinternal LOOP
    EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', it.tgrelid::regclass,
      CASE it.tgrelid WHEN 'notes'::regclass THEN 'ALWAYS' ELSE 'REPLICA' END, it.tgname);
  END LOOP;
END $$;
SELECT count(*) FROM fkfix_verify();
SELECT fkfix_rebuild('notes', 'author', 'CASCADE');
SELECT * FROM firing ORDER BY 1, 2;
-- never: everything on the partitioned table, with what is below it
ALTER TABLE users DISABLE TRIGGER ALL;
SELECT problem, at_table, regexp_replace(cure, '_\d{5,}', '_N') AS cure FROM fkfix_verify() ORDER BY 2, 3, detail;
SELECT status, hazards[2] FROM fkfix_audit('notes', true);
SELECT cure AS first FROM fkfix_verify() WHERE detail LIKE 'The ON DELETE action trigger on table public.users is%' \gset
:first
SELECT problem, at_table FROM fkfix_verify() ORDER BY 2, detail;
SELECT * FROM firing ORDER BY 1, 2;
-- all of them
SELECT string_agg(cure, ' ') AS all_cures FROM fkfix_verify() \gset
:all_cures
SELECT count(*) FROM fkfix_verify();
SELECT * FROM firing ORDER BY 1, 2;
DROP VIEW firing;
DROP TABLE notes, users;
DROP FUNCTION nothing;
DROP EXTENSION fkfix;
