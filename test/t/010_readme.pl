# The README's SQL, run as a reader would run it, gives the README's output.
#
# pg_regress cannot do this: the document is the test.

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "TimeZone = 'UTC'");
$node->start;

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
my ($now, $err) = run_command([ 'test/readme' ]);
my $then = slurp_file('README.md');
chomp $then;

is($err, '', 'all of it was run');
is($now, $then, 'the output is what the README shows');

$node->stop;
done_testing();
