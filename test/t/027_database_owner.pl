# The owner of a database, who is no superuser, dumps it and resets its schema
# public as if the extension were not there; and what he restores is complete but
# for what takes a superuser.
#
# pg_regress cannot do this: it takes several databases, and connections of a
# role that is no superuser.

use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

sub superuser
{
	my ($database, $sql) = @_;
	return $node->safe_psql($database, $sql);
}

# What a command of the owner's says, and what it complains of
sub owner
{
	my ($command) = @_;
	local $ENV{PGUSER} = 'dbo';
	return run_command([ 'bash', '-c', "set -o pipefail; $command" ]);
}

sub owner_sql
{
	my ($database, $sql) = @_;
	my ($out, $err) = owner("psql -X -q -A -t -v ON_ERROR_STOP=1 $database <<'SQL'\n$sql\nSQL");
	return "$out$err";
}

sub quietly
{
	my ($name, $command) = @_;
	my ($out, $err) = owner($command);
	is($err, '', "$name: nothing is complained of");
}

my $keys = q{
	SELECT concat_ws(' | ', 'key', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
	WHERE contype = 'f' ORDER BY 1};
my $rows = 'SELECT * FROM users; SELECT * FROM notes; SELECT * FROM tolerated';
my $ours = q{
	SELECT 'rule | ' || r FROM fkfix.policy r ORDER BY id;
	SELECT 'history | ' || h FROM fkfix.history h ORDER BY id;
	SELECT last_value, is_called FROM fkfix.policy_id_seq;
	SELECT last_value, is_called FROM fkfix.history_id_seq;
	SELECT evtname, evtenabled FROM pg_event_trigger};
my $tables = q{
	CREATE TABLE users (id int PRIMARY KEY);
	CREATE TABLE notes (author_id int REFERENCES users);
	INSERT INTO users VALUES (1);
	INSERT INTO notes VALUES (1)};

superuser('postgres', 'CREATE ROLE dbo LOGIN; CREATE DATABASE source OWNER dbo');
superuser('source', q{
	CREATE EXTENSION fkfix;
	SELECT fkfix_enable_enforcement();
	INSERT INTO fkfix.policy (referencing, on_delete, enforcement) VALUES ('notes', 'CASCADE', 'fix'), ('tolerated', 'CASCADE', 'error')});

# He owns the schema public, and may drop it.
like(owner_sql('source', $tables), qr/is now ON DELETE CASCADE/, 'his keys are fixed');
is(owner_sql('source', 'SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public'), '',
	'he drops schema public with all that is in it');
is(superuser('source', 'SELECT rules, enforcement_enabled, binds_session FROM fkfix_status()'), '2|t|t',
	'rules and enforcement stay');
like(owner_sql('source', $tables), qr/is now ON DELETE CASCADE/, 'and bind him');
like(owner_sql('source', 'CREATE TABLE tolerated (a int REFERENCES users)'), qr/must be ON DELETE CASCADE/,
	'in each mode');
superuser('source', q{
	SET fkfix.enforcement = off;
	CREATE TABLE tolerated (a int REFERENCES users ON DELETE RESTRICT);
	INSERT INTO tolerated VALUES (1);
	ALTER TABLE tolerated OWNER TO dbo});

# He finds every function by its bare name, with no search_path at all; those
# that take a superuser say so.
my %calls = (
	fkfix_assert => '', fkfix_audit => '', fkfix_baseline => '', fkfix_check_policy => '', fkfix_script => '', fkfix_status => '',
	fkfix_verify => '', fkfix_rebuild_all => '', fkfix_enable_enforcement => '', fkfix_disable_enforcement => '', fkfix_revert => '1',
	fkfix_explain => q{'public.notes', 'notes_author_id_fkey'}, fkfix_rebuild => q{'public.notes', 'notes_author_id_fkey'},
	fkfix_required_actions => q{'public.notes', '{author_id}', 'public.users'});
my $statements = join '', map { "SELECT count(*) FROM $_($calls{$_});\n" } sort keys %calls;
my ($called, $said) = owner("psql -X -q -A -t source <<'SQL'\n\\set ON_ERROR_ROLLBACK on\nBEGIN;\nSET LOCAL search_path = '';\n${statements}ROLLBACK;\nSQL");
is(superuser('source', q{SELECT string_agg(proname, ' ' ORDER BY proname COLLATE "C") FROM pg_proc
		WHERE probin = '$libdir/fkfix' AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)}),
	join(' ', sort keys %calls), 'these are all functions');
unlike($said, qr/does not exist/, 'each is found without a search_path');
is_deeply([ sort map { /ERROR:  (.*)/ } split /\n/, $said ],
	[ '1 foreign key is not in order by the policy', 'foreign key "notes_author_id_fkey" of table "notes" must be ON DELETE CASCADE', 'permission denied for table policy',
		'permission denied to disable enforcement of the foreign key policy', 'permission denied to enable enforcement of the foreign key policy' ],
	'and refuses him only what is not his');
is(owner_sql('source', q{
		SET client_min_messages = warning;
		CREATE SCHEMA dbo;
		CREATE FUNCTION dbo.fkfix_audit() RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION dbo.fkfix_audit(relation regclass, all_keys boolean) RETURNS int LANGUAGE sql AS 'SELECT 1';
		SELECT constraint_name, status FROM fkfix_audit();
		SELECT constraint_name, status FROM fkfix_audit('tolerated', true);
		DROP SCHEMA dbo CASCADE}), "tolerated_a_fkey|violation\ntolerated_a_fkey|violation", 'a fkfix_audit of his own is not taken for ours');

# Nor does he get a hand in it by default privileges.
superuser('postgres', 'CREATE DATABASE generous OWNER dbo');
superuser('generous', join ';', (map { "ALTER DEFAULT PRIVILEGES GRANT ALL ON $_ TO dbo WITH GRANT OPTION" } qw(SCHEMAS TABLES SEQUENCES FUNCTIONS)),
	'CREATE EXTENSION fkfix');
foreach my $attempt ("INSERT INTO fkfix.policy (priority) VALUES (1000)", 'DELETE FROM fkfix.history', "SELECT setval('fkfix.policy_id_seq', 9)",
	'CREATE TABLE fkfix.beside (id int)', 'GRANT EXECUTE ON FUNCTION fkfix_audit TO PUBLIC')
{
	like(owner_sql('generous', $attempt), qr/permission denied|no privileges were granted/, "default privileges do not let him: $attempt");
}
quietly('pg_dump after default privileges', 'pg_dump generous >/dev/null');

# He dumps it, in every format.
quietly('pg_dump', "pg_dump source >'$dir/plain'");
quietly('pg_dump -Fc', "pg_dump -Fc -f '$dir/custom' source");
quietly('pg_dump -Fd -j 2', "pg_dump -Fd -j 2 -f '$dir/directory' source");
quietly('pg_dump -Ft', "pg_dump -Ft -f '$dir/tar' source");
quietly('pg_dump --exclude-table-data', "pg_dump --exclude-table-data='fkfix.*' source >'$dir/without'");
quietly('pg_dump --inserts', "pg_dump --inserts source >'$dir/inserts'");
quietly('pg_dump --schema-only', "pg_dump --schema-only source >'$dir/schema'");
quietly('pg_dump -n public', "pg_dump -n public source >'$dir/public'");

my %is_script = map { $_ => 1 } 'plain', 'inserts', 'without', 'schema';

# The command that restores a dump
sub restoring
{
	my ($format) = @_;
	return $is_script{$format} ? "psql -X -q -o /dev/null -f '$dir/$format' target" : "pg_restore -d target '$dir/$format'";
}

# A superuser restores all of it.
foreach my $format ('plain', 'inserts', 'custom', 'directory', 'tar')
{
	superuser('postgres', 'CREATE DATABASE target OWNER dbo');
	my ($out, $err) = run_command([ 'bash', '-c', restoring($format) ]);
	is($err, '', "$format, restored by a superuser: nothing is complained of");
	is(superuser('target', "$keys; $rows; $ours"), superuser('source', "$keys; $rows; $ours"),
		"$format, restored by a superuser: all came back");
	superuser('postgres', 'DROP DATABASE target');
}

# He himself restores his keys and rows, whether or not a superuser has made the
# extension before; rules, history and event trigger are not his to make.  The
# rows of a COPY that is refused psql skips since its minor releases of August
# 2026; before, it takes them for statements.
my @skipping = run_command([ 'bash', '-c', q{printf 'COPY nowhere FROM stdin;\n1\n\\\\.\nSELECT 2' | psql -X -q -A -t postgres} ]);
my @by_copy = $skipping[0] eq '2' ? 'plain' : ();
note('this psql does not skip the rows of a COPY that is refused') unless @by_copy;
my @refused = (
	qr/permission denied to create extension "fkfix"/, qr/must be owner of extension fkfix/,
	qr/extension "fkfix" does not exist/, qr/permission denied to create event trigger "fkfix_enforcement"/,
	qr/event trigger "fkfix_enforcement" does not exist/, qr/(?:schema "fkfix"|relation "fkfix\.(?:policy|history)\w*") does not exist/,
	qr/permission denied for (?:table|sequence) (?:policy|history)/, qr/must be owner of schema public/);
foreach my $extension (0, 1)
{
	foreach my $format (@by_copy, 'without', 'inserts', 'custom', 'directory', 'tar', 'schema')
	{
		my $name = "$format, restored by him " . ($extension ? 'beside the extension' : 'without the extension');
		my $wanted = $format eq 'schema' ? $keys : "$keys; $rows";

		superuser('postgres', 'CREATE DATABASE target OWNER dbo');
		superuser('target', 'CREATE EXTENSION fkfix') if $extension;
		my ($out, $err) = owner(restoring($format));
		is(owner_sql('target', $wanted), superuser('source', $wanted), "$name: keys and rows came back");
		my @unexpected = grep {
			my $line = $_;
			$line =~ /ERROR: / && !grep { $line =~ $_ } @refused
		} split /\n/, $err;
		is("@unexpected", '', "$name: nothing else is refused than what takes a superuser");
		is(superuser('target', 'SELECT count(*) FROM pg_event_trigger'), 0, "$name: there is no event trigger");
		is(superuser('target', 'SELECT (SELECT count(*) FROM fkfix.policy), (SELECT count(*) FROM fkfix.history)'), '0|0',
			"$name: he has written no rule and no history") if $extension;
		superuser('postgres', 'DROP DATABASE target');
	}
}
superuser('postgres', 'CREATE DATABASE target OWNER dbo');
superuser('target', 'DROP SCHEMA public');
quietly('pg_dump -n public, restored by him', "psql -X -q -f '$dir/public' target");
is(owner_sql('target', "$keys; $rows"), superuser('source', "$keys; $rows"),
	'pg_dump -n public, restored by him: all that is his came back');

$node->stop;
done_testing();
