#!/usr/bin/env bash
# The units under a systemd of their own, hardening and all: both programs do the main job as services. It runs as
# process 1 of namespaces, on a layer over this machine's files that goes away with them. $1: cmake, $2: build tree.
set -euo pipefail

skip() {
	echo "$*"
	exit 77
}

as() { # USER COMMAND...
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}

until_true() { # WHAT COMMAND...
	local what=$1 n
	shift
	for ((n = 0; n < 300; n++)); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "in vain: $what"
	return 1
}

property() { # UNIT NAME
	systemctl show --property "$2" --value "$1"
}

# The test itself, as a service among the others.
probe() {
	systemd-tmpfiles --create motcua-agent.conf motcua-hub.conf
	[[ $(systemctl start motcua-agent; property motcua-agent ActiveState) == inactive ]] # nothing to do yet
	printf 'code,name,level,parent\n06,P,province,\n058,D,district,06\n01834,C,commune,058\n' >/tmp/units.csv
	as motcua-hub motcua-hub init --province 06 --name P --url https://127.0.0.1:8443
	as motcua-hub motcua-hub units import /tmp/units.csv
	systemctl start motcua-hub
	[[ $(property motcua-hub ActiveState) == active ]]
	local code
	code=$(as motcua-hub motcua-hub invite 01834 --no-confirm --json | sed 's/.*"code": *"\([^"]*\)".*/\1/')
	as motcua-agent motcua-agent enroll "$code" --url https://localhost:8443
	systemctl start motcua-agent
	[[ $(property motcua-agent ActiveState) == active ]]
	local agent
	agent=$(property motcua-agent MainPID)
	grep -q '^Seccomp:.2$' "/proc/$agent/status"
	grep -q '^CapEff:.0000000000000000$' "/proc/$agent/status"

	# A file by another account crosses to the province.
	setpriv --reuid nobody --regid motcua-spool --clear-groups sh -c 'umask 022
		echo "{\"code\":\"A\",\"status\":\"accepted\",\"received_at\":\"2024-05-22\"}" >/var/spool/motcua/a.ndjson'
	until_true 'the file is taken in' test ! -e /var/spool/motcua/a.ndjson
	# One that motcua-tables reads, which gives up its rights under the unit's filter of calls, too.
	setpriv --reuid nobody --regid motcua-spool --clear-groups sh -c 'umask 022
		echo "<table><tr><th>code<th>status<th>received_at<tr><td>B<td>accepted<td>22/05/2024</table>" \
			>/var/spool/motcua/b.xls'
	until_true 'the page is taken in' test ! -e /var/spool/motcua/b.xls
	systemctl restart motcua-agent # which sends at once
	until_true 'all is acknowledged' eval 'as motcua-agent motcua-agent status --json | grep -q "\"waiting\": *0,"'
	as motcua-hub motcua-hub totals --year 2024 --json | grep -q '"received": *2,'

	# The night's verification beside the serving hub; an edited table makes it fail, loudly.
	systemctl start motcua-hub-verify
	[[ $(property motcua-hub-verify Result) == success ]]
	as motcua-hub motcua-hub status --json | grep -q '"verified":{"at":"[^"]*","entries":[0-9]*,"differences":0,'
	python3 -c 'import sqlite3; sqlite3.connect("/var/lib/motcua-hub/hub.db").executescript(
		"UPDATE dossier SET received = received - 1;")'
	chown motcua-hub:motcua-hub /var/lib/motcua-hub/*
	! systemctl start motcua-hub-verify
	[[ $(property motcua-hub-verify ExecMainStatus) == 1 ]]
	as motcua-hub motcua-hub status --json | grep -q '"verified":.*"differences":1,"error":"E-DIFFERENT"'
	systemctl reset-failed motcua-hub-verify
	systemctl start motcua-hub-verify.timer
	[[ $(property motcua-hub-verify.timer ActiveState) == active ]]

	# A crash is mended by systemd, rights that are wrong are not.
	systemctl kill --signal=KILL motcua-agent
	until_true 'it is started again' eval '[[ $(property motcua-agent NRestarts) == 1 ]]'
	until_true 'it is ready again' eval '[[ $(property motcua-agent ActiveState) == active ]]'
	systemctl stop motcua-agent
	[[ $(property motcua-agent Result) == success ]]
	chmod 644 /var/lib/motcua-agent/device.key
	! systemctl start motcua-agent
	sleep 3
	[[ $(property motcua-agent ActiveState) == failed && $(property motcua-agent ExecMainStatus) == 77 ]]
	systemctl stop motcua-hub
	[[ $(property motcua-hub Result) == success ]]
	echo passed >/out/result
}

# Into a control group of its own, which is all that the new system sees.
enter() { # WORK GROUP CMAKE BUILD
	mount --make-rprivate /
	mount -t cgroup2 cgroup2 "$1"
	echo $$ >"$1/$2/cgroup.procs"
	umount "$1"
	exec unshare --mount --pid --cgroup --net --fork --kill-child -- "$0" --boot "$3" "$4" "$1"
}

# Becomes process 1: the layer, the installation on it, nothing to start but the probe.
boot() { # CMAKE BUILD WORK
	local work=$3 root=$3/root name
	mount --make-rprivate /
	ip link set lo up
	mount -t tmpfs layer "$work"
	mkdir "$work"/{upper,inner,root}
	mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/inner" "$root"
	DESTDIR=$root "$1" --install "$2" --prefix /usr >"$work/install.log"
	systemd-sysusers --root="$root"
	rm -f "$root/etc/machine-id"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	cp "$0" "$root/usr/bin/motcua-probe"
	cat >"$root/etc/systemd/system/probe.service" <<-UNIT
		[Unit]
		DefaultDependencies=no
		[Service]
		Type=oneshot
		StandardOutput=append:/out/log
		StandardError=inherit
		ExecStart=/usr/bin/motcua-probe --probe
		ExecStopPost=/bin/systemctl exit --force --no-block
	UNIT
	# Sanitizers look for leaks through ptrace, which the units forbid.
	for name in motcua-agent motcua-hub motcua-hub-verify; do
		mkdir -p "$root/etc/systemd/system/$name.service.d"
		printf '[Service]\nRestartSec=1s\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n' \
			>"$root/etc/systemd/system/$name.service.d/test.conf"
	done
	mkdir -p "$root/out" "$root/before"
	mount --bind "$OUT" "$root/out"
	mount -t proc proc "$root/proc"
	mount -t tmpfs tmpfs "$root/run"
	mount -t tmpfs tmpfs "$root/tmp"
	mount --rbind /dev "$root/dev"
	mount -t sysfs -o ro sysfs "$root/sys"
	mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	cd "$root"
	pivot_root . before
	umount --lazy /before
	exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system \
		--unit=probe.service --log-target=console --log-level=warning --show-status=0
}

case $1 in
--probe)
	ASAN_OPTIONS=detect_leaks=0
	export ASAN_OPTIONS
	set -x
	probe
	exit
	;;
--enter)
	shift
	enter "$@"
	;;
--boot)
	shift
	boot "$@"
	;;
esac

((EUID == 0)) || skip 'only root can make a system of its own'
for tool in systemctl unshare pivot_root ip setpriv; do
	command -v "$tool" >/dev/null || skip "there is no $tool here"
done
[[ -x /lib/systemd/systemd ]] || skip 'there is no systemd here'
OUT=$(mktemp -d)
work=$(mktemp -d)
export OUT
group=$(sed -n 's/^0:://p' /proc/self/cgroup)/motcua-test-$$

# Runs a command where the tree of control groups is seen under $work, and nowhere else.
with_groups() {
	unshare --mount -- sh -c 'mount --make-rprivate / && mount -t cgroup2 cgroup2 "$0" && "$@"' "$work" "$@"
}
clean_up() {
	with_groups find "$work/$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
	rm -rf "$OUT"
	rmdir "$work"
}
trap clean_up EXIT
with_groups mkdir "$work/$group" 2>"$OUT/reason" ||
	skip "this machine gives no control group to a system of its own: $(<"$OUT/reason")"
timeout 200 unshare --mount -- "$0" --enter "$work" "$group" "$1" "$2" || true
[[ -f $OUT/result ]] || { cat "$OUT/log"; exit 1; }
