# A dump of a database that enforces its policy restores completely, whatever
# the method: keys as they were (also those tolerated against the rules), rules,
# history, identities, privileges and the event trigger.
#
# pg_regress cannot do this: it takes several databases and two servers.

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->start;
$_->safe_psql('postgres', 'CREATE ROLE keeper') foreach $node, $other;
my $into = "-h " . $other->host . " -p " . $other->port;
my $dir = PostgreSQL::Test::Utils::tempdir;

# What has to be the same afterwards, as text.
my $keys_of = q{
	SELECT concat_ws(' | ', 'key', conrelid::regclass, conname, pg_get_constraintdef(oid),
					 convalidated, obj_description(oid, 'pg_constraint'))
	FROM pg_constraint WHERE contype = 'f'
	ORDER BY conrelid::regclass::text COLLATE "C", conname COLLATE "C"};
my $rest_of = q{
	SELECT 'rule | ' || r FROM fkfix.policy r ORDER BY id;
	SELECT 'history | ' || h FROM fkfix.history h ORDER BY id;
	SELECT 'next | ' || last_value || is_called FROM fkfix.policy_id_seq;
	SELECT 'next | ' || last_value || is_called FROM fkfix.history_id_seq};
# what an administrator has granted and revoked
my $privileges_of = q{
	SELECT 'privileges | ' || nspname || nspacl::text FROM pg_namespace WHERE nspname = 'fkfix';
	SELECT 'privileges | ' || relname || relacl::text FROM pg_class
	WHERE relnamespace = 'fkfix'::regnamespace AND relacl IS NOT NULL ORDER BY relname COLLATE "C";
	SELECT 'privileges | ' || proname || coalesce(proacl::text, '') FROM pg_proc
	WHERE proname ~ '^fkfix_' ORDER BY proname COLLATE "C"};
my $switch_of = q{
	SELECT concat_ws(' | ', 'event trigger', evtname, evtevent, evtfoid::regproc, evtenabled)
	FROM pg_event_trigger};

# Makes the database that is dumped: some keys fixed, some compliant or exempt,
# some in violation of rules of the given mode.
sub make_source
{
	my ($mode) = @_;

	$node->safe_psql('postgres', 'CREATE DATABASE source');
	$node->safe_psql('source', q{
		CREATE EXTENSION fkfix;
		GRANT INSERT, UPDATE, DELETE ON fkfix.policy TO keeper;
		GRANT USAGE ON SEQUENCE fkfix.policy_id_seq TO keeper;
		REVOKE SELECT ON fkfix.history FROM PUBLIC;
		REVOKE EXECUTE ON FUNCTION fkfix_rebuild_all FROM PUBLIC});
	$node->safe_psql('source', qq{
		SELECT fkfix_enable_enforcement();
		INSERT INTO fkfix.policy (referencing, on_delete, enforcement, priority, reason) VALUES
			('fixed*', 'CASCADE', 'fix', 0, 'It''s so.'),
			('tolerated*', 'CASCADE', '$mode', 0, NULL),
			('"Odd"" name"', 'SET NULL ("a ""b")', 'error', 7, NULL),
			('exempt', NULL, '$mode', 0, NULL),
			('gone', 'RESTRICT', 'warn', 0, NULL);
		DELETE FROM fkfix.policy WHERE referencing = 'gone';
		CREATE TABLE users (id int PRIMARY KEY);
		CREATE TABLE parted_users (id int PRIMARY KEY) PARTITION BY LIST (id);
		CREATE TABLE parted_users_1 PARTITION OF parted_users FOR VALUES IN (1);
		INSERT INTO users VALUES (1), (2);
		INSERT INTO parted_users VALUES (1);
		CREATE TABLE fixed (a int REFERENCES users DEFERRABLE INITIALLY DEFERRED);
		CREATE TABLE fixed_parted (id int, a int REFERENCES parted_users) PARTITION BY LIST (id);
		CREATE TABLE fixed_parted_1 PARTITION OF fixed_parted FOR VALUES IN (1);
		COMMENT ON CONSTRAINT fixed_a_fkey ON fixed IS 'kept';
		CREATE TABLE exempt (a int REFERENCES users ON DELETE SET DEFAULT);
		CREATE TABLE "Odd"" name" ("a ""b" int REFERENCES users ON DELETE SET NULL ("a ""b"));
		SET fkfix.enforcement = off;
		CREATE TABLE tolerated (a int REFERENCES users, b int REFERENCES users ON DELETE RESTRICT);
		CREATE TABLE tolerated_later (a int);
		INSERT INTO tolerated_later VALUES (17);
		ALTER TABLE tolerated_later ADD FOREIGN KEY (a) REFERENCES users NOT VALID;
		CREATE TABLE tolerated_parted (id int, a int REFERENCES parted_users) PARTITION BY LIST (id);
		CREATE TABLE tolerated_parted_1 PARTITION OF tolerated_parted FOR VALUES IN (1);
		INSERT INTO fixed VALUES (1);
		INSERT INTO fixed_parted VALUES (1, 1);
		INSERT INTO tolerated VALUES (1, 2);
		INSERT INTO tolerated_parted VALUES (1, 1);
	});
}

# The enforcement works where the dump was restored.
sub enforces
{
	my ($server, $database, $method) = @_;
	my ($status, $out, $err) = $server->psql($database,
		'CREATE TABLE fixed_afterwards (a int REFERENCES users)');

	like($err, qr/fixed_afterwards_a_fkey" of table "fixed_afterwards" is now ON DELETE CASCADE/,
		"$method: the policy is enforced");
	is($server->safe_psql($database, q{
			INSERT INTO fkfix.policy (referencing) VALUES ('x') RETURNING id}), 6,
		"$method: ids go on where they were");
}

sub same
{
	my ($server, $database, $method) = @_;
	my $query = "$keys_of; $rest_of; $privileges_of; $switch_of";

	is($server->safe_psql($database, $query), $node->safe_psql('source', $query),
		"$method: all came back");
	is($server->safe_psql($database, 'SELECT * FROM fkfix_verify()'), '',
		"$method: no key is damaged");
	enforces($server, $database, $method);
}

# Runs a shell command that must say nothing.
sub quietly
{
	my ($method, $command) = @_;
	my ($out, $err) = run_command([ 'bash', '-c', "set -o pipefail; $command" ]);

	is($err, '', "$method: nothing was complained of");
}

sub restored
{
	my ($method, $command) = @_;

	$node->safe_psql('postgres', 'CREATE DATABASE target');
	quietly($method, $command);
	same($node, 'target', $method);
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my $psql = 'psql -X -q -v ON_ERROR_STOP=1 -o /dev/null';

foreach my $mode ('error', 'fix')
{
	make_source($mode);
	cmp_ok($node->safe_psql('source',
			q{SELECT count(*) FROM fkfix_audit() WHERE referencing::text ~ 'tolerated'}),
		'>=', 4, "$mode: violations are tolerated");

	restored("$mode, pg_dump | psql", "pg_dump source | $psql target");
	restored("$mode, createdb -T", "dropdb target && createdb -T source target");
	restored("$mode, --inserts", "pg_dump --inserts --disable-triggers source | $psql target");
	restored("$mode, -Fc | pg_restore", "pg_dump -Fc source | pg_restore -d target");
	restored("$mode, psql --single-transaction", "pg_dump source | $psql --single-transaction target");
	restored("$mode, pg_restore --single-transaction",
		"pg_dump -Fc source | pg_restore --single-transaction -d target");
	restored("$mode, -Fd, -j 4",
		"pg_dump -Fd -j 4 -f '$dir/$mode' source && pg_restore -j 4 -d target '$dir/$mode'");
	restored("$mode, pg_restore --section",
		"pg_dump -Fc -f '$dir/$mode.dump' source && for s in pre-data data post-data; do "
		. "pg_restore --section=\$s -d target '$dir/$mode.dump' || exit; done");

	# without data there are no rules, and so nothing is enforced
	$node->safe_psql('postgres', 'CREATE DATABASE target');
	quietly("$mode, --schema-only", "pg_dump --schema-only source | $psql target");
	is($node->safe_psql('target', "$keys_of; $switch_of"),
		$node->safe_psql('source', "$keys_of; $switch_of"),
		"$mode, --schema-only: keys and event trigger came back");
	is($node->safe_psql('target', $rest_of), "next | 1false\nnext | 1false",
		"$mode, --schema-only: rules and history did not");
	$node->safe_psql('target', 'CREATE TABLE tolerated_more (a int REFERENCES users)');
	$node->safe_psql('postgres', 'DROP DATABASE target');

	# onto another server, with the database or with everything
	foreach my $dump ("pg_dump --create source", "pg_dump -Fc --create source", "pg_dumpall")
	{
		if ($dump =~ /-Fc/)
		{
			quietly("$mode, $dump", "$dump | pg_restore --create $into -d postgres");
		}
		elsif ($dump eq 'pg_dumpall')
		{
			# the roles are there
			quietly("$mode, $dump", "$dump | sed '/^CREATE ROLE/d' | $psql $into postgres");
		}
		else
		{
			quietly("$mode, $dump", "$dump | $psql $into postgres");
		}
		same($other, 'source', "$mode, $dump");
		$other->safe_psql('postgres', 'DROP DATABASE source');
	}
	$node->safe_psql('postgres', 'DROP DATABASE source');
}

# What is dumped by schema leaves the extension and its event trigger behind.
make_source('error');
$node->safe_psql('postgres', 'CREATE DATABASE target');
quietly('pg_dump -n public', "pg_dump -n public source | sed '/SCHEMA public/d' | $psql target");
is($node->safe_psql('target', $keys_of), $node->safe_psql('source', $keys_of), 'pg_dump -n public: the keys came back');
is($node->safe_psql('target', "SELECT count(*) FROM pg_extension WHERE extname = 'fkfix'; SELECT count(*) FROM pg_event_trigger"),
	"0\n0", 'pg_dump -n public: extension and event trigger did not');
$node->safe_psql('postgres', 'DROP DATABASE target');
$node->safe_psql('postgres', 'DROP DATABASE source');

# Into a database that enforces already: what its rules refuse is reported, the
# rest is there; and with the documented setting everything is.
make_source('error');
my $dump = "pg_dump --extension=plpgsql -t users -t tolerated -t exempt source";
foreach my $setting ('', "PGOPTIONS='-c fkfix.enforcement=off' ")
{
	$node->safe_psql('postgres', 'CREATE DATABASE target');
	$node->safe_psql('target', q{
		CREATE EXTENSION fkfix;
		SELECT fkfix_enable_enforcement();
		INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('tolerated', 'CASCADE', 'error'), ('exempt', 'CASCADE', 'fix');
	});
	my ($out, $err) = run_command([ 'bash', '-c', "$dump | $setting psql -X -q -o /dev/null target" ]);
	my $keys = $node->safe_psql('target', q{
		SELECT string_agg(conname::text || confdeltype::text, ' ' ORDER BY conname) FROM pg_constraint WHERE contype = 'f'});

	if ($setting eq '')
	{
		like($err, qr/ERROR:  foreign key "tolerated_a_fkey" of table "tolerated" must be ON DELETE CASCADE/,
			'an enforcing target reports the keys that it refuses');
		like($err, qr/WARNING:  foreign key "exempt_a_fkey" of table "exempt" is now ON DELETE CASCADE instead of ON DELETE SET DEFAULT/,
			'and those that it changes');
		is($keys, 'exempt_a_fkeyc', 'the rest is restored');
	}
	else
	{
		is($err, '', 'with enforcement off for the session nothing is refused');
		is($keys, 'exempt_a_fkeyd tolerated_a_fkeya tolerated_b_fkeyr', 'and every key is as it was');
	}
	is($node->safe_psql('target', 'SELECT count(*) FROM tolerated'), 1, 'rows are there anyway');
	$node->safe_psql('postgres', 'DROP DATABASE target');
}

$node->stop;
$other->stop;
done_testing();
