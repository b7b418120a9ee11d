"""Runs an Alembic revision: script_alembic.py FILE up|down"""
import os
import shutil
import sys
import tempfile

from alembic import command
from alembic.config import Config

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

with create_engine("postgresql://", poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def main(revision, direction):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "versions"))
        with open(os.path.join(folder, "env.py"), "w", encoding="utf-8") as env:
            env.write(ENV)
        shutil.copy(revision, os.path.join(folder, "versions", "revision.py"))
        config = Config()
        config.set_main_option("script_location", folder)
        if direction == "up":
            command.upgrade(config, "head")
        else:
            command.downgrade(config, "base")


main(*sys.argv[1:])
