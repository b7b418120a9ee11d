-- One rule decides both actions of a key; it may exempt it, or accept several
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE users (id int, tenant int, PRIMARY KEY (tenant, id));
CREATE TABLE notes (
  tenant int DEFAULT 0, author_id int DEFAULT 0, must int NOT NULL,
  CONSTRAINT author FOREIGN KEY (tenant, author_id) REFERENCES users,
  CONSTRAINT owner FOREIGN KEY (tenant, must) REFERENCES users
);

CREATE FUNCTION judged(on_delete text, on_update text DEFAULT NULL)
RETURNS TABLE (key_on_delete text, key_on_update text, status text, set_delete text, set_update text)
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM fkfix.policy;
  INSERT INTO fkfix.policy (id, constraint_name, on_delete, on_update)
  VALUES (1, 'author', judged.on_delete, judged.on_update);
  RETURN QUERY SELECT a.on_delete, a.on_update, a.status,
                      a.required_on_delete, a.required_on_update
  FROM fkfix_audit(NULL, true) a WHERE a.constraint_name = 'author';
END $$;
CREATE FUNCTION becomes(actions text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'ALTER TABLE notes DROP CONSTRAINT author, ADD CONSTRAINT author '
          'FOREIGN KEY (tenant, author_id) REFERENCES users ' || actions;
END $$;

-- NULL accepts anything, of either action
SELECT becomes('ON DELETE RESTRICT ON UPDATE CASCADE');
SELECT * FROM judged('RESTRICT', NULL);
SELECT * FROM judged(NULL, 'CASCADE');
SELECT * FROM judged(NULL, 'NO ACTION');
-- RESTRICT and NO ACTION are two
SELECT * FROM judged('NO ACTION');
SELECT * FROM judged('RESTRICT', 'RESTRICT');
-- one of several will do, whichever; the first is what a rebuild sets
SELECT * FROM judged('NO ACTION | RESTRICT', 'NO ACTION | RESTRICT | CASCADE');
SELECT * FROM judged('NO ACTION | SET NULL');
SELECT fkfix_rebuild('notes', 'author');
SELECT * FROM judged('NO ACTION | SET NULL');

-- SET NULL and SET NULL (all columns) are one, in any order; of some they are not
SELECT becomes('ON DELETE SET NULL');
SELECT * FROM judged('SET NULL (author_id, tenant)');
SELECT * FROM judged('SET NULL (author_id)');
SELECT * FROM judged('SET DEFAULT');
SELECT becomes('ON DELETE SET NULL (author_id, tenant)');
SELECT * FROM judged('SET NULL');
SELECT * FROM judged('SET NULL (tenant, author_id)');
SELECT * FROM judged('SET NULL (author_id)');
SELECT becomes('ON DELETE SET NULL (author_id)');
SELECT * FROM judged('SET NULL (author_id)');
SELECT * FROM judged('SET NULL (tenant) | SET NULL (author_id)');
SELECT * FROM judged('SET NULL (AUTHOR_ID)');
SELECT * FROM judged('SET NULL');
-- ON UPDATE takes no list, and SET NULL is the whole key
SELECT becomes('ON UPDATE SET NULL');
SELECT * FROM judged(NULL, 'SET NULL');

-- a rule that asks nothing exempts, whatever the key does
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (id, referencing, on_delete, on_update, reason) VALUES
  (1, 'n*', 'CASCADE', 'CASCADE', 'everything cascades');
INSERT INTO fkfix.policy (id, constraint_name, reason) VALUES (2, 'author', 'except this');
SELECT constraint_name, status, rule_id, required_on_delete, required_on_update, detail, remedy
FROM fkfix_audit(NULL, true) ORDER BY 1;
-- the winning rule's NULL means anything, although a lower rule asks for one
UPDATE fkfix.policy SET on_update = 'RESTRICT' WHERE id = 2;
SELECT constraint_name, status, rule_id, required_on_delete, required_on_update
FROM fkfix_audit(NULL, true) ORDER BY 1;
SELECT fkfix_rebuild('notes', 'author');
SELECT on_delete, on_update, status FROM fkfix_audit(NULL, true) WHERE constraint_name = 'author';

-- nullable: do all columns of the key accept NULL, or does one not?
DELETE FROM fkfix.policy;
INSERT INTO fkfix.policy (id, nullable, on_delete) VALUES (1, true, 'SET NULL'), (2, false, 'CASCADE');
SELECT constraint_name, rule_id, required_on_delete FROM fkfix_audit() ORDER BY 1;
ALTER TABLE notes ALTER must DROP NOT NULL;
SELECT constraint_name, rule_id, required_on_delete FROM fkfix_audit() ORDER BY 1;
ALTER TABLE notes ALTER tenant SET NOT NULL;
SELECT constraint_name, rule_id, required_on_delete FROM fkfix_audit() ORDER BY 1;
-- a domain that rejects NULL does so for its columns, and for a domain over it
CREATE DOMAIN must_be AS int NOT NULL;
CREATE DOMAIN must_be_too AS must_be;
ALTER TABLE notes ALTER tenant DROP NOT NULL, ALTER author_id TYPE must_be_too;
SELECT constraint_name, rule_id, required_on_delete FROM fkfix_audit() ORDER BY 1;

DROP TABLE notes, users;
DROP DOMAIN must_be_too, must_be;
DROP FUNCTION judged, becomes;
DROP EXTENSION fkfix;
