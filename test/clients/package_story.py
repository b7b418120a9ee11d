"""The story's application with the package in clients/alembic, told once for
plain Alembic and once for Flask-Migrate.
"""
import os
import subprocess

from harness import copy_of, equal, finish, ok, succeeds
from notebook import COMPLIANT, KEY, WRITTEN, Project
from package import UNTOLD, add_line, contents, install_package, no_drift, shell, write_functions


def story(tool, app):
    project = Project(tool, app)
    db = project.db
    project.start()
    install_package(app)
    succeeds(shell("pip install ./clients/alembic", db, app), tool.name + ": the package is installed")
    file, result = project.autogenerate("without")
    ok(WRITTEN in contents(file), tool.name + ": without the line, the key has no action", contents(file))
    os.remove(file)

    add_line(app, "get_metadata()" if tool.name == "flask_migrate" else "target_metadata")
    file, result = project.autogenerate("no extension")
    ok(result.status == 0 and result.output.count(UNTOLD) == 1 and WRITTEN in contents(file),
       tool.name + ": without the extension, a warning is all there is", result)
    succeeds(project.upgrade(), tool.name + ": and the migration runs")
    apply_rules = "python -m fkfix_alembic rules app --apply postgresql:///" + db.name
    result = shell(apply_rules, db, app)
    ok(result.status != 0 and UNTOLD in result.output, tool.name + ": nor are rules written", result)

    db.install()
    succeeds(shell(apply_rules, db, app), tool.name + ": models to rules")
    equal(db.audit(), [("notes", KEY, "violation")], tool.name + ": rules to audit")
    db.execute("SELECT fkfix_rebuild_all()")
    no_drift(project, tool.name + ": no drift on a database that was fixed")
    equal(db.on_delete("notes"), {KEY: "CASCADE"}, tool.name + ": which stays so")
    succeeds(project.downgrade(), tool.name + ": downgrade base")
    os.remove(file)

    db.enforce("error")
    file, result = project.autogenerate("with")
    ok(COMPLIANT.replace('"', "'") in contents(file), tool.name + ": with the line, the key is right", contents(file))
    succeeds(project.upgrade(), tool.name + ": and enforcement lets it pass")
    equal((db.audit(), db.on_delete("notes")), ([], {KEY: "CASCADE"}), tool.name + ": the audit is clean")
    no_drift(project, tool.name + ": no drift after the migration")
    project.down_and_up(tool.name)
    db.execute("SELECT fkfix_disable_enforcement()")
    operation(project)
    db.drop()


def operation(project):
    """Up, down, and offline, with names that must be quoted and a schema."""
    tool, db = project.tool.name, project.db
    db.execute('CREATE SCHEMA "S p"; CREATE TABLE "S p"."a.b%:c" (u integer,'
               ' CONSTRAINT "it\'s %(a)s :key" FOREIGN KEY (u) REFERENCES users ON DELETE RESTRICT)')
    odd = {"it's %(a)s :key": "RESTRICT"}
    call = '    op.fkfix_rebuild("a.b%%:c", "it\'s %%(a)s :key", %s, schema="S p")\n'
    file, result = project.revision("rebuild", "revision")
    write_functions(file, "def upgrade():\n    op.fkfix_rebuild('notes', '%s', 'RESTRICT')\n" % KEY
                    + call % 'ondelete="SET NULL", onupdate="CASCADE"'
                    + "def downgrade():\n" + call % 'ondelete="RESTRICT"'
                    + "    op.fkfix_rebuild('notes', '%s')\n" % KEY)
    offline = project.run("upgrade", "head", "--sql")
    succeeds(project.upgrade(), tool + ": the operation runs")
    equal((db.on_delete("notes"), db.on_delete('"S p"."a.b%:c"')), ({KEY: "RESTRICT"}, {"it's %(a)s :key": "SET NULL"}),
          tool + ": and changes the keys")
    equal(db.value("SELECT confupdtype FROM pg_constraint WHERE conname = %s", *odd), "c",
          tool + ": both their actions")
    succeeds(project.run("downgrade", *["-1"] * (tool == "alembic")), tool + ": downgrade by one")
    equal((db.on_delete("notes"), db.on_delete('"S p"."a.b%:c"')), ({KEY: "CASCADE"}, odd),
          tool + ": named actions, and what the policy asks for")
    # The statements of the last revision; --sql writes its log to the other output.
    statements = "".join(line + "\n" for line in offline.output.splitlines() if line.startswith("SELECT "))
    done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", db.name],
                          input=statements, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    ok(done.returncode == 0 and statements.count("SELECT ") == 2, tool + ": its SQL runs in psql",
       "%s\n%s" % (offline, done.stdout))
    equal((db.on_delete("notes"), db.on_delete('"S p"."a.b%:c"')), ({KEY: "RESTRICT"}, {"it's %(a)s :key": "SET NULL"}),
          tool + ": and does the same")
    db.execute('DROP SCHEMA "S p" CASCADE; DROP EXTENSION fkfix')
    result = project.upgrade()
    ok(result.status != 0 and UNTOLD in result.output and "Traceback" not in result.output,
       tool + ": without the extension, the operation says so", result)


def test(tool):
    with copy_of("apps/notebook") as app:
        story(tool, app)
    finish()
