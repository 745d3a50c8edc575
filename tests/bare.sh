#!/usr/bin/env bash
# `./run test --bare`: a new Debian with git and nothing else in it, a fresh clone of HEAD, `./run demo` and
# `./run test` (or the verbs given). Mounts and processes live in namespaces that end with this script, however it
# ends.
set -euo pipefail
readonly suite=bookworm
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$repository/build/bare

say() { printf '%s\n' "bare: $*" >&2; }

# This machine's own archives of the suite, as lines "deb URI RELEASE COMPONENT".
archives() {
	local lines
	lines=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		grep -E "^deb [^ ]+ $suite(-updates|-security)? (main|contrib)$" | sort -u) || true
	if ! grep -q "^deb [^ ]* $suite main" <<<"$lines"; then
		lines="deb http://deb.debian.org/debian $suite main"
	fi
	printf '%s\n' "$lines"
}

# Runs inside the namespaces.
inside() { # ROOT VERB...
	local root=$1 keep name verb
	shift
	trap 'exit 130' INT TERM
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	keep=(HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "TERM=${TERM:-dumb}")
	for name in http_proxy https_proxy no_proxy; do
		[[ -z ${!name:-} ]] || keep+=("$name=${!name}")
	done
	for verb; do
		say "./run $verb in a new Debian $(<"$root/etc/debian_version")"
		env -i "${keep[@]}" chroot "$root" /bin/sh -c "cd /root/motcua && ./run $verb"
	done
}

# Makes the new system once and keeps it as a tar; a month later it is made again.
make_system() { # ROOT TAR
	local mirror extra=git
	mirror=$(archives | awk -v suite="$suite" '$3 == suite && $4 == "main" { print $2; exit }')
	[[ $mirror != https:* ]] || extra=git,ca-certificates
	say "debootstrap $suite from $mirror"
	debootstrap --variant=minbase --include="$extra" "$suite" "$1" "$mirror" >"$work/debootstrap.log" ||
		{ tail -n 20 "$work/debootstrap.log" >&2; return 1; }
	rm -f "$1"/var/cache/apt/archives/*.deb
	tar -C "$1" -cf "$2.part" .
	mv "$2.part" "$2"
}

# What the new system needs of this machine to reach its archives.
connect() { # ROOT
	archives >"$1/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|Check-Valid-Until|Check-Date)' \
		>"$1/etc/apt/apt.conf.d/90machine" || true
	cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
	if grep -q 'https:' "$1/etc/apt/sources.list" && [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
		install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
	fi
}

if [[ ${1:-} == --inside ]]; then
	shift
	inside "$@"
	exit
fi

(($#)) || set -- demo test
if ((EUID != 0)); then
	say "a new Debian needs root: sudo ./run test --bare"
	exit 77
fi

root='' child=''
clean_up() {
	if [[ -n $child ]]; then
		kill -KILL "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	[[ -z $root ]] || rm -rf --one-file-system "$root"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir -p "$work"
root=$(mktemp -d "$work/root.XXXXXX")
chmod 755 "$root"
tar=$work/$suite-$(archives | sha256sum | cut -c1-12).tar
if [[ -n $(find "$tar" -mtime -30 2>/dev/null) ]]; then
	tar -C "$root" -xpf "$tar"
else
	make_system "$root" "$tar"
fi
connect "$root"
git -c safe.directory="$repository" -c safe.directory="$repository/.git" clone --quiet --no-hardlinks \
	"$repository" "$root/root/motcua"

unshare --mount --pid --fork --kill-child -- "$0" --inside "$root" "$@" &
child=$!
result=0
wait "$child" || result=$?
child=''
((result)) || say "$* passed in a new Debian"
exit "$result"
