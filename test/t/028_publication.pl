# Where a publication is FOR ALL TABLES, CREATE EXTENSION says what that means for
# the subscribers; and that is so.
#
# pg_regress cannot do this: it takes two servers.

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', "wal_retrieve_retry_interval = '100ms'");
$subscriber->start;
my $connection = $publisher->connstr . ' dbname=postgres';
my ($status, $out, $err);

$_->safe_psql('postgres', 'CREATE TABLE users (id int PRIMARY KEY)') foreach $publisher, $subscriber;
$publisher->safe_psql('postgres', 'CREATE PUBLICATION one FOR TABLE users');
($status, $out, $err) = $publisher->psql('postgres', 'CREATE EXTENSION fkfix');
is($err, '', 'a publication of some tables is no matter');
$publisher->safe_psql('postgres', 'DROP EXTENSION fkfix');

$publisher->safe_psql('postgres', 'CREATE PUBLICATION "All of it" FOR ALL TABLES; CREATE PUBLICATION again FOR ALL TABLES');
$subscriber->safe_psql('postgres', qq{CREATE SUBSCRIPTION s CONNECTION '$connection' PUBLICATION "All of it"});
$subscriber->wait_for_subscription_sync($publisher, 's');
($status, $out, $err) = $publisher->psql('postgres', 'CREATE EXTENSION fkfix');
is($status, 0, 'one of all tables does not keep the extension from being created');
like($err, qr/WARNING:  the tables or sequences of this extension are published, by: "All of it", again\n.*HINT:  Create the extension on the subscribers first/s,
	'but a warning names it, and says what to do');

# Rows of the user's own tables arrive until there is one of ours.
$publisher->safe_psql('postgres', 'INSERT INTO users VALUES (1)');
$publisher->wait_for_catchup('s');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM users'), 1, 'rows arrive at a subscriber without the extension');
$publisher->safe_psql('postgres', q{INSERT INTO fkfix.policy (referencing, on_delete) VALUES ('notes', 'CASCADE'); INSERT INTO users VALUES (2)});
$subscriber->wait_for_log(qr/logical replication target relation "fkfix.policy" does not exist/);
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM users'), 1, 'which stops at the first rule');
$subscriber->safe_psql('postgres', 'CREATE EXTENSION fkfix');
$publisher->wait_for_catchup('s');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM users'), 2, 'and goes on when it has the extension');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM fkfix.policy'), 0, 'without the rule, as of any new table');
$subscriber->safe_psql('postgres', 'ALTER SUBSCRIPTION s REFRESH PUBLICATION');
$subscriber->wait_for_subscription_sync($publisher, 's');
is($subscriber->safe_psql('postgres', 'SELECT referencing, on_delete FROM fkfix.policy'), 'notes|CASCADE',
	'which comes with REFRESH PUBLICATION');

$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION s');

# As it is advised: on the subscriber first.
$_->safe_psql('postgres', 'CREATE DATABASE advised') foreach $publisher, $subscriber;
$publisher->safe_psql('advised', 'CREATE PUBLICATION everything FOR ALL TABLES');
$subscriber->safe_psql('advised', q{CREATE SUBSCRIPTION advised CONNECTION '} . $publisher->connstr . q{ dbname=advised' PUBLICATION everything});
$subscriber->safe_psql('advised', 'CREATE EXTENSION fkfix');
$publisher->safe_psql('advised', q{CREATE EXTENSION fkfix; INSERT INTO fkfix.policy (id, referencing) VALUES (1, 'early')});
$publisher->wait_for_catchup('advised');
is($subscriber->safe_psql('advised', 'SELECT count(*) FROM fkfix.policy'), 0, 'with the extension on the subscriber first, nothing stops');
$subscriber->safe_psql('advised', 'ALTER SUBSCRIPTION advised REFRESH PUBLICATION');
$subscriber->wait_for_subscription_sync($publisher, 'advised', 'advised');
$publisher->safe_psql('advised', q{INSERT INTO fkfix.policy (id, referencing) VALUES (2, 'late')});
$publisher->wait_for_catchup('advised');
is($subscriber->safe_psql('advised', 'SELECT referencing FROM fkfix.policy ORDER BY id'), "early\nlate",
	'and after REFRESH PUBLICATION all rules arrive');
$subscriber->safe_psql('advised', 'DROP SUBSCRIPTION advised');

# A publication of all sequences is one of ours.
SKIP:
{
	skip 'before PostgreSQL 19 there is none', 1 if $publisher->safe_psql('postgres', 'SHOW server_version_num') < 190000;
	$publisher->safe_psql('postgres', 'CREATE DATABASE sequences');
	$publisher->safe_psql('sequences', 'CREATE PUBLICATION numbers FOR ALL SEQUENCES');
	($status, $out, $err) = $publisher->psql('sequences', 'CREATE EXTENSION fkfix');
	like($err, qr/WARNING:  the tables or sequences of this extension are published, by: numbers\n/, 'it is warned of, too');
}

$subscriber->stop;
$publisher->stop;
done_testing();
