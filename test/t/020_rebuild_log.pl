# A rebuild leaves one line in the server's log, and tells the client nothing.
# Only a server of its own has a log that a test can read.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('log');
$node->init;
$node->start;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION fkfix;
	CREATE SCHEMA "My Schema";
	CREATE TABLE users (id int PRIMARY KEY);
	CREATE TABLE "My Schema".notes (a int CONSTRAINT author REFERENCES users, b int CONSTRAINT "the editor" REFERENCES users);
	INSERT INTO fkfix.policy (constraint_name, on_delete, on_update) VALUES ('"the editor"', 'SET NULL (b)', 'CASCADE');
});

# Runs SQL, and returns the lines about foreign keys that it left in the log,
# each from its severity on.
my $offset = 0;
my $transaction;

sub logged
{
	my ($sql, %options) = @_;
	my ($out, $err) = ('', '');
	$offset = -s $node->logfile;
	$node->psql('postgres', "SET client_min_messages = debug1; $sql",
		stdout => \$out, stderr => \$err, on_error_stop => 0);
	unlike("$out$err", qr/changed in/, 'the client is not told');
	my $log = slurp_file($node->logfile, $offset);
	unlike($log, qr/changed in[^\n]*\n[^\n]*(STATEMENT|CONTEXT):/, 'nor is the statement repeated');
	my @lines = grep { /foreign key .* changed/ } split /\n/, $log;
	s/^.*?([A-Z]+:  )/$1/, s/in transaction (\d+) /in / foreach @lines;
	($transaction) = $log =~ /changed in transaction (\d+)/;
	return \@lines;
}

is_deeply(
	logged(q{SELECT fkfix_rebuild('"My Schema".notes', 'author', 'CASCADE')}),
	[ 'LOG:  foreign key "author" of table "My Schema".notes changed in from ON DELETE NO ACTION ON UPDATE NO ACTION to ON DELETE CASCADE ON UPDATE NO ACTION' ],
	'one line for a rebuild');
is($node->safe_psql('postgres', 'SELECT transaction_id FROM fkfix.history'), $transaction,
	'which names the transaction, as the history does');
is_deeply(logged(q{SELECT fkfix_rebuild('"My Schema".notes', 'author', 'CASCADE')}),
	[], 'none if nothing changes');
is_deeply(logged(q{SELECT fkfix_rebuild('"My Schema".notes', 'author', 'SET NULL (id)')}),
	[], 'none for one that is refused');
is_deeply(
	logged(q{ALTER TABLE fkfix.history RENAME COLUMN cause TO why;
		SELECT fkfix_rebuild('"My Schema".notes', 'author', 'RESTRICT');
		SELECT * FROM fkfix_rebuild_all();
		ALTER TABLE fkfix.history RENAME COLUMN why TO cause}),
	[], 'none if the history cannot be written');
is_deeply(
	logged('SELECT * FROM fkfix_rebuild_all()'),
	[ 'LOG:  foreign key "the editor" of table "My Schema".notes changed in from ON DELETE NO ACTION ON UPDATE NO ACTION to ON DELETE SET NULL (b) ON UPDATE CASCADE' ],
	'one line for each key of several');
is_deeply(
	logged(
		q{SELECT fkfix_enable_enforcement();
		ALTER TABLE "My Schema".notes DROP CONSTRAINT "the editor",
		ADD CONSTRAINT "the editor" FOREIGN KEY (b) REFERENCES users ON DELETE RESTRICT ON UPDATE CASCADE}),
	[ 'LOG:  foreign key "the editor" of table "My Schema".notes changed in from ON DELETE RESTRICT ON UPDATE CASCADE to ON DELETE SET NULL (b) ON UPDATE CASCADE' ],
	'one line for what enforcement does');

$node->stop;
done_testing();
