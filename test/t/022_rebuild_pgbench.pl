# Rebuilds in a loop beside writers that delete with cascades, on tables for
# which there is no order of locking: nobody deadlocks, no row is lost or
# orphaned.  Only load makes such things happen.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('pgbench');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none");
$node->start;

# Cascades reach comments from users in two ways, the shorter one first; users are
# a tree; and two tables reference each other.  The last table is made first.
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION fkfix;
	CREATE TABLE comments (id int, note_id int, author_id int);
	CREATE TABLE notes (id int PRIMARY KEY, author_id int);
	CREATE TABLE users (id int PRIMARY KEY, parent_id int CONSTRAINT parent REFERENCES users ON DELETE CASCADE);
	ALTER TABLE comments ADD CONSTRAINT commenter FOREIGN KEY (author_id) REFERENCES users ON DELETE CASCADE;
	ALTER TABLE notes ADD CONSTRAINT author FOREIGN KEY (author_id) REFERENCES users ON DELETE CASCADE;
	ALTER TABLE comments ADD CONSTRAINT comment FOREIGN KEY (note_id) REFERENCES notes ON DELETE CASCADE;
	CREATE TABLE hen (id int PRIMARY KEY, egg_id int);
	CREATE TABLE egg (id int PRIMARY KEY, hen_id int CONSTRAINT hen REFERENCES hen ON DELETE CASCADE);
	ALTER TABLE hen ADD CONSTRAINT egg FOREIGN KEY (egg_id) REFERENCES egg ON DELETE CASCADE;
	CREATE INDEX ON comments (note_id);
	CREATE INDEX ON comments (author_id);
	CREATE INDEX ON notes (author_id);
	CREATE INDEX ON users (parent_id);
	CREATE INDEX ON hen (egg_id);
	CREATE INDEX ON egg (hen_id);
	INSERT INTO fkfix.policy (id, on_delete, on_update) VALUES (1, 'CASCADE', 'CASCADE');
});

# Clients 0 and 1 rebuild; the others write, each among ids of its own, so that
# only locks on tables can stand in their way.  A rebuild that might end in a
# deadlock is the one to look for it; writers give it plenty of time.
my $script = PostgreSQL::Test::Utils::tempdir . '/script.sql';
append_to_file(
	$script, q{
\set id :client_id * 1000 + random(1, 200)
\set what random(1, 6)
\if :client_id < 2
	SET deadlock_timeout = '100ms';
\endif
\if :client_id = 0
	SELECT fkfix_rebuild('notes', 'author', 'CASCADE', CASE :what WHEN 1 THEN 'RESTRICT' ELSE 'NO ACTION' END);
	SELECT fkfix_rebuild('comments', 'comment', 'CASCADE', CASE :what WHEN 2 THEN 'RESTRICT' ELSE 'NO ACTION' END);
	SELECT fkfix_rebuild('comments', 'commenter', 'CASCADE', CASE :what WHEN 3 THEN 'RESTRICT' ELSE 'NO ACTION' END);
	SELECT fkfix_rebuild('users', 'parent', 'CASCADE', CASE :what WHEN 4 THEN 'RESTRICT' ELSE 'NO ACTION' END);
	SELECT fkfix_rebuild('egg', 'hen', 'CASCADE', CASE :what WHEN 5 THEN 'RESTRICT' ELSE 'NO ACTION' END);
	SELECT fkfix_rebuild('hen', 'egg', 'CASCADE', CASE :what WHEN 6 THEN 'RESTRICT' ELSE 'NO ACTION' END);
	\sleep 2 ms
\elif :client_id = 1
	SELECT count(*) FROM fkfix_rebuild_all();
	SELECT count(*) FROM fkfix_audit();
	\sleep 5 ms
\else
	BEGIN;
	INSERT INTO users VALUES (:id) ON CONFLICT DO NOTHING;
	INSERT INTO users VALUES (:id + 500, :id) ON CONFLICT DO NOTHING;
	INSERT INTO notes VALUES (:id, :id), (:id + 500, :id + 500) ON CONFLICT DO NOTHING;
	INSERT INTO comments VALUES (1, :id, :id), (2, :id + 500, :id), (3, :id, :id + 500);
	COMMIT;
	DELETE FROM users WHERE id = :id;
	SELECT 1 / (count(*) = 0)::int FROM comments WHERE note_id = :id;
	BEGIN;
	INSERT INTO hen VALUES (:id) ON CONFLICT DO NOTHING;
	INSERT INTO egg VALUES (:id, :id) ON CONFLICT DO NOTHING;
	UPDATE hen SET egg_id = :id WHERE id = :id;
	COMMIT;
	\if :what > 3
		DELETE FROM hen WHERE id = :id;
	\else
		DELETE FROM egg WHERE id = :id;
	\endif
	SELECT 1 / (count(*) = 0)::int FROM hen FULL JOIN egg ON false WHERE egg.id = :id OR hen.id = :id;
\endif
});
my ($out, $err) = ('', '');
my $status = IPC::Run::run(
	[
		'pgbench', '-n', '-c', '5', '-j', '2', '-t', 500, '--random-seed=1', '-f', $script,
		'-d', $node->connstr('postgres')
	],
	'>', \$out, '2>', \$err);

ok($status, 'no client fails') or diag $err;
like($out, qr/number of failed transactions: 0 /, 'no transaction fails');
my $log = slurp_file($node->logfile);
ok($log !~ /ERROR:/, 'no error was logged, and no deadlock detected') or diag grep { /ERROR|DETAIL|blocked by|Process/ } split /^/, $log;
my $rebuilds = $node->safe_psql('postgres', 'SELECT count(*) FROM fkfix.history');
my ($transactions) = $out =~ /number of transactions actually processed: (\d+)/;
cmp_ok($rebuilds, '>', 50, 'keys were rebuilt meanwhile');
cmp_ok($transactions, '>', 100, 'and rows were written and deleted');
note "$rebuilds rebuilds, $transactions transactions";
is( $node->safe_psql('postgres', q{
	SELECT (SELECT count(*) FROM notes n WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = n.author_id)) +
		(SELECT count(*) FROM comments c WHERE NOT EXISTS (SELECT FROM notes n WHERE n.id = c.note_id)) +
		(SELECT count(*) FROM comments c WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = c.author_id)) +
		(SELECT count(*) FROM users u WHERE parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM users p WHERE p.id = u.parent_id)) +
		(SELECT count(*) FROM hen WHERE egg_id IS NOT NULL AND NOT EXISTS (SELECT FROM egg WHERE egg.id = egg_id)) +
		(SELECT count(*) FROM egg WHERE NOT EXISTS (SELECT FROM hen WHERE hen.id = hen_id))
}), '0', 'no row is orphaned');
is($node->safe_psql('postgres', 'SELECT count(*) FROM fkfix_verify()'), '0', 'all keys are whole');

$node->stop;
done_testing();
