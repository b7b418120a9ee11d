-- What deep/leaks repeats in one session, and how it measures.

CREATE EXTENSION fkfix;

CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE notes (id int PRIMARY KEY, author int CONSTRAINT author REFERENCES users,
  parent int CONSTRAINT parent REFERENCES notes ON DELETE SET NULL);
CREATE TABLE drafts (author int CONSTRAINT author REFERENCES users);
CREATE TABLE events (id int, day int, author int CONSTRAINT author REFERENCES users,
  PRIMARY KEY (id, day)) PARTITION BY LIST (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
CREATE TABLE tickets (event int, day int,
  CONSTRAINT event FOREIGN KEY (event, day) REFERENCES events ON DELETE CASCADE);

INSERT INTO fkfix.policy (referencing, on_delete, reason) VALUES
  ('notes', 'CASCADE', 'notes go with their authors'),
  ('event*', 'CASCADE | SET NULL', NULL),
  ('tickets', 'RESTRICT', NULL),
  ('made', 'CASCADE', NULL);
INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('refused', 'CASCADE', 'error');
DO 'BEGIN PERFORM fkfix_enable_enforcement(); END';

CREATE TABLE measured (what text, calls int, bytes bigint, anonymous bigint);

-- What the memory contexts of this session hold, and what the system thinks that
-- it has, but for what is shared.
CREATE FUNCTION held(OUT bytes bigint, OUT anonymous bigint) AS $$
  SELECT sum(used_bytes)::bigint,
    (substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s*(\d+) kB'))::bigint * 1024
  FROM pg_backend_memory_contexts
$$ LANGUAGE sql;

-- Runs a statement, which may be undone at once, so many times, a hundred to a
-- transaction.  What happens for the first time happens before it measures.
CREATE PROCEDURE repeat(what text, statement text, calls int, undo boolean)
AS $$
DECLARE
  before record;
  after record;
BEGIN
  FOR i IN -299 .. calls LOOP
    BEGIN
      EXECUTE statement;
      IF undo THEN
        RAISE SQLSTATE 'UNDO1';
      END IF;
    EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
      NULL;
    END;
    IF i % 100 = 0 THEN
      COMMIT;
    END IF;
    IF i = 0 THEN
      SELECT * INTO before FROM held();
    END IF;
  END LOOP;
  COMMIT;
  SELECT * INTO after FROM held();
  INSERT INTO measured VALUES (what, calls, after.bytes - before.bytes, after.anonymous - before.anonymous);
  COMMIT;
END
$$ LANGUAGE plpgsql;
