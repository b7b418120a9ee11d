-- What fkfix_audit() would be as a query: the same columns, and on a database
-- like that of keys.sql the same rows.  It leaves out what that database has
-- not, which is in its favour: partitions, domains, generated columns, column
-- lists, MATCH FULL, names that need quotes, publications; and it says of damage
-- only that it is there.
--
-- Rules are joined by hash where they name something literally, matched with
-- LIKE otherwise; triggers and columns are read once, all of them; what only the
-- keys that are listed need is looked up by index.

CREATE OR REPLACE VIEW audit_by_hand AS
WITH pattern AS (
  SELECT id, priority, columns, nullable, on_delete, on_update, reason,
         CASE WHEN referencing LIKE '%.%' THEN nullif(split_part(lower(referencing), '.', 1), '*') END AS from_schema,
         nullif(regexp_replace(lower(referencing), '^.*\.', ''), '*') AS from_table,
         CASE WHEN referenced LIKE '%.%' THEN nullif(split_part(lower(referenced), '.', 1), '*') END AS to_schema,
         nullif(regexp_replace(lower(referenced), '^.*\.', ''), '*') AS to_table,
         nullif(lower(constraint_name), '*') AS constraint_name
  FROM fkfix.policy
), rule AS MATERIALIZED (
  SELECT id, on_delete, on_update, reason, nullable, columns, format('%s, %s', on_delete, on_update) AS demand,
         columns::text !~ '[*?]' AS literal_columns,
         from_table::name AS literal_table, from_schema::name AS literal_from_schema, to_schema::name AS literal_to_schema,
         CASE WHEN from_table !~ '[*?]' THEN 1
              WHEN from_schema !~ '[*?]' AND columns::text !~ '[*?]' THEN 2
              WHEN from_schema !~ '[*?]' THEN 3
              WHEN to_schema !~ '[*?]' THEN 4
              ELSE 5 END AS way,
         translate(replace(from_schema, '_', '\_'), '*?', '%_') AS from_schema,
         translate(replace(from_table, '_', '\_'), '*?', '%_') AS from_table,
         translate(replace(to_schema, '_', '\_'), '*?', '%_') AS to_schema,
         translate(replace(to_table, '_', '\_'), '*?', '%_') AS to_table,
         translate(replace(constraint_name, '_', '\_'), '*?', '%_') AS constraint_name,
         priority::bigint << 32
         | (coalesce((from_table !~ '[*?]')::int, 0) + coalesce((to_table !~ '[*?]')::int, 0)
            + coalesce((columns::text !~ '[*?]')::int, 0) + coalesce((constraint_name !~ '[*?]')::int, 0)) << 24
         | (coalesce((from_table ~ '[*?]')::int, 0) + coalesce((to_table ~ '[*?]')::int, 0)
            + coalesce((columns::text ~ '[*?]')::int, 0) + coalesce((constraint_name ~ '[*?]')::int, 0)) << 16
         | (coalesce((from_schema !~ '[*?]')::int, 0) + coalesce((to_schema !~ '[*?]')::int, 0)) << 8
         | (coalesce((from_schema ~ '[*?]')::int, 0) + coalesce((to_schema ~ '[*?]')::int, 0)
            + (nullable IS NOT NULL)::int) AS precedence
  FROM pattern
), trigger_count AS (
  SELECT c.oid,
         count(*) FILTER (WHERE
           CASE t.tgfoid
             WHEN '"RI_FKey_check_ins"'::regproc THEN t.tgrelid = c.conrelid AND t.tgdeferrable = c.condeferrable
             WHEN '"RI_FKey_check_upd"'::regproc THEN t.tgrelid = c.conrelid AND t.tgdeferrable = c.condeferrable
             WHEN '"RI_FKey_noaction_del"'::regproc THEN t.tgrelid = c.confrelid AND c.confdeltype = 'a' AND t.tgdeferrable = c.condeferrable
             WHEN '"RI_FKey_restrict_del"'::regproc THEN t.tgrelid = c.confrelid AND c.confdeltype = 'r'
             WHEN '"RI_FKey_cascade_del"'::regproc THEN t.tgrelid = c.confrelid AND c.confdeltype = 'c'
             WHEN '"RI_FKey_setnull_del"'::regproc THEN t.tgrelid = c.confrelid AND c.confdeltype = 'n'
             WHEN '"RI_FKey_setdefault_del"'::regproc THEN t.tgrelid = c.confrelid AND c.confdeltype = 'd'
             WHEN '"RI_FKey_noaction_upd"'::regproc THEN t.tgrelid = c.confrelid AND c.confupdtype = 'a' AND t.tgdeferrable = c.condeferrable
             WHEN '"RI_FKey_restrict_upd"'::regproc THEN t.tgrelid = c.confrelid AND c.confupdtype = 'r'
             WHEN '"RI_FKey_cascade_upd"'::regproc THEN t.tgrelid = c.confrelid AND c.confupdtype = 'c'
             WHEN '"RI_FKey_setnull_upd"'::regproc THEN t.tgrelid = c.confrelid AND c.confupdtype = 'n'
             WHEN '"RI_FKey_setdefault_upd"'::regproc THEN t.tgrelid = c.confrelid AND c.confupdtype = 'd'
           END) AS right_ones,
         count(*) FILTER (WHERE t.tgenabled <> 'O') AS disabled
  FROM pg_constraint c LEFT JOIN pg_trigger t ON t.tgconstraint = c.oid
  WHERE c.contype = 'f'
  GROUP BY c.oid
), key_columns AS (
  SELECT u.oid, array_agg(a.attname ORDER BY u.position) AS columns, bool_and(NOT a.attnotnull) AS nullable
  FROM (SELECT oid, conrelid, unnest(conkey) AS attnum, generate_subscripts(conkey, 1) AS position
        FROM pg_constraint WHERE contype = 'f') u
       JOIN pg_attribute a ON a.attrelid = u.conrelid AND a.attnum = u.attnum
  GROUP BY u.oid
), action (code, name) AS (
  VALUES ('a'::"char", 'NO ACTION'), ('r', 'RESTRICT'), ('c', 'CASCADE'), ('n', 'SET NULL'), ('d', 'SET DEFAULT')
), key AS MATERIALIZED (
  SELECT c.oid, c.conname, c.conrelid, c.confrelid, c.conkey, c.convalidated,
         fn.nspname AS from_schema, f.relname AS from_table, tn.nspname AS to_schema, t.relname AS to_table,
         k.columns, k.columns::text[] AS names, k.nullable, d.name AS on_delete, u.name AS on_update,
         g.right_ones = 4 AS whole, g.disabled
  FROM pg_constraint c
       JOIN pg_class f ON f.oid = c.conrelid AND f.relpersistence <> 't'
       JOIN pg_namespace fn ON fn.oid = f.relnamespace
       JOIN pg_class t ON t.oid = c.confrelid
       JOIN pg_namespace tn ON tn.oid = t.relnamespace
       JOIN key_columns k ON k.oid = c.oid
       JOIN trigger_count g ON g.oid = c.oid
       JOIN action d ON d.code = c.confdeltype
       JOIN action u ON u.code = c.confupdtype
  WHERE c.contype = 'f' AND c.conparentid = 0
        AND c.conrelid NOT IN (SELECT objid FROM pg_depend
                               WHERE refclassid = 'pg_extension'::regclass AND classid = 'pg_class'::regclass AND deptype = 'e')
), candidate AS (
  -- by the most selective thing that a rule gives literally
  SELECT k.oid AS key_oid, k.names, k.nullable AS key_nullable, k.conname,
         k.from_schema AS key_from_schema, k.from_table AS key_from_table,
         k.to_schema AS key_to_schema, k.to_table AS key_to_table, r.*
  FROM key k JOIN rule r ON r.way = 1 AND k.from_table = r.literal_table
  UNION ALL
  SELECT k.oid, k.names, k.nullable, k.conname, k.from_schema, k.from_table, k.to_schema, k.to_table, r.*
  FROM key k JOIN rule r ON r.way = 2 AND k.names = r.columns AND k.from_schema = r.literal_from_schema
  UNION ALL
  SELECT k.oid, k.names, k.nullable, k.conname, k.from_schema, k.from_table, k.to_schema, k.to_table, r.*
  FROM key k JOIN rule r ON r.way = 3 AND k.from_schema = r.literal_from_schema
  UNION ALL
  SELECT k.oid, k.names, k.nullable, k.conname, k.from_schema, k.from_table, k.to_schema, k.to_table, r.*
  FROM key k JOIN rule r ON r.way = 4 AND k.to_schema = r.literal_to_schema
  UNION ALL
  SELECT k.oid, k.names, k.nullable, k.conname, k.from_schema, k.from_table, k.to_schema, k.to_table, r.*
  FROM key k JOIN rule r ON r.way = 5
), match AS (
  SELECT key_oid AS oid, id, on_delete, on_update, demand,
         rank() OVER (PARTITION BY key_oid ORDER BY precedence DESC) AS place
  FROM candidate
  WHERE (from_schema IS NULL OR key_from_schema LIKE from_schema)
        AND (from_table IS NULL OR key_from_table LIKE from_table)
        AND (to_schema IS NULL OR key_to_schema LIKE to_schema)
        AND (to_table IS NULL OR key_to_table LIKE to_table)
        AND (constraint_name IS NULL OR conname LIKE constraint_name)
        AND (nullable IS NULL OR key_nullable = nullable)
        AND (columns IS NULL OR literal_columns AND names = columns
             OR cardinality(columns) = cardinality(names)
                AND NOT EXISTS (SELECT FROM unnest(names, columns) u (name, pattern)
                                WHERE NOT name LIKE translate(replace(pattern, '_', '\_'), '*?', '%_')))
), winner AS (
  SELECT oid, min(id) AS id, array_agg(id) AS ids, min(on_delete) AS on_delete, min(on_update) AS on_update,
         min(demand) <> max(demand) AS conflict
  FROM match WHERE place = 1
  GROUP BY oid
), judged AS (
  SELECT k.*, w.id, w.conflict, w.ids,
         CASE WHEN NOT w.conflict THEN w.on_delete END AS required_on_delete,
         CASE WHEN NOT w.conflict THEN w.on_update END AS required_on_update,
         CASE WHEN NOT w.conflict AND NOT k.on_delete = ANY (string_to_array(w.on_delete, ' | ')) THEN split_part(w.on_delete, ' | ', 1) END AS set_on_delete,
         CASE WHEN NOT w.conflict AND NOT k.on_update = ANY (string_to_array(w.on_update, ' | ')) THEN split_part(w.on_update, ' | ', 1) END AS set_on_update
  FROM key k LEFT JOIN winner w USING (oid)
), listed AS (
  SELECT *, quote_ident(from_schema) || '.' || quote_ident(from_table) AS from_name,
         (SELECT r.reason FROM rule r WHERE r.id = k.id AND NOT conflict) AS reason,
         coalesce(set_on_delete, on_delete) AS then_on_delete, coalesce(set_on_update, on_update) AS then_on_update
  FROM judged k
  WHERE NOT whole OR conflict OR set_on_delete IS NOT NULL OR set_on_update IS NOT NULL
), seen AS (
  SELECT l.*, i.lacks_index, n.delete_fails, n.update_fails, n.deletes_to_null, n.updates_to_null, o.rivals
  FROM listed l
       CROSS JOIN LATERAL (
         SELECT NOT EXISTS (
           SELECT FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am m ON m.oid = c.relam
           WHERE x.indrelid = l.conrelid AND x.indisvalid AND x.indisready AND x.indpred IS NULL
                 AND (m.amname = 'btree' OR m.amname = 'hash' AND cardinality(l.conkey) = 1)
                 AND l.conkey <@ (x.indkey::int2[])[0:cardinality(l.conkey) - 1]) AS lacks_index) i
       CROSS JOIN LATERAL (
         SELECT min(format('Column "%s" of table %s does not accept nulls.', a.attname, l.from_name))
                  FILTER (WHERE a.attnotnull AND l.then_on_delete = 'SET NULL') AS delete_fails,
                min(format('Column "%s" of table %s does not accept nulls.', a.attname, l.from_name))
                  FILTER (WHERE a.attnotnull AND l.then_on_update = 'SET NULL') AS update_fails,
                array_agg(format('ON DELETE SET DEFAULT sets column "%s" to null: it has no default', a.attname))
                  FILTER (WHERE NOT a.atthasdef AND l.then_on_delete = 'SET DEFAULT') AS deletes_to_null,
                array_agg(format('ON UPDATE SET DEFAULT sets column "%s" to null: it has no default', a.attname))
                  FILTER (WHERE NOT a.atthasdef AND l.then_on_update = 'SET DEFAULT') AS updates_to_null
         FROM pg_attribute a WHERE a.attrelid = l.conrelid AND a.attnum = ANY (l.conkey)) n
       CROSS JOIN LATERAL (
         SELECT array_agg(format('key %s on the same columns is ON DELETE %s ON UPDATE %s and fires %s this one',
                                 quote_ident(c.conname), d.name, u.name,
                                 CASE WHEN c.oid::text < l.oid::text COLLATE "C" THEN 'before' ELSE 'after' END)
                          ORDER BY c.conname) AS rivals
         FROM pg_constraint c JOIN action d ON d.code = c.confdeltype JOIN action u ON u.code = c.confupdtype
         WHERE c.conrelid = l.conrelid AND c.contype = 'f' AND c.oid <> l.oid AND c.conparentid = 0
               AND c.confrelid = l.confrelid AND c.conkey @> l.conkey AND c.conkey <@ l.conkey
               AND (d.name <> l.then_on_delete OR u.name <> l.then_on_update)) o
)
SELECT conrelid::regclass AS referencing, conname AS constraint_name, columns, confrelid::regclass AS referenced,
       on_delete, required_on_delete, on_update, required_on_update,
       CASE WHEN NOT whole THEN 'damaged' WHEN conflict THEN 'conflict'
            WHEN set_on_delete IS NOT NULL AND delete_fails IS NOT NULL
                 OR set_on_update IS NOT NULL AND update_fails IS NOT NULL THEN 'infeasible'
            ELSE 'violation' END AS status,
       CASE WHEN NOT conflict THEN id END AS rule_id,
       CASE WHEN NOT whole THEN 'The key''s triggers do not do what it says.'
            WHEN conflict THEN
              (SELECT 'Rules of equal precedence ask for different things:'
                      || string_agg(format(' rule %s for %s', r.id,
                           coalesce(concat_ws(' ', 'ON DELETE ' || replace(r.on_delete, ' | ', ' or '),
                                              'ON UPDATE ' || replace(r.on_update, ' | ', ' or ')), 'nothing')), ',' ORDER BY r.id)
                      || '.'
               FROM rule r WHERE r.id = ANY (ids))
            WHEN set_on_delete IS NOT NULL AND delete_fails IS NOT NULL
              THEN delete_fails || coalesce(' The rule''s reason: ' || reason, '')
            WHEN set_on_update IS NOT NULL AND update_fails IS NOT NULL
              THEN update_fails || coalesce(' The rule''s reason: ' || reason, '')
            ELSE reason END AS detail,
       array_remove(ARRAY[
         CASE WHEN lacks_index THEN format('no usable index: CREATE INDEX CONCURRENTLY ON %s (%s);', from_name,
                                           (SELECT string_agg(quote_ident(name), ', ') FROM unnest(columns) name)) END,
         'ON DELETE SET NULL fails: ' || delete_fails], NULL)
       || deletes_to_null
       || array_remove(ARRAY['ON UPDATE SET NULL fails: ' || update_fails], NULL)
       || updates_to_null || rivals
       || array_remove(ARRAY[
         CASE WHEN NOT convalidated THEN 'NOT VALID: existing rows may reference nothing' END,
         CASE WHEN disabled > 0 THEN 'disabled trigger' END], NULL) AS hazards,
       CASE WHEN whole AND NOT conflict AND NOT (set_on_delete IS NOT NULL AND delete_fails IS NOT NULL
                                                 OR set_on_update IS NOT NULL AND update_fails IS NOT NULL)
            THEN format('SELECT pg_catalog.fkfix_rebuild(%L::regclass, %L::name);', from_name, conname) END AS remedy
FROM seen;
