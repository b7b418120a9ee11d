"""What the tests of the package in clients/alembic share."""
import os
import re
import shutil
import sys

from harness import HERE, edit, ok, run

ROOT = os.path.join(HERE, "..", "..")
UNTOLD = "the extension fkfix is not installed in this database"
IMPORT = "from alembic import context\n"
CONNECT = "connect() as connection:\n"
APPLY = "        fkfix_alembic.apply_policy(connection, %s)\n"


def install_package(app):
    """Into the application's folder, by the README's first line."""
    shutil.copytree(os.path.join(ROOT, "clients"), app + "/clients",
                    ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    os.makedirs(app + "/bin")
    for name, words in (("pip", "-m pip"), ("python", ""), ("alembic", "-m alembic")):
        with open(app + "/bin/" + name, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec %s %s "$@"\n' % (sys.executable, words))
        os.chmod(app + "/bin/" + name, 0o755)


def shell(script, db, app):
    """As typed at a prompt.  pip takes nothing from the network and nothing
    for granted but what the system has."""
    return run(["bash", "-ec", 'PATH="$PWD/bin:$PATH"\n' + script], db, app, PIP_TARGET=app,
               PIP_NO_INDEX="1", PIP_NO_DEPS="1", PIP_NO_BUILD_ISOLATION="0", PIP_UPGRADE="1",
               PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_QUIET="1")


def add_line(app, metadata):
    """The line in env.py that all is about, and its import."""
    env = app + "/migrations/env.py"
    edit(env, IMPORT, IMPORT + "import fkfix_alembic\n")
    edit(env, CONNECT, CONNECT + APPLY % metadata)


def contents(file):
    with open(file, encoding="utf-8") as opened:
        return opened.read()


def write(file, text):
    with open(file, "w", encoding="utf-8") as opened:
        opened.write(text)


def proposed(file):
    """What a revision's upgrade() does, without comments."""
    body = contents(file).split("def upgrade()")[1].split("def downgrade()")[0].split("\n", 1)[1]
    return "\n".join(line for line in body.split("\n") if re.match(r'\s*[^\s#"]', line))


def write_functions(file, functions):
    """Puts upgrade() and downgrade() into a new revision."""
    write(file, contents(file).split("def upgrade()")[0] + functions)


def no_drift(project, name):
    file, result = project.autogenerate("drift")
    nothing = file is None or proposed(file).strip() == "pass"
    ok(result.status == 0 and nothing, name, "%s\n%s" % (result, file and contents(file)))
    if file:
        os.remove(file)
    return result
