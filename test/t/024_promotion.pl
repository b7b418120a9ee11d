# A standby knows a key as its primary does, from the replay on: sessions that are
# warm there see the new action, readers are not cancelled, and what was not
# committed when it is promoted has not happened.
#
# pg_regress cannot do this: it takes two servers.

use strict;
use warnings;
use lib 'test/crash';
use Crash;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = start_server('primary', allows_streaming => 1);
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = -1');
$standby->start;
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT DISTINCT state FROM key_state'), 'aa', 'the standby has the keys');

# Sessions that are warm: they have planned what they run, the standby's caches
# know all triggers, and the second one keeps a snapshot from before.
my $delete = 'DELETE FROM users WHERE id = 1';
my $warm = $standby->background_psql('postgres', on_error_stop => 0);
my $reader = $standby->background_psql('postgres');
my $what = q{SELECT string_agg(confdeltype::text || confupdtype::text, ' ' ORDER BY conname) FROM pg_constraint WHERE conparentid = 0 AND contype = 'f'};
$warm->query(qq{
	PREPARE del AS $delete;
	PREPARE upd AS UPDATE users SET id = 77 WHERE id = 3;
	PREPARE what AS $what;
	PREPARE audit AS SELECT DISTINCT on_delete, status FROM fkfix_audit(NULL, true);
	EXECUTE what;
	EXECUTE what;
	EXECUTE audit;
	EXPLAIN EXECUTE del;
	EXPLAIN EXECUTE upd});
like($warm->query('EXECUTE del') . $warm->{stderr}, qr/cannot execute DELETE in a read-only transaction/,
	'nobody deletes on a standby');
$warm->{stderr} = '';
$reader->query_safe(qq{
	BEGIN ISOLATION LEVEL REPEATABLE READ;
	PREPARE what AS $what;
	SELECT count(*) FROM users, k1, k3, k5;
	DECLARE rows CURSOR FOR SELECT * FROM users, groups});
$reader->query_safe('FETCH 1 FROM rows');

# A rebuild takes a lock that readers elsewhere need not hear of: it is replayed
# although they read the tables.
ask_for($primary, $pairs[0]);
$primary->safe_psql('postgres', 'SELECT * FROM fkfix_rebuild_all()');
$primary->wait_for_catchup($standby);
is($warm->query('EXECUTE what'), 'cn cn cn cn cn cn', 'a warm session sees the new actions');
is($warm->query('EXECUTE audit'), 'CASCADE|compliant', 'and so does its audit');
is($reader->query('EXECUTE what'), 'aa aa aa aa aa aa', 'one with an older snapshot does not');
is($reader->query('FETCH ALL FROM rows') =~ tr/\n// + 2, 81, 'and reads on');
is($standby->safe_psql('postgres',
		q{SELECT count(*) FROM pg_locks WHERE mode IN ('ShareRowExclusiveLock', 'AccessExclusiveLock')}), 0,
	'no lock came with it');
is($standby->safe_psql('postgres', 'SELECT sum(confl_lock + confl_snapshot + confl_bufferpin + confl_deadlock) FROM pg_stat_database_conflicts'),
	0, 'and nobody was cancelled');
$reader->query_safe('COMMIT');

# The primary is lost in the middle of a batch, of which the standby has all but
# the commit.
ask_for($primary, $pairs[1]);
my $batch = $primary->background_psql('postgres');
$batch->query_safe('BEGIN; SELECT * FROM fkfix_rebuild_all()');
$primary->safe_psql('postgres', 'SELECT pg_switch_wal(); CHECKPOINT');
$primary->wait_for_catchup($standby);
is($warm->query('EXECUTE what'), 'cn cn cn cn cn cn', 'what is not committed is not seen');
$primary->stop('immediate');
eval { $batch->quit };
$standby->promote;
is(state_of($standby), 'cn cn cn cn cn cn', 'after a promotion in the middle of a batch the old actions are in effect');

# The session that was there before does what was replayed, by the plans it has.
$warm->query('BEGIN');
is($warm->query('EXECUTE del; SELECT count(*) FROM k1'), '0', 'a warm session deletes with the actions that were replayed');
is($warm->query('EXECUTE upd; SELECT count(*) FROM k3 WHERE a IS NULL'), '1', 'and updates');
$warm->query('ROLLBACK');

# And the new primary goes on where the old one stopped.
is($standby->safe_psql('postgres', 'SELECT count(*) FROM fkfix_rebuild_all() WHERE rebuilt'), 6, 'the batch can be run again');
is(state_of($standby), 'nc nc nc nc nc nc', 'and takes effect');
is($warm->query('BEGIN; EXECUTE del; SELECT count(*) FROM k1 WHERE a IS NULL; ROLLBACK'), '1', 'in the warm session, too');
is($warm->{stderr} =~ /ERROR/ ? $warm->{stderr} : '', '', 'which saw no error');
$warm->quit;
$reader->quit;
check_storage($standby, 'tables and indexes are sound');
$standby->stop;
done_testing();
