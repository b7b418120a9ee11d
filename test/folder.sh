# shellcheck shell=bash
#
# folder.sh: folders that hold another Debian, made by debootstrap from the
# mirror that this machine itself uses.  Continues lib.sh.
#
#	FKFIX_FOLDERS_DIR=dir		keeps the folders there and uses them again
#
# Debootstrap runs once for each suite of Debian: a folder is a copy of what it
# made, which has gcc, make and git beside what is essential.

folders_dir=

#
# Where this machine gets its own Debian from; where everybody may, if it has none
# or apt, which reads both formats of its sources for us, knows nothing yet.
#
mirror() {
	local found
	# shellcheck disable=SC2016
	found=$(apt-get indextargets --format '$(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null | awk '$1 == "main" { print $2; exit }')
	say "${found:-http://deb.debian.org/debian}"
}

proxy() {
	local found=${http_proxy:-}
	eval "$(apt-config shell found Acquire::http::Proxy 2>/dev/null)"
	say "$found"
}

# in_folder COMMAND...: as root, with nothing of the caller's environment
in_folder() {
	as_root chroot "$folder" env -i PATH="${clean_path:?}" LC_ALL=C.UTF-8 HOME=/root USER=root "$@"
}

write_in_folder() {
	as_root mkdir -p "$folder$(dirname "$1")"
	as_root tee "$folder$1" >/dev/null
}

# apt_in_folder PACKAGE...: as "apt install" does it
apt_in_folder() {
	in_folder apt-get -qq update &&
		in_folder env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 install "$@"
}

# choose_folder NAME: the one that is meant from here on
choose_folder() {
	folder=$folders_dir/$1
}

# fill_folder SUITE: makes the chosen one, with nothing of PostgreSQL, if it is not there.
fill_folder() {
	local suite=$1 base=$folders_dir/$1
	[ -e "$folder/etc/debian_version" ] || {
		debootstrap_base "$base" "$suite" &&
			as_root rm -rf "$folder.new" &&
			as_root cp -a --reflink=auto "$base" "$folder.new" &&
			as_root mv "$folder.new" "$folder"
	} || return
	mount_folder && configure_folder "$suite"
}

# debootstrap removes its own directory when it is done.
debootstrap_base() {
	local base=$1 suite=$2 said
	if [ -e "$base/etc/debian_version" ] && [ ! -e "$base/debootstrap" ]; then
		return
	fi
	unmount_below "$base"
	as_root rm -rf --one-file-system "$base"
	said=$(as_root env http_proxy="$(proxy)" debootstrap --variant=minbase \
		--include=ca-certificates,gcc,git,libc6-dev,make "$suite" "$base" "$(mirror)" 2>&1) || {
		tail -n 20 <<<"$said"
		return 1
	}
}

# What the packages' scripts and the servers expect of a machine.
mount_folder() {
	mountpoint -q "$folder/proc" || as_root mount --bind /proc "$folder/proc" || return
	as_root install -d -m 1777 "$folder/dev/shm"
}

# No package starts a service; no server listens on a port that is the machine's.
configure_folder() {
	local proxy bundle=/etc/ssl/certs/ca-certificates.crt
	proxy=$(proxy)
	printf '#!/bin/sh\nexit 101\n' | write_in_folder /usr/sbin/policy-rc.d
	as_root chmod 755 "$folder/usr/sbin/policy-rc.d"
	write_in_folder /etc/postgresql-common/createcluster.conf <<<"listen_addresses = ''"
	[ -z "$proxy" ] || write_in_folder /etc/apt/apt.conf.d/80proxy <<<"Acquire::http::Proxy \"$proxy\";"
	# Whom the machine trusts: npm may have to go through a proxy that is one of them.
	[ ! -e "$bundle" ] || as_root cp "$bundle" "$folder$bundle"
	# An index of sid may be older than its date of expiry allows.
	[ "$1" != sid ] || write_in_folder /etc/apt/apt.conf.d/80sid <<<'Acquire::Check-Valid-Until "false";'
}

# The deepest first
mounts_below() {
	awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r
}

# Also what an interrupted debootstrap left mounted.
unmount_below() {
	local place
	mounts_below "$1" | while read -r place; do
		as_root umount "$place" 2>/dev/null || as_root umount --lazy "$place" || true
	done
}

# Servers that somebody left running there; SIGINT is a fast shutdown.
end_processes() {
	local signal processes
	for signal in INT KILL; do
		# find fails where a process ends meanwhile
		processes=$({ as_root find /proc -maxdepth 2 -path '/proc/[0-9]*/root' -lname "$folder" 2>/dev/null ||
			true; } | cut -d / -f 3 | xargs)
		[ -n "$processes" ] || return 0
		# shellcheck disable=SC2086
		send_signal "$signal" $processes
		sleep 2
	done
}

# Never one in which something is still mounted
remove_folder() {
	end_processes
	unmount_below "$folder"
	if [ -e "$folder" ] && [ -z "$(mounts_below "$folder")" ]; then
		as_root rm -rf --one-file-system "$folder"
	fi
}

# Removes the folder, or leaves it there with nothing in it that runs or is mounted.
drop_folder() {
	if [ -n "$folder" ] && [ -z "${FKFIX_FOLDERS_DIR:-}" ]; then
		remove_folder
	elif [ -n "$folder" ]; then
		end_processes
		unmount_below "$folder"
	fi
	folder=
}

make_folders_dir() {
	if [ -n "${FKFIX_FOLDERS_DIR:-}" ]; then
		mkdir -p "$FKFIX_FOLDERS_DIR"
		folders_dir=$(cd "$FKFIX_FOLDERS_DIR" && pwd -P)
	else
		# Not /tmp, which may be small or forbid device files.
		folders_dir=$(mktemp -d /var/tmp/fkfix-folders.XXXXXX)
		chmod 755 "$folders_dir"
	fi
}

drop_folders_dir() {
	drop_folder
	if [ -z "${FKFIX_FOLDERS_DIR:-}" ] && [ -n "$folders_dir" ]; then
		folder=$folders_dir
		remove_folder
	fi
}
