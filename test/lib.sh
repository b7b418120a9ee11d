# shellcheck shell=bash
#
# lib.sh: what the scripts under test/ share.
#
# The server refuses to run as root, and installing an extension needs root.
# So a script is started by root, or by an ordinary user who has sudo; it
# works on a copy of the tree that belongs to the unprivileged one of the two
# (a clone may lie where that user cannot read), and only installs as root.
#
# If $folder is set, the copy, the build and the server are in that folder,
# which holds another Debian.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Only here are programs looked for, whatever the caller's PATH holds.
clean_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PG_CONFIG=$(command -v "${PG_CONFIG:-pg_config}" || echo "${PG_CONFIG:-pg_config}")
folder=
stage_dir=
child=

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

is_root() {
	[ "$(id -u)" = 0 ]
}

as_root() {
	if is_root; then
		"$@"
	else
		sudo -- "$@"
	fi
}

# need_root COMMAND: dies unless we are root or can become so.
need_root() {
	local why="$1 installs packages and the extension as root"
	is_root && return
	command -v sudo >/dev/null || die "$why, and there is no sudo. Run as root: $1"
	sudo -n true 2>/dev/null || say "$why: sudo may ask for your password."
	sudo -v || die "$why, by sudo. Or run as root: $1"
}

# send_signal NAME PROCESS...: a negative one is a group.  sudo has no kill built in.
send_signal() {
	# shellcheck disable=SC2016
	as_root bash -c 'kill -s "$0" -- "$@"' "$@" 2>/dev/null || true
}

# The major version of the server that pg_config belongs to; nothing if there is none
server_major() {
	{ "$PG_CONFIG" --version 2>/dev/null || true; } | sed 's/[^0-9]*\([0-9]*\).*/\1/'
}

# The user who builds and runs servers.
server_user() {
	if is_root || [ -n "$folder" ]; then
		echo postgres
	else
		id -un
	fi
}

#
# The project's files, as paths below the current directory: what git tracks
# or would track, and in a copy without git everything but build products.
#
project_files() {
	local file
	if git -c safe.directory='*' rev-parse --show-toplevel 2>/dev/null | grep -qxF "$PWD"; then
		git -c safe.directory='*' ls-files --cached --others --exclude-standard |
			while IFS= read -r file; do
				[ ! -e "$file" ] || printf '%s\n' "$file"
			done
	else
		find . -name .git -prune -o -type d \( -name results -o -name output_iso \
			-o -name 'tmp_check*' -o -name .deps \) -prune -o \
			-type f ! -name '*.o' ! -name '*.bc' ! -name '*.so' ! -name '*.pyc' \
			! -name 'regression.*' -print | sed 's,^\./,,'
	fi | LC_ALL=C sort
}

#
# Copies the tree to a new directory that belongs to the server's user.  The
# path is short because sockets may lie below it.
#
stage() {
	local made
	[ -n "$folder" ] || id -u "$(server_user)" >/dev/null 2>&1 ||
		die "as root the tests run as the user $(server_user), who does not exist here"
	made=$(as_root mktemp -d "$folder/tmp/fkfix.XXXXXX")
	stage_dir=${made#"$folder"}
	(cd "$repo" && project_files | tar -cf - -T -) |
		as_root tar -xf - --no-same-owner -C "$made"
	if [ -n "$folder" ]; then
		as_root chroot "$folder" chown -R postgres:postgres "$stage_dir"
	else
		as_root chown -R "$(server_user):" "$made"
	fi
}

unstage() {
	if [ -n "$stage_dir" ]; then
		as_root rm -rf "$folder$stage_dir"
		stage_dir=
	fi
}

#
# Runs a command in the copy with an environment of its own: variables such as
# PGOPTIONS or MAKEFLAGS would change what is tested.
#
in_copy() {
	local user=$1 enter=()
	shift
	if [ -n "$folder" ]; then
		enter=(as_root chroot --userspec="$user:$user" "$folder")
	elif [ "$user" = root ]; then
		enter=(as_root)
	elif is_root; then
		enter=(runuser -u "$user" --)
	fi
	# shellcheck disable=SC2016
	"${enter[@]}" env -i HOME="$stage_dir" USER="$user" LOGNAME="$user" \
		PATH="$clean_path" \
		LC_ALL=C.UTF-8 TERM=dumb CI="${CI:-}" PG_CONFIG="$PG_CONFIG" \
		TESTS="${TESTS:-}" SUITES="${SUITES:-}" DEEP="${DEEP:-}" SEED="${SEED:-}" \
		SAMPLE="${SAMPLE:-}" SECONDS_EACH="${SECONDS_EACH:-}" \
		bash -c 'cd "$0" && exec "$@"' "$stage_dir" "$@"
}

#
# Bitcode would need clang, and adds nothing to the tests.  -Wextra's two
# silenced warnings fire on the server's own headers and calling conventions.
#
make_copy() {
	local user=$1
	shift
	in_copy "$user" make -s PG_CONFIG="$PG_CONFIG" with_llvm=no \
		COPT='-Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare' "$@"
}

build_copy() {
	make_copy "$(server_user)" all
}

install_copy() {
	make_copy root install >/dev/null
}

#
# Runs a command as a job, and waits.  Bash acts on a signal only when its
# foreground command ends, but leaves "wait" at once: so Ctrl-C and a CI
# system's timeout find us ready to end the job and to clean up.
#
job() {
	local status=0
	set -m
	"$@" </dev/null &
	child=$!
	set +m
	wait "$child" || status=$?
	child=
	return "$status"
}

end_job() {
	trap '' INT TERM HUP
	if [ -n "$child" ]; then
		send_signal TERM "-$child"
		wait "$child" 2>/dev/null || true
	fi
	exit 130
}

# clean_up_with FUNCTION: calls it whichever way the script ends.
clean_up_with() {
	# shellcheck disable=SC2064
	trap "$1" EXIT
	trap end_job INT TERM HUP
}

# count PATTERN FILE
count() {
	grep -cE -- "$1" "$2" 2>/dev/null || true
}

#
# verdict PROMISE CHECK...: prints an "ok - " line or, after what is wrong, a
# "not ok - " line.  What the check says is complaints; none is good.  What it
# says to standard error is one too, so that a check that breaks does not pass.
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
