"""The operation ``op.fkfix_rebuild()``: a key's actions, changed in place."""
from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from alembic.util import CommandError

from .server import NOT_INSTALLED, execute, is_installed, literal, name_of


@Operations.register_operation("fkfix_rebuild")
class RebuildOp(MigrateOperation):
    """Gives a foreign key other actions without dropping it."""

    def __init__(self, table_name, constraint_name, ondelete=None, onupdate=None, *, schema=None,
                 existing_ondelete=None, existing_onupdate=None):
        self.table_name = str(table_name)
        self.constraint_name = str(constraint_name)
        self.actions = {"ondelete": ondelete, "onupdate": onupdate}
        self.existing = {"ondelete": existing_ondelete, "onupdate": existing_onupdate}
        self.schema = schema

    @classmethod
    def fkfix_rebuild(cls, operations, table_name, constraint_name, ondelete=None, onupdate=None, **options):
        """Gives a foreign key the actions named or, with none, those the policy asks for.

        An action that is not named stays.  Options: ``schema``, the table's;
        ``existing_ondelete`` and ``existing_onupdate``, for ``reverse()``.
        Locks and refusals are those of the function ``fkfix_rebuild``.
        """
        return operations.invoke(cls(table_name, constraint_name, ondelete, onupdate, **options))

    def reverse(self):
        """The operation that undoes this one; it must know what was there."""
        if {event for event in self.actions if self.actions[event]} != {
                event for event in self.existing if self.existing[event]} or not any(self.existing.values()):
            raise ValueError("fkfix_rebuild can be reversed only if the existing actions are given")
        was = {"existing_" + event: action for event, action in self.actions.items()}
        return RebuildOp(self.table_name, self.constraint_name, **self.existing, **was, schema=self.schema)

    def to_diff_tuple(self):
        return ("fkfix_rebuild", self.schema, self.table_name, self.constraint_name, self.actions)


@Operations.implementation_for(RebuildOp)
def _rebuild(operations, operation):
    context = operations.get_context()
    values = [name_of(operation.schema, operation.table_name), operation.constraint_name,
              *operation.actions.values()]
    while values[-1] is None:
        values.pop()
    call = "SELECT pg_catalog.fkfix_rebuild(%s)"
    types = "regclass", "name", "text", "text"
    if context.as_sql:
        arguments = ["%s::%s" % (literal(value), kind) for value, kind in zip(values, types)]
        context.impl.static_output(call % ", ".join(arguments) + ";\n")
        return
    if not is_installed(operations.get_bind()):
        raise CommandError("fkfix_rebuild of %s: %s" % (operation.constraint_name, NOT_INSTALLED))
    named = {"value%d" % number: value for number, value in enumerate(values)}
    arguments = ["CAST(:%s AS %s)" % (name, kind) for name, kind in zip(named, types)]
    execute(operations.get_bind(), call % ", ".join(arguments), **named)


@renderers.dispatch_for(RebuildOp)
def _render(autogen_context, operation):
    named = {**operation.actions, "schema": operation.schema}
    arguments = [repr(operation.table_name), repr(operation.constraint_name)]
    arguments += ["%s=%r" % (name, str(value)) for name, value in named.items() if value]
    return "%sfkfix_rebuild(%s)" % (autogen_context.opts["alembic_module_prefix"], ", ".join(arguments))
