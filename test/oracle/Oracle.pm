# A server with the oracle, and what the tests that consult it share.
#
# The environment says how much is compared:
#	DEEP=1			every pair of actions before with every pair after
#	SAMPLE=1		some of all that, chosen at random: of each shape one case in forty
#	SEED=n			which; without it, always the same
#	SECONDS_EACH=n	with SAMPLE: again and again, so long for each shape

package Oracle;

use strict;
use warnings;
use Exporter 'import';
use List::Util qw(sum);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(start_oracle shapes consult consult_committed wander);

# Unless told otherwise, always the same.
my $seed = $ENV{SEED} || 1;
my $sample = $ENV{SAMPLE};
my $deep = $ENV{DEEP} && !$sample;
my $seconds_each = $ENV{SECONDS_EACH} || 0;

# A server on which the given files of shapes are known.
sub start_oracle
{
	my @files = @_;
	my $node = PostgreSQL::Test::Cluster->new('oracle');
	$node->init;
	$node->append_conf('postgresql.conf', "fsync = off\nmax_locks_per_transaction = 256\n");

	# Triggers fire in the order of their names, which end in their OIDs: where
	# these grow by a digit, the order of two keys turns round.
	PostgreSQL::Test::Utils::system_or_bail('pg_resetwal', '-o', 1_000_000, $node->data_dir);
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION fkfix; CREATE SCHEMA work');
	$node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', map { ('-f', "test/oracle/$_") } 'oracle.sql', @files ],
		'the oracle is there');
	diag("SEED=$seed") if $sample;
	return $node;
}

# The names of the shapes for which a condition holds.
sub shapes
{
	my ($node, $condition) = @_;
	return split /\n/, $node->safe_psql('postgres', "SELECT name FROM oracle.shape WHERE $condition ORDER BY name");
}

# A number that depends on the seed and on what it is for.
sub chance
{
	return sum(map { ord() * $seed % 9973 } split //, join ' ', @_) % 1000 / 1000;
}

# As SQL has it: is every pair of actions a candidate?
sub everything
{
	return $deep || $sample ? 'true' : 'false';
}

# Asks one function of the oracle about one shape.  Returns the number of cases.
sub consult
{
	my ($node, $function, $shape) = @_;
	my ($cases, $wrong, $until, $round) = (0, '', time + $seconds_each, 0);
	do
	{
		my $schema = $shape =~ /^temporary/ ? 'pg_temp' : 'work';
		my $answer = $node->safe_psql('postgres', sprintf(
				q{SET client_min_messages = error; CREATE TEMP TABLE x (); DROP TABLE x;
				SET search_path = %s, oracle;
				DO 'BEGIN PERFORM setseed(%s); PERFORM %s($s$%s$s$, %s, %s); END';
				DELETE FROM oracle.tally RETURNING cases || ' ' || coalesce(wrong, '')},
				$schema, chance($shape, $round++), $function, $shape,
				everything(), $sample ? 40 : 1));
		my ($count, $faults) = $answer =~ /^(\d+) (.*)/s or die "no answer about $shape";
		$cases += $count;
		$wrong .= $faults;
		# of some shapes most actions are refused, and the first choices may all be
	} while ($sample && $wrong eq '' && (time < $until || $cases == 0 && $round < 200));
	$node->safe_psql('postgres', 'VACUUM');
	is($wrong, '', "$shape: $cases cases");
	cmp_ok($cases, '>', 0, "$shape: something was compared");
	return $cases;
}

# The dump of the schemas whose names start so, as if they had one name.
sub dump_of
{
	my ($node, $prefix) = @_;
	my ($dump, $stderr) = run_command([ 'pg_dump', '--dbname', $node->connstr('postgres'),
			'--schema-only', '--schema', "${prefix}_*" ]);
	is($stderr, '', "pg_dump of $prefix keys has nothing to say");
	$dump =~ s/\b${prefix}_(?=\d)/s_/g;
	$dump =~ s/^\\(un)?restrict .*\n//mg;
	return $dump;
}

# Has the oracle make keys of one shape for good, and compares them and their
# dumps.  Returns the number of cases.
sub consult_committed
{
	my ($node, $shape) = @_;
	my $in_oracle = "SET search_path = oracle; SET client_min_messages = error;";
	$node->safe_psql('postgres', "$in_oracle " . $node->safe_psql('postgres',
			"$in_oracle SELECT script(\$s\$$shape\$s\$, " . ($deep ? 'true' : 'false') . ')'));
	my ($cases, $wrong) = $node->safe_psql('postgres', "$in_oracle
		DO 'BEGIN PERFORM compare_committed(\$s\$$shape\$s\$); END';
		DELETE FROM tally RETURNING cases || ' ' || wrong") =~ /^(\d+) (.*)/s or die "no answer about $shape";
	is($wrong, '', "$shape: $cases committed cases");
	cmp_ok($cases, '>', 0, "$shape: something was compared");

	my $rebuilt = dump_of($node, 'rebuilt');
	is($rebuilt, dump_of($node, 'native'), "$shape: pg_dump says the same of rebuilt and native keys");
	like($rebuilt, qr/FOREIGN KEY/, "$shape: pg_dump says something of them");

	$node->safe_psql('postgres', $in_oracle . $node->safe_psql('postgres',
			q{SELECT format('DROP SCHEMA %I CASCADE;', nspname) FROM pg_namespace WHERE nspname ~ '^(rebuilt|native)_\d+$'}));
	return $cases;
}

# Goes for a random walk, a long one if all is to be compared.  Returns how many
# steps were taken of each kind, as JSON.
sub wander
{
	my ($node, $walk) = @_;
	my $steps = $deep ? 2000 : 200;
	my $start = chance('walk', $walk);
	my $answer = $node->safe_psql('postgres', qq{SET client_min_messages = error;
		SET search_path = work, oracle; BEGIN; DO 'BEGIN PERFORM setseed($start); END';
		SELECT tried || ' ' || taken || ' ' || coalesce(wrong, '') FROM wander($steps); ROLLBACK});
	my ($tried, $taken, $wrong) = $answer =~ /^(\d+) (\{.*?\}) ?(.*)/s or die "the walk led nowhere: $answer";
	is($wrong, '', "walk $walk from $start: $tried steps, $taken");
	return $taken;
}

1;
