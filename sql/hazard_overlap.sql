-- Of two keys on the same columns the audit says which fires first, and that one does.
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE r (a int, b int, PRIMARY KEY (a), UNIQUE (a, b));
CREATE TABLE f (ra int, rb int);
CREATE INDEX ON f (ra, rb);
CREATE VIEW clashes AS
SELECT constraint_name, hazard FROM fkfix_audit('f', all_keys => true), unnest(hazards) hazard
WHERE hazard LIKE 'key%' ORDER BY constraint_name;

-- What a DELETE does to the one referencing row.
CREATE FUNCTION effect() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  INSERT INTO r VALUES (1, 1);
  INSERT INTO f VALUES (1, 1);
  DELETE FROM r;
  SELECT CASE count(*) WHEN 0 THEN 'deleted' ELSE 'set to null' END INTO result FROM f;
  RAISE SQLSTATE 'OK000';
EXCEPTION
  WHEN SQLSTATE 'OK000' THEN RETURN result;
  WHEN foreign_key_violation OR restrict_violation THEN RETURN 'refused';
END $$;

-- the older one fires first
ALTER TABLE f ADD CONSTRAINT older FOREIGN KEY (ra) REFERENCES r ON DELETE SET NULL;
ALTER TABLE f ADD CONSTRAINT newer FOREIGN KEY (ra) REFERENCES r ON DELETE CASCADE;
SELECT * FROM clashes;
SELECT effect();

-- and still does after a rebuild of either
SELECT fkfix_rebuild('f', 'older', on_delete => 'CASCADE'), fkfix_rebuild('f', 'newer', on_delete => 'SET NULL');
SELECT * FROM clashes;
SELECT effect();
SELECT fkfix_rebuild('f', 'older', on_delete => 'RESTRICT'), fkfix_rebuild('f', 'newer', on_delete => 'CASCADE');
SELECT * FROM clashes;
SELECT effect();
SELECT fkfix_rebuild('f', 'older', on_delete => 'CASCADE'), fkfix_rebuild('f', 'newer', on_delete => 'RESTRICT');
SELECT * FROM clashes;
SELECT effect();

-- keys that do the same, or are on other columns, are none of each other's business
SELECT fkfix_rebuild('f', 'newer', on_delete => 'CASCADE');
SELECT * FROM clashes;
ALTER TABLE f DROP CONSTRAINT newer, ADD CONSTRAINT wider FOREIGN KEY (ra, rb) REFERENCES r (a, b);
SELECT * FROM clashes;

-- columns in another order are the same columns
ALTER TABLE f ADD CONSTRAINT crossed FOREIGN KEY (rb, ra) REFERENCES r (b, a) ON DELETE CASCADE;
SELECT * FROM clashes;

DROP VIEW clashes;
DROP FUNCTION effect;
DROP TABLE f, r;
DROP EXTENSION fkfix;
