"""What is called after an edit: every function of the extension, and DDL around the key."""


def functions(target, history):
    """The calls of a target: its key, one that nothing was done to, and all."""
    calls = [
        "SELECT count(*) FROM fkfix_audit()",
        "SELECT string_agg(a::text, '') FROM fkfix_audit(all_keys => true) a",
        "SELECT count(*) FROM fkfix_status()",
        "SELECT fkfix_assert()",
        "SELECT string_agg(v::text, '') FROM fkfix_verify() v",
        "SELECT string_agg(p::text, '') FROM fkfix_check_policy() p",
        "SELECT fkfix_baseline()",
        "SELECT fkfix_baseline('%s.*', 'warn', minimal => false)" % target.shape.schema,
        "SELECT count(*) FROM fkfix_rebuild_all()",
        "SELECT fkfix_enable_enforcement()",
        "SELECT fkfix_disable_enforcement()",
        "INSERT INTO fkfix.policy (referencing, on_delete) VALUES ('%s', 'RESTRICT')" % target.table.name,
    ]
    calls += ["SELECT fkfix_script('%s')" % format for format in ("sql", "fkfix", "alembic", "django", "rails")]
    for key in (target.key, target.other):
        calls += [
            "SELECT count(*) FROM fkfix_audit(%d)" % key.relid,
            "SELECT count(*) FROM fkfix_verify(%d)" % key.relid,
            "SELECT fkfix_assert(%d)" % key.relid,
            "SELECT count(*) FROM fkfix_explain(%d, %s)" % (key.relid, key.name),
            "SELECT fkfix_rebuild(%d, %s)" % (key.relid, key.name),
            "SELECT fkfix_rebuild(%d, %s, 'CASCADE', 'SET NULL')" % (key.relid, key.name),
            "SELECT count(*) FROM fkfix_rebuild_all(%d)" % key.relid,
            "SELECT fkfix_required_actions('%s', ARRAY%s, '%s')" % (key.table, key.column_names, key.referenced),
        ]
    if target.root.oid in history:
        calls.append("SELECT fkfix_revert(%d)" % history[target.root.oid])
    return calls


def ddl(target):
    """Statements that enforcement judges."""
    table, referenced, schema = target.table.name, target.referenced.name, target.shape.schema
    columns = ", ".join(target.key.column_names)
    statements = [
        "CREATE TABLE %s.fresh (x int REFERENCES %s)" % (schema, referenced),
        "CREATE TABLE %s.fresh (LIKE %s, FOREIGN KEY (%s) REFERENCES %s)" % (schema, table, columns, referenced),
        "ALTER TABLE %s ADD CONSTRAINT fresh FOREIGN KEY (%s) REFERENCES %s ON DELETE SET NULL" % (table, columns, referenced),
        "ALTER TABLE %s RENAME TO fresh" % table,
        "ALTER TABLE %s RENAME TO fresh" % referenced,
        "ALTER TABLE %s RENAME CONSTRAINT %s TO fresh" % (table, target.key.ident),
        "ALTER TABLE %s ALTER %s SET NOT NULL" % (table, target.key.column_names[0]),
        "ALTER TABLE %s ALTER %s TYPE bigint" % (table, target.key.column_names[0]),
        "ALTER TABLE %s ALTER CONSTRAINT %s DEFERRABLE INITIALLY DEFERRED" % (table, target.key.ident),
        "ALTER TABLE %s DROP CONSTRAINT %s" % (table, target.key.ident),
        "ALTER TABLE %s DISABLE TRIGGER USER" % table,
        "ALTER TABLE %s SET SCHEMA %s" % (table, "s01" if schema != "s01" else "s02"),
        "DROP TABLE %s CASCADE" % referenced,
    ]
    if target.partition:
        parent = table if target.partition.parent == target.table.oid else referenced
        detach = "ALTER TABLE %s DETACH PARTITION %s" % (parent, target.partition.name)
        statements += [detach, "%s; ALTER TABLE %s ATTACH PARTITION %s %s" % (
            detach, parent, target.partition.name, target.partition.bound)]
    if target.partitioned:
        statements.append("CREATE TABLE %s.fresh PARTITION OF %s FOR VALUES FROM (1000) TO (1001)" % (
            schema, target.partitioned.name))
    return statements
