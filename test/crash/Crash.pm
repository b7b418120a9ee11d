# A server that is to crash, and what the tests that crash it share.
#
# The environment says how often:
#	DEEP=1		hundreds of times
#	SAMPLE=1	a little of that, chosen at random
#	SEED=n		which

package Crash;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(start_server often chance is_whole state_of ask_for start_session pid_of kill_backend await_crash kill_server
	await_recovery check_storage check_log @pairs);

srand($ENV{SEED} || 1);

# What the keys are changed between: letters of pg_constraint, and their names.
our @pairs = ([ 'cn', 'CASCADE', 'SET NULL' ], [ 'nc', 'SET NULL', 'CASCADE' ], [ 'aa', 'NO ACTION', 'NO ACTION' ]);

# How often to do what a quick test does some times.
sub often
{
	my ($quick, $deep) = @_;
	return $ENV{DEEP} && !$ENV{SAMPLE} ? $deep : $quick;
}

# A number from zero to below one.
sub chance
{
	return rand();
}

# A server with the keys of crash.sql, that starts again after a crash.
sub start_server
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my @extra = ('--wal-segsize=1', @{ delete $options{extra} || [] });
	$node->init(extra => \@extra, %options);
	$node->append_conf('postgresql.conf', "fsync = off\nrestart_after_crash = on\nautovacuum = off\nmax_prepared_transactions = 5\n");
	$node->start;
	$node->safe_psql('postgres', slurp_file('test/crash/crash.sql'));
	return $node;
}

# What all keys are, in one line; those that are not what they do and what the
# history says of them, with all that.
sub state_of
{
	my ($node) = @_;
	return $node->safe_psql('postgres', q{
		SELECT string_agg(CASE WHEN state = deeds AND state = history THEN state
			ELSE format('(%s is %s, does %s, history has %s)', key, state, deeds, history) END, ' ' ORDER BY key) FROM report});
}

# Is every key one of some things?  With "together", all of them the same?
sub is_whole
{
	my ($state, $together, @allowed) = @_;
	my $allowed = join '|', @allowed;
	return $together ? $state =~ /^($allowed)( \1){5}$/ : $state =~ /^($allowed)( ($allowed)){5}$/;
}

# Has the policy ask for a pair of actions.
sub ask_for
{
	my ($node, $pair) = @_;
	$node->safe_psql('postgres', "UPDATE fkfix.policy SET on_delete = '$pair->[1]', on_update = '$pair->[2]'");
	return;
}

# Runs SQL in a session that does not outlive a crash.
sub start_session
{
	my ($node, $sql) = @_;
	my %session = (out => '', err => '');
	my $file = "$PostgreSQL::Test::Utils::tmp_check/session.sql";
	open my $handle, '>', $file or die "$file: $!";
	print $handle $sql;
	close $handle;
	$session{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=victim', '-f', $file ],
		'<', \undef, '>', \$session{out}, '2>', \$session{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return \%session;
}

# The process that serves the session, once a condition on its row of
# pg_stat_activity holds.
sub pid_of
{
	my ($node, $condition) = @_;
	my $victim = "FROM pg_stat_activity WHERE application_name = 'victim'";
	$node->poll_query_until('postgres', "SELECT EXISTS (SELECT $victim AND $condition)")
	  or die "the session is not there: $condition";
	return $node->safe_psql('postgres', "SELECT pid $victim");
}

sub kill_backend
{
	my ($node, $pid) = @_;
	my $offset = -s $node->logfile;
	kill 'KILL', $pid;
	await_crash($node, $offset);
	return;
}

# Until the postmaster has noticed that a backend is gone, it goes on as before.
sub await_crash
{
	my ($node, $offset) = @_;
	$node->wait_for_log(qr/all server processes terminated; reinitializing/, $offset);
	return;
}

# The postmaster first, so that it does not clean up after its child.  Its other
# children leave by themselves, but for one that waits for a lock in shared memory
# which the child that was killed has held.
sub kill_server
{
	my ($node, $pid) = @_;
	$node->{children} = [ children_of($node->{_pid}) ];
	$node->kill9;
	kill 'KILL', $pid;
	return;
}

# The processes whose parent is this one.
sub children_of
{
	my ($parent) = @_;
	my @children;
	for my $file (glob '/proc/[0-9]*/stat')
	{
		open my $handle, '<', $file or next;
		my ($pid, $its_parent) = (<$handle> // '') =~ /^(\d+) \(.*\) \S (\d+) /s;
		push @children, $pid if defined $pid && $its_parent == $parent;
	}
	return @children;
}

# Waits until the server, or another in its place, has recovered.
sub await_recovery
{
	my ($node, $session) = @_;
	eval { $session->{run}->finish };
	if (!defined $node->{_pid})
	{
		# the children of the one that was killed may still be leaving; who would
		# never leave goes as a DBA would send him
		my $starts = 0;
		until ($node->start(fail_ok => 1))
		{
			die 'the server does not start' if ++$starts > 100;
			kill 'KILL', @{ $node->{children} } if $starts == 20;
			usleep(100_000);
			$node->stop('fast', fail_ok => 1);
		}
	}

	# psql would be sent a query that it no longer reads when it is turned away
	my $attempts = 0;
	while (system('pg_isready', '--quiet', '--dbname', $node->connstr('postgres')) != 0)
	{
		die 'the server does not recover' if ++$attempts > 10 * $PostgreSQL::Test::Utils::timeout_default;
		usleep(100_000);
	}
	return;
}

# Are tables and indexes, the catalogs' above all, what they should be?
sub check_storage
{
	my ($node, $name) = @_;
	$node->command_checks_all([ 'pg_amcheck', '--heapallindexed', 'postgres' ], 0, [qr/^$/], [qr/^$/], $name);
	return;
}

# Nothing like it has been logged.
sub check_log
{
	my ($node, $pattern, $name) = @_;
	is(join('', grep { /$pattern/ } split /^/, slurp_file($node->logfile)), '', $name);
	return;
}

1;
