"""What Alembic's users live through with the application in apps/notebook,
told once for plain Alembic and once for Flask-Migrate.
"""
import glob
import os
import re

import psycopg2

from harness import Database, check_mode, copy_of, edit, equal, finish, ok, run, succeeds

KEY = "notes_author_id_fkey"
REASON = "notes go with their author"
WRITTEN = "sa.ForeignKeyConstraint(['author_id'], ['users.id'], )"
COMPLIANT = "sa.ForeignKeyConstraint(['author_id'], ['users.id'], ondelete=\"CASCADE\")"

# What everybody writes by hand today.
CURE_UP = """\
    with op.batch_alter_table("notes") as batch:
        batch.drop_constraint("notes_author_id_fkey", type_="foreignkey")
        batch.create_foreign_key("notes_author_id_fkey", "users", ["author_id"], ["id"], ondelete="CASCADE")
"""
CURE_DOWN = CURE_UP.replace(', ondelete="CASCADE"', "")

# A key is added while a cursor reads the referenced table.
STREAM_UP = """\
    users = op.get_bind().execute(sa.text("SELECT id FROM users").execution_options(stream_results=True))
    users.fetchone()
    op.create_table("tags", sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")))
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_cursors")) != 1:
        raise RuntimeError("the cursor is not open")
    users.close()
"""
STREAM_DOWN = '    op.drop_table("tags")\n'


class Alembic:
    """The alembic command."""
    name = "alembic"
    settings = "alembic.ini"
    init = ["alembic", "init", "migrations"]
    command = ["alembic"]
    autogenerate = ["revision", "--autogenerate"]
    empty_body = "def %s() -> None:\n    pass\n"

    def configure(self, app):
        edit(app + "/alembic.ini", "sqlalchemy.url = driver://user:pass@localhost/dbname",
             "sqlalchemy.url = postgresql://")
        edit(app + "/migrations/env.py", "target_metadata = None",
             "from app import db\ntarget_metadata = db.metadata")


class FlaskMigrate:
    """The commands that Flask-Migrate adds to flask."""
    name = "flask_migrate"
    settings = "migrations/alembic.ini"
    init = ["flask", "db", "init"]
    command = ["flask", "db"]
    autogenerate = ["migrate"]
    empty_body = "def %s():\n    pass\n"

    def configure(self, app):
        pass


class Project:
    """A copy of the application, its migrations and its database."""

    def __init__(self, tool, app):
        self.tool = tool
        self.app = app
        self.db = Database(tool.name, extension=False)

    def run(self, *arguments):
        return run(self.tool.command + list(arguments), self.db, self.app)

    def start(self):
        succeeds(run(self.tool.init, self.db, self.app), "the project is made")
        self.tool.configure(self.app)

    def revision(self, message, *options):
        """Makes a revision; its file (or None) and what was printed."""
        before = set(self.versions())
        result = self.run(*options, "-m", message)
        new = set(self.versions()) - before
        return (new.pop() if new else None), result

    def autogenerate(self, message):
        return self.revision(message, *self.tool.autogenerate)

    def handwritten(self, message, up, down):
        file, result = self.revision(message, "revision")
        succeeds(result, "a revision to write %r in is made" % message)
        edit(file, self.tool.empty_body % "upgrade", "def upgrade():\n" + up)
        edit(file, self.tool.empty_body % "downgrade", "def downgrade():\n" + down)
        return file

    def versions(self):
        return glob.glob(self.app + "/migrations/versions/*.py")

    def upgrade(self):
        return self.run("upgrade", "head")

    def downgrade(self):
        return self.run("downgrade", "base")

    def down_and_up(self, when):
        down = self.downgrade()
        up = self.upgrade()
        ok(down.status == 0 and up.status == 0, "%s: downgrade base and upgrade head again" % when,
           "%s\n%s" % (down, up))

    def action(self):
        return self.db.on_delete("notes").get(KEY)

    def add_people(self):
        self.db.execute("INSERT INTO users (name) SELECT 'somebody' FROM generate_series(1, 100);"
                        "INSERT INTO notes (text, author_id) SELECT 'something', id FROM users")

    def delete_people(self):
        return self.db.error("DELETE FROM users")


def without_fkfix(project):
    file, result = project.autogenerate("notes")
    succeeds(result, "the migration is generated")
    with open(file, encoding="utf-8") as migration:
        ok(WRITTEN in migration.read(), "it has the key without an action")
    succeeds(project.upgrade(), "it runs")
    project.add_people()
    error = project.delete_people()
    ok(isinstance(error, psycopg2.errors.ForeignKeyViolation),
       "without the extension, deleting users fails", error)
    return file


def audited_and_rebuilt(project):
    db = project.db
    db.install()
    db.rule("notes", "CASCADE", reason=REASON)
    equal(db.audit(), [("notes", KEY, "violation")], "the audit names the key")
    db.execute(db.value("SELECT remedy FROM fkfix_audit()"))
    equal((db.audit(), project.action()), ([], "CASCADE"), "its remedy cures it, in one statement")
    equal((project.delete_people(), db.value("SELECT count(*) FROM notes")), (None, 0),
          "the DELETE removes the notes")
    project.down_and_up("after a rebuild")
    equal(project.action(), "NO ACTION", "and the migration makes the same mistake again")


def cured_by_hand(project):
    db = project.db
    file = project.handwritten("cure", CURE_UP, CURE_DOWN)
    succeeds(project.upgrade(), "the handwritten cure works beside the extension")
    equal((db.audit(), project.action()), ([], "CASCADE"), "and leaves the audit clean")
    project.down_and_up("handwritten cure")
    db.enforce("fix")
    project.down_and_up("handwritten cure, while enforcing")
    equal(project.action(), "CASCADE", "the key of the handwritten cure is as it was")
    db.enforce("error")
    check_mode("error", project.downgrade(), {"message", "detail", "hint"}, key=KEY, table="notes", reason=REASON,
               tool="handwritten cure, its downgrade, ")
    db.execute("SELECT fkfix_disable_enforcement()")
    succeeds(project.downgrade(), "downgrade base")
    os.remove(file)


def silent(project):
    """As a new project is configured, its log shows nothing of what the server says."""
    for mode in "fix", "warn":
        project.db.enforce(mode)
        check_mode(mode, project.upgrade(), (), key=KEY, table="notes", reason=REASON)
        succeeds(project.downgrade(), "%s: downgrade base" % mode)


def enforced(project, migration):
    """The autogenerated migration in each mode; starts and ends at base."""
    for mode, sees, action in (("fix", {"message", "detail"}, "CASCADE"),
                               ("warn", {"message", "detail", "hint"}, "NO ACTION")):
        project.db.enforce(mode)
        check_mode(mode, project.upgrade(), sees, key=KEY, table="notes", reason=REASON)
        equal(project.action(), action, "%s: the key is ON DELETE %s" % (mode, action))
        project.down_and_up(mode)
        equal(project.action(), action, "%s: and is so again" % mode)
        succeeds(project.downgrade(), "%s: downgrade base" % mode)
    project.db.enforce("error")
    check_mode("error", project.upgrade(), {"message", "detail", "hint"}, key=KEY, table="notes", reason=REASON)
    equal(project.db.value("SELECT to_regclass('users')"), None, "error: nothing of the migration stays")
    edit(migration, WRITTEN, COMPLIANT)
    succeeds(project.upgrade(), "error: it passes once it says what the hint says")
    equal(project.action(), "CASCADE", "error: the key is ON DELETE CASCADE")
    project.down_and_up("error")
    succeeds(project.downgrade(), "error: downgrade base")
    edit(migration, COMPLIANT, WRITTEN)


def log_notices(project):
    """The lines that make Alembic's log show what the server says."""
    settings = os.path.join(project.app, project.tool.settings)
    edit(settings, "[loggers]\nkeys = root,", "[loggers]\nkeys = postgresql,root,")
    with open(settings, "a", encoding="utf-8") as file:
        file.write("\n[logger_postgresql]\nlevel = INFO\nhandlers =\nqualname = sqlalchemy.dialects.postgresql\n")


def streamed(project):
    db = project.db
    db.enforce("fix")
    project.upgrade()
    project.add_people()
    file = project.handwritten("tags", STREAM_UP, STREAM_DOWN)
    db.rule("tags", "SET NULL")
    succeeds(project.upgrade(), "fix: a key is added while a cursor reads the referenced table")
    equal(db.on_delete("tags"), {"tags_user_id_fkey": "SET NULL"}, "fix: and is set right")
    succeeds(project.downgrade(), "fix: downgrade base")
    os.remove(file)


def proposed_next(project):
    """What autogenerate makes of a key that was fixed."""
    db = project.db
    db.enforce("fix")
    project.upgrade()
    file, result = project.autogenerate("next")
    ok("Detected removed foreign key (author_id)(id) on table notes" in result.output
       and "Detected added foreign key (author_id)(id) on table notes" in result.output
       and result.output.count("Detected removed") == 1 and result.output.count("Detected added") == 1,
       "the next autogenerate proposes to undo the fix, and no more", result)
    # Autogenerate leaves the new key without a name, which no downgrade can drop.
    edit(file, "create_foreign_key(None", "create_foreign_key('%s'" % KEY)
    edit(file, "drop_constraint(None", "drop_constraint('%s'" % KEY)
    succeeds(project.upgrade(), "the proposal runs")
    equal(project.action(), "CASCADE", "and enforcement puts it right again")
    succeeds(project.downgrade(), "downgrade base")
    os.remove(file)
    project.upgrade()
    edit(project.app + "/app.py", 'db.ForeignKey("users.id")', 'db.ForeignKey("users.id", ondelete="CASCADE")')
    file, result = project.autogenerate("nothing")
    ok(result.status == 0 and "Detected removed" not in result.output and "Detected added" not in result.output,
       "with ondelete in the model, it proposes nothing", result)
    if file:
        os.remove(file)


def unseen(project):
    """What autogenerate makes of the extension's tables."""
    env = project.app + "/migrations/env.py"
    before = "connection=connection,"
    every = " include_schemas=True,"
    without = " include_name=lambda name, kind, _: kind != 'schema' or name != 'fkfix',"
    for when, settings, removed in (
            ("it", "", []), ("told to look at all schemas, it", every, ["fkfix.history", "fkfix.policy"]),
            ("told to look at all but fkfix, it", every + without, [])):
        edit(env, before, before + settings)
        file, result = project.autogenerate("unseen")
        equal(sorted(re.findall("Detected removed table '(.*)'", result.output)), removed,
              "%s proposes to drop %s of the extension's tables" % (when, "both" if removed else "none"))
        edit(env, before + settings, before)
        if file:
            os.remove(file)


def test(tool):
    with copy_of("apps/notebook") as app:
        project = Project(tool, app)
        project.start()
        migration = without_fkfix(project)
        audited_and_rebuilt(project)
        cured_by_hand(project)
        silent(project)
        log_notices(project)
        enforced(project, migration)
        streamed(project)
        proposed_next(project)
        unseen(project)
        project.db.drop()
    finish()
