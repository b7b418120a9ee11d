-- What it costs to change the action of one foreign key: fkfix_rebuild beside
-- the two things one would do without it, and beside the cheapest thing that
-- ALTER TABLE can do to a key.  Interleaved in one run; medians.
--
--   psql -v rows=10000000 -v rounds=5 -f rebuild.sql

\set QUIET on
\pset footer off
SET client_min_messages = warning;

CREATE EXTENSION IF NOT EXISTS fkfix;
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE notes (id integer PRIMARY KEY, author_id integer NOT NULL);
INSERT INTO users SELECT generate_series(1, :rows / 100);
INSERT INTO notes SELECT i, 1 + i % (:rows / 100) FROM generate_series(1, :rows) i;
ALTER TABLE notes ADD CONSTRAINT notes_author_id_fkey FOREIGN KEY (author_id) REFERENCES users;
CREATE INDEX ON notes (author_id);
VACUUM ANALYZE users, notes;
CHECKPOINT;

CREATE TABLE timing (method text, milliseconds double precision);

CREATE PROCEDURE measure(method text, VARIADIC statements text[])
LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
  statement text;
BEGIN
  COMMIT;
  began := clock_timestamp();
  FOREACH statement IN ARRAY statements LOOP
    EXECUTE statement;
    COMMIT;
  END LOOP;
  INSERT INTO timing VALUES (method, 1000 * extract(epoch FROM clock_timestamp() - began));
END
$$;

CREATE PROCEDURE rounds(n integer)
LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. n LOOP
    CALL measure('fkfix_rebuild',
      $s$SELECT fkfix_rebuild('notes', 'notes_author_id_fkey', on_delete => 'CASCADE')$s$);
    CALL measure('ALTER CONSTRAINT ... DEFERRABLE',
      'ALTER TABLE notes ALTER CONSTRAINT notes_author_id_fkey DEFERRABLE');
    CALL measure('DROP + ADD',
      'ALTER TABLE notes DROP CONSTRAINT notes_author_id_fkey,
         ADD CONSTRAINT notes_author_id_fkey FOREIGN KEY (author_id) REFERENCES users ON DELETE CASCADE');
    CALL measure('DROP + ADD NOT VALID, VALIDATE',
      'ALTER TABLE notes DROP CONSTRAINT notes_author_id_fkey,
         ADD CONSTRAINT notes_author_id_fkey FOREIGN KEY (author_id) REFERENCES users NOT VALID',
      'ALTER TABLE notes VALIDATE CONSTRAINT notes_author_id_fkey');
  END LOOP;
END
$$;

CALL rounds(1);  -- what is loaded and compiled once is not measured
TRUNCATE timing;
CALL rounds(:rounds);

SELECT method,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds)::numeric, 2) AS "median ms",
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds)
              / (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds)
                 FROM timing WHERE method = 'fkfix_rebuild'))::numeric, 1) AS "x fkfix_rebuild"
FROM timing GROUP BY method ORDER BY 2;
