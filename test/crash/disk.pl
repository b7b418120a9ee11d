# A disk that is full fails a rebuild or takes the server down, and in either case
# each key is wholly old or wholly new.  test/deep/faults runs it, and makes the two
# small disks that it is about.

use strict;
use warnings;
use lib 'test/crash';
use Crash;
use Cwd;
use PostgreSQL::Test::Utils;
use Test::More;

my $wal_disk = getcwd() . '/disk/wal';
my $data_disk = getcwd() . '/disk/data';

# Takes all of a disk but so many kB.
sub fill
{
	my ($disk, $rest) = @_;
	my ($free) = run_command([ 'df', '--output=avail', '--block-size=1024', $disk ]);
	$free =~ s/\D+//g;
	system_or_bail('fallocate', '--length', ($free - $rest) . 'KiB', "$disk/filler") if $free > $rest;
	return;
}

sub make_room
{
	my ($disk) = @_;
	unlink "$disk/filler" or die "$disk/filler: $!";
	return;
}

my $node = start_server('full', extra => [ "--waldir=$wal_disk/wal" ]);
$node->append_conf('postgresql.conf', "min_wal_size = 2MB\nwal_recycle = off\n");
$node->restart;
my $batches = join '', map {
	"BEGIN; UPDATE fkfix.policy SET on_delete = '$_->[1]', on_update = '$_->[2]'; SELECT fkfix_rebuild_all(); COMMIT;\n"
} @pairs;

# The log's disk: the server panics, and cannot recover until there is room.
my $times = often(3, 30);
my (%states, @wrong);
for my $time (1 .. $times)
{
	fill($wal_disk, int(chance() * 3000));
	my $session = start_session($node, $batches x 3000);
	$session->{run}->finish;
	push @wrong, "the session survived: $session->{err}"
	  unless $session->{err} =~ /No space left on device|server closed the connection|terminating connection/;
	make_room($wal_disk);
	$node->stop('immediate', fail_ok => 1);
	undef $node->{_pid};
	await_recovery($node, $session);
	my $state = state_of($node);
	$states{$state}++;
	push @wrong, $state unless is_whole($state, 1, map { $_->[0] } @pairs);
	$node->safe_psql('postgres', 'CHECKPOINT');
}
is("@wrong", '', "the disk of the log is full: $times times");
note(join ', ', map { "$_: $states{$_}" } sort keys %states);
ok(slurp_file($node->logfile) =~ /PANIC:  could not write to file .*: No space left on device/, 'which the server does not survive');

# The disk of the data: an error, and nothing has happened.
$node->stop;
my $base = $node->data_dir . '/base';
system_or_bail('cp', '-a', $base, "$data_disk/base");
system_or_bail('rm', '-rf', $base);
symlink "$data_disk/base", $base or die "$base: $!";
$node->start;
(%states, @wrong) = ();
for my $time (1 .. $times)
{
	# a session that connects must find the files that it would else write
	$node->safe_psql('postgres', 'VACUUM');
	$node->safe_psql('postgres', 'SELECT 1');
	fill($data_disk, int(chance() * 100));
	my $session = start_session($node, "\\set ON_ERROR_STOP\n" . $batches x 3000);
	$session->{run}->finish;
	my ($error) = $session->{err} =~ /(ERROR: .*)/;
	push @wrong, "the session ended with: $session->{err}" unless $error && $error =~ /No space left on device|could not extend file/;
	make_room($data_disk);
	my $state = state_of($node);
	$states{$state}++;
	push @wrong, $state unless is_whole($state, 1, map { $_->[0] } @pairs);
}
is("@wrong", '', "the disk of the data is full: $times times");
note(join ', ', map { "$_: $states{$_}" } sort keys %states);

is($node->safe_psql('postgres', 'SELECT count(*) FROM fkfix_verify()'), 0, 'all keys are in order');
check_storage($node, 'tables and indexes are sound');
$node->stop;
done_testing();
