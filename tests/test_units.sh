#!/usr/bin/env bash
# The service units: exposure of at most 1.5 as systemd 252 counts it, nothing in them that it does not know, and
# accounts and folders that it can make. $1: folder with the programs the units start.
set -euo pipefail
readonly exposure=15 # in tenths
units=$(cd "$(dirname "${BASH_SOURCE[0]}")/../config/systemd" && pwd)
if ! command -v systemd-analyze >/dev/null; then
	echo 'there is no systemd-analyze here (package systemd)'
	exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The checker is shown a unit that is open first.
sed '/^Protect\|^Private\|^SystemCall\|^Restrict/d' "$units/motcua-agent.service" >"$scratch/open.service"
if systemd-analyze security --offline=true --threshold=$exposure "$scratch/open.service" >/dev/null; then
	echo 'an open unit was found closed'
	exit 1
fi
for name in motcua-agent motcua-hub motcua-hub-verify; do
	systemd-analyze security --offline=true --no-pager --threshold=$exposure "$units/$name.service" |
		tee "$scratch/verdict" | tail -n 1 || { cat "$scratch/verdict"; exit 1; }
	sed "s|/usr/bin/|$1/|" "$units/$name.service" >"$scratch/$name.service"
	# What verify says about other units of this machine is not ours.
	systemd-analyze --man=no --recursive-errors=no verify "$scratch/$name.service" 2>&1 |
		grep -F "$name.service" >"$scratch/faults" || true
	if [[ -s $scratch/faults ]]; then
		cat "$scratch/faults"
		exit 1
	fi
	mkdir -p "$scratch"/root/{etc,usr/lib/sysusers.d,usr/lib/tmpfiles.d}
	[[ -e $units/$name.sysusers ]] || continue # the one that verifies has the account of the hub
	cp "$units/$name.sysusers" "$scratch/root/usr/lib/sysusers.d/$name.conf"
	cp "$units/$name.tmpfiles" "$scratch/root/usr/lib/tmpfiles.d/$name.conf"
done
cp "$units/motcua-hub-verify.timer" "$scratch"
systemd-analyze --man=no --recursive-errors=no verify "$scratch/motcua-hub-verify.timer" 2>&1 |
	grep -F motcua-hub-verify.timer >"$scratch/faults" || true
if [[ -s $scratch/faults ]]; then
	cat "$scratch/faults"
	exit 1
fi
systemd-sysusers --root="$scratch/root"
cut -d: -f1 "$scratch/root/etc/passwd" "$scratch/root/etc/group" | LC_ALL=C sort -u | tr '\n' ' ' >"$scratch/made"
if [[ $(<"$scratch/made") != 'motcua-agent motcua-hub motcua-spool ' ]]; then
	echo "accounts made: $(<"$scratch/made")"
	exit 1
fi
if ((EUID == 0)); then # only root can give folders away
	systemd-tmpfiles --root="$scratch/root" --create motcua-agent.conf motcua-hub.conf
	modes=$(cd "$scratch/root/var" && stat --format '%a %n' lib/motcua-agent lib/motcua-hub spool/motcua)
	[[ $modes == $'700 lib/motcua-agent\n700 lib/motcua-hub\n1730 spool/motcua' ]] || { echo "$modes"; exit 1; }
fi
