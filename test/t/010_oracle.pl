# A rebuilt key cannot be told from a native one by what the catalogs say: for
# every shape, every transition between actions and every deferrability.
#
# Not for pg_regress: it compares with what the server itself makes at the time,
# in thousands of cases, and their number is what can be said of them.

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;
use Test::More;

my $node = start_oracle('shapes.sql');
my $cases = 0;
$cases += consult($node, 'prove', $_) foreach shapes($node, 'transactional');
note("$cases cases");
$node->stop;
done_testing();
