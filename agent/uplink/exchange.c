#include "agent/uplink/exchange.h"

#include <curl/curl.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
	LOW_SPEED_BYTES = 10, /* a line slower than this for long carries nothing; 2 kbit/s is 250 */
	/*
	 * The largest segment that passes wherever IPv6 does (1,280 bytes with its headers). Tunnels and DSL carry
	 * less than Ethernet, and where nobody says so large packets vanish, in both directions. A batch once
	 * sealed cannot be made smaller, its segments can; an exchange costs at most a packet or two more.
	 */
	SEGMENT = 1220,
	KEEPALIVE_IDLE_S = 30,
	URL_MAX = 8 + HOST_MAX + 2 + 6 + PATH_MAX_LEN + 1,
	PIN_TEXT = 8 + 44,
	PINS_TEXT_MAX = PINS_MAX * (PIN_TEXT + 1)
};

struct exchange {
	CURL *easy;
	bool global;
	int watch_fd;
	struct curl_slist *get_headers;
	struct curl_slist *post_headers;
	struct bytes target; /* host, port, pins and proxy the kept connection was made for */
	struct bytes body;
	size_t max_reply;
	bool too_large;
	char detail[CURL_ERROR_SIZE];
};

/* Constant lines only; an empty value takes out a header libcurl would send by itself. */
static struct curl_slist *header_list(const char *const *lines, size_t n)
{
	struct curl_slist *list = NULL;
	for (size_t i = 0; i < n; i++) {
		struct curl_slist *longer = curl_slist_append(list, lines[i]);
		if (longer == NULL) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

struct exchange *exchange_new(int watch_fd)
{
	static const char *const post_lines[] = {"Content-Type: application/octet-stream", "Accept:", "Expect:"};
	static const char *const get_lines[] = {"Accept:"};
	struct exchange *x = calloc(1, sizeof(*x));
	if (x == NULL)
		return NULL;
	x->watch_fd = watch_fd;
	x->target = bytes_new(HOST_MAX + PROXY_MAX + PINS_TEXT_MAX + 16);
	x->body = bytes_new(LIMIT_REQUEST);
	x->global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	x->get_headers = header_list(get_lines, sizeof(get_lines) / sizeof(get_lines[0]));
	x->post_headers = header_list(post_lines, sizeof(post_lines) / sizeof(post_lines[0]));
	if (x->global && x->get_headers != NULL && x->post_headers != NULL)
		return x;
	exchange_free(x);
	return NULL;
}

void exchange_free(struct exchange *x)
{
	if (x == NULL)
		return;
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->get_headers);
	curl_slist_free_all(x->post_headers);
	bytes_free(&x->target);
	bytes_free(&x->body);
	if (x->global)
		curl_global_cleanup();
	free(x);
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct exchange *x = context;
	size_t len = size * n; /* size is always 1 (libcurl's promise) */
	if (len > x->max_reply - x->body.len) {
		x->too_large = true;
		return 0;
	}
	bytes_put(&x->body, data, len);
	return x->body.error == STATUS_OK ? len : 0;
}

/* Non-zero ends the exchange: nobody is left to hear the answer. */
static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	(void)down_total, (void)down, (void)up_total, (void)up; /* libcurl's signature */
	const struct exchange *x = context;
	struct pollfd watch = {.fd = x->watch_fd, .events = POLLIN};
	int waiting = 0;
	if (poll(&watch, 1, 0) <= 0)
		return 0;
	/* A socket that was shut on the other side only can be read, and holds nothing. */
	bool ended = ioctl(x->watch_fd, FIONREAD, &waiting) == 0 && waiting == 0;
	return ended || (watch.revents & (POLLHUP | POLLERR)) != 0;
}

/* Before connecting: the other side is told the same bound for what it sends. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
	(void)context, (void)purpose; /* libcurl's signature */
	const int segment = SEGMENT;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)); /* without it as large as ever */
	return CURL_SOCKOPT_OK;
}

static bool set_transport(CURL *easy)
{
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       /* A name server that does not answer is left behind: libcurl would wait for it past every deadline.
		*/
	       curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)LOW_SPEED_BYTES) == CURLE_OK;
}

/* L12: the pin set by set_target is the only judge. Without a store to verify against, none is loaded either. */
static bool set_tls(CURL *easy)
{
	return curl_easy_setopt(easy, CURLOPT_SSLVERSION,
				(long)CURL_SSLVERSION_TLSv1_2 | (long)CURL_SSLVERSION_MAX_DEFAULT) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK;
}

static bool set_callbacks(struct exchange *x)
{
	return curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_XFERINFODATA, x) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_NOPROGRESS, x->watch_fd < 0 ? 1L : 0L) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->detail) == CURLE_OK;
}

/* "sha256//…;sha256//…" */
static void put_pins(struct bytes *out, const struct uplink_request *request)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < request->n_pins; i++) {
		const uint8_t *pin = request->pins[i];
		bytes_put_str(out, i == 0 ? "sha256//" : ";sha256//");
		for (size_t at = 0; at < PIN_LEN; at += 3) {
			uint32_t three = (uint32_t)pin[at] << 16 | (uint32_t)pin[at + 1] << 8;
			three |= at + 2 < PIN_LEN ? pin[at + 2] : 0U;
			bytes_put_u8(out, (uint8_t)alphabet[three >> 18]);
			bytes_put_u8(out, (uint8_t)alphabet[three >> 12 & 63]);
			bytes_put_u8(out, (uint8_t)alphabet[three >> 6 & 63]);
			bytes_put_u8(out, at + 2 < PIN_LEN ? (uint8_t)alphabet[three & 63] : (uint8_t)'=');
		}
	}
	bytes_put_u8(out, '\0');
}

/* Pin, proxy: what the connection itself is made of. */
static bool set_target(struct exchange *x, const struct uplink_request *request)
{
	struct bytes pins = bytes_new(PINS_TEXT_MAX + 1);
	put_pins(&pins, request);
	char proxy[PROXY_MAX + 8];
	(void)snprintf(proxy, sizeof(proxy), "http://%.*s", (int)request->proxy.len,
		       (const char *)request->proxy.data); /* fits: its length was judged */
	bool direct = request->proxy.len == 0;
	bool ok = bytes_status(&pins) == STATUS_OK &&
		  curl_easy_setopt(x->easy, CURLOPT_PINNEDPUBLICKEY,
				   request->n_pins == 0 ? NULL : (const char *)pins.data) == CURLE_OK &&
		  /* An empty proxy and "*" keep libcurl from asking the environment. */
		  curl_easy_setopt(x->easy, CURLOPT_PROXY, direct ? "" : proxy) == CURLE_OK &&
		  curl_easy_setopt(x->easy, CURLOPT_NOPROXY, direct ? "*" : "") == CURLE_OK;
	bytes_free(&pins);
	return ok;
}

static void put_target(struct bytes *out, const struct uplink_request *request)
{
	bytes_put(out, request->host.data, request->host.len);
	bytes_put_u8(out, '\0');
	bytes_put_u8(out, (uint8_t)(request->port >> 8));
	bytes_put_u8(out, (uint8_t)request->port);
	bytes_put(out, request->proxy.data, request->proxy.len);
	bytes_put_u8(out, '\0');
	put_pins(out, request);
}

/* A kept connection serves only the target it was made for: another pin begins with nothing kept. */
static bool prepare_handle(struct exchange *x, const struct uplink_request *request)
{
	struct bytes target = bytes_new(x->target.limit);
	put_target(&target, request);
	if (bytes_status(&target) != STATUS_OK) {
		bytes_free(&target);
		return false;
	}
	if (x->easy != NULL && slice_equal(bytes_slice(&target), bytes_slice(&x->target))) {
		bytes_free(&target);
		return true;
	}
	bytes_free(&x->target);
	x->target = target;
	curl_easy_cleanup(x->easy);
	x->easy = curl_easy_init();
	if (x->easy != NULL && set_transport(x->easy) && set_tls(x->easy) && set_callbacks(x) &&
	    set_target(x, request))
		return true;
	curl_easy_cleanup(x->easy);
	x->easy = NULL;
	return false;
}

static bool set_request(struct exchange *x, const struct uplink_request *request)
{
	char url[URL_MAX];
	bool bare_ipv6 = memchr(request->host.data, ':', request->host.len) != NULL;
	(void)snprintf(url, sizeof(url), "https://%s%.*s%s:%u%.*s", bare_ipv6 ? "[" : "", (int)request->host.len,
		       (const char *)request->host.data, bare_ipv6 ? "]" : "", (unsigned)request->port,
		       (int)request->path.len, (const char *)request->path.data); /* fits: lengths were judged */
	long deadline = (long)request->deadline_ms;
	long connect = (long)request->patience_s * 1000L / 2;
	bool ok = curl_easy_setopt(x->easy, CURLOPT_URL, url) == CURLE_OK &&
		  curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, deadline) == CURLE_OK &&
		  curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS, connect) == CURLE_OK &&
		  curl_easy_setopt(x->easy, CURLOPT_LOW_SPEED_TIME, (long)request->patience_s * 2) == CURLE_OK;
	if (!request->post)
		return ok && curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
		       curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->get_headers) == CURLE_OK;
	const void *body = request->body.len == 0 ? (const void *)"" : request->body.data;
	return ok && curl_easy_setopt(x->easy, CURLOPT_POST, 1L) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) == CURLE_OK &&
	       curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->post_headers) == CURLE_OK;
}

/* libcurl's sentence may quote what the other side sent: kept printable, and short. */
static struct slice plain_detail(struct exchange *x, CURLcode code)
{
	if (code == CURLE_OK)
		return slice_of("", 0);
	if (x->detail[0] == '\0')
		(void)snprintf(x->detail, sizeof(x->detail), "%s", curl_easy_strerror(code)); /* cut is fine */
	size_t len = 0;
	for (; len < DETAIL_MAX && x->detail[len] != '\0'; len++)
		if (x->detail[len] < ' ' || x->detail[len] > '~')
			x->detail[len] = '?';
	return slice_of(x->detail, len);
}

static curl_off_t time_of(const struct exchange *x, CURLINFO what)
{
	curl_off_t time = 0;
	return curl_easy_getinfo(x->easy, what, &time) == CURLE_OK ? time : 0;
}

/* Where the request never began to leave: how far the way to the hub was open. */
static enum uplink_outcome outcome_before(const struct exchange *x, bool by_proxy, CURLcode code)
{
	long proxy_status = 0;
	if (by_proxy && curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status) == CURLE_OK &&
	    (proxy_status < 200 || proxy_status >= 300))
		return proxy_status == 407 ? OUTCOME_PROXY_LOGIN : OUTCOME_PROXY;
	bool unnamed = code == CURLE_OPERATION_TIMEDOUT && time_of(x, CURLINFO_NAMELOOKUP_TIME_T) == 0;
	return unnamed || code == CURLE_COULDNT_RESOLVE_HOST ? OUTCOME_NO_NAME : OUTCOME_UNREACHABLE;
}

static enum uplink_outcome outcome_of(const struct exchange *x, bool by_proxy, CURLcode code)
{
	if (code == CURLE_OK)
		return OUTCOME_ANSWERED;
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return OUTCOME_PIN;
	if (x->too_large)
		return OUTCOME_TOO_LARGE;
	if (time_of(x, CURLINFO_PRETRANSFER_TIME_T) > 0)
		return OUTCOME_BROKEN_OFF;
	return outcome_before(x, by_proxy, code);
}

static void read_head(struct exchange *x, struct uplink_answer *answer)
{
	long http_status = 0;
	curl_off_t retry_after = 0;
	if (curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &http_status) == CURLE_OK && http_status > 0 &&
	    http_status <= 999)
		answer->http_status = (int)http_status;
	if (curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0)
		answer->retry_after_s = retry_after > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : retry_after;
}

static struct uplink_answer no_answer(enum uplink_outcome outcome, const char *detail)
{
	return (struct uplink_answer){.outcome = outcome, .retry_after_s = -1, .detail = slice_str(detail)};
}

struct uplink_answer exchange_run(struct exchange *x, const struct uplink_request *request)
{
	bytes_clear(&x->body);
	if (!uplink_request_allowed(request))
		return no_answer(OUTCOME_REFUSED, "request not allowed");
	x->max_reply = request->max_reply;
	x->too_large = false;
	x->detail[0] = '\0';
	if (!prepare_handle(x, request) || !set_request(x, request))
		return no_answer(OUTCOME_UNREACHABLE, "no memory");
	CURLcode code = curl_easy_perform(x->easy);
	struct uplink_answer answer = no_answer(outcome_of(x, request->proxy.len > 0, code), "");
	answer.detail = plain_detail(x, code);
	if (answer.outcome != OUTCOME_ANSWERED)
		return answer;
	read_head(x, &answer);
	answer.body = bytes_slice(&x->body);
	return answer;
}
