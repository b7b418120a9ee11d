-- A database of many keys, as large schemas have them: ten areas of tables of
-- five keys each, most with the action that their area's rule asks for.

CREATE EXTENSION fkfix;
CREATE SCHEMA area_0;
CREATE SCHEMA area_1;
CREATE SCHEMA area_2;
CREATE SCHEMA area_3;
CREATE SCHEMA area_4;
CREATE SCHEMA area_5;
CREATE SCHEMA area_6;
CREATE SCHEMA area_7;
CREATE SCHEMA area_8;
CREATE SCHEMA area_9;

-- Each table references earlier ones of its area; in batches, because what a
-- transaction must tell the other sessions grows.
CREATE PROCEDURE make_keys(keys integer)
LANGUAGE plpgsql AS $$
DECLARE
  area text;
  thing text := 'FM000000';
BEGIN
  FOR i IN 0 .. 9 LOOP
    EXECUTE format('CREATE TABLE area_%s.thing_000000 (id integer PRIMARY KEY)', i);
  END LOOP;
  FOR i IN 10 .. 9 + greatest(keys / 5, 1) LOOP
    area := 'area_' || i % 10;
    EXECUTE format(
      'CREATE TABLE %1$s.thing_%2$s (id integer PRIMARY KEY,
         owner_id integer NOT NULL REFERENCES %1$s.thing_%3$s ON DELETE CASCADE,
         parent_id integer REFERENCES %1$s.thing_%4$s,
         category_id integer NOT NULL REFERENCES %1$s.thing_%3$s ON DELETE RESTRICT,
         editor_id integer REFERENCES %1$s.thing_%5$s ON DELETE SET NULL,
         source_id integer REFERENCES %1$s.thing_%4$s ON UPDATE CASCADE)',
      area, to_char(i / 10, thing), to_char(i / 10 - 1, thing), to_char(i / 20, thing),
      to_char(greatest(i / 10 - 7, 0), thing));
    IF i / 10 % 2 = 0 THEN
      EXECUTE format('CREATE INDEX ON %s.thing_%s (owner_id)', area, to_char(i / 10, thing));
    END IF;
    IF i % 200 = 0 THEN
      COMMIT;
    END IF;
  END LOOP;
END
$$;

-- DDL would take minutes to make a hundred thousand keys, and an hour for a
-- million.  So most are copies, row by row of the catalogs, of those that it has
-- made: other OIDs, other names, thing_010042 for thing_000042.  Their tables
-- have no files; nobody looks at rows.
CREATE PROCEDURE copy_keys(copies integer)
LANGUAGE plpgsql AS $$
DECLARE
  low oid := (SELECT min(oid) FROM pg_class WHERE relname LIKE 'thing\_%');
  high oid := (SELECT greatest((SELECT max(oid) FROM pg_class), (SELECT max(oid) FROM pg_trigger)));
  catalog regclass;
  statements text[];
  statement text;
BEGIN
  FOREACH catalog IN ARRAY '{pg_class, pg_attribute, pg_index, pg_constraint, pg_trigger, pg_depend}'::regclass[] LOOP
    SELECT statements || format('INSERT INTO %1$s SELECT %2$s FROM %1$s WHERE %3$s', catalog,
      string_agg(
        CASE WHEN attname = 'reltype' THEN '0::oid'
             WHEN atttypid = 'oid'::regtype THEN
               format('CASE WHEN %1$I BETWEEN $1 AND $2 THEN (%1$I::bigint + $4)::oid ELSE %1$I END', attname)
             WHEN attname = 'tgname' THEN 'regexp_replace(tgname, ''\d+$'', (oid::bigint + $4)::text)::name'
             WHEN atttypid = 'name'::regtype THEN
               format('replace(%I, ''thing_00'', ''thing_'' || to_char($3, ''FM00''))::name', attname)
             ELSE quote_ident(attname) END, ', ' ORDER BY attnum),
      CASE catalog WHEN 'pg_attribute'::regclass THEN 'attrelid BETWEEN $1 AND $2'
                   WHEN 'pg_index'::regclass THEN 'indexrelid BETWEEN $1 AND $2'
                   WHEN 'pg_depend'::regclass THEN 'objid BETWEEN $1 AND $2 AND refclassid <> ''pg_type''::regclass
                     AND classid IN (''pg_class''::regclass, ''pg_constraint''::regclass, ''pg_trigger''::regclass)'
                   ELSE 'oid BETWEEN $1 AND $2' END)
    INTO statements FROM pg_attribute WHERE attrelid = catalog AND attnum > 0;
  END LOOP;
  FOR n IN 1 .. copies LOOP
    FOREACH statement IN ARRAY statements LOOP
      EXECUTE statement USING low, high, n, n * (high::bigint - low::bigint + 1);
    END LOOP;
    COMMIT;
  END LOOP;
END
$$;

-- A hundred rules, which is 10 for each area.  What they ask for differs from
-- what is there in four areas, by as many statuses.
CREATE PROCEDURE make_rules()
LANGUAGE sql AS $$
  TRUNCATE fkfix.policy RESTART IDENTITY;
  INSERT INTO fkfix.policy (referencing, columns, referenced, constraint_name, nullable, on_delete, on_update, reason)
  SELECT format(referencing, i), columns, format(referenced, i), constraint_name, nullable,
         CASE WHEN i = 9 AND columns = '{parent_id}' THEN 'SET NULL'           -- violations
              WHEN i = 8 AND columns = '{editor_id}' THEN 'CASCADE'            -- more of them
              WHEN i = 7 AND columns = '{category_id}' THEN 'SET NULL'         -- infeasible
              ELSE on_delete END,
         on_update, reason
  FROM generate_series(0, 9) i,
       (VALUES ('area_%s.*', '{owner_id}'::text[], NULL, NULL, NULL::boolean, 'CASCADE', NULL, 'things go with their owner'),
               ('area_%s.*', '{parent_id}', NULL, NULL, NULL, 'RESTRICT | NO ACTION', NULL, NULL),
               ('area_%s.*', '{category_id}', NULL, NULL, NULL, 'RESTRICT', NULL, 'categories in use stay'),
               ('area_%s.*', '{editor_id}', NULL, NULL, NULL, 'SET NULL', NULL, NULL),
               ('area_%s.*', '{source_id}', NULL, NULL, NULL, 'NO ACTION', 'CASCADE', NULL),
               ('area_%s.thing_??????', NULL, 'area_%s.*', NULL, NULL, 'NO ACTION', NULL, NULL),
               (NULL, NULL, 'area_%s.*', '*_fkey', NULL, 'NO ACTION', NULL, NULL),
               ('area_%s.thing_0*', NULL, NULL, NULL, true, 'SET NULL', NULL, NULL),
               ('area_%s.thing_0*', NULL, NULL, NULL, false, 'CASCADE', NULL, NULL),
               ('area_%s.archive_*', NULL, NULL, NULL, NULL, NULL, NULL, 'archives do what they do'))
       rule (referencing, columns, referenced, constraint_name, nullable, on_delete, on_update, reason);
  -- conflicts, of two rules for one schema's column
  DELETE FROM fkfix.policy WHERE referencing = 'area_6.archive_*';
  INSERT INTO fkfix.policy (referencing, columns, on_delete)
  VALUES ('area_6.*', '{source_id}', 'SET DEFAULT');
$$;

-- More rules up to a number, most of them for one key by its literal names,
-- and asking for what the key does.
CREATE PROCEDURE add_literal_rules(wanted integer)
LANGUAGE sql AS $$
  INSERT INTO fkfix.policy (referencing, columns, on_delete)
  SELECT format('%s.%s', area, name), ARRAY[column_name],
         CASE column_name WHEN 'owner_id' THEN 'CASCADE' WHEN 'parent_id' THEN 'NO ACTION'
                          WHEN 'category_id' THEN 'RESTRICT' ELSE 'SET NULL' END
  FROM (SELECT n.nspname area, c.relname name, column_name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
             unnest(ARRAY['owner_id', 'parent_id', 'category_id', 'editor_id']) column_name
        WHERE c.relkind = 'r' AND n.nspname LIKE 'area\__' AND n.nspname < 'area_6'
              AND c.relname <> 'thing_000000'
        ORDER BY hashtext(n.nspname || c.relname || column_name)
        LIMIT greatest(wanted - (SELECT count(*) FROM fkfix.policy), 0)) key
$$;
