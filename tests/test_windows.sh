#!/usr/bin/env bash
# What stands beside the *_posix.c files for Windows: compiled with all warnings, and linked with a program that
# calls it all. Where Wine is there, that program is run too. It runs from the tree's root.
set -euo pipefail
readonly compiler=x86_64-w64-mingw32-gcc wine=/usr/lib/wine/wine64
if ! command -v "$compiler" >/dev/null; then
	echo "there is no $compiler here (package gcc-mingw-w64-x86-64)"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c17 -I. -O2 -D_WIN32_WINNT=0x0A00 -DUNICODE -D_UNICODE -DWIN32_NO_STATUS -D__USE_MINGW_ANSI_STDIO=1
	-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wformat=2 -Wundef -Wcast-qual
	-Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Werror)

# Every file of a system has its sibling; what only Windows needs is named here.
find agent config -name '*_posix.c' | sed 's/_posix[.]c$//' | LC_ALL=C sort >"$work/posix"
find agent config -name '*_windows.c' | sed 's/_windows[.]c$//' | grep -vx 'config/system' | LC_ALL=C sort >"$work/windows"
diff "$work/posix" "$work/windows" || { echo 'a file lacks its sibling'; exit 1; }

mapfile -t sources < <(find agent config -name '*_windows.c' | LC_ALL=C sort)
sources+=(config/datadir.c config/log.c config/machine.c protocol/bytes.c protocol/status.c
	tests/support/windows_probe.c)
for source in "${sources[@]}"; do
	"$compiler" "${flags[@]}" -c "$source" -o "$work/$(tr / - <<<"$source").o"
done
"$compiler" -static -o "$work/probe.exe" "$work"/*.o -ladvapi32

if [[ -x $wine ]]; then
	export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml='
	unset DISPLAY
	mkdir "$work/place"
	(cd "$work/place" && timeout 120 "$wine" "$work/probe.exe" >"$work/said" 2>"$work/err" </dev/null) ||
		{ cat "$work/said" "$work/err"; exit 1; }
	timeout 30 /usr/lib/wine/wineserver64 -k || true
	cat "$work/said"
fi
