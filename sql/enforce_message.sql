-- What a client is told: the wanted action in the primary message, and every field of the protocol that says which key and why.
CREATE EXTENSION fkfix;
CREATE SCHEMA enforce_message;
SET search_path = enforce_message, public;
CREATE TABLE users (id int PRIMARY KEY);
CREATE TABLE "Weird ""Users" ("Id" int PRIMARY KEY);
SELECT fkfix_enable_enforcement();
INSERT INTO fkfix.policy (id, referencing, on_delete, on_update, enforcement, reason) VALUES
  (1, 'warn_*', 'CASCADE', NULL, 'warn', 'Notes go with their author.'),
  (2, 'error_*', 'CASCADE', NULL, 'error', 'Notes go with their author.'),
  (3, 'fix_*', 'CASCADE', NULL, 'fix', 'Notes go with their author.'),
  (4, 'error_plain', 'RESTRICT | NO ACTION', 'CASCADE', 'error', NULL),
  (5, 'error_update', NULL, 'RESTRICT', 'error', NULL),
  (6, '"Weird ""Notes"', 'SET NULL ("A b")', NULL, 'error', NULL),
  (7, 'rigid', 'SET NULL', NULL, 'fix', 'Anonymous.'),
  (8, 'torn', 'CASCADE', NULL, 'error', NULL),
  (9, 'torn', 'SET NULL', NULL, 'fix', NULL);
-- with every field but the location, which is not the user's
CREATE FUNCTION fields(statement text) RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE s text; m text; d text; h text; n text; t text; c text;
BEGIN
  EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS s = RETURNED_SQLSTATE, m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT,
    n = SCHEMA_NAME, t = TABLE_NAME, c = CONSTRAINT_NAME;
  RETURN QUERY VALUES ('sqlstate', s), ('message', m), ('detail', d), ('hint', h), ('schema', n), ('table', t), ('constraint', c);
END$$;

CREATE TABLE warn_notes (a int REFERENCES users);
CREATE TABLE error_notes (a int REFERENCES users);  -- fails
CREATE TABLE fix_notes (a int REFERENCES users);
CREATE TABLE fix_other (a int REFERENCES users ON DELETE SET NULL);
CREATE TABLE torn (a int REFERENCES users);
CREATE TABLE rigid (a int NOT NULL REFERENCES users);  -- fails
SELECT * FROM fields('CREATE TABLE error_notes (a int REFERENCES users)');
SELECT * FROM fields('CREATE TABLE error_plain (a int REFERENCES users ON DELETE SET NULL)');
SELECT * FROM fields('CREATE TABLE error_update (a int REFERENCES users)');
SELECT * FROM fields('CREATE TABLE "Weird ""Notes" ("A b" int CONSTRAINT "The ""key""" REFERENCES "Weird ""Users")');
SELECT * FROM fields('CREATE TABLE rigid (a int NOT NULL REFERENCES users)');

-- an older key: an error names what to run first, by the name that the table has then; a warning, what to run afterwards
CREATE TABLE free (a int CONSTRAINT "Key" REFERENCES users);
SELECT * FROM fields('ALTER TABLE free RENAME TO error_free');
SELECT fkfix_rebuild('enforce_message.free', 'Key', on_delete => 'CASCADE');
ALTER TABLE free RENAME TO error_free;
ALTER TABLE error_free RENAME TO free;
SELECT fkfix_rebuild('free', 'Key', on_delete => 'NO ACTION');
SELECT * FROM fields('ALTER TABLE free RENAME TO error_update');
SELECT * FROM fields('ALTER TABLE free RENAME TO rigid');
ALTER TABLE rigid RENAME TO free;
ALTER TABLE free RENAME TO warn_free;
ALTER TABLE warn_free RENAME TO fix_free;

-- messages can be had without reading the rules' table, in any search_path
CREATE ROLE regress_fkfix_message;
GRANT ALL ON SCHEMA enforce_message TO regress_fkfix_message;
GRANT ALL ON users TO regress_fkfix_message;
REVOKE ALL ON fkfix.policy, fkfix.history FROM PUBLIC;
SET ROLE regress_fkfix_message;
SET search_path = enforce_message;
CREATE TABLE error_notes (a int REFERENCES users);  -- fails
CREATE TABLE warn_more (a int REFERENCES users);
CREATE TABLE fix_more (a int REFERENCES users);
RESET ROLE;
SET search_path = enforce_message, public;

-- the session's own choice, for a superuser
SET fkfix.enforcement = fix;
CREATE TABLE error_notes (a int REFERENCES users);
SET fkfix.enforcement = error;
CREATE TABLE warn_even_more (a int REFERENCES users);  -- fails
SET fkfix.enforcement = warn;
CREATE TABLE fix_even_more (a int REFERENCES users);
SET fkfix.enforcement = policy;
SET fkfix.enforcement = sometimes;  -- fails
RESET fkfix.enforcement;

-- the history says who, what, by which rule and in which statement
SELECT current_user_name = current_user AS by_me, cause, referencing, constraint_name, referenced, old_on_delete, new_on_delete,
  old_on_update, new_on_update, rule_id, command_tag FROM fkfix.history ORDER BY id;

SELECT fkfix_disable_enforcement();
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA enforce_message CASCADE;
DROP ROLE regress_fkfix_message;
DROP EXTENSION fkfix;
