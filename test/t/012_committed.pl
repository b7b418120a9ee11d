# What is only true of committed keys: pg_dump's text of a rebuilt key is that of
# a native one, and so are the keys that DETACH CONCURRENTLY leaves behind.
#
# Not for pg_regress: it runs pg_dump, and statements that need a transaction of
# their own, hundreds of times.

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;
use Test::More;

my $node = start_oracle('shapes.sql');
my $cases = 0;
$cases += consult_committed($node, $_)
  foreach shapes($node, "name NOT LIKE 'temporary%' AND legal_deletes = 5");
note("$cases cases");
$node->stop;
done_testing();
