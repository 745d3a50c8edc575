#!/usr/bin/env bash
# Sizes: no C file over 400 lines, no function over 60 (from its opening brace to its closing one).
# First the checker is shown sizes at the limit and one over it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Our style opens a function, and nothing else, with a brace alone in column one.
sizes='
FNR == 1 { if (lines > 400) print file ": " lines " lines"; file = FILENAME; opened = 0 }
{ lines = FNR }
/^\{$/ { opened = FNR }
/^\}/ && opened { if (FNR - opened >= 60) print FILENAME ":" opened ": a function of " FNR - opened + 1 " lines"; opened = 0 }
END { if (lines > 400) print file ": " lines " lines" }'

check() ( # TREE
	cd "$1"
	find agent hub protocol config -name '*.[ch]' | LC_ALL=C sort | xargs --no-run-if-empty awk "$sizes"
)

function_of() { # LINES
	printf 'void f(void)\n{\n'
	seq "$(($1 - 2))" | sed 's/.*/	work();/'
	printf '}\n'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{agent/uplink,hub,protocol/tables,config}
function_of 60 >"$scratch/agent/uplink/fits.c"
{ function_of 60; function_of 61; function_of 60; } >"$scratch/hub/function.c"
seq 400 | sed 's/.*/int x;/' >"$scratch/config/fits.h"
seq 401 | sed 's/.*/int x;/' >"$scratch/protocol/tables/long.h"
expected='hub/function.c:63: a function of 61 lines
protocol/tables/long.h: 401 lines'
reported=$(check "$scratch")
if [[ $reported != "$expected" ]]; then
	printf 'the checker itself is wrong; it reported:\n%s\n' "$reported"
	exit 1
fi

check "${1:-$here/..}" | tee "$scratch/found"
[[ ! -s $scratch/found ]]
