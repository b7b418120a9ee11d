# shellcheck shell=bash
#
# lib.sh: what the lints share.  A lint runs at the top of the tree, and
# prints one "ok - " or "not ok - " line per promise that it checks, the
# latter preceded by what is wrong.

# shellcheck source=test/lib.sh
. test/lib.sh

#
# verdict PROMISE CHECK...: runs a check, whose output is complaints; none is
# good.  What it says to standard error is one too, so that a check that
# breaks does not pass.
#
verdict() {
	local promise=$1 complaints
	shift
	complaints=$("$@" 2>&1) || true
	if [ -z "$complaints" ]; then
		say "ok - $promise"
	else
		printf '%s\n' "$complaints" | sed 's/^/# /'
		say "not ok - $promise"
	fi
}
