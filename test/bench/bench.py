"""What the measurements share: databases, clocks, results.

Each topic is a program beside this one.  It measures one or more rows of the
table, with those that are compared taking turns, and adds them to the results,
which report makes into the table.  Sizes come from the environment.

Times are taken in the server, around a statement and its COMMIT, so that the
client is not measured; unless said otherwise with fsync off, which leaves what
the server computes.
"""
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time

import psycopg2

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.environ.get("RESULTS", "results.jsonl")
BINDIR = subprocess.check_output([os.environ.get("PG_CONFIG") or "pg_config", "--bindir"], text=True).strip()
sys.dont_write_bytecode = True


def size(name, default):
    return int(os.environ.get(name) or default)


ROWS = size("ROWS", 10_000_000)            # of the largest referencing table
KEYS = size("KEYS", 100_000)               # of the database that is audited
RULES = size("RULES", 10_000)              # of the large policy
PARTITIONS = size("PARTITIONS", 1000)
VIOLATIONS = size("VIOLATIONS", 10_000)    # cured in one transaction
ROUNDS = size("ROUNDS", 5)
SECONDS = size("LOAD_SECONDS", 4)          # under load, for each of its parts, each round

# One call times several statements in turn, each in a transaction of its own,
# and returns milliseconds: first all of the first round, then of the second.
# They come in a table because the server logs the call beside what it says.
TIME_EACH = """
CREATE TEMP TABLE timed (position integer, body text);
CREATE PROCEDURE pg_temp.time_each(rounds integer, INOUT times float8[])
LANGUAGE plpgsql AS $$
DECLARE
  statements text[] := ARRAY(SELECT body FROM pg_temp.timed ORDER BY position);
  began timestamptz;
  statement text;
BEGIN
  times := '{}';
  FOR i IN 1 .. rounds LOOP
    FOREACH statement IN ARRAY statements LOOP
      COMMIT;
      began := clock_timestamp();
      EXECUTE statement;
      COMMIT;
      times := times || 1000 * extract(epoch FROM clock_timestamp() - began)::float8;
    END LOOP;
  END LOOP;
END
$$"""


class Session:
    """A connection with the clock."""

    def __init__(self, database, **settings):
        options = " ".join("-c %s=%s" % each for each in settings.items())
        self.connection = psycopg2.connect(dbname=database, options=options)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.timed = None

    def execute(self, statement, *values):
        self.cursor.execute(statement, values or None)

    def rows(self, query, *values):
        self.execute(query, *values)
        return self.cursor.fetchall()

    def value(self, query, *values):
        return self.rows(query, *values)[0][0]

    def time_each(self, statements, rounds=1):
        """For each statement the list of its times."""
        if self.timed is None:
            self.execute(TIME_EACH)
        if self.timed != statements:
            self.execute("DELETE FROM timed")
            self.execute("INSERT INTO timed SELECT position, body FROM unnest(%s) WITH ORDINALITY u (body, position)",
                         statements)
            self.timed = list(statements)
        times = self.value("CALL pg_temp.time_each(%s, NULL)", rounds)
        return [times[i::len(statements)] for i in range(len(statements))]

    def close(self):
        self.connection.close()


@contextlib.contextmanager
def session(database, **settings):
    opened = Session(database, **settings)
    try:
        yield opened
    finally:
        opened.close()


def create_database(name, prepare, where=""):
    """Makes a database unless an earlier topic has; prepare fills it."""
    with session("postgres") as server:
        if server.rows("SELECT FROM pg_database WHERE datname = %s", name):
            return
        server.execute('CREATE DATABASE "%s" TEMPLATE template0 %s' % (name, where))
    began = time.monotonic()
    with session(name) as opened:
        prepare(opened)
        tidy(opened)
    say("database %s made in %.0f s" % (name, time.monotonic() - began))


def tidy(opened):
    """What autovacuum would do, which is off because it would disturb."""
    opened.execute("RESET ALL")
    for (table,) in opened.rows("""
            SELECT c.oid::regclass FROM pg_class c
            WHERE c.relkind = 'r' AND (c.relnamespace IN ('pg_catalog'::regnamespace, to_regnamespace('fkfix'))
                                       OR c.relpages > 100)"""):
        opened.execute("VACUUM ANALYZE " + table)
    opened.execute("CHECKPOINT")


def with_fsync(on):
    """As shipped, or off: then a commit costs what the server computes."""
    with session("postgres") as server:
        server.execute("ALTER SYSTEM SET fsync = %s" % ("on" if on else "off"))
        server.execute("SELECT pg_reload_conf()")
        # the reload reaches other backends a moment later
        while server.value("SELECT setting FROM pg_settings WHERE name = 'fsync'") != ("on" if on else "off"):
            time.sleep(0.01)
        if on:
            server.execute("CHECKPOINT")


def run_file(opened, name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        opened.execute(file.read())


def median(times):
    return statistics.median(times)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def say(text):
    print("# " + text, flush=True)


def count_text(n):
    """1000000 -> 1 million"""
    for unit, word in ((1_000_000, " million"), (1000, " thousand")):
        if n >= unit and n % (unit // 10) == 0:
            return "%g%s" % (n / unit, word)
    return str(n)


def time_text(milliseconds):
    if milliseconds >= 1000:
        return "%.2f s" % (milliseconds / 1000)
    return "%.*f ms" % (3 if milliseconds < 1 else 2 if milliseconds < 10 else 1 if milliseconds < 100 else 0,
                        milliseconds)


def result(what, against, ours, theirs, goal, most=None, least=None, unit=time_text, shown=None,
           detail="", ratio=None, times_faster=False, met=None):
    """One row of the table.

    ours and theirs are measures (times, unless a unit is given); the ratio is
    that of the two, ours over theirs or, where faster is what is promised,
    theirs over ours.  The goal is met if it lies between least and most, or as
    the caller says.
    """
    if ratio is None and ours is not None and theirs:
        ratio = theirs / ours if times_faster else ours / theirs
    if met is None and ratio is not None and (most is not None or least is not None):
        met = (most is None or ratio <= most) and (least is None or ratio >= least)
    row = {
        "topic": os.path.basename(sys.argv[0]), "what": what, "against": against,
        "ours": None if ours is None else unit(ours), "theirs": None if theirs is None else unit(theirs),
        "ratio": ratio, "shown": shown or ratio_text(ratio, times_faster),
        "goal": goal, "most": most, "least": least, "met": met, "detail": detail}
    with open(RESULTS, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print("ok - measured: %s, against %s: %s, %s, ratio %s, goal %s%s%s" % (
        what, against, row["ours"], row["theirs"], row["shown"], goal,
        "" if met is None else ", met" if met else ", NOT MET", "; " + detail if detail else ""), flush=True)
    return row


def ratio_text(ratio, times_faster):
    if ratio is None:
        return ""
    if not times_faster:
        return "%.2f ×" % ratio
    faster = max(ratio, 1 / ratio)
    return "%.*f × %s" % (0 if faster >= 100 else 1, faster, "faster" if ratio >= 1 else "slower")


def check(passed, promise):
    """A promise that does not depend on times."""
    print(("ok - " if passed else "not ok - ") + promise, flush=True)
    if not passed:
        sys.exit(1)
