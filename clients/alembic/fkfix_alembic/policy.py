"""Policy into migrations: the metadata learns what the database asks of its keys.

Which rule decides a key is for the server to say: it is asked about each one.
"""
import logging
import re

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from .server import NOT_INSTALLED, execute, is_installed, table_name, transaction

log = logging.getLogger("alembic.fkfix")

# What is looked up by name is named with its schema: others may have made better matches.
REQUIRED = """SELECT on_delete, on_update, rule_id, status
 FROM pg_catalog.fkfix_required_actions(CAST(:referencing AS text), CAST(:columns AS text[]), CAST(:referenced AS text),
   (pg_catalog.parse_ident(:name))[1], CAST(:nullable AS boolean))"""
PRESENT = """SELECT a.on_delete AS ondelete, a.on_update AS onupdate
 FROM pg_catalog.pg_class c, pg_catalog.fkfix_audit(CAST(c.oid AS regclass), true) a
 WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:referencing)
   AND a.referenced OPERATOR(pg_catalog.=) pg_catalog.to_regclass(:referenced)
   AND a.columns OPERATOR(pg_catalog.=) CAST(:columns AS name[])"""


def apply_policy(connection, target_metadata):
    """Gives the foreign keys of the metadata the actions that the policy asks for.

    Takes the connection of env.py and a MetaData, or a list of them.  Sets
    ``ondelete`` and ``onupdate`` of keys that do not say any; where the policy
    accepts several actions, what the key does in the database stays.  A key
    that says something else, or cannot have what the policy asks for, is
    logged and left alone.  Without the extension nothing changes but a line in
    the log.
    """
    several = isinstance(target_metadata, (list, tuple))
    with transaction(connection):
        if not is_installed(connection):
            log.warning("No policy was applied to the foreign keys: %s.", NOT_INSTALLED)
            return
        for metadata in target_metadata if several else [target_metadata]:
            for table in metadata.tables.values():
                for key in table.foreign_key_constraints:
                    _Key(connection, key).apply()


class _Key:
    """A foreign key of the models, and what the server knows of it."""

    def __init__(self, connection, key):
        self.connection = connection
        self.key = key
        self.columns = [part.parent.name for part in key.elements]

    def leave(self, why, *values):
        log.warning("Foreign key (%s) of table %s is left as it is: " + why,
                    ", ".join(self.columns), self.key.table.fullname, *values)

    def ask(self, question):
        """The one row that answers the question, or None."""
        name = None
        if isinstance(self.key.name, str):
            name = self.connection.dialect.identifier_preparer.format_constraint(self.key)
        return execute(self.connection, question, columns=self.columns, name=name,
                       referencing=table_name(self.key.table), referenced=table_name(self.key.referred_table),
                       nullable=all(part.parent.nullable for part in self.key.elements)).first()

    def apply(self):
        try:
            answer = self.ask(REQUIRED)
        except sa.exc.NoReferenceError as error:
            self.leave("%s", error)
            return
        if answer.status == "conflict":
            self.leave("rules of the policy conflict over it.")
        for event, accepted in ("ondelete", answer.on_delete), ("onupdate", answer.on_update):
            if accepted and answer.status == "infeasible":
                self.leave("rule %s asks for %s %s, which cannot be.", answer.rule_id, event, accepted)
            elif accepted:
                self.settle(event, accepted, answer.rule_id)

    def settle(self, event, accepted, rule_id):
        """Sets one event's action if the key does not say it; accepted is as in a rule."""
        # A | in a quoted column name separates nothing.
        actions = re.split(r' \| (?=(?:[^"]*"[^"]*")*[^"]*$)', accepted)
        effects = [self.effect(action) for action in actions]
        said = getattr(self.key, event)
        if said and self.effect(said) not in effects:
            self.leave('it says %s="%s", but rule %s of the policy asks for %s.', event, said, rule_id, accepted)
        if said:
            return
        action = actions[0]
        present = self.ask(PRESENT) if len(actions) > 1 else None
        if present and self.effect(getattr(present, event)) in effects:
            action = getattr(present, event)
        if "(" in action and not _can_write(action, self.connection.dialect):
            self.leave("rule %s asks for %s, which this SQLAlchemy cannot write.", rule_id, action)
        elif action != "NO ACTION":
            for part in [self.key, *self.key.elements]:
                setattr(part, event, action)

    def effect(self, action):
        """What an action does, however it is written: its kind, and what it sets."""
        kind, _, listed = action.partition("(")
        names = [name.replace('""', '"') or bare.lower()
                 for name, bare in re.findall(r'"((?:[^"]|"")+)"|([^\s,()"]+)', listed)]
        return " ".join(kind.upper().split()), frozenset(names or self.columns)


def _can_write(action, dialect):
    """Column lists came to SQLAlchemy with 2.0.40."""
    key = sa.ForeignKey("t.c", ondelete=action)
    try:
        CreateTable(sa.Table("t", sa.MetaData(), sa.Column("c", sa.Integer, key))).compile(dialect=dialect)
    except sa.exc.CompileError:
        return False
    return True
