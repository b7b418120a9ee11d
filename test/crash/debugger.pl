# A debugger kills the backend at chosen places: before each change to a catalog,
# each record of the log, and each step of the commit.  test/deep/crash runs it.

use strict;
use warnings;
use lib 'test/crash';
use Crash;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

# Functions of the server that a batch goes through, and what is there if a
# backend dies on entering one: the old keys or the new.  A flush of the log may
# have been done by somebody else.
my @places = (
	[ 'CatalogTupleUpdateWithInfo',     'old' ],
	[ 'CacheInvalidateRelcacheByRelid', 'old' ],
	[ 'CommandCounterIncrement',        'old' ],
	[ 'XLogInsert',                     'old' ],
	[ 'XLogFlush',                      'either' ],
	[ 'TransactionIdCommitTree',        'new' ],
	[ 'ProcArrayEndTransaction',        'new' ],
	[ 'SendSharedInvalidMessages',      'new' ],
	[ 'LockReleaseAll',                 'new' ]);

my $node = start_server('debugged');
my $round = 0;
my @signals = qw(SIGUSR1 SIGUSR2 SIGALRM SIGURG SIGPIPE SIGHUP SIGINT SIGTERM);

# Has a debugger kill the session of a process when it enters a function for the
# nth time after this.  Returns the running debugger; the process is stopped, or
# goes on towards that place.
sub attach
{
	my ($pid, $function, $n) = @_;
	my %gdb = (out => '');
	my $ready = "$PostgreSQL::Test::Utils::tmp_check/attached";
	unlink $ready;
	$gdb{run} = IPC::Run::start(
		[ 'gdb', '-nx', '-batch', '-p', $pid, '-ex', "handle @signals nostop noprint pass",
			'-ex', "break $function", '-ex', 'ignore 1 ' . ($n - 1), '-ex', "shell touch $ready", '-ex', 'continue', '-ex', 'kill' ],
		'<', \undef, '>&', \$gdb{out}, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	until (-e $ready)
	{
		$gdb{run}->pump_nb;
		$gdb{run}->pumpable or die "the debugger cannot attach: $gdb{out}";
		usleep(20_000);
	}
	return \%gdb;
}

# Kills one that rebuilds all keys where it enters a function for the nth time.
# Returns undef if it does not, and else what is wrong then.
sub kill_at
{
	my ($function, $n, $expected) = @_;
	my ($old, $new) = @pairs[ $round % @pairs, ($round + 1) % @pairs ];
	$round++;
	ask_for($node, $old);
	$node->safe_psql('postgres', 'SELECT * FROM fkfix_rebuild_all()');
	ask_for($node, $new);

	my $holder = $node->background_psql('postgres', on_error_stop => 0);
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	my $session = start_session($node, "SELECT fkfix_status(); BEGIN; SELECT pg_advisory_lock(1); SELECT fkfix_rebuild_all();\nCOMMIT;");
	my $offset = -s $node->logfile;
	my $gdb = attach(pid_of($node, "wait_event = 'advisory'"), $function, $n);
	$holder->query('SELECT pg_advisory_unlock(1)');
	eval { $gdb->{run}->finish };
	my $killed = $gdb->{out} =~ /killed\]/;
	await_crash($node, $offset) if $killed;
	eval { $holder->quit };
	await_recovery($node, $session);
	my @allowed = !$killed || $expected eq 'new' ? $new->[0] : $expected eq 'old' ? $old->[0] : ($old->[0], $new->[0]);
	my $state = state_of($node);
	my $wrong = is_whole($state, 1, @allowed) ? '' : "$state at $function, $n";
	die $wrong if !$killed && $wrong;
	return $killed ? $wrong : undef;
}

foreach my $place (@places)
{
	my ($function, $expected) = @$place;
	my ($kills, @wrong) = (0);

	# every time that a batch comes by, or the first and some other
	foreach my $n (often([ 1, ($expected eq 'old' ? 2 + int(chance() * 25) : ()) ], [ 1 .. 1000 ])->@*)
	{
		my $wrong = kill_at($function, $n, $expected);
		last unless defined $wrong;
		$kills++;
		push @wrong, $wrong if $wrong;
	}
	is("@wrong", '', "killed on entering $function: $kills times");
	cmp_ok($kills, '>', 0, "there is a $function");
}

check_storage($node, 'tables and indexes are sound');
check_log($node, qr/PANIC|cache lookup failed|could not find tuple/, 'no recovery stumbled');
$node->stop;
done_testing();
