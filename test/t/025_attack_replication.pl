# What replication lets an ordinary role do to the policy: as the owner of a
# table that an apply worker writes to, as a role that may hang triggers on our
# tables at a subscriber, as the owner of a subscription, as a role that may set
# session_replication_role, or that has REPLICATION, or that imports a foreign
# schema; and what autovacuum runs.
#
# pg_regress cannot do this: it takes two servers.

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(allows_streaming => 'logical');
$subscriber->append_conf('postgresql.conf', 'autovacuum_naptime = 1s');
$subscriber->start;
my $version = $subscriber->safe_psql('postgres', 'SHOW server_version_num');
my $connection = $publisher->connstr . ' dbname=postgres';

# as ROLE, STATEMENT: what it says at the subscriber, errors included
sub as
{
	my ($role, $statement) = @_;
	my ($status, $out, $err) = $subscriber->psql('postgres', $statement, extra_params => [ '-U', $role ]);

	return $out . $err;
}

sub ask
{
	return $subscriber->safe_psql('postgres', shift);
}

# what the publisher says arrives
sub publish
{
	$publisher->safe_psql('postgres', shift);
	$publisher->wait_for_catchup('everything');
	return;
}

# The publisher has a fkfix.policy, but no extension that checks what is in it.
$publisher->safe_psql('postgres', q{
	CREATE SCHEMA fkfix;
	CREATE TABLE fkfix.policy (id bigint PRIMARY KEY, referencing text, columns text[], referenced text, constraint_name text,
		nullable boolean, on_delete text, on_update text, enforcement text, priority int, reason text);
	CREATE TABLE inbox (id int PRIMARY KEY, what text);
	CREATE ROLE attacker;
	INSERT INTO fkfix.policy VALUES (1, 'error_*', NULL, NULL, NULL, NULL, 'cascade', NULL, 'error', 0, 'a secret');
	CREATE PUBLICATION everything FOR TABLE fkfix.policy, inbox});
$subscriber->safe_psql('postgres', q{
	CREATE EXTENSION fkfix;
	CREATE ROLE attacker LOGIN;
	CREATE ROLE replicator LOGIN REPLICATION;
	CREATE SCHEMA attacker AUTHORIZATION attacker;
	CREATE SCHEMA replicator AUTHORIZATION replicator;
	CREATE TABLE attacker.notes (a int);
	ALTER TABLE attacker.notes OWNER TO attacker;
	GRANT USAGE ON SCHEMA attacker TO replicator;
	CREATE TABLE users (id int PRIMARY KEY);
	GRANT REFERENCES ON users TO PUBLIC;
	ALTER TABLE attacker.notes ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES users;
	CREATE TABLE inbox (id int PRIMARY KEY, what text);
	ALTER TABLE inbox OWNER TO attacker;
	CREATE TABLE attacker.caught (what text);
	GRANT INSERT ON attacker.caught TO PUBLIC;
	REVOKE SELECT ON fkfix.policy FROM PUBLIC;
	GRANT TRIGGER ON fkfix.policy TO attacker;
	SELECT fkfix_enable_enforcement()});

# Triggers that an ordinary role hangs on the table of rules are not run by the
# worker: it runs those alone that the table's owner has enabled for it.
as('attacker', q{
	CREATE FUNCTION attacker.strike() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO attacker.caught VALUES (tg_name);
		RETURN NULL;
	END$$;
	CREATE TRIGGER before_row BEFORE INSERT OR UPDATE ON fkfix.policy FOR EACH ROW EXECUTE FUNCTION attacker.strike();
	CREATE TRIGGER after_row AFTER INSERT OR UPDATE ON fkfix.policy FOR EACH ROW EXECUTE FUNCTION attacker.strike()});
like(as('attacker', 'ALTER TABLE fkfix.policy ENABLE REPLICA TRIGGER before_row'), qr/must be owner of table policy/,
	'whoever may hang triggers on the policy cannot make an apply worker run them');
$subscriber->safe_psql('postgres',
	"CREATE SUBSCRIPTION everything CONNECTION '$connection' PUBLICATION everything");
$subscriber->wait_for_subscription_sync($publisher, 'everything');
publish(q{INSERT INTO fkfix.policy VALUES (2, 'error_more', NULL, NULL, NULL, NULL, 'no action | cascade', NULL, 'error', 0, 'a secret')});
is(ask('SELECT count(*) FROM attacker.caught'), 0, 'and no worker has, neither in the first copy nor later');
is(ask(q{SELECT string_agg(on_delete, ', ' ORDER BY id) FROM fkfix.policy}), 'CASCADE, NO ACTION | CASCADE',
	'our own trigger has: what comes is checked and spelt as it must be');
like(as('attacker', 'CREATE TABLE attacker.error_notes (a int REFERENCES users)'),
	qr/must be ON DELETE CASCADE/, 'and binds at once');
ask('DROP TRIGGER before_row ON fkfix.policy; DROP TRIGGER after_row ON fkfix.policy');

# What the owner of a replicated table has the worker do.  DDL there is bound as
# the event trigger is enabled: like all event triggers it does not fire where
# session_replication_role is replica, unless it is enabled ALWAYS.
as('attacker', q{
	CREATE FUNCTION attacker.act() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
	BEGIN
		INSERT INTO attacker.caught SELECT 'status: ' || coalesce(why_not, 'bound') FROM fkfix_status();
		EXECUTE NEW.what;
		RETURN NEW;
	EXCEPTION WHEN OTHERS THEN
		INSERT INTO attacker.caught VALUES (SQLERRM);
		RETURN NEW;
	END$$;
	CREATE TRIGGER act BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION attacker.act();
	ALTER TABLE inbox ENABLE ALWAYS TRIGGER act});
publish(q{INSERT INTO inbox VALUES (1, 'CREATE TABLE attacker.error_notes (a int CONSTRAINT a REFERENCES users)')});
is(ask('SELECT what FROM attacker.caught'), 'status: session_replication_role is replica',
	'an apply worker is not bound, and says so');
is(ask(q{SELECT status FROM fkfix_audit('attacker.error_notes')}), 'violation', 'but the audit sees what it makes');
ask('DROP TABLE attacker.error_notes; TRUNCATE attacker.caught; ALTER EVENT TRIGGER fkfix_enforcement ENABLE ALWAYS');
publish(q{INSERT INTO inbox VALUES (2, 'CREATE TABLE attacker.error_notes (a int CONSTRAINT a REFERENCES users)')});
like(ask('SELECT what FROM attacker.caught'), qr/^foreign key "a" of table "error_notes" must be ON DELETE CASCADE$/,
	'with ENABLE ALWAYS it is');
is(ask('SELECT count(*) FROM pg_class WHERE relname = \'error_notes\''), 0, 'and there is no such table');
ask('TRUNCATE attacker.caught');

# The worker's rights are PostgreSQL's affair: before 16 such a trigger runs as
# the owner of the subscription, later as the table's.
publish(q{INSERT INTO inbox VALUES (3, 'SELECT fkfix_disable_enforcement()')});
if ($version >= 160000)
{
	is(ask('SELECT what FROM attacker.caught'), 'permission denied to disable enforcement of the foreign key policy',
		'the owner of a replicated table cannot end enforcement through the worker');
}
else
{
	is(ask('SELECT enforcement_installed FROM fkfix_status()'), 'f',
		'before 16 the owner of a replicated table has all rights of a worker that a superuser set up');
	ask('SELECT fkfix_enable_enforcement()');
}
ask('ALTER EVENT TRIGGER fkfix_enforcement ENABLE; DROP TRIGGER act ON inbox');

# session_replication_role is not for everybody; to grant it is to let go.
like(as('attacker', 'SET session_replication_role = replica'), qr/permission denied to set parameter/,
	'an ordinary role cannot call itself a replica');
ask('GRANT SET ON PARAMETER session_replication_role TO attacker');
unlike(as('attacker', 'SET session_replication_role = replica; CREATE TABLE attacker.error_notes (a int CONSTRAINT a REFERENCES users)'),
	qr/ERROR/, 'one that may is not bound');
like(as('attacker', q{SET session_replication_role = replica; SELECT why_not FROM fkfix_status(); SELECT fkfix_rebuild('attacker.error_notes', 'a', 'SET NULL')}),
	qr/session_replication_role is replica\nt/, 'nor are its rebuilds');
is(ask('SELECT current_user_name, new_on_delete FROM fkfix.history ORDER BY id DESC LIMIT 1'), 'attacker|SET NULL',
	'which stand in the history all the same');
like(as('attacker', q{SET session_replication_role = replica; INSERT INTO fkfix.policy (priority) VALUES (9)}),
	qr/permission denied for table policy/, 'and it may not write rules');
ask('REVOKE SET ON PARAMETER session_replication_role FROM attacker; DROP TABLE attacker.error_notes');
is(ask(q{SET session_replication_role = replica;
		INSERT INTO fkfix.policy (id, referencing, on_delete) VALUES (9, 'nothing', 'set  null');
		SELECT on_delete FROM fkfix.policy WHERE id = 9}), 'SET NULL', 'rules that a replica session writes are checked');

# A role with REPLICATION: it reads all that is written to the log, the policy
# too, and writes nothing that it could not write otherwise.
is(as('replicator', 'SELECT count(*) FROM fkfix.policy'), 'psql:<stdin>:1: ERROR:  permission denied for table policy',
	'the policy is hidden from a role with REPLICATION');
as('replicator', q{SELECT pg_create_logical_replication_slot('spy', 'test_decoding')});
ask(q{INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement, reason) VALUES (10, 'spied', 'CASCADE', 'error', 'another secret')});
SKIP:
{
	my $changes = as('replicator', q{SELECT data FROM pg_logical_slot_get_changes('spy', NULL, NULL) WHERE data ~ 'fkfix.policy'});

	skip 'test_decoding is not installed', 1 if $changes =~ /does not exist|could not access file/;
	like($changes, qr/another secret/, 'in the log it can read it, as every table');
	ask(q{SELECT pg_drop_replication_slot('spy')});
}
like(as('replicator', q{INSERT INTO fkfix.policy (priority) VALUES (1000)}), qr/permission denied for table policy/,
	'it cannot write rules');
like(as('replicator', 'SELECT fkfix_disable_enforcement()'), qr/permission denied/, 'nor end enforcement');
my ($status, $out, $err) = $subscriber->psql('postgres', 'CREATE TABLE replicator.error_notes (a int REFERENCES public.users)',
	extra_params => [ '-U', 'replicator' ], replication => 'database');
like($err, qr/must be ON DELETE CASCADE/, 'a walsender that runs SQL is bound as any session');

like(as('replicator', q{SELECT fkfix_rebuild('attacker.notes', 'a', 'CASCADE')}), qr/must be owner of table notes/,
	'nor change the keys of others');

# Settings that come with the connection, an ordinary one or a walsender's
foreach my $mode ('false', 'database')
{
	local $ENV{PGOPTIONS} = '-c fkfix.enforcement=off';
	$subscriber->psql('postgres', 'CREATE TABLE replicator.error_notes (a int REFERENCES public.users)',
		extra_params => [ '-U', 'replicator' ], stderr => \$err, $mode eq 'false' ? () : (replication => $mode));
	like($err, qr/must be ON DELETE CASCADE/, "fkfix.enforcement is not taken from the options of a connection, replication $mode");
}
{
	local $ENV{PGOPTIONS} = '-c session_replication_role=replica';
	$subscriber->psql('postgres', 'SELECT', extra_params => [ '-U', 'replicator' ], stderr => \$err);
	like($err, qr/permission denied to set parameter/, 'nor is session_replication_role');
}

# A subscription of an ordinary role's own cannot write our tables.
if ($version >= 160000)
{
	ask(q{GRANT pg_create_subscription TO attacker; GRANT CREATE ON DATABASE postgres TO attacker});
	$publisher->safe_psql('postgres', q{CREATE PUBLICATION poison FOR TABLE fkfix.policy});
	ask(qq{CREATE SUBSCRIPTION poison CONNECTION '$connection' PUBLICATION poison
		WITH (enabled = false, copy_data = false, password_required = false, run_as_owner = true)});
	ask('ALTER SUBSCRIPTION poison OWNER TO attacker');
	my $offset = -s $subscriber->logfile;
	ask('ALTER SUBSCRIPTION everything DISABLE; ALTER SUBSCRIPTION poison ENABLE');
	$publisher->safe_psql('postgres', q{INSERT INTO fkfix.policy VALUES (20, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'off', 1000, NULL)});
	$subscriber->wait_for_log(qr/permission denied for table policy/, $offset);
	is(ask('SELECT count(*) FROM fkfix.policy WHERE id = 20'), 0, 'a subscription that runs as its owner writes no rules for one who may not');
	$offset = -s $subscriber->logfile;
	ask('ALTER SUBSCRIPTION poison SET (run_as_owner = false)');
	$subscriber->wait_for_log(qr/role "attacker" cannot SET ROLE to/, $offset);
	is(ask('SELECT count(*) FROM fkfix.policy WHERE id = 20'), 0, 'nor does one that runs as the owner of the table');
	ask('DROP SUBSCRIPTION poison');
	$publisher->safe_psql('postgres', 'DELETE FROM fkfix.policy WHERE id = 20');
	ask('ALTER SUBSCRIPTION everything ENABLE');
}
else
{
	like(as('attacker', "CREATE SUBSCRIPTION poison CONNECTION '$connection' PUBLICATION everything WITH (connect = false)"),
		qr/must be superuser to create subscriptions/, 'an ordinary role has no subscription');
	$subscriber->psql('postgres', 'ALTER SUBSCRIPTION everything OWNER TO attacker', stderr => \$err);
	like($err, qr/permission denied to change owner of subscription/, 'and is given none');
}

# IMPORT FOREIGN SCHEMA makes foreign tables, which have no keys, whatever they
# are called and whatever the other server says of them.
SKIP:
{
	skip 'postgres_fdw is not installed', 4
	  if ask(q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'}) == 0;
	my ($host, $port) = ($publisher->host, $publisher->port);

	$publisher->safe_psql('postgres', q{
		CREATE SCHEMA bait;
		CREATE TABLE bait.users (id int PRIMARY KEY);
		CREATE TABLE bait.error_notes (a int CONSTRAINT a REFERENCES bait.users);
		CREATE TABLE bait.policy (LIKE fkfix.policy INCLUDING ALL);
		CREATE TABLE bait.history (id bigint);
		INSERT INTO bait.policy (id, enforcement, priority) VALUES (1, 'off', 1000)});
	ask(qq{
		CREATE EXTENSION postgres_fdw;
		CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
		GRANT USAGE ON FOREIGN SERVER other TO attacker;
		CREATE USER MAPPING FOR attacker SERVER other OPTIONS (user '} . $publisher->safe_psql('postgres', 'SELECT current_user') . q{', password_required 'false')});
	is(as('attacker', 'IMPORT FOREIGN SCHEMA bait FROM SERVER other INTO attacker; SELECT count(*) FROM attacker.policy'), 1,
		'tables named like ours can be imported');
	is(ask(q{SELECT count(*) FROM pg_constraint, pg_class WHERE contype = 'f' AND pg_class.oid = conrelid AND relkind = 'f'}), 0,
		'no key comes with a foreign table');
	like(as('attacker', 'ALTER TABLE attacker.error_notes ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES public.users'),
		qr/ERROR:  (referenced relation|"error_notes" is not a table|relation "error_notes" is not a table|ALTER action ADD CONSTRAINT cannot|foreign key constraints are not supported on foreign tables)/,
		'nor can it have one');
	like(as('attacker', q{SET search_path = attacker, public; CREATE TABLE error_more (a int REFERENCES public.users ON DELETE SET NULL)}),
		qr/must be ON DELETE NO ACTION/, 'and the rules are those of the extension');
}

# Autovacuum analyzes an index by running its expression, as the table's owner.
my $analyzed = -s $subscriber->logfile;
as('attacker', q{
	CREATE FUNCTION attacker.make(int) RETURNS int LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE 'CREATE TABLE attacker.error_made (a int CONSTRAINT made REFERENCES public.users)';
		RETURN $1;
	END$$;
	CREATE TABLE attacker.armed ();
	CREATE FUNCTION attacker.indexed(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
	BEGIN
		IF to_regclass('attacker.armed') IS NULL THEN
			PERFORM attacker.make($1);
		END IF;
		RETURN $1;
	END$$;
	CREATE TABLE attacker.indexed (a int) WITH (autovacuum_analyze_threshold = 1);
	CREATE INDEX ON attacker.indexed (attacker.indexed(a));
	INSERT INTO attacker.indexed SELECT generate_series(1, 100)});
as('attacker', 'BEGIN; INSERT INTO attacker.indexed SELECT generate_series(1, 100); DROP TABLE attacker.armed; COMMIT');
$subscriber->wait_for_log(qr/ERROR:  foreign key "made" of table "error_made" must be ON DELETE CASCADE/, $analyzed);
is(ask('SELECT count(*) FROM pg_class WHERE relname = \'error_made\''), 0, 'DDL in an autovacuum worker is bound');
ask('DROP TABLE attacker.indexed');

# A row that is no rule stops the worker, as any row does that a table refuses;
# it does not become a rule.
my $offset = -s $subscriber->logfile;
$publisher->safe_psql('postgres', q{INSERT INTO fkfix.policy VALUES (3, '*', NULL, NULL, NULL, NULL, 'nonsense', NULL, 'fix', 0, NULL)});
$subscriber->wait_for_log(qr/ERROR: .*nonsense/, $offset);
is(ask('SELECT count(*) FROM fkfix.policy WHERE id = 3'), 0, 'a row that is no rule is refused to the worker, too');

ask('DROP SUBSCRIPTION everything');
$subscriber->stop;
$publisher->stop;
done_testing();
