"""Databases of many keys, and policies for them; see keys.sql."""
import bench
from bench import KEYS


MADE = 10_000       # by DDL; more are copies


def create(name, keys=KEYS):
    """Keys without rules."""
    def fill(opened):
        bench.run_file(opened, "keys.sql")
        opened.execute("CALL make_keys(%s)", min(keys, MADE))
        if keys >= 2 * MADE:
            opened.execute("SET allow_system_table_mods = on")
            opened.execute("CALL copy_keys(%s)", keys // MADE - 1)

    bench.create_database(name, fill)


def set_rules(opened, rules):
    """A hundred rules or more."""
    opened.execute("CALL make_rules()")
    if rules > 100:
        opened.execute("CALL add_literal_rules(%s)", rules)
    opened.execute("VACUUM ANALYZE fkfix.policy")
    return opened.value("SELECT count(*) FROM fkfix.policy")
