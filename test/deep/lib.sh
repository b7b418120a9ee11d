# shellcheck shell=bash
#
# deep/lib.sh: what the programs of this folder start with.
#
# deep/run, which calls them, has made and built a copy of the tree, and has
# installed the extension.

# shellcheck source=test/lib.sh
. test/lib.sh

stage_dir=${STAGE_DIR:?is set by test/deep/run; say: make test-deep PARTS=${0##*/}}

#
# prove FILE...: runs TAP tests in the copy; the folder is gone afterwards, so the
# ends of their logs are shown if they fail.
#
prove() {
	local status=0 log
	in_copy "$(server_user)" make -s --no-print-directory PG_CONFIG="$PG_CONFIG" with_llvm=no \
		installcheck REGRESS= ISOLATION= PROVE_FLAGS=--verbose PROVE_TESTS="$*" || status=$?
	if [ "$status" != 0 ]; then
		for log in "$stage_dir"/tmp_check/log/regress_log_*; do
			say "== the last lines of $log"
			as_root tail -n 60 "$log"
		done
	fi
	return "$status"
}
