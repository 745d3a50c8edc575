#!/usr/bin/env bash
# Runs one fuzz target from the vectors and from corpus/TARGET, where every past finding stands under a telling name. Usage: run.sh BUILD TARGET SECONDS [keep]
# With "keep" what was found stays in BUILD/fuzz/found for the next run, and COUNT beside this file goes up.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1/fuzz target=$2 seconds=$3 keep=${4:-}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/seeds" "$scratch/found"
"$build/make_seeds" "$scratch/seeds"
if [[ -d $here/corpus/$target ]]; then
	mkdir -p "$scratch/seeds/$target"
	cp "$here/corpus/$target"/* "$scratch/seeds/$target"
fi
found=$scratch/found
if [[ $keep ]]; then
	found=$build/found/$target
	mkdir -p "$found"
fi

# A list of what was freed in the last hundreds of thousands of runs would be all that is in the caches.
export ASAN_OPTIONS=${ASAN_OPTIONS-quarantine_size_mb=2:thread_local_quarantine_size_kb=64:malloc_context_size=4:max_malloc_fill_size=0}

# What breaks a promise stays in BUILD/fuzz, named after its kind and its hash.
status=0
"$build/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$build/$target-" "$found" "$scratch/seeds/$target" >"$scratch/said" 2>&1 || status=$?
done_now=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/said")
if ((status != 0)) || [[ -z $done_now ]]; then
	tail -n 60 "$scratch/said"
	exit 1
fi
grep -E '#[0-9]+.(INITED|DONE)' "$scratch/said"
printf '%s: %s executions\n' "$target" "$done_now"
if [[ $keep ]]; then
	# Two runs side by side count one after the other.
	exec 9>>"$here/COUNT"
	flock 9
	awk -v target="$target" -v more="$done_now" '
		$1 == target { $2 = sprintf("%d", $2 + more); seen = 1 }
		{ print $1, $2 }
		END { if (!seen) print target, more }' "$here/COUNT" | LC_ALL=C sort >"$scratch/count"
	cat "$scratch/count" >"$here/COUNT"
fi
