-- A random walk: keys and partitions come and go, rebuilds among them, and after
-- each step fkfix_verify() must have nothing to say.
--
-- All tables are alike: t (a, ra), partitioned by a or not, named for the family
-- they can be a partition of.  A statement that PostgreSQL refuses is a step
-- that was not taken.  So is a rebuild that fkfix refuses; for an error of
-- another kind the walk ends.

SET search_path = oracle;

CREATE FUNCTION one_of(choices text[]) RETURNS text
LANGUAGE sql VOLATILE
AS $$
  SELECT choices[1 + floor(random() * cardinality(choices))]
$$;

CREATE FUNCTION any_action() RETURNS text
LANGUAGE sql VOLATILE
AS $$
  SELECT one_of('{NO ACTION,RESTRICT,CASCADE,SET NULL,SET DEFAULT}')
$$;

-- Where the walk begins.
CREATE PROCEDURE set_out()
LANGUAGE plpgsql
AS $$
DECLARE
  family text;
BEGIN
  FOREACH family IN ARRAY '{r,f,s}'::text[] LOOP
    EXECUTE format('CREATE TABLE %I (a int PRIMARY KEY, ra int DEFAULT 0) PARTITION BY LIST (a)', family);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (1)', family || '_1', family);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (2) PARTITION BY LIST (a)', family || '_2', family);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', family || '_2_0', family || '_2');
  END LOOP;
END
$$;

-- The tables of the walk for which a condition on pg_class holds.
CREATE FUNCTION any_table(condition text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  result text;
BEGIN
  EXECUTE format('SELECT oracle.one_of(array_agg(relname ORDER BY relname)) FROM pg_class
    WHERE relnamespace = current_schema::regnamespace AND relkind IN (''r'', ''p'') AND %s', condition) INTO result;
  RETURN result;
END
$$;

-- A key that is not derived from another.
CREATE FUNCTION any_key() RETURNS pg_constraint
LANGUAGE sql VOLATILE
AS $$
  SELECT c FROM pg_constraint c
  WHERE connamespace = current_schema::regnamespace AND contype = 'f' AND conparentid = 0
  ORDER BY random() LIMIT 1
$$;

-- The next step: a statement, or NULL where there is nothing to do it to.
CREATE FUNCTION step(kind text, n int) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  key pg_constraint = any_key();
  at text = key.conrelid::regclass::text;
  part text = CASE kind
    WHEN 'detach' THEN any_table('relispartition')
    WHEN 'attach' THEN any_table($q$NOT relispartition AND relname ~ '_'$q$)
    WHEN 'remove' THEN any_table($q$relname ~ '_' AND random() < 0.3$q$)
    ELSE '' END;
  family text;
  referencing text = any_table('NOT relispartition');
BEGIN
  IF part IS NULL OR at IS NULL AND kind NOT IN ('add', 'detach', 'attach', 'create', 'remove') THEN
    RETURN NULL;
  END IF;
  CASE kind
  WHEN 'add' THEN
    -- Where a partitioned table references a partition, DETACH of that forgets
    -- the key's rows for the partitions of the former: no healthy key.
    RETURN format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (ra) REFERENCES %I ON DELETE %s ON UPDATE %s %s %s',
      referencing, one_of(ARRAY['k', 'k' || n]),
      any_table(format($q$(relname !~ '_' OR %L::regclass IN (SELECT oid FROM pg_class WHERE relkind = 'r'))$q$, referencing)),
      any_action(), any_action(),
      deferrability((1 + floor(random() * 3))::int), one_of('{"",NOT VALID}'));
  WHEN 'drop' THEN
    RETURN format('ALTER TABLE %s DROP CONSTRAINT %I', at, key.conname);
  WHEN 'alter' THEN
    RETURN format('ALTER TABLE %s ALTER CONSTRAINT %I %s', at, key.conname,
      deferrability((1 + floor(random() * 3))::int));
  WHEN 'validate' THEN
    RETURN format('ALTER TABLE %s VALIDATE CONSTRAINT %I', at, key.conname);
  WHEN 'rebuild' THEN
    RETURN format('SELECT fkfix_rebuild(%L, %L, %L, %L)', at, key.conname, any_action(), any_action());
  WHEN 'rename' THEN
    RETURN format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', at, key.conname, 'k' || n);
  WHEN 'detach' THEN
    RETURN format('ALTER TABLE %s DETACH PARTITION %I', (
      SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = part::regclass), part);
  WHEN 'attach' THEN
    RETURN format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)', left(part, 1), part,
      substring(part FROM '\d+'));
  WHEN 'create' THEN
    family = one_of('{r,f,s}');
    RETURN format(one_of(ARRAY[
      'CREATE TABLE %1$I (x text, ra int DEFAULT 0, y int, a int PRIMARY KEY); ALTER TABLE %1$I DROP x, DROP y',
      'CREATE TABLE %1$I (a int PRIMARY KEY, ra int DEFAULT 0) PARTITION BY LIST (a);
       CREATE TABLE %3$I PARTITION OF %1$I DEFAULT',
      'CREATE TABLE %1$I PARTITION OF %2$I FOR VALUES IN (%4$s)'
      ]), family || '_' || n, family, family || '_' || n || '_0', n);
  WHEN 'remove' THEN
    RETURN format('DROP TABLE %I', part);
  END CASE;
END
$$;

-- Does a key do what it says?  Tries it with a row that only this key knows.
CREATE FUNCTION try_key(key pg_constraint) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  referenced text = key.confrelid::regclass;
  referencing text = key.conrelid::regclass;
  value int;
  result text;
BEGIN
  -- Other keys on the same rows would have a say; and a partition that references
  -- its own parent loses its rows with those of the parent.
  IF key.oid IS NULL OR coalesce(pg_partition_root(key.conrelid), key.conrelid)
      = coalesce(pg_partition_root(key.confrelid), key.confrelid) OR (SELECT count(*) FROM pg_constraint
      WHERE connamespace = current_schema::regnamespace AND contype = 'f' AND conparentid = 0) > 1 THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(max(substring(relid::text FROM '_(\d+)')::int), 1) INTO value
  FROM pg_partition_tree(key.confrelid) WHERE isleaf;
  EXECUTE format('INSERT INTO %s (a) VALUES (%s)', referenced, value);
  EXECUTE format('INSERT INTO %s (a, ra) SELECT %s, %s', referencing,
    (SELECT coalesce(max(substring(relid::text FROM '_(\d+)')::int), 1)
     FROM pg_partition_tree(key.conrelid) WHERE isleaf), value);
  SET CONSTRAINTS ALL IMMEDIATE;
  EXECUTE format('DELETE FROM %s', referenced);
  EXECUTE format('SELECT coalesce(max(coalesce(ra, -1)), -2) FROM %s', referencing) INTO value;
  result = CASE value WHEN -2 THEN 'c' WHEN -1 THEN 'n' ELSE 'a' END;
  RAISE SQLSTATE 'OK000';
EXCEPTION
  WHEN SQLSTATE 'OK000' THEN
    RETURN format('%s did %s instead of %s', key.conname, result, key.confdeltype)
      WHERE result <> key.confdeltype;
  WHEN check_violation OR unique_violation THEN
    RETURN NULL;                -- there is no partition for such rows, or just one
  WHEN foreign_key_violation OR restrict_violation THEN
    RETURN format('%s refused instead of %s: %s', key.conname, key.confdeltype, SQLERRM)
      WHERE key.confdeltype IN ('c', 'n');
END
$$;

-- Walks; returns the steps taken, by kind, and the first thing that was wrong.
CREATE FUNCTION wander(steps int, OUT taken jsonb, OUT tried int, OUT wrong text)
LANGUAGE plpgsql
AS $$
DECLARE
  kind text;
  statement text;
  path text[] = '{}';
BEGIN
  taken = '{}';
  tried = 0;
  CALL set_out();
  FOR n IN 3 .. steps + 2 LOOP
    kind = one_of('{add,add,drop,drop,alter,validate,rebuild,rebuild,rebuild,rename,detach,attach,create,remove}');
    statement = step(kind, n);
    CONTINUE WHEN statement IS NULL;
    BEGIN
      EXECUTE statement;
      taken = jsonb_set(taken, ARRAY[kind], to_jsonb(coalesce((taken ->> kind)::int, 0) + 1));
      path = path || statement;
    EXCEPTION
      -- what PostgreSQL refuses by rule
      WHEN object_not_in_prerequisite_state OR wrong_object_type OR duplicate_object OR duplicate_table
        OR invalid_table_definition OR invalid_object_definition OR dependent_objects_still_exist
        OR undefined_object OR undefined_table OR invalid_foreign_key OR feature_not_supported
        OR object_in_use THEN
        IF kind = 'rebuild' THEN
          wrong = SQLERRM;
        END IF;
    END;
    wrong = coalesce(wrong, faults(), try_key(any_key()));
    IF wrong IS NOT NULL THEN
      wrong = concat_ws(E';\n', array_to_string(path, E';\n'), statement) || E'\n--> ' || wrong;
      RETURN;
    END IF;
    tried = tried + 1;
  END LOOP;
END
$$;
