# A rebuilt key cannot be told from a native one by what it does: the same
# deletes, key updates and moves between partitions give the same rows and the
# same errors, in a session whose plans are from before the rebuild.
#
# Not for pg_regress: it shares the oracle's shapes and compares with the server.

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;
use Test::More;

my $node = start_oracle('shapes.sql');
my $cases = 0;
$cases += consult($node, 'behave', $_) foreach shapes($node, 'transactional AND behaves');
note("$cases cases");
$node->stop;
done_testing();
