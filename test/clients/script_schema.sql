-- Violations of every kind that a script must cure without losing anything:
-- attributes of keys, kinds of tables, and names that tools stumble over.
CREATE EXTENSION fkfix;
CREATE TABLE users (id int PRIMARY KEY, team int, UNIQUE (id, team));
INSERT INTO users VALUES (1, 1), (2, 2);

CREATE TABLE notes (
  id int PRIMARY KEY REFERENCES users,
  author_id int REFERENCES users ON DELETE SET NULL ON UPDATE CASCADE,
  reader_id int DEFAULT 1 CONSTRAINT reader REFERENCES users DEFERRABLE INITIALLY DEFERRED,
  parent_id int REFERENCES notes ON DELETE RESTRICT DEFERRABLE,
  a int, b int, c int,
  CONSTRAINT pair FOREIGN KEY (a, b) REFERENCES users (id, team) MATCH FULL ON DELETE RESTRICT,
  CONSTRAINT listed FOREIGN KEY (a, b) REFERENCES users (id, team) ON DELETE SET NULL (b));
COMMENT ON CONSTRAINT reader ON notes IS E'who reads it: 100% of "them",\nor else\\';
INSERT INTO notes (id, author_id, parent_id, c) VALUES (1, 1, 1, 3);
ALTER TABLE notes ADD CONSTRAINT unchecked FOREIGN KEY (c) REFERENCES users NOT VALID;

CREATE TABLE parted (id int, owner int REFERENCES users) PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE target (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE target_1 PARTITION OF target FOR VALUES IN (1);
CREATE TABLE to_target (id int REFERENCES target ON UPDATE CASCADE);

CREATE SCHEMA "Camel Case";
CREATE TABLE "Camel Case"."Table" ("Id" int PRIMARY KEY,
  "userId" int CONSTRAINT "Table_userId" REFERENCES users);
CREATE SCHEMA "s.""1""";
CREATE TABLE "s.""1"""."t.%s'#{x}" ("c:d" int PRIMARY KEY,
  "e
f\" int CONSTRAINT "k ""1"" %(a)s :b '#$0' \n" REFERENCES "s.""1"""."t.%s'#{x}");
COMMENT ON CONSTRAINT "k ""1"" %(a)s :b '#$0' \n" ON "s.""1"""."t.%s'#{x}" IS '::int %';
CREATE TABLE "select" ("from" int CONSTRAINT "where" REFERENCES users);
CREATE TABLE "größe" ("straße" int CONSTRAINT "schlüssel" REFERENCES users);
CREATE TABLE a23456789012345678901234567890123456789012345678901234567890123 (
  b23456789012345678901234567890123456789012345678901234567890123 int
  CONSTRAINT c23456789012345678901234567890123456789012345678901234567890123 REFERENCES users);

INSERT INTO fkfix.policy (referencing, columns, on_delete, on_update) VALUES
  (NULL, NULL, 'CASCADE', NULL),
  ('notes', '{author_id}', 'RESTRICT', 'RESTRICT'),
  ('notes', '{reader_id}', 'SET DEFAULT', NULL),
  ('notes', '{parent_id}', 'NO ACTION', 'CASCADE'),
  ('to_target', NULL, 'SET NULL', 'NO ACTION');
INSERT INTO fkfix.policy (constraint_name, on_delete, on_update) VALUES
  ('pair', 'SET NULL', 'CASCADE'), ('listed', 'SET NULL (a)', 'RESTRICT');
