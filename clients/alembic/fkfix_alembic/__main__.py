"""The command line: ``python -m fkfix_alembic rules MODULE``."""
import sys

from .rules import main

sys.exit(main())
