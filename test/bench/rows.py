"""Databases of one key over tables of several sizes."""
import bench
from bench import ROWS

# from a table that fits anywhere to the largest
SIZES = sorted({max(1, ROWS // 10_000), max(1, ROWS // 10), ROWS})


def notes(rows):
    return "notes_%d" % rows


def key(rows):
    return "%s_author_id_fkey" % notes(rows)


def fill(opened):
    """Authors with a hundred notes each; loaded first, constrained after."""
    opened.execute("CREATE EXTENSION fkfix")
    opened.execute("SET maintenance_work_mem = '512MB'")
    for rows in SIZES:
        authors = max(1, rows // 100)
        opened.execute("""
            CREATE TABLE users_{rows} AS SELECT i AS id FROM generate_series(1, {authors}) i;
            CREATE TABLE {notes} AS SELECT i AS id, 1 + i % {authors} AS author_id FROM generate_series(1, {rows}) i;
            ALTER TABLE users_{rows} ADD PRIMARY KEY (id);
            ALTER TABLE {notes} ADD PRIMARY KEY (id);
            CREATE INDEX ON {notes} (author_id);
            ALTER TABLE {notes} ADD FOREIGN KEY (author_id) REFERENCES users_{rows}""".format(
                rows=rows, authors=authors, notes=notes(rows)))


def create():
    bench.create_database("rows", fill)
