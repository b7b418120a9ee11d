# shellcheck shell=bash
#
# deep/server.sh: the server's source, and a server made of it that checks
# itself.  Continues deep/lib.sh.

#
# What takes long to make is kept from run to run if FKFIX_DEEP_DIR names a
# folder for it.
#
workshop=${FKFIX_DEEP_DIR:-$stage_dir}

make_folder() {
	as_root install -d -o "$(server_user)" "$1"
}

# With the caller's environment, which may hold a proxy, and not in the copy.
as_server_user() {
	if is_root; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

#
# with_sources PROGRAM ARGUMENT...: apt-get or apt-cache with the source packages
# of the places that this machine has its binary packages from.  Leaves the
# machine's own lists alone.
#
with_sources() {
	local dir=$workshop/apt program=$1
	shift
	if [ ! -e "$dir/sources.list" ]; then
		make_folder "$dir"
		as_server_user mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/parts"
		# shellcheck disable=SC2016
		apt-get indextargets --format 'deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)' \
			'Created-By: Packages' | sort -u | as_server_user tee "$dir/sources.list" >/dev/null
	fi
	as_server_user "$program" -qq -o Dir::Etc::SourceList="$dir/sources.list" \
		-o Dir::Etc::SourceParts="$dir/parts" -o Dir::State::Lists="$dir/lists" \
		-o Dir::Cache="$dir" "$@"
}

#
# Prints the folder of the server's source: of the version installed or, if the
# mirror does not have the source of that, the latest that it has.  Debian's
# patches, none of which touches what is used here, are left out.
#
server_source() {
	local dir=$workshop/source package
	if [ ! -e "$dir/postgres/configure" ]; then
		package=$(dpkg-query --search "$("$PG_CONFIG" --bindir)/postgres" | cut -d : -f 1)
		make_folder "$dir"
		as_server_user mkdir -p "$dir/postgres"
		{ download "$dir" "$package" &&
			as_server_user tar -C "$dir/postgres" --strip-components=1 -xf "$dir/$package"_*.orig.tar.*; } ||
			die "could not get the source of $package"
	fi
	say "$dir/postgres"
}

# download FOLDER PACKAGE: the source of a package, which has the same name
download() {
	local version
	with_sources apt-get update >&2
	for version in $(candidates "$2"); do
		if (cd "$1" && with_sources apt-get source --download-only "$2=$version") >"$workshop/source.log" 2>&1; then
			say "# the source is that of $2 $version" >&2
			return
		fi
	done
	cat "$workshop/source.log" >&2
	return 1
}

# The installed version first, then the latest
candidates() {
	{
		dpkg-query --show --showformat='${source:Version}\n' "$1"
		with_sources apt-cache showsrc "$1" | sed -n 's/^Version: //p' | sort -rV
	} | awk '!seen[$0]++'
}

in_build() {
	as_server_user env -C "$workshop/build" MAKEFLAGS= MAKELEVEL= LC_ALL=C.UTF-8 "$@" >"$workshop/build/log" 2>&1 || {
		tail -n 40 "$workshop/build/log"
		return 1
	}
}

#
# checking_server [OPTION...]: sets PG_CONFIG to that of a server with assertions,
# whose caches are compiled with the options given.
#
checking_server() {
	local source server=$workshop/server
	source=$(server_source)
	if [ ! -e "$workshop/build/config.status" ]; then
		make_folder "$workshop/build"
		in_build "$source/configure" -q --prefix="$server" --enable-cassert --enable-debug \
			--enable-tap-tests --without-readline --without-zlib --without-icu CFLAGS='-O0 -g1'
		in_build make -s -C src/backend generated-headers
	fi
	if [ "$(cat "$workshop/build/options" 2>/dev/null)" != "options: $*" ]; then
		make_folder "$server"
		as_server_user rm -f "$workshop"/build/src/backend/utils/cache/{rel,cat}cache.o
		in_build make -s -C src/backend/utils/cache COPT="$*" relcache.o catcache.o
		in_build make -s -j "$(nproc)" -C src all
		in_build make -s -C src install
		in_build make -s -C config install
		in_build make -s -C contrib/amcheck install
		in_build make -s -C contrib/spi install
		in_build make -s -C contrib/tsm_system_rows install
		as_server_user tee "$workshop/build/options" <<<"options: $*" >/dev/null
	fi
	PG_CONFIG=$server/bin/pg_config
}

# A copy of the tree for that server, beside that which deep/run made.
stage_own() {
	stage
	clean_up_with unstage
}

#
# watched_on WHERE SUITE...: suites on that server, which OPTIONS are for.  What
# consults the oracle or chance does as in a sample.
#
watched_on() {
	DEEP='' SAMPLE=1 in_copy "$(server_user)" env SERVER_OPTIONS="${OPTIONS:-}" \
		LD_PRELOAD="${PRELOAD:-}" ASAN_OPTIONS=detect_leaks=0 test/with-server test/checks/watched "$@" || true
}
