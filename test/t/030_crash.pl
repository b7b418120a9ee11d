# Whatever moment a backend or the server is killed at, each key is wholly the old
# one or wholly the new one: what its rows say, what its triggers call, what it
# does, and what the history says of it.
#
# pg_regress cannot do this: its server has to live.

use strict;
use warnings;
use lib 'test/crash';
use Crash;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = start_server('crash');
my $round = 0;

# The keys' actions before, and those that are asked for: never the same.
sub next_pairs
{
	$round++;
	return ($pairs[ ($round - 1) % @pairs ], $pairs[ $round % @pairs ]);
}

# Gives all keys a pair of actions, in peace.
sub settle
{
	my ($pair) = @_;
	ask_for($node, $pair);
	$node->safe_psql('postgres', 'SELECT * FROM fkfix_rebuild_all()');
	return;
}

# Kills at a random moment while a session rebuilds key after key, or all at once,
# again and again.
sub kill_at_random
{
	my ($kill, $times, $what, $together, $sql) = @_;
	my (%states, @wrong);
	for my $time (1 .. $times)
	{
		my $session = start_session($node, $sql x 200);
		my $pid = pid_of($node, "query ~ 'fkfix'");
		usleep(int(chance() * 60_000));
		$kill->($node, $pid);
		await_recovery($node, $session);
		my $state = state_of($node);
		$states{$state}++;
		push @wrong, $state unless is_whole($state, $together, map { $_->[0] } @pairs);
	}
	is("@wrong", '', "$what: $times times");
	note(join ', ', map { "$_: $states{$_}" } sort keys %states);
	return;
}

my $one_by_one = join '', map {
	my $pair = $_;
	map { "SELECT fkfix_rebuild('k$_', 'k$_', '$pair->[1]', '$pair->[2]');\n" } 1 .. 6
} @pairs;
my $batches = join '', map {
	"BEGIN; UPDATE fkfix.policy SET on_delete = '$_->[1]', on_update = '$_->[2]'; SELECT fkfix_rebuild_all(); COMMIT;\n"
} @pairs;
settle($pairs[0]);
my $times = often(6, 100);
my $fewer = often(3, 60);
kill_at_random(\&kill_backend, $times, 'a backend is killed while it rebuilds single keys', 0, $one_by_one);
settle($pairs[0]);
kill_at_random(\&kill_backend, $times, 'a backend is killed while it rebuilds all keys', 1, $batches);
kill_at_random(\&kill_server, $fewer, 'the server is killed while one rebuilds all keys', 1, $batches);
kill_at_random(\&kill_server, $fewer, 'the server is killed while one rebuilds single keys', 0, $one_by_one);

# Chosen moments: triggers stop the session after the nth key, or when it is about
# to commit.  A checkpoint writes out what is not committed.
$node->safe_psql('postgres', q{
	CREATE TABLE stops (key name);
	CREATE TABLE commits (id int);
	CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
		IF TG_RELNAME = 'commits' OR to_jsonb(NEW) ->> 'constraint_name' = (SELECT key FROM public.stops) THEN PERFORM pg_advisory_xact_lock(1); END IF;
		RETURN NULL;
	END$$;
	CREATE TRIGGER stop AFTER INSERT ON fkfix.history FOR EACH ROW EXECUTE FUNCTION stop();
	CREATE CONSTRAINT TRIGGER stop AFTER INSERT ON commits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stop()});

sub kill_at
{
	my ($kill, $what, $key, $checkpoint) = @_;
	my ($old, $new) = next_pairs();
	settle($old);
	ask_for($node, $new);
	$node->safe_psql('postgres', "INSERT INTO stops VALUES ('$key')");
	my $holder = $node->background_psql('postgres', on_error_stop => 0);
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	my $session = start_session($node, 'BEGIN; SELECT fkfix_rebuild_all(); INSERT INTO commits VALUES (1); COMMIT;');
	my $pid = pid_of($node, "wait_event = 'advisory'");
	$node->safe_psql('postgres', 'CHECKPOINT') if $checkpoint;
	$kill->($node, $pid);
	eval { $holder->quit };
	await_recovery($node, $session);
	is(state_of($node), join(' ', ($old->[0]) x 6), $what);
	$node->safe_psql('postgres', 'DELETE FROM stops');
	return;
}

for my $key (1 .. 6)
{
	my $kill = $key % 2 ? \&kill_backend : \&kill_server;
	kill_at($kill, "killed after $key of 6 keys" . ($key > 3 ? ', and a checkpoint' : ''), "k$key", $key > 3);
}
kill_at(\&kill_backend, 'a backend is killed when about to commit', 'none', 1);
kill_at(\&kill_server, 'the server is killed when a session is about to commit', 'none', 1);

# What is prepared survives, and takes effect when it is committed.
my ($old, $new) = next_pairs();
settle($old);
ask_for($node, $new);
my $session = start_session($node, "BEGIN; SELECT fkfix_rebuild_all(); PREPARE TRANSACTION 'batch'; SELECT pg_sleep(1000);");
kill_server($node, pid_of($node, "query ~ 'sleep' AND wait_event = 'PgSleep'"));
await_recovery($node, $session);
is($node->safe_psql('postgres', 'SELECT DISTINCT state FROM key_state'), $old->[0], 'a batch that was prepared is not in effect after a crash');
$node->safe_psql('postgres', q{COMMIT PREPARED 'batch'});
is(state_of($node), join(' ', ($new->[0]) x 6), 'but when it is committed');

check_storage($node, 'tables and indexes are sound');
check_log($node, qr/PANIC|cache lookup failed|could not find tuple/, 'no recovery stumbled');
$node->stop;
done_testing();
