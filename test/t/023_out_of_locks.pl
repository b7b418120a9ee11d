# A batch that needs more locks than the server has room for changes nothing, and
# says what to do; and what it says helps.
#
# pg_regress cannot do this: the room is a setting of the server's start.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('locks');
$node->init;
$node->append_conf('postgresql.conf', q{
	fsync = off
	autovacuum = off
	max_connections = 5
	max_worker_processes = 1
	max_locks_per_transaction = 10
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION fkfix;
	INSERT INTO fkfix.policy (on_delete) VALUES ('CASCADE')});
$node->safe_psql('postgres', q{
	DO $$BEGIN
		FOR i IN 1..900 LOOP
			EXECUTE format('CREATE TABLE notes_%1$s (id int PRIMARY KEY, parent int REFERENCES notes_%1$s)', i);
			COMMIT;
		END LOOP;
	END$$});

# Runs SQL that must fail, and returns the error, detail and hint.
sub failure
{
	my ($status, $out, $err) = $node->psql('postgres', shift);
	return join "\n", grep { /^(psql:\S+ )?(ERROR|DETAIL|HINT):/ } split /\n/, $err;
}

my $actions = q{SELECT string_agg(DISTINCT confdeltype::text, '') FROM pg_constraint WHERE contype = 'f'};
my $traces = q{SELECT (SELECT count(*) FROM fkfix.history), (SELECT count(*) FROM pg_locks WHERE mode = 'ShareRowExclusiveLock'),
	(SELECT count(*) FROM fkfix_verify())};

like(failure('SELECT count(*) FROM fkfix_rebuild_all()'),
	qr/ERROR:  out of shared memory\nHINT:  You might need to increase max_locks_per_transaction, or to rebuild fewer keys in one transaction, as with pg_catalog.fkfix_rebuild_all\(relation\)\.$/,
	'a batch that is too large says what to do');
is($node->safe_psql('postgres', $actions), 'a', 'no key was changed');
is($node->safe_psql('postgres', $traces), '0|0|0', 'and nothing is left of it');

# What it says helps.
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM pg_class, LATERAL (SELECT fkfix_rebuild_all(oid)) one WHERE relname IN ('notes_1', 'notes_2')}),
	2, 'a smaller batch succeeds');
$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 400');
$node->restart;
is($node->safe_psql('postgres', 'SELECT count(*) FROM fkfix_rebuild_all() WHERE rebuilt'), 898, 'more room is enough for all');
is($node->safe_psql('postgres', $actions), 'c', 'every key was changed');
is($node->safe_psql('postgres', $traces), '900|0|0', 'and the history has them');

# Another error in its place has another cure.
my $other = $node->background_psql('postgres');
$other->query_safe('BEGIN; LOCK TABLE notes_900 IN ROW EXCLUSIVE MODE');
is(failure(q{UPDATE fkfix.policy SET on_delete = 'SET NULL'; SET lock_timeout = 10; SELECT fkfix_rebuild_all()}) =~ s/^psql:\S+ //r,
	'ERROR:  canceling statement due to lock timeout', 'a timeout has no such hint');
$other->quit;

$node->stop;
done_testing();
