"""Edits of the catalogs around one foreign key, chosen at random.

An edit is a statement about a target, and says whether it concerns a key: whether
one no longer does, or says, what it should.  Then fkfix_verify() must name it.
"""
import collections
import string

Edit = collections.namedtuple("Edit", "sql concerns wanted")
Chosen = collections.namedtuple("Chosen", "kind sql concerns target")


class Target:
    """A key with what hangs on it; what it does not have is None."""

    def __init__(self, random, inventory, shapes):
        shape = random.choice(shapes)
        other_shape = random.choice([s for s in shapes if s != shape])

        def pick(choices):
            return random.choice(choices) if choices else None

        self.shape = shape
        self.key = random.choice(inventory.keys_by_schema[shape.schema])
        self.root = inventory.keys[self.key.root]
        tree = [k for k in inventory.keys.values() if k.root == self.key.root and k.oid != self.key.oid]
        self.relative = pick(tree)
        self.child = pick([k for k in tree if k.parent == self.key.oid])
        self.other = random.choice(inventory.keys_by_schema[other_shape.schema])
        self.table = inventory.tables[self.key.relid]
        self.referenced = inventory.tables[self.key.refrelid]
        self.partition = pick([t for t in inventory.tables_by_schema[shape.schema]
                               if t.parent in (self.table.oid, self.referenced.oid)])
        self.partitioned = pick([t for t in (self.table, self.referenced) if t.kind == "p"])
        self.stranger = random.choice(inventory.tables_by_schema[other_shape.schema])
        triggers = inventory.triggers_by_key[self.key.oid]
        self.trigger = pick(triggers)
        self.action = pick([t for t in triggers if t.acts])
        self.check = pick([t for t in triggers if not t.acts])
        self.child_trigger = pick([t for t in inventory.triggers if self.trigger and t.parent == self.trigger.oid])
        self.dangling = random.randrange(3000000, 4000000)
        self.letter = random.choice("xqz%1")
        self.is_root = self.key.parent == 0


def always(_):
    return True


def never(_):
    return False


def has_relatives(target):
    return target.key.tree_size > 1


def is_derived(target):
    return not target.is_root


def is_composite(target):
    return len(target.key.columns) > 1


EDITS = []


def add(sql, concerns=always, wanted=always):
    EDITS.append(Edit(sql, concerns, wanted))


def update(catalog, row, assignments, concerns=always, wanted=always):
    for assignment in assignments:
        add("UPDATE %s SET %s WHERE %s" % (catalog, assignment, row), concerns, wanted)


def constraint(*assignments, **conditions):
    update("pg_constraint", "oid = {key.oid}", assignments, **conditions)


def trigger(*assignments, **conditions):
    update("pg_trigger", "oid = {trigger.oid}", assignments, **conditions)


def other_than(letter, attribute):
    """Does the edit change anything?"""
    return lambda target: getattr(target.key, attribute) != letter


# pg_constraint
for column, attribute in (("confdeltype", "on_delete"), ("confupdtype", "on_update")):
    constraint(column + " = '{letter}'")
    for letter in "arcnd":
        constraint("%s = '%s'" % (column, letter), wanted=other_than(letter, attribute))
constraint("confmatchtype = '{letter}'")
constraint("confmatchtype = 'f'", concerns=has_relatives, wanted=other_than("f", "match"))
constraint("conrelid = {dangling}", "conrelid = {stranger.oid}", "conrelid = 0",
           "confrelid = {dangling}", "confrelid = {stranger.oid}", "confrelid = 0",
           "conparentid = {dangling}", "conparentid = {key.oid}", "conparentid = {child.oid}",
           "conparentid = {referenced.no_key}", "conparentid = {other.oid}")
constraint("conparentid = 0", wanted=is_derived)
for column in ("conkey", "confkey"):
    constraint(*("%s = %s" % (column, value) for value in (
        "NULL", "'{{}}'", "'{{{{1,2}},{{1,2}}}}'", "'{{NULL}}'", "'{{1,NULL}}'", "'{{99}}'", "'{{-1}}'", "'{{0}}'",
        "array_append(%s, %s[1])" % (column, column))))
    constraint(column + " = trim_array(%s, 1)" % column, wanted=is_composite)
    constraint(column + " = array_fill(1::int2, ARRAY[33])", column + " = array_fill(1::int2, ARRAY[20000])")
    # as good as any other, though nobody writes it so
    constraint(column + " = (format('[0:%s]=', cardinality({0}) - 1) || {0}::text)::int2[]".replace("{0}", column),
               concerns=never)
constraint("conkey = '{{{table.dropped}}}'", "confkey = '{{{referenced.dropped}}}'")
constraint("conkey = '{{1}}'", wanted=lambda t: not t.is_root and t.key.columns != [1] and
           t.table.oid != t.root.relid and not is_composite(t))
constraint(*("confdelsetcols = " + value for value in (
    "'{{99}}'", "'{{{{1,1}}}}'", "'{{NULL}}'", "'{{0}}'", "array_fill(1::int2, ARRAY[20000])")))
constraint("confdelsetcols = NULL", concerns=has_relatives, wanted=lambda t: t.key.list is not None)
constraint("condeferrable = NOT condeferrable", "condeferred = NOT condeferred")
constraint("conindid = {dangling}", "conindid = 0", "conindid = {stranger.index}")
for column in ("conpfeqop", "conppeqop", "conffeqop"):
    constraint(*("%s = %s" % (column, value) for value in ("NULL", "'{{}}'", "'{{{dangling}}}'", "'{{NULL}}'")))
constraint("contype = 'c'", "contype = '{letter}'")
constraint("convalidated = NOT convalidated", "connamespace = {dangling}", "conislocal = NOT conislocal",
           "coninhcount = coninhcount + 1", "connoinherit = NOT connoinherit", concerns=never)
add("DELETE FROM pg_constraint WHERE oid = {key.oid}", wanted=lambda t: t.is_root)
add("DELETE FROM pg_constraint WHERE oid = {key.oid}", wanted=is_derived)
add("UPDATE pg_constraint SET conparentid = CASE oid WHEN {key.oid} THEN {other.oid}::oid ELSE {key.oid} END"
    " WHERE oid IN ({key.oid}, {other.oid})")
add("INSERT INTO pg_constraint SELECT n.* FROM pg_constraint c,"
    " jsonb_populate_record(c, jsonb_build_object('oid', {dangling}, 'conname', 'again')) n WHERE c.oid = {key.oid}")

# pg_trigger
trigger("tgrelid = {dangling}", "tgrelid = {stranger.oid}", "tgconstrrelid = {dangling}", "tgconstrrelid = 0",
        "tgconstrrelid = {stranger.oid}", "tgconstraint = {dangling}", "tgconstraint = 0",
        "tgconstraint = {other.oid}", "tgparentid = {dangling}", "tgparentid = {trigger.oid}",
        "tgparentid = {child_trigger.oid}", "tgtype = 0", "tgtype = tgtype & ~1", "tgtype = tgtype | 2",
        "tgtype = tgtype # 24", "tgtype = 32", "tgenabled = 'D'",
        "tgdeferrable = NOT tgdeferrable", "tginitdeferred = NOT tginitdeferred", "tgfoid = {dangling}",
        "tgfoid = 'unique_key_recheck'::regproc", "tgfoid = 'suppress_redundant_updates_trigger'::regproc",
        "tgfoid = 'now'::regproc")
# when a key's triggers fire is a setting, unless it is never
trigger("tgenabled = 'A'", "tgenabled = 'R'", "tgenabled = '{letter}'", "tgisinternal = false", "tgconstrindid = {dangling}", concerns=never)
for function in ("cascade_del", "cascade_upd", "setnull_del", "noaction_upd", "restrict_del", "check_ins", "check_upd"):
    trigger("tgfoid = '\"RI_FKey_%s\"'::regproc" % function,
            wanted=lambda t, name="RI_FKey_" + function: t.trigger.function != name)
add("DELETE FROM pg_trigger WHERE oid = {action.oid}")
add("DELETE FROM pg_trigger WHERE oid = {check.oid}")
add("DELETE FROM pg_trigger WHERE tgconstraint = {trigger.key}")
add("INSERT INTO pg_trigger SELECT n.* FROM pg_trigger t,"
    " jsonb_populate_record(t, jsonb_build_object('oid', {dangling}, 'tgname', 'again')) n WHERE t.oid = {trigger.oid}")

# pg_class
for side in ("table", "referenced"):
    row = "oid = {%s.oid}" % side
    add("DELETE FROM pg_class WHERE " + row)
    update("pg_class", row, ("relkind = '%s'" % kind for kind in "vSicm"))
    update("pg_class", row, ("relhastriggers = false", ), wanted=lambda t, side=side: any(
        x and x.relid == getattr(t, side).oid for x in (t.action, t.check)))
    update("pg_class", row, ("relnamespace = {dangling}", ))
    update("pg_class", row, ("relkind = CASE relkind WHEN 'r' THEN 'p'::\"char\" ELSE 'r' END",
                             "relispartition = NOT relispartition", "relkind = '{letter}'",
                             "relowner = {dangling}", "relpersistence = 't'"), concerns=never)
    update("pg_class", row, ("relnatts = 0", "relnatts = -1"))
update("pg_class", "oid = {table.oid}", ("relnatts = (SELECT max(n) - 1 FROM unnest(ARRAY{key.columns}) n)", ))
update("pg_class", "oid = {referenced.oid}", ("relnatts = (SELECT max(n) - 1 FROM unnest(ARRAY{key.refcolumns}) n)", ))

# pg_inherits
add("DELETE FROM pg_inherits WHERE inhrelid = {partition.oid}")
update("pg_inherits", "inhrelid = {partition.oid}", ("inhparent = {dangling}", "inhparent = {stranger.oid}",
                                                     "inhrelid = {dangling}"))
update("pg_inherits", "inhrelid = {partition.oid}", ("inhdetachpending = true", "inhparent = {partition.oid}",
                                                     "inhseqno = 2"), concerns=never)
add("INSERT INTO pg_inherits (inhrelid, inhparent, inhseqno, inhdetachpending)"
    " VALUES ({stranger.oid}, {partitioned.oid}, 1, false)")
add("INSERT INTO pg_inherits (inhrelid, inhparent, inhseqno, inhdetachpending)"
    " VALUES ({dangling}, {partitioned.oid}, 1, false)")
for inheritance in (("{partition.parent}", "{partition.oid}"), ("{table.oid}", "{table.oid}"),
                    ("{table.oid}", "{dangling}"), ("{referenced.oid}", "{table.oid}")):
    add("INSERT INTO pg_inherits (inhrelid, inhparent, inhseqno, inhdetachpending)"
        " VALUES (%s, %s, 7, false)" % inheritance, never)

# pg_depend
KEY_ROW = "classid = 'pg_constraint'::regclass AND objid = {key.oid}"
add("DELETE FROM pg_depend WHERE " + KEY_ROW)
add("DELETE FROM pg_depend WHERE refclassid = 'pg_constraint'::regclass AND refobjid = {key.oid}",
    wanted=lambda t: t.trigger is not None)
add("DELETE FROM pg_depend WHERE classid = 'pg_trigger'::regclass AND objid = {trigger.oid}")
update("pg_depend", KEY_ROW, ("refobjid = {dangling}", ))
update("pg_depend", KEY_ROW, ("deptype = '{letter}'", "refobjsubid = 99"), concerns=never)
DEPENDENCY = ("INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)"
              " VALUES ('%s'::regclass, %s, 0, '%s'::regclass, %s, 0, '%s')")
for dependency in (
        ("pg_class", "{table.oid}", "pg_extension", "(SELECT oid FROM pg_extension WHERE extname = 'fkfix')", "e"),
        ("pg_class", "{table.oid}", "pg_extension", "{dangling}", "e"),
        ("pg_constraint", "{key.oid}", "pg_constraint", "{key.oid}", "i"),
        ("pg_constraint", "{root.oid}", "pg_constraint", "{relative.oid}", "i"),
        ("pg_class", "{referenced.oid}", "pg_constraint", "{key.oid}", "n"),
        ("pg_class", "{table.oid}", "pg_class", "{table.oid}", "n")):
    add(DEPENDENCY % dependency, never)

# Anything that a column can hold, by its type; NULL stands for all that may be null.
GARBAGE = {
    "oid": ["0", "{dangling}", "{key.oid}", "{table.oid}", "{other.oid}", "{stranger.oid}", "1", "4294967295"],
    "regproc": ["0", "{dangling}", "'now'::regproc", "'\"RI_FKey_check_upd\"'::regproc"],
    "\"char\"": ["'%s'" % letter for letter in "acdefinprtuxADOR"] + ["''"],
    "boolean": ["true", "false"],
    "smallint": ["-1", "0", "1", "3", "32767", "-32768"],
    "integer": ["-1", "0", "1", "2147483647"],
    "smallint[]": ["'{{}}'", "'{{1}}'", "'{{2,1}}'", "'{{NULL}}'", "'{{{{1}}}}'", "'{{99,-99}}'", "'[-3:-2]={{1,2}}'"],
    "oid[]": ["'{{}}'", "'{{0}}'", "'{{96,96}}'", "'{{NULL}}'", "'{{{{96}}}}'", "'{{{dangling}}}'"],
    "name": ["''", "'k'", "'f'"],
}
ROWS = {
    "pg_constraint": ["oid = {key.oid}"],
    "pg_trigger": ["oid = {trigger.oid}", "tgconstraint = {key.oid}"],
    "pg_class": ["oid = {table.oid}", "oid = {referenced.oid}", "oid = {partition.oid}"],
    "pg_inherits": ["inhrelid = {partition.oid}", "inhparent = {partitioned.oid}"],
    "pg_depend": ["objid = {key.oid}", "objid = {trigger.oid}", "objid = {table.oid}", "refobjid = {key.oid}"],
}
COLUMNS = """
SELECT attrelid::regclass::text, attname, format_type(atttypid, NULL), NOT attnotnull FROM pg_attribute
WHERE attrelid IN ('pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_class'::regclass,
                   'pg_inherits'::regclass, 'pg_depend'::regclass)
  AND attnum > 0 AND attname <> 'oid' ORDER BY 1, attnum"""


def garbage(random, columns):
    """An edit that sets some column to something."""
    while True:
        catalog = random.choice(sorted(ROWS))
        _, column, kind, nullable = random.choice([c for c in columns if c[0] == catalog])
        values = GARBAGE.get(kind, []) + ["NULL"] * nullable
        if values:
            return Edit("UPDATE %s SET %s = %s WHERE %s" % (
                catalog, column, random.choice(values), random.choice(ROWS[catalog])), never, always)


def choose(random, edit, inventory, shapes, target=None):
    """Finds a target for an edit: one that has all that it names.  Returns None if there is none."""
    names = {field.split(".")[0] for _, field, _, _ in string.Formatter().parse(edit.sql) if field}
    fields = [field for _, field, _, _ in string.Formatter().parse(edit.sql) if field]
    for _ in range(1 if target else 2000):
        candidate = target or Target(random, inventory, shapes)
        if any(getattr(candidate, name) is None for name in names):
            continue
        if any(value_of(candidate, field) is None for field in fields) or not edit.wanted(candidate):
            continue
        return Chosen(edit.sql, edit.sql.format(**vars(candidate)), edit.concerns(candidate), candidate)
    return None


def value_of(target, field):
    for name in field.split("."):
        target = getattr(target, name)
    return target
