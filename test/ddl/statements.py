"""Random DDL around foreign keys.

All tables are alike, (id, x, ra, rb), partitioned by id or not: so most of what
is thought up can be done.  What cannot is refused by PostgreSQL, and that is a
step too.
"""
import collections

SCHEMAS = ["s1", "s2", "s3"]
ACTIONS = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"]

# What the statement may do beyond what it says; top: cannot run in a transaction
Statement = collections.namedtuple("Statement", "kind sql compound detaches top")
Table = collections.namedtuple("Table", "name schema short partitioned parent strategy columns")
Key = collections.namedtuple("Key", "table name referenced")


class Writer:
    """Thinks up statements about the tables and keys that there are."""

    def __init__(self, random):
        self.random = random
        self.count = 0
        self.tables = []
        self.keys = []

    # what there is to choose from

    def look(self, tables, keys):
        self.tables = tables
        self.keys = keys

    def chance(self, probability):
        return self.random.random() < probability

    def one(self, choices):
        choices = list(choices)
        return self.random.choice(choices) if choices else None

    def new(self, prefix):
        self.count += 1
        return "%s%d" % (prefix, self.count)

    def schema(self):
        return self.one(sorted({t.schema for t in self.tables}) or SCHEMAS)

    def table(self, wanted=lambda t: True):
        return self.one(t for t in self.tables if wanted(t))

    def partition(self):
        return self.table(lambda t: t.parent)

    # parts of statements

    def action(self, event):
        action = self.one(ACTIONS)
        if event == "DELETE" and action.startswith("SET") and self.chance(0.3):
            action += " (%s)" % self.one(["ra", "rb", "ra, rb"])
        return action

    def references(self, target, columns):
        clause = "REFERENCES %s" % target
        if columns == "ra, rb":
            clause += " (id, x)"
        elif self.chance(0.5):
            clause += " (id)"
        if self.chance(0.15):
            clause += " MATCH FULL"
        if self.chance(0.5):
            clause += " ON DELETE " + self.action("DELETE")
        if self.chance(0.3):
            clause += " ON UPDATE " + self.action("UPDATE")
        if self.chance(0.3):
            clause += self.one([" DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"])
        return clause

    def foreign_key(self, target, named=0.6):
        columns = self.one(["ra", "ra", "rb", "ra, rb"])
        name = "CONSTRAINT %s " % self.one(["k", "kk", self.new("k")]) if self.chance(named) else ""
        return "%sFOREIGN KEY (%s) %s" % (name, columns, self.references(target, columns))

    def columns(self):
        columns = ["id int", "x int",
                   "ra int" + self.one(["", " DEFAULT 0", " NOT NULL", " NOT NULL DEFAULT 1"]),
                   self.one(["rb int", "rb int", "rb int NOT NULL", "rb public.number"])]
        self.random.shuffle(columns)
        return columns + ["PRIMARY KEY (id)", "UNIQUE (id, x)"]

    def bound(self, strategy):
        if self.chance(0.15) and strategy != "h":
            return "DEFAULT"
        n = self.random.randrange(4)
        return {"l": "FOR VALUES IN (%d)" % n,
                "r": "FOR VALUES FROM (%d) TO (%d)" % (n, n + 1),
                "h": "FOR VALUES WITH (MODULUS 4, REMAINDER %d)" % n}[strategy]

    # statements

    def create_table(self):
        name = "%s.%s" % (self.schema(), self.new("t"))
        target = self.table()
        elements = self.columns()
        if target and self.chance(0.6):
            elements.append(self.foreign_key(self.one([target.name, name])))
        elif target:
            elements[elements.index(next(e for e in elements if e.startswith("ra ")))] += (
                " " + self.references(target.name, "ra"))
        tail = self.one(["", "", " PARTITION BY LIST (id)", " PARTITION BY RANGE (id)",
                         " PARTITION BY HASH (id)"])
        storage = self.one(["", "", "", "UNLOGGED "]) if not tail else ""
        if self.chance(0.04):
            storage, elements = "TEMP ", elements[:6] + [self.foreign_key("pg_temp.x")]
            name = "x"
        return "CREATE %sTABLE %s%s (%s)%s" % (
            storage, self.one(["", "IF NOT EXISTS "]), name, ", ".join(elements), tail)

    def create_partition(self):
        parent = self.table(lambda t: t.partitioned)
        if not parent:
            return None
        target = self.table()
        elements = " (%s)" % self.foreign_key(target.name) if self.chance(0.2) else ""
        tail = " PARTITION BY LIST (id)" if self.chance(0.2) else ""
        return "CREATE TABLE %s.%s PARTITION OF %s%s %s%s" % (
            self.schema(), self.new("t"), parent.name, elements, self.bound(parent.strategy), tail)

    def create_like(self):
        model, target = self.table(), self.table()
        name = "%s.%s" % (self.schema(), self.new("t"))
        return self.one([
            "CREATE TABLE %s (LIKE %s INCLUDING ALL, %s)" % (name, model.name, self.foreign_key(target.name)),
            "CREATE TABLE %s (%s) INHERITS (%s)" % (name, self.foreign_key(target.name), model.name)])

    def create_schema(self):
        name, target = self.new("s"), self.table()
        return "CREATE SCHEMA %s CREATE TABLE %s (%s, %s)" % (
            name, self.new("t"), ", ".join(self.columns()), self.foreign_key(target.name))

    def add_key(self):
        table, target = self.table(), self.table()
        return "ALTER TABLE %s%s ADD %s%s" % (
            self.one(["", "", "ONLY "]), table.name, self.foreign_key(target.name),
            self.one(["", "", " NOT VALID"]))

    def add_column(self):
        table, target = self.table(), self.table()
        return "ALTER TABLE %s ADD COLUMN %sc%d int %s" % (
            table.name, self.one(["", "IF NOT EXISTS "]), self.random.randrange(3),
            self.references(target.name, "ra"))

    def several(self):
        table, target, key = self.table(), self.table(), self.one(self.keys)
        parts = ["ADD " + self.foreign_key(target.name), "ADD " + self.foreign_key(table.name, 0),
                 "ALTER ra %s NOT NULL" % self.one(["SET", "DROP"]), "ALTER ra TYPE int"]
        if key:
            table = self.one([table, *[t for t in self.tables if t.name == key.table] * 3])
            parts += ["DROP CONSTRAINT IF EXISTS " + key.name,
                      "DROP CONSTRAINT %s, ADD CONSTRAINT %s FOREIGN KEY (ra) %s" % (
                          key.name, key.name, self.references(target.name, "ra"))]
        return "ALTER TABLE %s %s" % (table.name, ", ".join(self.random.sample(parts, 2)))

    def drop_key(self):
        key = self.one(self.keys)
        return key and "ALTER TABLE %s DROP CONSTRAINT %s" % (key.table, key.name)

    def alter_key(self):
        key = self.one(self.keys)
        return key and "ALTER TABLE %s %s" % (key.table, self.one([
            "VALIDATE CONSTRAINT " + key.name,
            "ALTER CONSTRAINT %s %s" % (key.name, self.one([
                "DEFERRABLE", "NOT DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"]))]))

    def rename_key(self):
        key = self.one(self.keys)
        return key and "ALTER TABLE %s RENAME CONSTRAINT %s TO %s" % (
            key.table, key.name, self.one(["k", "kk", "x_fkey", self.new("k")]))

    def rename_table(self):
        return "ALTER %s %s RENAME TO %s" % (
            self.one(["TABLE", "TABLE", "INDEX"]), self.table().name, self.new(self.one(["t", "n"])))

    def rename_column(self):
        old, new = self.one([("ra", "rc"), ("rc", "ra"), ("rb", "rd"), ("rd", "rb")])
        return "ALTER TABLE %s RENAME %s TO %s" % (self.table().name, old, new)

    def rename_schema(self):
        return "ALTER SCHEMA %s RENAME TO %s" % (self.schema(), self.one(SCHEMAS + [self.new("s")]))

    def set_schema(self):
        return "ALTER TABLE %s SET SCHEMA %s" % (self.table().name, self.schema())

    def nullability(self):
        return self.one([
            "ALTER TABLE %s ALTER %s %s NOT NULL" % (
                self.table().name, self.one(["ra", "rb"]), self.one(["SET", "DROP"])),
            "ALTER DOMAIN public.number %s NOT NULL" % self.one(["SET", "DROP"])])

    def alter_column(self):
        return "ALTER TABLE %s ALTER %s %s" % (self.table().name, self.one(["id", "ra", "rb"]), self.one(
            ["TYPE bigint", "TYPE int", "SET DEFAULT 2", "DROP DEFAULT", "SET STATISTICS 10"]))

    def attach(self):
        parent = self.table(lambda t: t.partitioned)
        part = self.table(lambda t: not t.parent and t is not parent)
        return parent and part and "ALTER TABLE %s ATTACH PARTITION %s %s" % (
            parent.name, part.name, self.bound(parent.strategy))

    def detach(self, how=""):
        part = self.partition()
        return part and "ALTER TABLE %s DETACH PARTITION %s%s" % (part.parent, part.name, how)

    def inherit(self):
        return "ALTER TABLE %s %s %s" % (
            self.table().name, self.one(["INHERIT", "NO INHERIT"]), self.table().name)

    def drop_table(self):
        return "DROP TABLE %s%s" % (self.table().name, self.one(["", " CASCADE"]))

    def drop_column(self):
        return "ALTER TABLE %s DROP COLUMN %s" % (
            self.table().name, self.one(["c0", "c1", "c2", "c0 CASCADE", "x CASCADE"]))

    KINDS = {
        "create_table": 12, "create_partition": 10, "create_like": 2, "create_schema": 1,
        "add_key": 14, "add_column": 3, "several": 6, "drop_key": 4, "alter_key": 5,
        "rename_key": 5, "rename_table": 6, "rename_column": 3, "rename_schema": 2,
        "set_schema": 6, "nullability": 6, "alter_column": 5, "attach": 8, "detach": 5,
        "inherit": 3, "drop_table": 3, "drop_column": 1}

    def simple(self):
        """A kind and a statement of it."""
        weights = dict(self.KINDS)
        if len(self.tables) > 16:
            weights.update(drop_table=25, create_table=1, create_partition=3)
        if len(self.keys) > 20:
            weights.update(drop_key=25)
        while True:
            kind = self.random.choices(list(weights), list(weights.values()))[0]
            if not self.tables:
                kind = "create_table"
            sql = getattr(self, kind)()
            if sql:
                return kind, sql

    def in_function(self):
        """Two of them in one DO block; what PostgreSQL says to the second is caught or not."""
        first, second = self.simple(), self.simple()
        block = "DO $$ BEGIN %s; %s END $$" % (first[1], self.one([
            "%s;", "BEGIN %s; EXCEPTION WHEN invalid_foreign_key THEN RAISE; WHEN others THEN NULL; END;"]) % second[1])
        return Statement("do", block, True, "detach" in (first[0], second[0]), False)

    def statement(self):
        draw = self.random.random()
        if draw < 0.06:
            return self.in_function()
        if draw < 0.08:
            sql = self.detach(self.one([" CONCURRENTLY", " FINALIZE"]))
            if sql:
                return Statement("detach_concurrently", sql, False, True, True)
        kind, sql = self.simple()
        return Statement(kind, sql, False, kind == "detach", False)
