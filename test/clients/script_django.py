"""Runs a Django migration: script_django.py FILE up|down"""
import os
import shutil
import sys
import tempfile

import django
from django.conf import settings
from django.core.management import call_command


def main(migration, direction):
    with tempfile.TemporaryDirectory() as folder:
        package = os.path.join(folder, "shop", "migrations")
        os.makedirs(package)
        for path in (os.path.dirname(package), package):
            with open(os.path.join(path, "__init__.py"), "w", encoding="utf-8"):
                pass
        shutil.copy(migration, os.path.join(package, "0001_foreign_keys.py"))
        sys.path.insert(0, folder)
        settings.configure(
            INSTALLED_APPS=["shop"],
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
            DATABASES={
                "default": {
                    "ENGINE": "django.db.backends.postgresql",
                    "NAME": os.environ["PGDATABASE"],
                    "USER": os.environ["PGUSER"],
                }
            },
        )
        django.setup()
        call_command("migrate", "shop", "0001" if direction == "up" else "zero")


main(*sys.argv[1:])
