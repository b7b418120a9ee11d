-- Keys that are NOT ENFORCED or over a PERIOD are judged as others are; what cannot be done to them is an error.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_v18;
SET search_path = enforce_v18, public;
\set VERBOSITY terse
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE rooms (id int4range, during int4range, PRIMARY KEY (id, during WITHOUT OVERLAPS));
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (referencing, on_delete, enforcement)
  SELECT mode || '_*', 'CASCADE', mode FROM unnest(ARRAY['warn', 'error', 'fix']) mode;
CREATE TABLE warn_notes (a int, CONSTRAINT loose FOREIGN KEY (a) REFERENCES users NOT ENFORCED);
CREATE TABLE error_notes (a int, CONSTRAINT loose FOREIGN KEY (a) REFERENCES users NOT ENFORCED);  -- fails
CREATE TABLE fix_notes (a int, CONSTRAINT loose FOREIGN KEY (a) REFERENCES users NOT ENFORCED);
-- becoming enforced makes no new key, and keeps the action
ALTER TABLE warn_notes ALTER CONSTRAINT loose ENFORCED;
ALTER TABLE fix_notes ALTER CONSTRAINT loose ENFORCED;
ALTER TABLE fix_notes ALTER CONSTRAINT loose NOT ENFORCED;
ALTER TABLE fix_notes ALTER CONSTRAINT loose ENFORCED;
INSERT INTO users VALUES (1);
INSERT INTO fix_notes VALUES (1);
DELETE FROM users;
SELECT * FROM fix_notes;
SELECT conrelid::regclass, confdeltype, conenforced FROM pg_constraint WHERE conname = 'loose' ORDER BY conrelid::regclass::text COLLATE "C";

-- over a PERIOD only NO ACTION is possible: nothing that can be fixed
SELECT format('CREATE TABLE %s_stays (id int4range, during int4range, FOREIGN KEY (id, PERIOD during) REFERENCES rooms)', mode)
  FROM unnest(ARRAY['warn', 'error', 'fix']) mode \gexec
-- not-null constraints that have names, and those of domains
CREATE TABLE free (a int CONSTRAINT given NOT NULL REFERENCES users);
CREATE DOMAIN number AS int;
CREATE TABLE domain_free (a number REFERENCES users);
INSERT INTO fkfix.policy (referencing, nullable, on_delete, enforcement) VALUES
  ('free', true, 'SET NULL', 'fix'), ('domain_free', false, 'CASCADE', 'fix'), ('domain_free', true, 'SET NULL', 'fix');
ALTER TABLE free DROP CONSTRAINT given;
ALTER DOMAIN number ADD CONSTRAINT given NOT NULL;
ALTER DOMAIN number DROP CONSTRAINT given;
ALTER TABLE free RENAME TO warn_free;
SELECT constraint_name, command_tag, old_on_delete, new_on_delete FROM fkfix.history ORDER BY id;

SELECT fkfix_disable_enforcement();
\set VERBOSITY default
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA enforce_v18 CASCADE;
DROP EXTENSION fkfix;
