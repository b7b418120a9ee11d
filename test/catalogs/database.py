"""A database with every shape of foreign key that the oracle knows, and what is in it."""
import collections
import os
import subprocess

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
ORACLE = os.path.join(HERE, "..", "oracle")
NAME = "catalogs"
# owns all tables, and is no superuser
OWNER = "ordinary"

SHAPES = """
SELECT name, oracle.ddl(shape, deletes[1 + n % array_length(deletes, 1)], updates[1 + n % array_length(updates, 1)], 1 + n % 3)
FROM (SELECT shape, name, row_number() OVER (ORDER BY name)::int AS n,
        CASE WHEN lists = '{}' THEN (oracle.actions(shape))[1:legal_deletes] ELSE lists END AS deletes,
        (oracle.actions(shape))[1:legal_updates] AS updates
      FROM oracle.shape WHERE name NOT LIKE 'temporary%') s
ORDER BY name"""

# Some keys violate these rules, some comply, some cannot comply.
RULES = """
INSERT INTO fkfix.policy (referencing, columns, nullable, on_delete, on_update, enforcement) VALUES
  ('*.f', NULL, NULL, 'CASCADE', NULL, 'fix'),
  ('s*1.*', NULL, NULL, 'NO ACTION|RESTRICT', 'CASCADE', 'error'),
  ('s*2.f', '{ra}', NULL, 'SET NULL', NULL, 'warn'),
  ('s*3.*', NULL, false, 'SET NULL', NULL, 'fix'),
  ('s*4.f', '{r?}', NULL, NULL, NULL, 'off'),
  ('*.fresh*', NULL, NULL, 'CASCADE', 'CASCADE', 'fix')"""

TABLES = """
SELECT c.oid, nspname AS schema, format('%I.%I', nspname, relname) AS name, relkind AS kind, relnatts AS natts,
  CASE WHEN relispartition THEN inhparent END AS parent, pg_get_expr(relpartbound, c.oid) AS bound,
  (SELECT min(attnum) FROM pg_attribute WHERE attrelid = c.oid AND attisdropped AND attnum > 0) AS dropped,
  (SELECT min(oid) FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('p', 'u')) AS no_key,
  (SELECT min(indexrelid) FROM pg_index WHERE indrelid = c.oid) AS index
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN pg_inherits ON inhrelid = c.oid
WHERE nspname ~ '^s[0-9]' AND relkind IN ('r', 'p') ORDER BY nspname, relname"""

KEYS = """
WITH RECURSIVE tree AS (
  SELECT c.*, c.oid AS root FROM pg_constraint c WHERE contype = 'f' AND conparentid = 0
  UNION ALL
  SELECT c.*, root FROM tree JOIN pg_constraint c ON c.conparentid = tree.oid)
SELECT tree.oid, quote_literal(conname) AS name, quote_ident(conname) AS ident, conrelid AS relid, confrelid AS refrelid,
  conparentid AS parent, root, conkey AS columns, confkey AS refcolumns,
  confdeltype AS on_delete, confupdtype AS on_update,
  confdelsetcols AS list, confmatchtype AS match, condeferrable AS deferrable, condeferred AS deferred,
  conindid AS index, conrelid::regclass::text AS table, confrelid::regclass::text AS referenced,
  ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)
        ORDER BY array_position(conkey, attnum)) AS column_names,
  count(*) OVER (PARTITION BY root) AS tree_size
FROM tree JOIN pg_namespace n ON n.oid = connamespace WHERE nspname ~ '^s[0-9]'
ORDER BY nspname, conrelid::regclass::text, conname"""

TRIGGERS = """
SELECT t.oid, tgrelid AS relid, tgconstraint AS key, tgtype AS type, tgparentid AS parent, proname AS function,
  proname !~ 'check' AS acts
FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid JOIN pg_constraint c ON c.oid = tgconstraint
WHERE contype = 'f' ORDER BY tgrelid::regclass::text, tgtype, t.oid"""

FUNCTIONS = """
SELECT DISTINCT proname FROM pg_depend JOIN pg_proc p ON p.oid = objid JOIN pg_extension e ON e.oid = refobjid
WHERE classid = 'pg_proc'::regclass AND deptype = 'e' AND extname = 'fkfix' ORDER BY 1"""

Shape = collections.namedtuple("Shape", "name schema")


def make(server):
    """Makes the database, as the shapes say.  Returns the list of Shape."""
    for name in (NAME, "shapes"):
        server.rows("DROP DATABASE IF EXISTS %s WITH (FORCE)" % name)
        server.rows("CREATE DATABASE %s" % name)
    server.rows("DROP ROLE IF EXISTS %s" % OWNER)
    server.rows("CREATE ROLE %s" % OWNER)
    ddl = read_shapes()
    connection = psycopg2.connect(dbname=NAME)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("CREATE EXTENSION fkfix; SET client_min_messages = error")
    shapes = []
    for name, script in ddl:
        shape = Shape(name, "s%02d" % (len(shapes) + 1))
        shapes.append(shape)
        cursor.execute("CREATE SCHEMA {0} AUTHORIZATION {1}; SET ROLE {1}; SET search_path = {0}".format(shape.schema, OWNER))
        # one by one, because DETACH CONCURRENTLY must not be in a transaction
        for statement in script.split(";"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute("RESET ROLE; RESET search_path")
    cursor.execute(RULES)
    cursor.execute("GRANT INSERT ON fkfix.policy TO {0};"
                   "SELECT fkfix_enable_enforcement()".format(OWNER))
    connection.close()
    return shapes


def read_shapes():
    """The shapes stand in a database of their own, with the oracle that they were written for."""
    connection = psycopg2.connect(dbname="shapes")
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("CREATE EXTENSION fkfix; CREATE SCHEMA work")
    files = ["oracle.sql", "shapes.sql"] + (["shapes_v18.sql"] if connection.server_version >= 180000 else [])
    for file in files:
        subprocess.run(["psql", "-XAtq", "-d", "shapes", "-v", "ON_ERROR_STOP=1", "-f", os.path.join(ORACLE, file)],
                       check=True, stdout=subprocess.DEVNULL)
    cursor.execute(SHAPES)
    shapes = cursor.fetchall()
    connection.close()
    return shapes


class Inventory:
    """The tables, keys and triggers of the database before anything is edited."""

    def __init__(self, session):
        self.tables = {table.oid: table for table in self.records(session, TABLES)}
        keys = self.records(session, KEYS)
        self.keys = {key.oid: key for key in keys}
        self.triggers = self.records(session, TRIGGERS)
        self.functions = [name for (name,) in session.rows(FUNCTIONS)]
        self.keys_by_schema = collections.defaultdict(list)
        self.tables_by_schema = collections.defaultdict(list)
        self.triggers_by_key = collections.defaultdict(list)
        for key in keys:
            self.keys_by_schema[self.tables[key.relid].schema].append(key)
        for table in self.tables.values():
            self.tables_by_schema[table.schema].append(table)
        for trigger in self.triggers:
            self.triggers_by_key[trigger.key].append(trigger)
        # what belongs to which root, by the OID of the row
        self.roots = {key.oid: key.root for key in keys}
        self.roots.update({t.oid: self.roots[t.key] for t in self.triggers if t.key in self.roots})

    @staticmethod
    def records(session, sql):
        rows = session.rows(sql)
        record = collections.namedtuple("Row", [column.name for column in session.cursor.description])
        return [record(*row) for row in rows]


def write_history(session, inventory):
    """Changes each key and puts it back.  Returns, by key, the row of the history that says the latter."""
    history = {}
    session.rows("SET fkfix.enforcement = off")
    for key in inventory.keys.values():
        if key.parent == 0:
            try:
                session.rows("SELECT fkfix_rebuild(%d, %s, '%s')" % (
                    key.relid, key.name, "CASCADE" if key.on_delete != "c" else "RESTRICT"))
            except psycopg2.Error:
                continue
            session.rows("SELECT fkfix_revert(max(id)) FROM fkfix.history")
            ((history[key.oid],),) = session.rows("SELECT max(id) FROM fkfix.history")
    session.rows("RESET fkfix.enforcement")
    return history
