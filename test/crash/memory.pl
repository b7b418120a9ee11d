# An allocation that fails, whichever it is, fails the statement with an error and
# nothing else: keys, rules and history are as before, and the same statement
# succeeds in the same session afterwards.  test/deep/faults runs it.

use strict;
use warnings;
use lib 'test/crash';
use Crash;
use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $library = getcwd() . '/test/crash/fail_allocation.so';
my $node = do { local $ENV{LD_PRELOAD} = $library; start_server('memory') };
$node->safe_psql('postgres', qq{
	CREATE FUNCTION fail_allocation(int) RETURNS void LANGUAGE C AS '$library';
	CREATE FUNCTION allocation_is_due() RETURNS boolean LANGUAGE C AS '$library';
	SELECT fkfix_rebuild('k1', 'k1', 'CASCADE');
	SELECT fkfix_enable_enforcement();
	UPDATE fkfix.policy SET on_delete = 'CASCADE', on_update = 'SET NULL';
	INSERT INTO fkfix.policy (id, referencing, on_delete) SELECT i, 'none' || i, 'CASCADE' FROM generate_series(2, 200) i;
	INSERT INTO fkfix.policy (id, referencing) VALUES (201, 'k1')});

# All that statements could change.
my $everything = q{SELECT md5(concat(
	(SELECT string_agg(state, ' ' ORDER BY key) FROM key_state), (SELECT string_agg(f::text, ' ' ORDER BY f) FROM fkfix.policy f),
	(SELECT string_agg(h::text, ' ' ORDER BY h) FROM fkfix.history h),
	(SELECT string_agg(relname::text, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN ('r', 'p')),
	(SELECT string_agg(evtname::text, ' ' ORDER BY evtname) FROM pg_event_trigger)))};
my $before = $node->safe_psql('postgres', $everything);

# Runs a statement in a new session with an allocation that fails, and then again,
# without; undoes both.  Returns whether an allocation was due, and what was wrong.
sub run
{
	my ($statement, $nth) = @_;
	my ($out, $err) = ('', '');
	my $status = $node->psql('postgres', qq{
		BEGIN;
		SELECT fail_allocation($nth);
		$statement;
		ROLLBACK;
		SELECT 'due' WHERE allocation_is_due();
		SELECT 'due' WHERE allocation_is_due();
		$everything;
		BEGIN;
		$statement;
		\\echo again
		ROLLBACK},
		stdout => \$out, stderr => \$err, on_error_stop => 0, on_error_die => 0);
	my $failed = $err =~ /ERROR|FATAL|PANIC/;
	my $due = $out =~ /^due$/m && !$failed;
	my @errors = $err =~ /^(?:psql:\S+ )?((?:ERROR|FATAL|PANIC).*)$/mg;
	my @wrong;
	push @wrong, "status $status" if $status != 0;
	push @wrong, $err if $err =~ /connection|FATAL|PANIC/;
	# the dynamic linker does not know why it failed
	push @wrong, grep { !/out of memory|Cannot allocate memory|could not load library/ } grep { !/current transaction is aborted/ } @errors;
	push @wrong, 'more than one error' if (grep { !/current transaction is aborted/ } @errors) > 1;
	push @wrong, 'something has changed' unless $out =~ /\Q$before\E/;
	push @wrong, 'the session is not well' unless $out =~ /again\s*$/;
	return ($due, $failed, map { "$nth: $_" } @wrong);
}

my %statements = (
	'a rebuild of all keys' => 'SELECT count(*) FROM fkfix_rebuild_all()',
	'a rebuild of one key' => q{SELECT fkfix_rebuild('k5', 'k5')},
	'a revert' => 'SELECT fkfix_revert(1)',
	'enforcement that fixes' => 'CREATE TABLE made (a int REFERENCES users)',
	'enforcement of a rename' => 'ALTER TABLE k3 RENAME TO made',
	'an audit' => 'SELECT count(*) FROM fkfix_audit(NULL, true)',
	'a check of the rules' => 'SELECT count(*) FROM fkfix_check_policy()',
	'a script' => q{SELECT length(fkfix_script('alembic'))},
	'a baseline' => 'DELETE FROM fkfix.policy; SELECT fkfix_baseline()',
	'a rule' => q{INSERT INTO fkfix.policy (id, columns, on_delete) VALUES (300, '{a, "b"}', 'set null (a) | cascade')},
	'a verification' => 'SELECT count(*) FROM fkfix_verify()',
	'switching enforcement' => 'SELECT fkfix_disable_enforcement(), fkfix_enable_enforcement()');

foreach my $what (sort keys %statements)
{
	my ($nth, $failures, @wrong) = (1, 0);
	while (1)
	{
		my ($due, $failed, @faults) = run($statements{$what}, $nth);
		push @wrong, @faults;
		last if $due || @wrong > 10;
		$failures += $failed;
		$nth += often(1 + int(chance() * 30), 1);
	}
	is(join("\n", @wrong), '', "$what: " . ($nth - 1) . " allocations, $failures failures");
	cmp_ok($failures, '>', 0, "$what: an allocation failed");
}

is($node->safe_psql('postgres', $everything), $before, 'in the end nothing has changed');
check_storage($node, 'tables and indexes are sound');
check_log($node, qr/PANIC|FATAL|terminated by signal|cache lookup failed/, 'no session has ended');
$node->stop;
done_testing();
