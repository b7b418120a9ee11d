# Beside the server that enforces: a standby, where there is nothing to change,
# and a subscriber, whose apply worker nothing may disturb.
#
# pg_regress cannot do this: it takes two servers.

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 'logical');
$node->start;
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;

my $tables = q{
	CREATE TABLE users (id int PRIMARY KEY);
	CREATE TABLE notes (id int PRIMARY KEY, a int REFERENCES users)};
my $rules = q{
	INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES
		(1, 'notes', 'CASCADE', 'error'), (2, 'fixed', 'CASCADE', 'fix')};

$node->safe_psql('postgres', qq{
	CREATE EXTENSION fkfix;
	$tables;
	$rules;
	SELECT fkfix_enable_enforcement();
	CREATE TABLE fixed (a int REFERENCES users)});
$node->wait_for_catchup($standby);

# The standby
my $look = q{
	SELECT conrelid::regclass, confdeltype FROM pg_constraint WHERE contype = 'f' ORDER BY conname;
	SELECT referencing, status, rule_id, remedy FROM fkfix_audit(all_keys => true);
	SELECT * FROM fkfix_status();
	SELECT * FROM fkfix_verify();
	SELECT id, cause, constraint_name, command_tag FROM fkfix.history};
is($standby->safe_psql('postgres', $look), $node->safe_psql('postgres', $look),
	'a standby shows what the primary shows');
foreach my $call (q{fkfix_rebuild('notes', 'notes_a_fkey', 'CASCADE')},
	q{fkfix_rebuild('notes', 'notes_a_fkey')}, 'fkfix_rebuild_all()',
	'fkfix_enable_enforcement()', 'fkfix_disable_enforcement()')
{
	my ($status, $out, $err) = $standby->psql('postgres', "SELECT $call");
	my $function = $call =~ s/\(.*/()/r;

	like($err, qr/ERROR:  cannot execute \Q$function\E (during recovery|in a read-only transaction)/,
		"a standby refuses $call");
}
is($node->safe_psql('postgres', q{SELECT fkfix_rebuild('notes', 'notes_a_fkey')}), 't',
	'the primary rebuilds');
$node->wait_for_catchup($standby);
is($standby->safe_psql('postgres', $look), $node->safe_psql('postgres', $look),
	'and the standby sees it');

# It enforces from the moment of its promotion.
$standby->promote;
my ($status, $out, $err) = $standby->psql('postgres',
	'ALTER TABLE notes ADD b int REFERENCES users');
like($err, qr/ERROR:  foreign key "notes_b_fkey" of table "notes" must be ON DELETE CASCADE/,
	'a promoted standby enforces');
$standby->stop;

# A subscriber with enforcement and rules of its own, which refuse what the
# publisher does: rows come whatever the keys are, and nothing that the
# publisher's actions did is done again.
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->start;
$subscriber->safe_psql('postgres', qq{
	CREATE EXTENSION fkfix;
	$tables;
	CREATE TABLE fixed (a int REFERENCES users);
	SELECT fkfix_enable_enforcement()});
my $connection = $node->connstr . ' dbname=postgres';
$node->safe_psql('postgres', q{
	ALTER TABLE fixed REPLICA IDENTITY FULL;
	INSERT INTO users VALUES (1), (2);
	INSERT INTO notes VALUES (1, 1);
	CREATE PUBLICATION everything FOR ALL TABLES});
$subscriber->safe_psql('postgres',
	"CREATE SUBSCRIPTION everything CONNECTION '$connection' PUBLICATION everything");
$subscriber->wait_for_subscription_sync($node, 'everything');
$node->safe_psql('postgres', q{
	INSERT INTO notes VALUES (2, 2);
	INSERT INTO fixed VALUES (2), (1);
	INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (3, 'later', 'set null', 'fix');
	CREATE TABLE later (id int PRIMARY KEY, a int REFERENCES users);
	DELETE FROM users WHERE id = 2});
$node->wait_for_catchup('everything');
my $rows = q{
	SELECT 'user', * FROM users; SELECT 'note', * FROM notes; SELECT 'fixed', * FROM fixed;
	SELECT id, referencing, on_delete, enforcement FROM fkfix.policy ORDER BY id;
	SELECT id, constraint_name, new_on_delete FROM fkfix.history ORDER BY id};
is($subscriber->safe_psql('postgres', $rows), $node->safe_psql('postgres', $rows),
	'rows, rules and history arrive at a subscriber that enforces');
is($subscriber->safe_psql('postgres',
		q{SELECT string_agg(conname::text || confdeltype::text, ' ' ORDER BY conname) FROM pg_constraint WHERE contype = 'f'}),
	'fixed_a_fkeya notes_a_fkeya', 'and its keys are left alone');
is($subscriber->safe_psql('postgres',
		q{SELECT count(*) FROM pg_stat_subscription WHERE pid IS NOT NULL AND subname = 'everything'}),
	1, 'the apply worker is there');
unlike(slurp_file($subscriber->logfile), qr/(background worker|apply worker).*(exited|error)|ERROR:/,
	'and has not stumbled');

# The rules that came are in force, and the subscriber rebuilds by them.  Values
# of identities are not replicated, here as for any table.
$subscriber->safe_psql('postgres', q{
	SELECT setval(pg_get_serial_sequence('fkfix.history', 'id'), 100)});
($status, $out, $err) = $subscriber->psql('postgres', 'CREATE TABLE later (a int REFERENCES users)');
like($err, qr/"later_a_fkey" of table "later" is now ON DELETE SET NULL/,
	'rules that were replicated are enforced');

# A session that has read the rules hears of those that the worker brings, takes
# away or changes.  Rows it applies fire no triggers for statements.
my $warm = $subscriber->background_psql('postgres', on_error_stop => 0);
$warm->query('CREATE TABLE warm_0 (a int REFERENCES users)');
my @heard;
foreach my $change (q{INSERT INTO fkfix.policy (id, referencing, on_delete, enforcement) VALUES (4, 'warm*', 'cascade', 'fix')},
	q{UPDATE fkfix.policy SET on_delete = 'set null' WHERE id = 4}, 'DELETE FROM fkfix.policy WHERE id = 4')
{
	$node->safe_psql('postgres', $change);
	$node->wait_for_catchup('everything');
	my $table = 'warm_' . (@heard + 1);
	$warm->query("CREATE TABLE $table (a int REFERENCES users)");
	push @heard, $subscriber->safe_psql('postgres',
		"SELECT confdeltype FROM pg_constraint WHERE conrelid = '$table'::regclass AND contype = 'f'");
}
$warm->quit;
is("@heard", 'c n a', 'a session hears of every rule that the worker writes');

# What it rebuilds does not disturb the worker.
$subscriber->safe_psql('postgres', 'SELECT * FROM fkfix_rebuild_all()');
$node->safe_psql('postgres', q{INSERT INTO notes VALUES (3, 1); DELETE FROM users});
$node->wait_for_catchup('everything');
is($subscriber->safe_psql('postgres', q{SELECT count(*) FROM users; SELECT count(*) FROM notes}), "0\n0",
	'a key that was rebuilt below an apply worker does not disturb it');

$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION everything');
$subscriber->stop;
$node->stop;
done_testing();
