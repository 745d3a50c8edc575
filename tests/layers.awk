# Prints "FILE:LINE: RULE: what" for each line that breaks a rule of the rooms. Run from the tree's root with the
# files as arguments. Comments, strings and character constants are blanked first.

BEGIN {
	# What each room may include in quotes, the longest matching room first.
	n_rooms = split("protocol/tables/foreign protocol/tables agent/uplink protocol config agent hub", rooms, " ")
	quoted["protocol"] = "^protocol/[^/]+$"
	quoted["protocol/tables"] = "^protocol/"
	quoted["protocol/tables/foreign"] = "^protocol/"
	quoted["config"] = "^(protocol|config)/"
	quoted["agent"] = "^(protocol|config|agent)/"
	quoted["agent/uplink"] = "^(protocol|agent/uplink)/"
	quoted["hub"] = "^(protocol|config|hub)/"

	# Each foreign library is known to one file (SQLite: to database.c and its parts).
	only["zlib.h"] = "protocol/deflate[.]c"
	only["sodium.h"] = "protocol/sign[.]c"
	only["csv.h"] = "protocol/tables/read_csv[.]c"
	only["jansson.h"] = "protocol/tables/read_ndjson[.]c"
	only["utf8proc.h"] = "protocol/tables/text[.]c"
	only["libxml"] = "protocol/tables/foreign/markup[.]c"
	only["zip.h"] = "protocol/tables/foreign/package[.]c"
	only["sqlite3.h"] = "config/database(_[a-z]+)?[.][ch]"
	only["libintl.h"] = "config/messages[.]c"
	only["curl/curl.h"] = "agent/uplink/exchange[.]c"
	# A server's life and what befalls its requests are two files of one module.
	only["microhttpd.h"] = "hub/http([.]c|_requests[.][ch])"
	only["gnutls"] = "hub/tls_key[.]c"
	# A spreadsheet and a page of it are two files of one module.
	only["xlsxwriter.h"] = "hub/report_xlsx(_page)?[.][ch]"
	pure_headers = "^(assert|ctype|errno|float|inttypes|limits|math|stdalign|stdarg|stdbool|stddef|stdint|stdio" \
		"|stdlib|string)[.]h$"
	posix_headers = "^(dirent|fcntl|getopt|libgen|locale|netdb|poll|pthread|signal|spawn|stdatomic|strings|termios" \
		"|pwd|time|unistd|arpa/inet|net/if|netinet/in|netinet/tcp|sys/[a-z]+)[.]h$"

	start = "(^|[^A-Za-z0-9_.>])("
	end = ")[ \t]*\\("
	# What one system alone has stands in its siblings. The hub is for POSIX systems only; programs that others
	# start, and the exchange with them, are not divided yet.
	windows_headers = "^(windows|aclapi|sddl|io)[.]h$"
	posix_only = "^(poll|pwd|spawn|termios|netdb|net/if|arpa/inet|netinet/[a-z]+|sys/[a-z]+)[.]h$"
	both_have = "^sys/(stat|types)[.]h$"
	undivided = "^(hub/|agent/uplink_client[.]c$|agent/uplink/exchange[.]c$|config/(child|foreign_table)[.]c$)"
	# The one file of the room that is no pure code: it has a stdin and a stdout, and gives the rest up.
	program = "^protocol/tables/foreign/main[.]c$"
	banned = start "strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|alloca|system|popen|tmpnam|localtime" end
	leaving = start "exit|abort" end
	clock = start "clock_gettime|gettimeofday|time|clock" end
	impure = start "fopen|freopen|fdopen|tmpfile|open|openat|creat|socket|connect|getenv|secure_getenv|printf" \
		"|vprintf|puts|putchar|perror|syslog|rand|random|getrandom|getentropy" end
	streams = "(^|[^A-Za-z0-9_])(stdin|stdout|stderr)([^A-Za-z0-9_]|$)"
	clock_files = "^(agent/(main|service[a-z_]*|uplink_client)[.]c|agent/uplink/|hub/(main|http_requests|serve[a-z_]*|http)[.]c)"
	system_names = "(_WIN32|__linux__|__linux|__APPLE__|__unix__|__CYGWIN__|__MINGW32__)"
}

function report(rule, what) {
	print FILENAME ":" FNR ": " rule ": " what
}

function room_of(file,    i) {
	for (i = 1; i <= n_rooms; i++)
		if (index(file, rooms[i] "/") == 1)
			return rooms[i]
	return ""
}

# The line without comments and without what stands in quotes; in_comment lasts over lines.
function code_of(line,    out, i, c, quote) {
	out = ""
	quote = ""
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (in_comment) {
			if (substr(line, i, 2) == "*/") {
				in_comment = 0
				i++
				out = out " "
			}
		} else if (quote != "") {
			if (c == "\\")
				i++
			else if (c == quote)
				quote = ""
		} else if (substr(line, i, 2) == "/*") {
			in_comment = 1
			i++
		} else if (substr(line, i, 2) == "//") {
			break
		} else {
			if (c == "\"" || c == "'")
				quote = c
			out = out c
		}
	}
	return out
}

function check_include(line,    name) {
	name = line
	sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
	if (name ~ /^"/) {
		sub(/^"/, "", name)
		sub(/".*/, "", name)
		if (name !~ quoted[room])
			report("room", room "/ may not include \"" name "\"")
		if (name ~ /_windows[.]h$/ && FILENAME !~ /_windows[.]c$/)
			report("system", "\"" name "\" is for *_windows.c")
	} else if (name ~ /^</) {
		sub(/^</, "", name)
		sub(/>.*/, "", name)
		check_library(name)
	} else {
		report("room", "an include must name its file")
	}
}

function check_library(name,    key) {
	key = name ~ /^gnutls\// ? "gnutls" : name ~ /^libxml\// ? "libxml" : name
	if (key in only) {
		if (FILENAME !~ ("^" only[key] "$"))
			report("library", "<" name "> belongs to " only[key])
	} else if (name ~ windows_headers) {
		if (FILENAME !~ /_windows[.]c$/)
			report("system", "<" name "> is for *_windows.c")
	} else if (name ~ posix_only && name !~ both_have && room !~ /^protocol/) {
		if (FILENAME !~ /_posix[.]c$/ && FILENAME !~ undivided)
			report("system", "<" name "> is for *_posix.c")
	} else if (name !~ pure_headers && ((room ~ /^protocol/ && FILENAME !~ program) || name !~ posix_headers)) {
		report("library", "<" name "> is not for " room "/")
	}
}

FNR == 1 {
	in_comment = 0
	room = room_of(FILENAME)
}

{
	was_comment = in_comment
	code = code_of($0)
	if (!was_comment && code ~ /^[ \t]*#[ \t]*include/)
		check_include($0)
	if (code ~ banned)
		report("banned", "a function nobody calls here")
	if (code ~ leaving && FILENAME !~ /(^|\/)main[.]c$/)
		report("exit", "only main.c leaves the program")
	if (code ~ clock && FILENAME !~ clock_files)
		report("clock", "time comes in as a parameter")
	if ((code ~ impure || code ~ streams) && room ~ /^protocol/ && FILENAME !~ program)
		report("pure", room "/ opens no file or socket, asks no environment, knows no stream but its caller's")
	if (code ~ /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)/ && code ~ system_names)
		report("system", "what differs by system stands in sibling files")
}
