# Security modules are told of each catalog row that a rebuild changes, as they
# are of those that ALTER TABLE changes.
#
# Not for pg_regress: it takes a module with a hook.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
chomp(my $include = `$pg_config --includedir-server`);
my $module = "$PostgreSQL::Test::Utils::tmp_check/report_alter.so";
system('gcc', '-shared', '-fPIC', '-I', $include, '-o', $module, 'test/hooks/report_alter.c') == 0
  or die 'could not compile the module';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION fkfix;
	CREATE TABLE users (id int PRIMARY KEY) PARTITION BY LIST (id);
	CREATE TABLE users_1 PARTITION OF users FOR VALUES IN (1);
	CREATE TABLE notes (a int CONSTRAINT author REFERENCES users);
});

# What is told of a statement, and what has changed; both sorted
sub told
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');
	$node->psql('postgres', "LOAD '$module'; $sql", stdout => \$out, stderr => \$err, on_error_die => 1);
	return join "\n", sort $err =~ /altered (\w+ \d+)/g;
}

sub rows
{
	my ($condition) = @_;
	return $node->safe_psql('postgres', "
		SELECT 'constraint ' || oid FROM pg_constraint WHERE contype = 'f'
		UNION ALL
		SELECT 'trigger ' || t.oid FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid WHERE $condition
		ORDER BY 1");
}

is(told("SELECT fkfix_rebuild('notes', 'author', 'CASCADE')"), rows("proname ~ '_del\$'"),
	'of the key, its descendant, and their triggers');
is(told("SELECT fkfix_rebuild('notes', 'author', on_update => 'RESTRICT')"), rows("proname ~ '_upd\$' AND proname !~ 'check'"),
	'of the other triggers');
is(told("SELECT fkfix_rebuild('notes', 'author', 'CASCADE')"), '', 'of nothing if nothing changes');

$node->stop;
done_testing();
