# A rebuild whose session is ended while it waits leaves nothing behind, and one
# that is part of a prepared transaction keeps its locks and takes effect with
# it.  Sessions that are killed are beyond the isolation tester, and prepared
# transactions need a setting that a server under test may lack.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('waiting');
$node->init;
$node->append_conf('postgresql.conf', 'max_prepared_transactions = 5');
$node->start;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION fkfix;
	CREATE TABLE users (id int PRIMARY KEY);
	CREATE TABLE notes (author_id int CONSTRAINT author REFERENCES users);
	INSERT INTO users VALUES (1), (2), (3);
	INSERT INTO notes VALUES (1), (2);
});

my $actions = q{SELECT string_agg(on_delete, ' ') FROM fkfix_audit(NULL, true)};
my $locks = q{SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND (mode = 'ShareRowExclusiveLock' OR
	locktype = 'object' AND mode = 'ExclusiveLock')};

# Starts SQL in a session of its own, named so that it can be found, and waits
# until it waits for a lock.
sub start_waiting
{
	my ($name, $sql) = @_;
	my %session = (name => $name, out => '', err => '');
	$session{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres') . " application_name=$name", '-c', $sql ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	$node->poll_query_until('postgres',
		"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '$name' AND wait_event_type = 'Lock')")
	  or die "session $name does not wait";
	return \%session;
}

sub finish
{
	my ($session) = @_;
	$session->{run}->finish;
	return $session->{out} . $session->{err};
}

sub terminate
{
	my ($session) = @_;
	$node->safe_psql('postgres',
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '$session->{name}'");
	return finish($session);
}

# A transaction that holds locks, with nobody connected.
sub prepare
{
	my ($name, $sql) = @_;
	$node->safe_psql('postgres', "BEGIN; $sql; PREPARE TRANSACTION '$name'");
	return;
}

# A rebuild waits for a prepared transaction as for any other, and can be ended.
prepare('writer', 'DELETE FROM users WHERE id = 3');
my $rebuild = start_waiting('ended', q{SELECT fkfix_rebuild('notes', 'author', 'CASCADE')});
like(terminate($rebuild), qr/terminating connection due to administrator command/,
	'a waiting rebuild can be terminated');
my $all = start_waiting('patient', q{SELECT fkfix_rebuild('notes', 'author', 'CASCADE')});
is($node->safe_psql('postgres', $actions), 'NO ACTION', 'and has changed nothing');
$node->safe_psql('postgres', q{COMMIT PREPARED 'writer'});
is(finish($all), "t\n", 'another goes on when the transaction it waits for is committed');
is($node->safe_psql('postgres', $actions), 'CASCADE', 'and takes effect');
is($node->safe_psql('postgres', $locks), '0', 'no lock is left');

# A rebuild that is prepared keeps writers and other rebuilds waiting, and takes
# effect when it is committed, also for a session that was there before.
prepare('rebuild', q{SELECT fkfix_rebuild('notes', 'author', 'SET NULL')});
is($node->safe_psql('postgres', $actions), 'CASCADE', 'a prepared rebuild is not in effect');
my $writer = start_waiting('writer', 'DELETE FROM users WHERE id = 1');
my $other = start_waiting('other', q{SELECT fkfix_rebuild('notes', 'author', 'SET NULL')});
is($node->safe_psql('postgres', 'SELECT count(*) FROM notes, users'), '4', 'readers do not wait for it');
$node->stop('immediate');
$node->start;
finish($_) foreach ($writer, $other);
is($node->safe_psql('postgres', $actions), 'CASCADE', 'it survives a crash');
$writer = start_waiting('writer', 'DELETE FROM users WHERE id = 1');
$node->safe_psql('postgres', q{COMMIT PREPARED 'rebuild'});
is(finish($writer), '', 'a writer that waited goes on');
is($node->safe_psql('postgres', 'SELECT count(*), count(author_id) FROM notes'), '2|1', 'and does the new thing');
is($node->safe_psql('postgres', q{SELECT new_on_delete FROM fkfix.history ORDER BY id}),
	"CASCADE\nSET NULL", 'the history has what was committed');

prepare('undone', q{SELECT fkfix_rebuild('notes', 'author', 'RESTRICT')});
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'undone'});
is($node->safe_psql('postgres', $actions), 'SET NULL', 'a prepared rebuild can be rolled back');
is($node->safe_psql('postgres', 'SELECT count(*) FROM fkfix_verify()'), '0', 'the key is whole');

# One that is prepared and forgotten keeps nobody from rebuilding other tables,
# whether it has changed something or not.
my $turns = q{SELECT count(*) FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_extension'::regclass AND granted};
$node->safe_psql('postgres', 'CREATE TABLE far (id int PRIMARY KEY, far_id int CONSTRAINT far REFERENCES far)');
foreach my $action ('SET NULL', 'CASCADE')
{
	prepare('forgotten', "SELECT fkfix_rebuild('notes', 'author', '$action')");
	is($node->safe_psql('postgres', q{SELECT fkfix_rebuild('far', 'far', 'RESTRICT')}), 't',
		"beside a prepared rebuild to $action other tables can be rebuilt");
	is($node->safe_psql('postgres', $turns), '0', 'it holds no turn');
	is($node->safe_psql('postgres', q{SELECT count(*) FROM fkfix_rebuild_all('far')}), '0', 'one and all');
	$node->safe_psql('postgres', q{ROLLBACK PREPARED 'forgotten'; SELECT fkfix_rebuild('far', 'far', 'NO ACTION')});
}

$node->stop;
done_testing();
