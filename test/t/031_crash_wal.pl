# A batch of rebuilds takes effect with the record of its commit, and not before: a
# server whose log ends after any record of the batch, or within one, recovers to
# the old keys, and one that has the commit to the new ones.
#
# pg_regress cannot do this: servers are made from one that has crashed.

use strict;
use warnings;
use File::Glob qw(bsd_glob);
use lib 'test/crash';
use Crash;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server('cut');
my ($old, $new) = @pairs;
ask_for($node, $old);
$node->safe_psql('postgres', 'SELECT * FROM fkfix_rebuild_all()');
ask_for($node, $new);

# What is on disk before the batch, and the log that has it.
my $data = $node->data_dir;
my ($before, $log) = map { "$PostgreSQL::Test::Utils::tmp_check/$_" } 'before', 'log_of_batch';
$node->safe_psql('postgres', 'CHECKPOINT');
$node->stop('immediate');
system_or_bail('cp', '-a', $data, $before);
$node->start;
my $first = $node->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()');
$node->safe_psql('postgres', 'SELECT * FROM fkfix_rebuild_all()');
my $last = $node->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()');
$node->stop('immediate');
system_or_bail('cp', '-a', "$data/pg_wal", $log);

# The records of the batch: where each begins, and which is the commit.
my ($dump) = run_command([ 'pg_waldump', '--path', $log, '--start', $first, '--end', $last ]);
my @records = map { { at => hex($1) * 2**32 + hex($2), commit => /desc: COMMIT/ ? 1 : 0 } if /lsn: (\w+)\/(\w+),/ } split /\n/, $dump;
my ($commit) = grep { $records[$_]{commit} } 0 .. $#records;
ok(defined $commit, 'the batch has a commit');
cmp_ok($commit, '>', 50, 'and many records before it');

# Puts back the server of before, with the log up to a place and zeros after it.
sub cut_at
{
	my ($place) = @_;
	my $size = 1024 * 1024;
	my $segment = sprintf('%08X%08X%08X', 1, int($place / 2**32), int($place % 2**32 / $size));

	system_or_bail('rm', '-rf', $data);
	system_or_bail('cp', '-a', $before, $data);
	foreach my $file (bsd_glob("$log/0*"))
	{
		my ($name) = $file =~ m{([^/]+)$};
		unlink "$data/pg_wal/$name";
		system_or_bail('cp', '-a', $file, "$data/pg_wal/$name") if $name le $segment;
	}
	unlink grep { m{/([0-9A-F]{24})$} && $1 gt $segment } bsd_glob("$data/pg_wal/0*");
	open my $handle, '+<:raw', "$data/pg_wal/$segment" or die "$segment: $!";
	seek $handle, $place % $size, 0;
	print $handle "\0" x ($size - $place % $size);
	close $handle;
	return;
}

# Some of the records, among them those around the commit.
my %chosen = map { $_ => 1 } 0, $commit, $commit + 1;
my $step = often(70, 1);
for (my $n = int(chance() * $step); $n < $commit; $n += $step)
{
	$chosen{$n} = 1;
}
my ($cuts, @wrong) = (0);
foreach my $n (sort { $a <=> $b } keys %chosen)
{
	my $at = $n < @records ? $records[$n]{at} : $records[$commit]{at} + 1024;
	# a record that is cut off within its header cannot pass for a whole one
	foreach my $place ($n > $commit ? $at : ($at, $at + 1 + int(chance() * 20)))
	{
		cut_at($place);
		$node->start;
		my $state = state_of($node);
		my $expected = join ' ', (($n > $commit ? $new : $old)->[0]) x 6;
		push @wrong, sprintf('%X: %s', $place, $state) unless $state eq $expected;
		$cuts++;
		$node->stop('immediate');
	}
}
is("@wrong", '', "the log ends in $cuts places, of a batch of $commit records");

# A server that went through this is sound.
$node->start;
$node->safe_psql('postgres', 'SELECT * FROM fkfix_rebuild_all()');
check_storage($node, 'tables and indexes are sound');
$node->stop;
done_testing();
