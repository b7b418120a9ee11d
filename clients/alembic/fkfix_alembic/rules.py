"""Models into policy: what the relationships of models ask of foreign keys.

The ORM does by itself what ``relationship()`` says when a parent is deleted
through it; the rules ask the database to do the same.
"""
import argparse
import importlib
import sys

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, configure_mappers
from sqlalchemy.orm.interfaces import MANYTOMANY, MANYTOONE

from .server import NOT_INSTALLED, execute, is_installed, literal, name_of, table_name

# What an earlier call wrote of the same key: rules written by hand stay.
OURS = """fkfix.policy WHERE referencing OPERATOR(pg_catalog.=) CAST(:referencing AS text)
 AND columns OPERATOR(pg_catalog.=) CAST(:columns AS text[]) AND referenced OPERATOR(pg_catalog.=) CAST(:referenced AS text)
 AND constraint_name IS NULL AND nullable IS NULL AND pg_catalog.starts_with(reason, 'relationship ')
 AND ROW(on_delete, on_update, reason)
     IS {} DISTINCT FROM ROW(CAST(:on_delete AS text), CAST(:on_update AS text), CAST(:reason AS text))"""
FORGET = "DELETE FROM " + OURS.format("")
WRITE = """INSERT INTO fkfix.policy (referencing, columns, referenced, on_delete, on_update, reason)
 SELECT :referencing, :columns, :referenced, :on_delete, :on_update, :reason
 WHERE NOT EXISTS (SELECT FROM """ + OURS.format("NOT") + ")"


def load(module):
    """Imports a module, and returns the mappers of the models that came with it."""
    mappers = []
    sa.event.listen(Mapper, "mapper_configured", lambda mapper, _: mappers.append(mapper))
    importlib.import_module(module)
    configure_mappers()
    return sorted(mappers, key=lambda mapper: mapper.class_.__name__)


def derive(mappers):
    """What relationships ask of each key: {ForeignKeyConstraint: {on_delete: [reason]}}."""
    keys = {}
    for mapper in mappers:
        for relationship in mapper.relationships:
            if relationship.parent is mapper and not relationship.viewonly:
                name = "%s.%s" % (mapper.class_.__name__, relationship.key)
                for key in _keys(relationship):
                    demands = keys.setdefault(key, {})
                    action, why = _demand(relationship, key)
                    if action:
                        demands.setdefault(action, []).append("%s: %s" % (name, why))
    return dict(sorted(keys.items(), key=lambda item: (item[0].table.fullname, item[0].column_keys)))


def _keys(relationship):
    """The keys that a relationship stands on."""
    pairs = relationship.synchronize_pairs
    keys = {key.constraint for _, column in pairs for key in column.foreign_keys}
    return [key for key in keys if all((part.column, part.parent) in pairs for part in key.elements)]


def _demand(relationship, key):
    """The action that a relationship asks of its key, or None, and why."""
    if key.ondelete or relationship.direction is MANYTOONE or relationship.passive_deletes == "all":
        return key.ondelete, "the foreign key says so"
    if relationship.direction is MANYTOMANY:
        return "CASCADE", "rows of the secondary table go with what they link"
    if relationship.cascade.delete:
        return "CASCADE", "the cascade includes delete"
    if all(part.parent.nullable for part in key.elements):
        return "SET NULL", "no delete cascade, and the columns accept nulls"
    return "RESTRICT | NO ACTION", "no delete cascade, and the columns do not accept nulls"


def _rule(key, demands):
    """A row of fkfix.policy; one that asks for nothing if the demands are none or many."""
    (on_delete, reasons), = demands.items() if len(demands) == 1 else [(None, [])]
    return {
        "referencing": table_name(key.table),
        "columns": [name_of(part.parent.name) for part in key.elements],
        "referenced": table_name(key.referred_table),
        "on_delete": on_delete,
        "on_update": key.onupdate,
        "reason": "relationship " + "; ".join(reasons),
    }


def _statement(rule):
    given = {column: value for column, value in rule.items() if value}
    return "INSERT INTO fkfix.policy (%s)\nVALUES (%s);" % (
        ", ".join(given), ", ".join(map(literal, given.values())))


def _conflict(key, demands):
    asked = ["%s asks for %s" % (reason.partition(":")[0], action)
             for action, reasons in demands.items() for reason in reasons]
    text = "conflict over (%s) of %s: %s" % (", ".join(key.column_keys), key.table.fullname, ", ".join(asked))
    return "-- " + " ".join(text.split())


def write(url, rules):
    """Brings the rules into a database, in place of what an earlier call wrote."""
    with sa.create_engine(url).begin() as connection:
        if not is_installed(connection):
            sys.exit(NOT_INSTALLED)
        for rule in rules:
            for statement in [FORGET, WRITE] if rule["on_delete"] else [FORGET]:
                execute(connection, statement, **rule)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m fkfix_alembic")
    command = parser.add_subparsers(metavar="COMMAND", required=True).add_parser(
        "rules", help="print the rules that the relationships of models ask for")
    command.add_argument("models", metavar="MODULE", help="imported; its models are looked at")
    command.add_argument("--apply", metavar="URL", help="write the rules into this database instead")
    options = parser.parse_args(arguments)

    mappers = load(options.models)
    if not mappers:
        sys.exit("%s has no models" % options.models)
    keys = derive(mappers)
    for line in [_conflict(key, demands) for key, demands in keys.items() if len(demands) > 1]:
        print(line)
    rules = [_rule(key, demands) for key, demands in keys.items()]
    wanted = [rule for rule in rules if rule["on_delete"]]
    if options.apply:
        write(options.apply, rules)
        print("Rules in fkfix.policy: %d" % len(wanted))
    else:
        print("\n".join(map(_statement, wanted)))
