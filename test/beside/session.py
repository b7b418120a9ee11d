"""A session that goes on after errors, and after the server has come back from a crash."""
import collections
import random
import re
import threading
import time

import psycopg2

# What an internal error says, wherever it is repeated: in a result, or in a warning
INTERNAL = re.compile("cache lookup failed|could not open relation|tuple concurrently|could not find tuple"
                      "|could not read block|unexpected|unrecognized")

# How long a crashed server may take to come back, in seconds
PATIENCE = 120


class Lost(Exception):
    """The connection is gone, and what was done in its transaction."""


class Tally:
    """What all sessions have done, how each of it ended, and what must not be."""

    def __init__(self):
        self.lock = threading.Lock()
        self.endings = collections.defaultdict(collections.Counter)
        self.lost = 0
        self.leaked = []
        self.verified = collections.Counter()

    def count(self, kind, ending):
        with self.lock:
            self.endings[kind][ending] += 1

    def look_for_leaks(self, sql, lines):
        """Internal errors that were caught, and given as if they were words for a user."""
        for line in lines:
            if INTERNAL.search(line):
                self.leaked.append("%s\n%s" % (sql, line.strip()))

    def times(self, kinds):
        return ", ".join("%s %d" % (kind, sum(self.endings[kind].values())) for kind in sorted(kinds))

    def errors(self, kinds):
        total = sum((self.endings[kind] for kind in kinds), collections.Counter())
        return ", ".join("%s %d" % (state, n) for state, n in sorted(total.items()) if state not in ("done", "lost"))


class Session(threading.Thread):
    """Repeats step() until it is told to stop."""

    role = "postgres"
    settings = "SET statement_timeout = '10s'; SET lock_timeout = '500ms'; SET jit = off"

    def __init__(self, name, tally, stop, seed):
        super().__init__(name=name, daemon=True)
        self.tally = tally
        self.stop = stop
        self.random = random.Random("%s %s" % (seed, name))
        self.connection = None
        self.running = None
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.go_on()
        except psycopg2.OperationalError as error:
            self.failure = "the server has not come back: %s" % error
        except Exception as error:  # pylint: disable=broad-except
            self.failure = repr(error)
        finally:
            self.close()

    def go_on(self):
        try:
            if self.connection is None:
                self.connect()
            self.step()
        except Lost:
            self.close()
        except psycopg2.Error:
            if self.connection is None:
                raise
            self.forget_transaction()

    def step(self):
        raise NotImplementedError

    # the connection

    def connect(self):
        until = time.monotonic() + PATIENCE
        while self.connection is None:
            try:
                self.connection = psycopg2.connect(user=self.role, application_name=self.name)
            except psycopg2.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
        self.connection.autocommit = True
        self.connection.notices = collections.deque(maxlen=1000)
        self.execute(self.settings)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def forget_transaction(self):
        try:
            self.execute("ROLLBACK")
        except Lost:
            self.close()

    # statements

    def execute(self, sql, values=None):
        """Returns the rows, if there are any."""
        self.running = sql
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            if self.connection.closed or error.pgcode is None:
                with self.tally.lock:
                    self.tally.lost += 1
                raise Lost() from error
            raise
        finally:
            self.running = None

    def attempt(self, kind, sql, values=None):
        """A statement that counts.  Returns its rows; None after an error."""
        self.connection.notices.clear()
        try:
            rows = self.execute(sql, values)
        except psycopg2.Error as error:
            self.tally.count(kind, error.pgcode)
            return None
        except Lost:
            self.tally.count(kind, "lost")
            raise
        self.tally.count(kind, "done")
        self.tally.look_for_leaks(sql, self.connection.notices)
        return rows

    def chance(self, probability):
        return self.random.random() < probability
