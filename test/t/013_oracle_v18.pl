# The questions of 010_oracle.pl, 011_behaviour.pl and 012_committed.pl about the
# shapes that came with NOT ENFORCED and PERIOD.
#
# Not for pg_regress: it compares with what the server itself makes at the time.

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;
use Test::More;

my $node = start_oracle('shapes.sql', 'shapes_v18.sql');
my $new = "source = 'shapes_v18'";
my $cases = 0;
$cases += consult($node, 'prove', $_) foreach shapes($node, $new);
$cases += consult($node, 'behave', $_) foreach shapes($node, "$new AND behaves");
$cases += consult_committed($node, $_) foreach shapes($node, "$new AND legal_deletes = 5");
note("$cases cases");
$node->stop;
done_testing();
