#!/usr/bin/env bash
# The vectors under a COSE library of others (verify_cose.cjs). Installs it from the registry npm is set up for;
# says why and leaves with 77 where there is no node, no npm or no registry.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

skip() {
	printf 'skipped: %s\n' "$*"
	exit 77
}

command -v node >/dev/null || skip "there is no node"
command -v npm >/dev/null || skip "there is no npm"

# What stands in node_modules is taken if it was installed from this very lock file.
if ! cmp --silent package-lock.json node_modules/.installed-from; then
	if ! said=$(npm ci --prefix . --ignore-scripts --omit=optional --no-audit --no-fund --fetch-retries=1 \
		--fetch-retry-mintimeout=1000 --fetch-timeout=30000 2>&1); then
		case $said in
		*ENOTFOUND* | *EAI_AGAIN* | *ECONNREFUSED* | *ECONNRESET* | *ETIMEDOUT* | *ERR_SOCKET_TIMEOUT* | \
			*EHOSTUNREACH* | *ENETUNREACH*)
			skip "npm cannot reach its registry"
			;;
		esac
		printf '%s\n' "$said"
		exit 1
	fi
	cp package-lock.json node_modules/.installed-from
fi
exec node verify_cose.cjs
