"""What the server is asked."""
import contextlib
import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

NOT_INSTALLED = "the extension fkfix is not installed in this database (CREATE EXTENSION fkfix)"
TYPES = {"columns": postgresql.ARRAY(sa.Text), "nullable": sa.Boolean}


def transaction(connection):
    """A transaction for a block, unless the caller is in one.

    SQLAlchemy 2 begins one by itself, and Alembic commits only what it has
    begun: one left open would make it roll its migrations back.
    """
    return contextlib.nullcontext() if connection.in_transaction() else connection.begin()


def execute(connection, statement, **values):
    """Runs a statement with those of the values that it mentions."""
    return connection.execute(sa.text(statement).bindparams(*[
        sa.bindparam(name, value, TYPES.get(name, sa.Text))
        for name, value in values.items() if ":" + name in statement]))


def is_installed(connection):
    """Is the extension in this database?"""
    return connection.dialect.name == "postgresql" and execute(
        connection, "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'fkfix')").scalar()


def name_of(*parts):
    """A name as the server and the rules' patterns take it, quoted where it must be."""
    return ".".join(part if re.fullmatch("[a-z_][a-z0-9_$]*", part) else '"%s"' % part.replace('"', '""')
                    for part in parts if part)


def table_name(table):
    return name_of(table.schema, table.name)


def literal(value):
    """A value in a statement that somebody else will run."""
    if isinstance(value, list):
        return "ARRAY[%s]" % ", ".join(map(literal, value))
    return "NULL" if value is None else "'%s'" % value.replace("'", "''")
