"""The operation ``op.fkfix_rebuild()``: a key's actions, changed in place."""
from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from alembic.util import CommandError

from .server import NOT_INSTALLED, execute, extension_schema, for_text, in_quotes, literal, name_of


@Operations.register_operation("fkfix_rebuild")
class RebuildOp(MigrateOperation):
    """Gives a foreign key other actions without dropping it."""

    def __init__(self, table_name, constraint_name, ondelete=None, onupdate=None, *, schema=None,
                 existing_ondelete=None, existing_onupdate=None, extension_schema=None):
        self.table_name = str(table_name)
        self.constraint_name = str(constraint_name)
        self.actions = {"ondelete": ondelete, "onupdate": onupdate}
        self.existing = {"ondelete": existing_ondelete, "onupdate": existing_onupdate}
        self.places = {"schema": schema, "extension_schema": extension_schema}

    @classmethod
    def fkfix_rebuild(cls, operations, table_name, constraint_name, ondelete=None, onupdate=None, **options):
        """Gives a foreign key the actions named or, with none, those the policy asks for.

        An action that is not named stays.  Options: ``schema``, the table's;
        ``existing_ondelete`` and ``existing_onupdate``, for ``reverse()``;
        ``extension_schema``, where offline SQL (``--sql``) is to find the
        extension if not by the search_path.  Locks and refusals are those of
        the function ``fkfix_rebuild``.
        """
        return operations.invoke(cls(table_name, constraint_name, ondelete, onupdate, **options))

    def reverse(self):
        """The operation that undoes this one; it must know what was there."""
        if {event for event in self.actions if self.actions[event]} != {
                event for event in self.existing if self.existing[event]} or not any(self.existing.values()):
            raise ValueError("fkfix_rebuild can be reversed only if the existing actions are given")
        was = {"existing_" + event: action for event, action in self.actions.items()}
        return RebuildOp(self.table_name, self.constraint_name, **self.existing, **was, **self.places)

    def to_diff_tuple(self):
        return ("fkfix_rebuild", self.places["schema"], self.table_name, self.constraint_name, self.actions)


@Operations.implementation_for(RebuildOp)
def _rebuild(operations, operation):
    context = operations.get_context()
    schema = operation.places["extension_schema"]
    values = [name_of(operation.places["schema"], operation.table_name), operation.constraint_name,
              *operation.actions.values()]
    while values[-1] is None:
        values.pop()
    call = "SELECT %sfkfix_rebuild(%s)"
    if context.as_sql:
        context.impl.static_output(call % (in_quotes(schema) + "." if schema else "",
                                           ", ".join(map(literal, values))) + ";\n")
        return
    schema = schema or extension_schema(operations.get_bind())
    if schema is None:
        raise CommandError("fkfix_rebuild of %s: %s" % (operation.constraint_name, NOT_INSTALLED))
    named = {"value%d" % number: value for number, value in enumerate(values)}
    execute(operations.get_bind(), call % (for_text(schema) + ".", ", ".join(":" + name for name in named)), **named)


@renderers.dispatch_for(RebuildOp)
def _render(autogen_context, operation):
    named = {**operation.actions, **operation.places}
    arguments = [repr(operation.table_name), repr(operation.constraint_name)]
    arguments += ["%s=%r" % (name, str(value)) for name, value in named.items() if value]
    return "%sfkfix_rebuild(%s)" % (autogen_context.opts["alembic_module_prefix"], ", ".join(arguments))
