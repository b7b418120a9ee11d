"""What the clients' tests share: fresh databases, commands, verdicts.

Each test is a program of its own: it makes its databases, runs a migration
tool as its users do, looks at the catalogs and at what the tool printed, and
prints "ok - " and "not ok - " lines.
"""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
failures = 0


def ok(passed, name, seen=""):
    """One verdict; a bad one shows what was seen."""
    global failures
    if not passed:
        failures += 1
        for line in str(seen).splitlines():
            print("# " + line)
    print(("ok - " if passed else "not ok - ") + name, flush=True)
    return passed


def equal(got, wanted, name):
    return ok(got == wanted, name, "got:    %r\nwanted: %r" % (got, wanted))


def skip(name, reason):
    print("ok - %s # SKIP %s" % (name, reason), flush=True)


def finish():
    sys.exit(1 if failures else 0)


class Database:
    """A new database, with the extension."""

    def __init__(self, name, extension=True):
        # several programs run at a time, and may want a database of the same name
        self.name = "clients_%s_%s" % (os.path.basename(sys.argv[0]), name)
        with connect("postgres") as server:
            server.execute('DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % self.name)
            server.execute('CREATE DATABASE "%s"' % self.name)
        if extension:
            self.install()

    def install(self):
        self.execute("CREATE EXTENSION fkfix")

    def drop(self):
        with connect("postgres") as server:
            server.execute('DROP DATABASE "%s" WITH (FORCE)' % self.name)

    def execute(self, statement, *values):
        with connect(self.name) as cursor:
            cursor.execute(statement, values or None)

    def rows(self, query, *values):
        with connect(self.name) as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall()

    def value(self, query, *values):
        return self.rows(query, *values)[0][0]

    def error(self, statement):
        """The error that a statement ends in, or None."""
        try:
            self.execute(statement)
        except psycopg2.Error as error:
            return error

    def rule(self, referencing, on_delete, enforcement="fix", reason=None):
        self.execute("INSERT INTO fkfix.policy (referencing, on_delete, enforcement, reason)"
                     " VALUES (%s, %s, %s, %s)", referencing, on_delete, enforcement, reason)

    def enforce(self, mode):
        """Every rule in this mode, and enforcement enabled."""
        self.execute("UPDATE fkfix.policy SET enforcement = %s", mode)
        self.execute("SELECT fkfix_enable_enforcement()")

    def on_delete(self, table):
        """Constraint name -> action, of a table's foreign keys."""
        return {name: ACTIONS[code] for name, code in self.rows(
            "SELECT conname, confdeltype FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid = to_regclass(%s)", table)}

    def audit(self):
        return self.rows("SELECT referencing::text, constraint_name, status FROM fkfix_audit()")

    @property
    def url(self):
        """For tools that take no PGHOST."""
        return "postgresql:///%s?host=%s&port=%s&user=%s" % (
            self.name, os.environ["PGHOST"], os.environ["PGPORT"], os.environ["PGUSER"])


@contextlib.contextmanager
def connect(database):
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


class Result:
    def __init__(self, command, status, output):
        self.command = command
        self.status = status
        self.output = output

    def __str__(self):
        return "$ %s\n%s\nstatus %s" % (" ".join(self.command), self.output, self.status)


def run(command, database, folder, **more):
    """A command in a folder, for a database; both its outputs as one."""
    environment = dict(os.environ, PGDATABASE=database.name, DATABASE_URL=database.url,
                       PYTHONPATH=folder, PYTHONDONTWRITEBYTECODE="1", HOME=folder,
                       PGAPPNAME="", NO_COLOR="1", **more)
    del environment["PGAPPNAME"]
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    return Result(command, done.returncode, done.stdout)


def succeeds(result, name):
    return ok(result.status == 0, name, result)


def npm_installs(app, tools):
    """Installs the packages that the application's package-lock.json names, from
    where npm gets them.  Node brings certificates of its own; it shall trust
    those of the system too.  Only CI insists on it.
    """
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1",
                           "--fetch-timeout=30000"], cwd=app, stdin=subprocess.DEVNULL, encoding="utf-8",
                          env=dict(os.environ, HOME=app, NODE_EXTRA_CA_CERTS="/etc/ssl/certs/ca-certificates.crt"),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0 and not os.environ.get("CI"):
        skip(tools, "npm could not install them")
        return False
    return ok(done.returncode == 0, "npm installs " + tools, done.stdout)


@contextlib.contextmanager
def copy_of(folder):
    """A throwaway copy of an application that lies beside the tests."""
    with tempfile.TemporaryDirectory(prefix="fkfix-client-") as work:
        copy = os.path.join(work, "app")
        shutil.copytree(os.path.join(HERE, folder), copy, ignore=shutil.ignore_patterns("__pycache__"))
        yield copy


def edit(path, old, new):
    """What a developer does in an editor: replaces a text that stands there once."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        raise ValueError("%s: %r stands there %d times" % (path, old, text.count(old)))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def check_mode(mode, result, sees, *, key, table, reason, action="CASCADE", tool=""):
    """One migration in one mode: its outcome, and exactly which parts of the
    server's message its user saw.  "sees" is some of message, detail, hint.
    """
    parts = {
        "message": 'foreign key "%s" of table "%s" %s ON DELETE %s' % (
            key, table, "is now" if mode == "fix" else "must be", action),
        "detail": "of the foreign key policy asks for it: " + reason,
        "hint": "SELECT pg_catalog.fkfix_rebuild('" if mode == "warn" else "Declare the key with ON DELETE %s" % action,
    }
    seen = {part for part, text in parts.items() if text in result.output}
    ok((result.status == 0) == (mode != "error"),
       "%s%s: the migration %s" % (tool, mode, "is refused" if mode == "error" else "passes"), result)
    ok(seen == set(sees), "%s%s: the user sees %s" % (
        tool, mode, ", ".join(part for part in parts if part in sees) or "nothing"),
       "saw %s\n%s" % (sorted(seen), result))
