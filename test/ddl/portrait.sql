-- What there is around foreign keys in a database, one line each, without OIDs
-- and without actions: the same wherever the same DDL has run.  A derived key goes
-- by the name of its root: its own is made up in the order in which pg_constraint
-- happens to lie there.

WITH RECURSIVE tables AS MATERIALIZED (
  SELECT c.*, format('%s.%s', CASE WHEN nspname ~ '^pg_temp' THEN 'pg_temp' ELSE nspname END, relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname <> 'fkfix' AND nspname !~ '^(pg_(catalog|toast)|information_schema)'
), roots AS (
  SELECT oid, conname AS root FROM pg_constraint WHERE conparentid = 0
  UNION ALL
  SELECT c.oid, root FROM roots JOIN pg_constraint c ON c.conparentid = roots.oid
), keys AS MATERIALIZED (
  SELECT c.*, t.name || '/' || CASE WHEN contype = 'f' THEN root ELSE conname END AS name
  FROM pg_constraint c JOIN tables t ON t.oid = conrelid JOIN roots r ON r.oid = c.oid
)
SELECT concat_ws(' ', 'table', t.name, relkind, relpersistence, relispartition, pg_get_expr(relpartbound, t.oid),
  (SELECT string_agg(concat_ws('/', p.name, inhseqno, inhdetachpending), ',' ORDER BY p.name)
   FROM pg_inherits JOIN tables p ON p.oid = inhparent WHERE inhrelid = t.oid))
FROM tables t
UNION ALL
SELECT concat_ws(' ', 'column', t.name, attname, attnum, atttypid::regtype, attnotnull, attislocal, attinhcount, atthasdef)
FROM tables t JOIN pg_attribute a ON attrelid = t.oid
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p')
UNION ALL
SELECT concat_ws(' ', 'constraint', k.name, k.contype, p.name, t.name, k.conkey, k.confkey, k.condeferrable,
  k.condeferred, k.convalidated, k.confmatchtype, k.conislocal, k.coninhcount, k.connoinherit,
  to_jsonb(k) -> 'conenforced', (SELECT string_agg(concat_ws('/', deptype, refclassid::regclass), ',' ORDER BY refclassid::regclass::text, deptype)
    FROM pg_depend WHERE classid = 'pg_constraint'::regclass AND objid = k.oid))
FROM keys k LEFT JOIN keys p ON p.oid = k.conparentid LEFT JOIN tables t ON t.oid = k.confrelid
UNION ALL
SELECT concat_ws(' ', 'trigger', t.name, k.name, regexp_replace(f.proname, 'noaction|restrict|cascade|setnull|setdefault', ''),
  g.tgtype, g.tgenabled, g.tgparentid <> 0, r.name, g.tgisinternal,
  CASE WHEN f.proname ~ 'check' THEN concat_ws('/', g.tgdeferrable, g.tginitdeferred) END)
FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid JOIN pg_proc f ON f.oid = g.tgfoid
  LEFT JOIN keys k ON k.oid = g.tgconstraint LEFT JOIN tables r ON r.oid = g.tgconstrrelid
