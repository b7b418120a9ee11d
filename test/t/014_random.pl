# Whatever ATTACH, DETACH, ADD, DROP, ALTER CONSTRAINT and rebuilds are mixed,
# fkfix_verify() has nothing to say after any of them, every healthy key can be
# rebuilt, and does then what it says.
#
# Not for pg_regress: what is done is chosen at random.

use strict;
use warnings;
use lib 'test/oracle';
use Oracle;
use Test::More;

my $node = start_oracle('shapes.sql', 'wander.sql');
my $taken = join '', map { wander($node, $_) } 1 .. 4;
like($taken, qr/"$_"/, "some steps were to $_") foreach qw(add drop rebuild attach detach alter);
$node->stop;
done_testing();
