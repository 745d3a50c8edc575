#!/usr/bin/env bash
# clang-tidy over the rooms' sources. $1: source directory, $2: build directory, whose flags are used.
# .clang-tidy names the checks. One file a process: with more, clang-tidy 14 takes a va_list of the second for unset.
set -euo pipefail
sed -n "s|^ *\"file\": \"$1/\(.*\)\".*|\1|p" "$2/compile_commands.json" |
	grep -E '^(agent|config|hub|protocol)/' | LC_ALL=C sort -u |
	xargs --max-procs 2 --max-args 1 clang-tidy --quiet -p "$2" 2>&1 |
	sed '/^[0-9]* warnings\{0,1\} generated[.]$/d'
