"""Two databases to which the same happens: one has fkfix, the other does not."""
import collections
import os

import psycopg2

from statements import Key, Table

HERE = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(HERE, "portrait.sql"), encoding="utf-8") as file:
    PORTRAIT = file.read()

TABLES = """
SELECT n.nspname || '.' || c.relname, n.nspname, c.relname, c.relkind = 'p',
  (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid AND c.relispartition),
  partstrat, ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN pg_partitioned_table ON partrelid = c.oid
WHERE nspname ~ '^s[0-9]' AND relkind IN ('r', 'p') ORDER BY 1"""

KEYS = """
SELECT n.nspname || '.' || t.relname, conname, confrelid::regclass::text
FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid JOIN pg_namespace n ON n.oid = relnamespace
WHERE contype = 'f' AND conparentid = 0 AND nspname ~ '^s[0-9]' ORDER BY 1, 2"""

ACTIONS = """
SELECT conrelid::regclass::text, conname, confdeltype, confupdtype, confdelsetcols::text
FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"""

ACTIONS_BY_KEY = """
SELECT oid, (confdeltype, confupdtype, confdelsetcols::text)::text
FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"""

# by which root a key hangs
ROOTS = """
WITH RECURSIVE tree AS (
  SELECT oid, oid AS root, conrelid, conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0
  UNION ALL
  SELECT c.oid, root, c.conrelid, c.conname FROM tree JOIN pg_constraint c ON c.conparentid = tree.oid)
SELECT oid, root, conrelid, conname FROM tree"""

AUDIT = """
SELECT c.oid AS key, c.conrelid AS relid, c.conname AS name, t.relname AS table, status, detail, a.columns,
  required_on_delete, required_on_update, rule_id AS rule
FROM fkfix_audit(NULL, true) a
  JOIN pg_constraint c ON c.conrelid = a.referencing AND c.conname = a.constraint_name
  JOIN pg_class t ON t.oid = c.conrelid"""

VERIFY = """
SELECT problem, constraint_name, count(*)::int FROM fkfix_verify() GROUP BY 1, 2"""


class Database:
    """A session of one of the two; NULL as a result of a statement is success."""

    def __init__(self, name):
        self.name = name
        self.connection = psycopg2.connect(dbname=name)
        self.connection.autocommit = True
        self.connection.notices = collections.deque(maxlen=1000)
        self.cursor = self.connection.cursor()
        self.execute("SET search_path = pg_catalog; SET max_parallel_workers_per_gather = 0; SET jit = off")

    def execute(self, sql, values=None):
        self.cursor.execute(sql, values)

    def rows(self, sql, values=None):
        self.execute(sql, values)
        return self.cursor.fetchall()

    def records(self, sql):
        self.execute(sql)
        record = collections.namedtuple("Row", [column.name for column in self.cursor.description])
        return [record(*row) for row in self.cursor.fetchall()]

    def attempt(self, sql):
        """Returns the error, or None, and what was said meanwhile."""
        self.connection.notices.clear()
        try:
            self.execute(sql)
            error = None
        except psycopg2.Error as caught:
            if caught.pgcode is None:
                raise
            error = caught
        return error, "".join(self.connection.notices)

    def attempt_in_savepoint(self, sql):
        self.execute("SAVEPOINT attempt")
        error, said = self.attempt(sql)
        self.execute("ROLLBACK TO attempt" if error else "RELEASE attempt")
        return error, said


class Twins:
    """Both of them; what is done, is done to both."""

    def __init__(self):
        server = Database("postgres")
        for name in ("ddl_fkfix", "ddl_plain"):
            server.execute("DROP DATABASE IF EXISTS %s WITH (FORCE)" % name)
            server.execute("CREATE DATABASE %s" % name)
        server.connection.close()
        self.fkfix = Database("ddl_fkfix")
        self.plain = Database("ddl_plain")
        self.fkfix.execute("CREATE EXTENSION fkfix; SELECT fkfix_enable_enforcement()")
        self.both("CREATE DOMAIN public.number AS int")

    def both(self, sql):
        self.fkfix.execute(sql)
        self.plain.execute(sql)

    def start_anew(self):
        for (schema,) in self.plain.rows("SELECT nspname FROM pg_namespace WHERE nspname ~ '^s[0-9]'"):
            self.both("SET client_min_messages = error; DROP SCHEMA %s CASCADE; RESET client_min_messages" % schema)
        self.both("DISCARD TEMP; ALTER DOMAIN public.number DROP NOT NULL;"
                  "CREATE SCHEMA s1; CREATE SCHEMA s2; CREATE SCHEMA s3")

    def tables(self):
        return [Table(*row) for row in self.plain.rows(TABLES)]

    def keys(self):
        return [Key(*row) for row in self.plain.rows(KEYS)]

    def unlike(self):
        """What one has and the other does not."""
        mine = {line for (line,) in self.fkfix.rows(PORTRAIT)}
        other = {line for (line,) in self.plain.rows(PORTRAIT)}
        return sorted(["with:    " + line for line in mine - other] +
                      ["without: " + line for line in other - mine])

    def keys_that_differ(self):
        """How many keys do not do in both what they do in one."""
        return len(set(self.fkfix.rows(ACTIONS)) - set(self.plain.rows(ACTIONS)))

    def actions(self):
        """What each key of the one with fkfix does."""
        return dict(self.fkfix.rows(ACTIONS_BY_KEY))

    def faults_of_ours(self):
        """What fkfix_verify() finds that PostgreSQL alone has not caused; and all of it."""
        found = set(self.fkfix.rows(VERIFY))
        if not found:
            return set(), set()
        self.plain.execute("SAVEPOINT look; SET LOCAL client_min_messages = error; CREATE EXTENSION fkfix")
        theirs = set(self.plain.rows(VERIFY))
        self.plain.execute("ROLLBACK TO look")
        return found - theirs, found
