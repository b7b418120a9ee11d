"""Sessions that change the tables, the rules and the catalogs under those that call the functions."""
import os
import time

import psycopg2

from policies import Policy
from session import Session
from statements import SCHEMAS, Key, Table, Writer
from twins import KEYS, TABLES

MODES = ["policy"] * 4 + ["off", "warn", "error", "fix"]

PENDING = """
SELECT format('%I.%I', n.nspname, p.relname), format('%I.%I', m.nspname, c.relname)
FROM pg_inherits JOIN pg_class p ON p.oid = inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
  JOIN pg_class c ON c.oid = inhrelid JOIN pg_namespace m ON m.oid = c.relnamespace
WHERE inhdetachpending"""

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pool.sql"), encoding="utf-8") as file:
    POOL = file.read()


class Changer(Session):
    """Random DDL of the role that owns the tables, with every mode of enforcement."""

    role = "keeper"

    def __init__(self, *arguments, first_number):
        super().__init__(*arguments)
        self.writer = Writer(self.random)
        self.writer.count = first_number
        self.own = [self.drop_schema, self.truncate, self.discard_temporary, self.temporary_table]

    def step(self):
        if self.chance(0.1):
            self.execute("SET fkfix.enforcement = %s", (self.random.choice(MODES),))
        self.look()
        if self.chance(0.06):
            self.random.choice(self.own)()
        elif self.chance(0.8):
            self.change()
        else:
            self.change_in_transaction()

    def look(self):
        self.writer.look([Table(*row) for row in self.execute(TABLES)], [Key(*row) for row in self.execute(KEYS)])

    def change(self):
        statement = self.writer.statement()
        self.attempt(statement.kind, statement.sql)

    def change_in_transaction(self):
        self.execute("BEGIN")
        for _ in range(self.random.randrange(1, 4)):
            kind, sql = self.writer.simple()
            if self.attempt(kind, sql) is None:
                break
        time.sleep(self.random.random() / 10)
        self.execute(self.random.choice(["COMMIT", "ROLLBACK"]))

    # what the writer does not write

    def drop_schema(self):
        """What is left of the schemas that the pool is in, gets the pool again."""
        self.attempt("drop_schema", "DROP SCHEMA IF EXISTS %s CASCADE" % self.writer.schema())
        left = self.execute("SELECT nspname::text FROM pg_namespace")
        for schema in SCHEMAS:
            if (schema,) not in left:
                self.attempt("pool", pool_in(schema))

    def truncate(self):
        table = self.writer.table()
        if table:
            self.attempt("truncate", "TRUNCATE %s CASCADE" % table.name)

    def discard_temporary(self):
        self.attempt("discard_temp", "DISCARD TEMP")

    def temporary_table(self):
        self.attempt("temporary_table", "CREATE TEMP TABLE x (id int PRIMARY KEY, x int, ra int REFERENCES pg_temp.x,"
                                        " rb public.number, UNIQUE (id, x)) ON COMMIT DELETE ROWS")


class Builder(Session):
    """Makes a pool and drops it, as fast as it can."""

    role = "keeper"
    settings = Session.settings + "; SET fkfix.enforcement = off"

    def step(self):
        self.attempt("drop_schema", "DROP SCHEMA IF EXISTS s9 CASCADE")
        self.attempt("pool", pool_in("s9"))


class Detacher(Session):
    """Leaves DETACH CONCURRENTLY pending, and completes it later."""

    role = "keeper"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.writer = Writer(self.random)

    def step(self):
        self.writer.look([Table(*row) for row in self.execute(TABLES)], [])
        partition = self.writer.partition()
        if partition:
            self.leave_pending(partition)
        for parent, name in self.execute(PENDING):
            if self.chance(0.5):
                self.attempt("detach_finalize", "ALTER TABLE %s DETACH PARTITION %s FINALIZE" % (parent, name))
                self.attempt("attach_again", "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%d)" % (
                    parent, name, self.random.randrange(4)))

    def leave_pending(self, partition):
        """The second half of it waits for whoever has locked the table before."""
        holder = psycopg2.connect(user=self.role, application_name="holder")
        try:
            with holder.cursor() as cursor:
                cursor.execute("SET lock_timeout = '500ms'; LOCK TABLE ONLY %s IN ACCESS SHARE MODE" % partition.parent)
            self.execute("SET statement_timeout = '150ms'")
            self.attempt("detach_concurrently", "ALTER TABLE %s DETACH PARTITION %s CONCURRENTLY" % (
                partition.parent, partition.name))
        finally:
            holder.close()
            self.execute("SET statement_timeout = '10s'")
        if (partition.parent, partition.name) in self.execute(PENDING):
            self.tally.count("left pending", "done")
            time.sleep(self.random.random())


class Upkeep(Session):
    """A superuser who changes the rules, switches the domain, and rewrites the catalogs."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.policy = Policy(self.random, None)

    def step(self):
        draw = self.random.random()
        if draw < 0.02:
            self.attempt("vacuum_full", "VACUUM FULL pg_catalog." + self.random.choice(["pg_constraint", "pg_trigger"]))
        elif draw < 0.05:
            self.attempt("vacuum", "VACUUM pg_catalog.pg_constraint, pg_catalog.pg_class, pg_catalog.pg_inherits")
        elif draw < 0.4:
            self.attempt("alter_domain", "ALTER DOMAIN public.number %s NOT NULL" % self.random.choice(["SET", "DROP"]))
        else:
            self.change_rules()
        time.sleep(self.random.random() / 4)

    def change_rules(self):
        tables = [Table(*row) for row in self.execute(TABLES)]
        self.execute("BEGIN")
        if self.chance(0.2):
            self.attempt("truncate_rules", "TRUNCATE fkfix.policy")
        else:
            self.attempt("delete_rules", "DELETE FROM fkfix.policy WHERE random() < 0.5")
        for rule in self.policy.rules(tables):
            if self.attempt("insert_rule", "INSERT INTO fkfix.policy (referencing, columns, referenced, constraint_name,"
                                           " nullable, on_delete, on_update, enforcement, priority, reason)"
                                           " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", rule) is None:
                break
        self.execute("COMMIT")


def pool_in(schema):
    return "CREATE SCHEMA %s; SET LOCAL search_path = %s, pg_catalog; %s" % (schema, schema, POOL)
