-- Names may hold anything that a name can: quotes, dots, spaces, newlines, 63 bytes
SET client_min_messages = warning;
CREATE EXTENSION fkfix;
RESET client_min_messages;

CREATE TABLE names (id int, name text);
INSERT INTO names VALUES
  (1, 'double"quote'), (2, 'single''quote'), (3, 'dot.dot'), (4, ' leading space'), (5, 'Capital'),
  (6, E'new\nline'), (7, repeat('x', 63)), (8, 'äöü ß €'), (9, repeat('é', 31)), (10, 'back\slash'),
  (11, '%s %I $1 $$ ;--'), (12, '*'), (13, '?'), (14, 'a|b'), (15, 'select'), (16, '"'), (17, E'tab\ttab'),
  (18, '(paren)'), (19, '{"brace",x}'), (20, 'NULL'), (21, '1'), (22, ','), (23, '日本語'), (24, '🐘'), (25, 'user');

-- each name in every place at once: schema, both tables, columns, constraint
DO $$
DECLARE n text;
BEGIN
  FOR n IN SELECT name FROM names ORDER BY id LOOP
    EXECUTE format('CREATE SCHEMA %I', n);
    EXECUTE format('CREATE TABLE %1$I.%1$I (%1$I int PRIMARY KEY)', n);
    EXECUTE format('CREATE TABLE %1$I.notes (other int DEFAULT 0, %1$I int, CONSTRAINT %1$I FOREIGN KEY (%1$I) '
                   'REFERENCES %1$I.%1$I ON DELETE SET NULL (%1$I))', n);
    EXECUTE format('INSERT INTO %1$I.%1$I VALUES (1)', n);
    EXECUTE format('INSERT INTO %1$I.notes VALUES (0, 1)', n);
  END LOOP;
END $$;

-- a rule for each, with each name quoted as a pattern is
INSERT INTO fkfix.policy (id, referencing, referenced, columns, constraint_name, on_delete, on_update)
SELECT id, q || '.notes', q || '.' || q, ARRAY[q], q, 'CASCADE', 'CASCADE'
FROM names, LATERAL (SELECT '"' || replace(name, '"', '""') || '"' AS q) quoted;

-- each rule finds its key and no other
SELECT count(*) AS keys, count(*) FILTER (WHERE name = constraint_name AND name = columns[1]
         AND status = 'violation' AND on_delete = 'SET NULL (' || quote_ident(name) || ')') AS found
FROM fkfix_audit() JOIN names ON id = rule_id;
SELECT string_agg(DISTINCT status, ',') FROM fkfix_audit(NULL, true);

-- the remedies and the CREATE INDEX of the hazards, run as they are printed
CREATE TABLE printed AS SELECT rule_id, remedy, hazards[1] AS hazard FROM fkfix_audit();
SET search_path = pg_catalog;
\pset format unaligned
\pset tuples_only on
SELECT remedy FROM fkfix_audit() ORDER BY rule_id
\gexec
SELECT regexp_replace(hazard, '^.*CREATE INDEX CONCURRENTLY', 'CREATE INDEX') FROM public.printed ORDER BY rule_id
\gexec
\pset tuples_only off
\pset format aligned
RESET search_path;
SELECT count(*) AS compliant, count(*) FILTER (WHERE hazards <> '{}') AS with_hazards
FROM fkfix_audit(NULL, true) WHERE status = 'compliant';

-- the history says it so that a regclass reads it
SELECT count(*) FROM fkfix.history h JOIN names n ON n.id = rule_id
WHERE h.constraint_name = n.name AND h.referencing::regclass::text = h.referencing
  AND old_on_delete = 'SET NULL (' || quote_ident(n.name) || ')' AND new_on_update = 'CASCADE';

-- back to the column list, named as it was printed
SELECT count(*) FROM fkfix_audit(NULL, true) a JOIN fkfix.history h USING (rule_id, constraint_name)
WHERE fkfix_rebuild(a.referencing, a.constraint_name, h.old_on_delete, 'NO ACTION');
SELECT count(*) FROM fkfix_audit() a JOIN fkfix.history h ON h.id = a.rule_id AND a.on_delete = h.old_on_delete;
SELECT count(*) FROM fkfix_rebuild_all() WHERE rebuilt;
-- and they do it
DO $$
DECLARE n text;
BEGIN
  FOR n IN SELECT name FROM names LOOP
    EXECUTE format('UPDATE %1$I.%1$I SET %1$I = 2', n);
    EXECUTE format('DELETE FROM %1$I.%1$I', n);
  END LOOP;
END $$;
DO $$
DECLARE n text; left_over bigint;
BEGIN
  FOR n IN SELECT name FROM names LOOP
    EXECUTE format('SELECT count(*) FROM %I.notes', n) INTO left_over;
    ASSERT left_over = 0, n;
  END LOOP;
END $$;
SELECT * FROM fkfix_verify();

-- in messages, too
SELECT fkfix_rebuild('"double""quote".notes', 'nonesuch', 'CASCADE');  -- fails
SELECT fkfix_rebuild('"dot.dot".notes', 'dot.dot', 'SET NULL (other)');  -- fails
SELECT fkfix_rebuild('dot.dot.notes', 'dot.dot', 'CASCADE');  -- fails
-- a longer name is cut, as everywhere in PostgreSQL
SELECT fkfix_rebuild(format('%I.notes', repeat('x', 63))::regclass, repeat('x', 70)::name, 'RESTRICT');
SELECT fkfix_rebuild(format('%I.notes', repeat('x', 63))::regclass, repeat('x', 63), format('SET NULL (%s)', repeat('X', 70)));
-- enforcement finds its function and tables as well
UPDATE fkfix.policy SET on_delete = 'RESTRICT' WHERE id = 3;
SELECT fkfix_enable_enforcement();
ALTER TABLE "dot.dot".notes DROP CONSTRAINT "dot.dot",
  ADD CONSTRAINT "dot.dot" FOREIGN KEY ("dot.dot") REFERENCES "dot.dot"."dot.dot";
SELECT fkfix_disable_enforcement();

SET client_min_messages = warning;
DO $$
DECLARE n text;
BEGIN
  FOR n IN SELECT name FROM names LOOP EXECUTE format('DROP SCHEMA %I CASCADE', n); END LOOP;
END $$;
DROP TABLE names, printed;
DROP EXTENSION fkfix;
