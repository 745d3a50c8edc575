#!/usr/bin/env bash
# The rooms keep to themselves: who may include what, call what and read a clock (layers.awk holds the rules).
# First the checker is shown a tree with one offence a file, and must report each of them and nothing else.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

check() ( # TREE
	cd "$1"
	find agent hub protocol config -name '*.[ch]' | LC_ALL=C sort | xargs --no-run-if-empty awk -f "$here/layers.awk"
)

# FILE|RULE|LINE; the rule "-" means that the line is fine.
sample='
protocol/a.c|room|#include "config/log.h"
protocol/b.c|room|#include "agent/queue.h"
protocol/c.c|room|#include "protocol/tables/row.h"
protocol/d.c|room|#include "cbor.h"
protocol/e.c|room|#include HEADER
protocol/f.c|-|#include "protocol/cbor.h"
protocol/tables/a.c|room|#include "hub/state.h"
protocol/tables/b.c|-|#include "protocol/cbor.h"
config/a.c|room|#include "agent/queue.h"
config/b.c|room|#include "hub/state.h"
config/c.h|-|#include "protocol/bytes.h"
agent/a.c|room|#include "hub/state.h"
agent/b.c|-|#include "agent/uplink/frame.h"
agent/uplink/a.c|room|#include "agent/queue.h"
agent/uplink/b.c|room|#include "config/log.h"
hub/a.c|room|#include "agent/queue.h"
hub/b.h|room|	#  include "agent/uplink/frame.h"
protocol/batch.c|library|#include <zlib.h>
protocol/deflate.c|-|#include <zlib.h>
protocol/envelope.c|library|#include <sodium.h>
protocol/sign.c|-|#include <sodium.h>
protocol/g.c|library|#include <unistd.h>
protocol/h.c|library|#include <time.h>
protocol/tables/c.c|library|#include <csv.h>
protocol/tables/read_csv.c|-|#include <csv.h>
protocol/tables/d.c|library|#include <jansson.h>
protocol/tables/read_ndjson.c|-|#include <jansson.h>
protocol/tables/e.c|library|#include <utf8proc.h>
protocol/tables/text.c|-|#include <utf8proc.h>
agent/queue.c|library|#include <sqlite3.h>
config/database.c|-|#include <sqlite3.h>
config/database_query.c|-|#include <sqlite3.h>
config/settings.c|library|#include <sqlite3.h>
config/options.c|library|#include <libintl.h>
config/messages.c|-|#include <libintl.h>
agent/sync.c|library|#include <curl/curl.h>
agent/uplink/main.c|library|#include <curl/curl.h>
agent/uplink/exchange.c|-|#include <curl/curl.h>
hub/intake.c|library|#include <microhttpd.h>
hub/http.c|-|#include <microhttpd.h>
hub/c.c|library|#include <gnutls/gnutls.h>
hub/tls_key.c|-|#include <gnutls/x509.h>
hub/report_form06a.c|library|#include <xlsxwriter.h>
hub/report_xlsx.c|-|#include <xlsxwriter.h>
hub/report_xlsx_page.h|-|#include <xlsxwriter.h>
hub/d.c|library|#include <libxml/parser.h>
protocol/tables/k.c|library|#include <libxml/parser.h>
protocol/tables/foreign/a.c|library|#include <libxml/parser.h>
protocol/tables/foreign/markup.c|-|#include <libxml/HTMLparser.h>
protocol/tables/foreign/xlsx.c|library|#include <zip.h>
protocol/tables/foreign/package.c|-|#include <zip.h>
protocol/tables/foreign/b.c|room|#include "config/log.h"
protocol/tables/foreign/c.c|-|#include "protocol/tables/json_escape.h"
protocol/tables/foreign/d.c|pure|	(void)fputs("x", stdout);
protocol/tables/foreign/e.c|library|#include <sys/resource.h>
protocol/tables/foreign/main.c|-|	(void)fputs("x", stdout);
hub/e.c|-|#include <sys/stat.h>
hub/i.c|-|#include <sys/socket.h>
hub/j.c|system|#include <windows.h>
protocol/n.c|library|#include <poll.h>
protocol/o.c|system|#include <windows.h>
config/g.c|system|#include <windows.h>
config/h_windows.c|-|#include <windows.h>
config/h_windows.h|system|#include <windows.h>
config/i_windows.c|-|#include <aclapi.h>
config/n_windows.c|-|#include "config/system_windows.h"
config/j_posix.c|system|#include "config/system_windows.h"
config/k.c|system|#include <pwd.h>
config/k_posix.c|-|#include <pwd.h>
config/l.c|-|#include <sys/stat.h>
config/m_windows.c|system|#include <sys/inotify.h>
agent/t.c|system|#include <sys/inotify.h>
agent/t_posix.c|-|#include <sys/inotify.h>
agent/uplink/i.c|system|#include <poll.h>
config/child.c|-|#include <poll.h>
config/p.c|system|#include <poll.h>
protocol/i.c|pure|	FILE *f = fopen(name, "r");
protocol/j.c|pure|	int fd = open(name, O_RDONLY);
protocol/k.c|pure|	int s = socket (AF_INET, SOCK_STREAM, 0);
protocol/l.c|pure|	const char *home = getenv("HOME");
protocol/tables/f.c|pure|	(void)fprintf(stderr, "x");
protocol/tables/i.c|pure|	printf("x");
protocol/tables/j.c|-|	(void)fprintf(out, "x");
protocol/tables/g.c|-|	(void)snprintf(text, sizeof text, "fopen(");
protocol/tables/h.c|-|	source->open(source); bytes_open(b); s.open(1);
protocol/m.c|clock|	int64_t now = (int64_t)time(NULL);
agent/c.c|clock|	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
config/d.c|clock|	gettimeofday(&t, NULL);
hub/state.c|clock|	t = time (NULL);
agent/main.c|-|	t = time(NULL);
agent/service_spool.c|-|	clock_gettime(CLOCK_MONOTONIC, &t);
agent/uplink/g.c|-|	clock_gettime(CLOCK_MONOTONIC, &t);
agent/uplink_client.c|-|	clock_gettime(CLOCK_MONOTONIC, &t);
hub/main.c|-|	clock_gettime(CLOCK_REALTIME, &t);
hub/serve.c|-|	clock_gettime(CLOCK_REALTIME, &t);
hub/f.c|-|	int64_t t = head_time(head) + uptime(hub);
agent/d.c|banned|	strcpy(a, b);
agent/e.c|banned|	strcat(a, b);
agent/f.c|banned|	sprintf(a, "x");
agent/g.c|banned|	gets(a);
agent/h.c|banned|	p = strtok(a, b);
agent/i.c|banned|	n = atoi(a);
agent/j.c|banned|	p = alloca(n);
agent/k.c|banned|	r = system(a);
agent/l.c|banned|	f = popen(a, b);
agent/m.c|banned|	p = tmpnam(a);
agent/n.c|banned|	t = localtime(a);
agent/o.h|banned|	vsprintf(a, b, c);
agent/p.c|-|	/* strcpy(a, b); */ // atoi(a)
agent/q.c|-|	puts("system(x) \" exit(1)");
agent/r.c|exit|	exit(1);
hub/g.c|exit|	abort();
hub/h.c|-|	_exit(127); on_exit(hub);
agent/uplink/h.c|exit|	exit(0);
agent/s.c|system|#ifdef _WIN32
config/e.c|system|#if defined(__linux__)
config/f.c|-|#ifdef MOTCUA_VERSION
'

sample_tree() { # DIR
	local file rule line
	while IFS='|' read -r file rule line; do
		[[ -n $file ]] || continue
		mkdir -p "$1/$(dirname "$file")"
		# The line stands between a comment full of offences and one that ends on a line of its own.
		printf '/* exit(1);\n#include "hub/state.h"\n*/ \n%s\n/* time(NULL)\n */\n' "$line" >"$1/$file"
	done <<<"$sample"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
sample_tree "$scratch/tree"
awk -F'|' '$2 != "" && $2 != "-" { print $1 ":4: " $2 }' <<<"$sample" | LC_ALL=C sort >"$scratch/expected"
check "$scratch/tree" | sed 's/^\([^:]*:[0-9]*: [a-z]*\):.*/\1/' | LC_ALL=C sort >"$scratch/reported"
if ! diff "$scratch/expected" "$scratch/reported"; then
	printf 'the checker itself is wrong: < expected, > reported\n'
	exit 1
fi

check "${1:-$here/..}" | tee "$scratch/found"
[[ ! -s $scratch/found ]]
