"""Sessions that call every function of the extension, about keys that may be gone by then."""
import time

from session import Session

FORMATS = ["sql", "fkfix", "alembic", "django", "rails"]
ACTIONS = [None, None, "NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT", "SET NULL (ra)"]

# Every key, derived and temporary ones as well, with its tables by OID or by name
KEYS = """
SELECT c.oid, c.conrelid::text, c.confrelid::text, format('%I.%I', n.nspname, t.relname), format('%I.%I', m.nspname, r.relname),
  conname, ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.conrelid AND attnum = ANY (conkey)
    ORDER BY array_position(conkey, attnum))
FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_class r ON r.oid = confrelid JOIN pg_namespace m ON m.oid = r.relnamespace
WHERE contype = 'f' ORDER BY random() LIMIT 12"""

HISTORY = "SELECT id FROM fkfix.history ORDER BY id DESC LIMIT 30"

# These take no locks, so nothing but their own work can keep them.
READING = ["fkfix_audit", "fkfix_status", "fkfix_explain", "fkfix_assert", "fkfix_verify", "fkfix_check_policy",
           "fkfix_required_actions", "fkfix_script"]
WRITING = ["fkfix_rebuild", "fkfix_rebuild_all", "fkfix_revert", "fkfix_baseline"]
SWITCHING = ["fkfix_enable_enforcement", "fkfix_disable_enforcement"]

# Those of the extension that SQL can call
FUNCTIONS = """
SELECT DISTINCT proname::text FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'fkfix')
  AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) ORDER BY 1"""


class Caller(Session):
    """One role at one isolation level."""

    def __init__(self, *arguments, role, isolation):
        super().__init__(*arguments)
        self.role = role
        self.settings += "; SET default_transaction_isolation = '%s'" % isolation
        self.functions = READING * 4 + WRITING * 2 + (SWITCHING if role == "postgres" else [])
        self.keys = []
        self.history = []

    def step(self):
        """A few calls, each by itself or all in one transaction."""
        self.look()
        together = self.chance(0.5)
        if together:
            self.execute("BEGIN")
        for _ in range(self.random.randrange(1, 6)):
            if self.call(self.random.choice(self.functions)) is None and together:
                break
            if self.chance(0.1):
                time.sleep(self.random.random() / 5)
        if together:
            self.execute(self.random.choice(["COMMIT", "ROLLBACK"]))

    def look(self):
        """Now and then what was there a while ago is good enough."""
        if not self.keys or self.chance(0.7):
            self.keys = self.execute(KEYS)
            self.history = [number for (number,) in self.execute(HISTORY)]

    def call(self, function):
        """Returns the rows, None after an error, and nothing if there is nothing to call it about."""
        if not self.keys:
            return []
        sql, values = getattr(self, function)()
        rows = self.attempt(function, "SELECT * FROM pg_catalog.%s(%s)" % (function, sql), values)
        if rows:
            self.tally.look_for_leaks(function, map(str, rows))
        if rows and function == "fkfix_verify":
            self.tally.verified.update(problem for _, _, _, problem, _, _ in rows)
        if rows is not None and function == "fkfix_disable_enforcement":
            return self.call("fkfix_enable_enforcement")
        return rows

    # what a call says of a key

    def table(self):
        """The referencing table mostly, as an OID or as a name."""
        _, relid, referenced_id, name, referenced, _, _ = self.random.choice(self.keys)
        return self.random.choice([relid, name] * 3 + [referenced_id, referenced])

    def one_or_all(self):
        return self.random.choice([None, self.table(), self.table()])

    def key(self):
        """A table and the name of a key that it has, or rarely does not have."""
        _, relid, _, name, _, constraint, _ = self.random.choice(self.keys)
        if self.chance(0.05):
            constraint = self.random.choice(self.keys)[5]
        return self.random.choice([relid, name]), constraint

    # the arguments

    def fkfix_audit(self):
        return "%s::regclass, %s", (self.one_or_all(), self.chance(0.5))

    def fkfix_status(self):
        return "", None

    def fkfix_explain(self):
        return "%s::regclass, %s", self.key()

    def fkfix_assert(self):
        return "%s::regclass", (self.one_or_all(),)

    def fkfix_verify(self):
        return "%s::regclass", (self.one_or_all(),)

    def fkfix_check_policy(self):
        return "", None

    def fkfix_required_actions(self):
        _, _, _, name, referenced, constraint, columns = self.random.choice(self.keys)
        return "%s, %s, %s, %s, %s", (name, columns, referenced, self.random.choice([None, constraint]),
                                      self.random.choice([None, True, False]))

    def fkfix_script(self):
        return "%s", (self.random.choice(FORMATS),)

    def fkfix_rebuild(self):
        return "%s::regclass, %s, %s, %s", (*self.key(), self.random.choice(ACTIONS), self.random.choice(ACTIONS[:7]))

    def fkfix_rebuild_all(self):
        return "%s::regclass", (self.one_or_all(),)

    def fkfix_revert(self):
        return "%s", (self.random.choice(self.history or [1]),)

    def fkfix_baseline(self):
        return "%s, %s, %s", (self.random.choice(["*", "*", "s1.*", "t*"]), self.random.choice(["off", "warn", "error", "fix"]),
                              self.chance(0.5))

    def fkfix_enable_enforcement(self):
        return "", None

    def fkfix_disable_enforcement(self):
        return "", None
