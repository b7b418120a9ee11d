"""A session that survives crashes of the server, and statements that never end."""
import os
import signal
import threading
import time

import psycopg2

STATEMENT_TIMEOUT = 5
# what does not end by itself after so many seconds, does not heed the timeout
DEAF_AFTER = 12
SETTINGS = """
SET statement_timeout = '%ds'; SET search_path = pg_catalog; SET client_min_messages = error;
SET max_parallel_workers_per_gather = 0; SET jit = off""" % STATEMENT_TIMEOUT


class Lost(Exception):
    """The session is gone.  Its text says how."""


class Session:
    def __init__(self, database):
        self.database = database
        self.deadline = None
        self.killed = False
        self.connection = self.cursor = None
        self.connect()
        threading.Thread(target=self.watch, daemon=True).start()

    def connect(self):
        """A server that has crashed takes its time to come back."""
        until = time.monotonic() + 120
        while True:
            try:
                self.connection = psycopg2.connect(dbname=self.database)
                self.connection.autocommit = True
                self.cursor = self.connection.cursor()
                self.cursor.execute(SETTINGS)
                return
            except psycopg2.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def reconnect(self):
        self.connection.close()
        self.connect()

    def watch(self):
        while True:
            time.sleep(0.5)
            deadline = self.deadline
            if deadline and time.monotonic() > deadline:
                self.killed = True
                self.deadline = None
                os.kill(self.connection.info.backend_pid, signal.SIGKILL)

    def rows(self, sql):
        """Returns what a statement returns, None if that is nothing; raises psycopg2.Error, or Lost."""
        self.killed = False
        self.deadline = time.monotonic() + DEAF_AFTER
        try:
            self.cursor.execute(sql)
            return self.cursor.fetchall() if self.cursor.description else None
        except psycopg2.Error as error:
            if not self.connection.closed and error.pgcode is not None:
                raise
            raise Lost("hangs, deaf to statement_timeout" if self.killed else "crashes the server") from error
        finally:
            self.deadline = None

    def count(self, sql):
        """Returns how many rows a statement has changed."""
        self.rows(sql)
        return self.cursor.rowcount
