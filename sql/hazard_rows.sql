-- What the audit calls a hazard happens: the DELETE fails, or finds no row to act on.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE DOMAIN filled AS int NOT NULL;
CREATE TABLE r (a int PRIMARY KEY);
CREATE TABLE f (ra int CONSTRAINT k REFERENCES r);
CREATE INDEX ON f (ra);

-- The hazards of the key as it is, and what becomes of a DELETE then.
CREATE FUNCTION judge(at regclass DEFAULT 'f', OUT hazards text[], OUT deletion text) LANGUAGE plpgsql AS $$
BEGIN
  SELECT a.hazards INTO hazards FROM fkfix_audit(at, all_keys => true) a;
  INSERT INTO r VALUES (1);
  INSERT INTO f VALUES (1);
  DELETE FROM r;
  SELECT CASE WHEN count(*) = 0 THEN 'deleted' WHEN count(ra) = 0 THEN 'set to null' ELSE 'left' END INTO deletion FROM f;
  RAISE SQLSTATE 'OK000';
EXCEPTION WHEN OTHERS THEN
  deletion = coalesce(deletion, SQLERRM);
END $$;

SELECT * FROM judge();

-- no null, no default
ALTER TABLE f ALTER ra SET NOT NULL;
SELECT fkfix_rebuild('f', 'k', on_delete => 'SET NULL');
SELECT * FROM judge();
SELECT fkfix_rebuild('f', 'k', on_delete => 'SET DEFAULT');
SELECT * FROM judge();
ALTER TABLE f ALTER ra DROP NOT NULL;
SELECT * FROM judge();
ALTER TABLE f ALTER ra SET DEFAULT 1;
SELECT * FROM judge();
ALTER TABLE f ALTER ra DROP DEFAULT, ALTER ra TYPE filled;
SELECT * FROM judge();
ALTER TABLE f ALTER ra TYPE int;

-- triggers that are switched off
SELECT fkfix_rebuild('f', 'k', on_delete => 'CASCADE');
SELECT * FROM judge();
ALTER TABLE r DISABLE TRIGGER ALL;
SELECT * FROM judge();
ALTER TABLE r ENABLE TRIGGER ALL;

-- NOT VALID
ALTER TABLE f DROP CONSTRAINT k, ADD CONSTRAINT k FOREIGN KEY (ra) REFERENCES r ON DELETE CASCADE NOT VALID;
SELECT * FROM judge();
ALTER TABLE f VALIDATE CONSTRAINT k;

-- published, and nothing to tell rows apart by
SET client_min_messages = error;
CREATE PUBLICATION p FOR TABLE f;
RESET client_min_messages;
SELECT * FROM judge();
SELECT fkfix_rebuild('f', 'k', on_delete => 'SET NULL');
SELECT * FROM judge();
SELECT fkfix_rebuild('f', 'k', on_delete => 'NO ACTION');
SELECT * FROM judge();
SELECT fkfix_rebuild('f', 'k', on_update => 'CASCADE');
SELECT hazards FROM judge();
SELECT fkfix_rebuild('f', 'k', on_delete => 'CASCADE', on_update => 'NO ACTION');
ALTER PUBLICATION p SET (publish = 'insert, update');
SELECT * FROM judge();
ALTER PUBLICATION p SET (publish = 'delete');
SELECT * FROM judge();
ALTER TABLE f REPLICA IDENTITY FULL;
SELECT * FROM judge();

DROP PUBLICATION p;
DROP FUNCTION judge;
DROP TABLE f, r;
DROP DOMAIN filled;
DROP EXTENSION fkfix;
