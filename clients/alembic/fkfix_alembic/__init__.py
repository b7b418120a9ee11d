"""Alembic and SQLAlchemy that know the foreign key policy of fkfix.

In env.py, before ``context.configure()``::

    fkfix_alembic.apply_policy(connection, target_metadata)

makes autogenerate write the actions that the policy of the database asks for.
Importing the package also gives migrations ``op.fkfix_rebuild()``.
``python -m fkfix_alembic rules MODULE`` derives a policy from models.
"""
from .operation import RebuildOp
from .policy import apply_policy

__all__ = ["RebuildOp", "apply_policy"]
