/*
 * The hub's front: HTTP by libmicrohttpd, over TLS by GnuTLS. It bounds what comes in (connections, method, length,
 * headers, time, bytes held at once), hands whole bodies on and sends whole answers. It knows nothing of records.
 *
 * Each request is given to handler on a front thread; the handler either answers at once (http_answer) or keeps the
 * exchange and answers later from any thread: the connection is suspended meanwhile.
 */
#ifndef MOTCUA_HUB_HTTP_H
#define MOTCUA_HUB_HTTP_H

#include "hub/connections.h"
#include "protocol/bytes.h"

struct http_exchange; /* one request; valid until it is answered */

struct http_request {
	const char *method; /* "GET" or "POST" */
	const char *path;   /* "/v1/batches" */
	struct slice body;
	const char *peer; /* numeric address, for the journal */
	struct address from;
};

/* Must lead to exactly one http_answer(exchange, …), now or later. */
typedef void (*http_handler)(void *context, struct http_exchange *exchange, const struct http_request *request);

struct http_plan {
	const char *address;          /* "127.0.0.1", "::", … */
	uint16_t port;                /* 0: any free one */
	struct slice tls_key;         /* PEM; empty: plain HTTP, for a loopback address */
	struct slice tls_certificate; /* PEM */
	unsigned threads;             /* polling threads */
	struct connections_plan limits;
	size_t max_body; /* a longer Content-Length is 413 before the body is read */
	http_handler handler;
	void *context;
};

struct http_server; /* opaque */

/* STATUS_BUSY if the address is taken, STATUS_SETTINGS if it or the key cannot be used. */
MUST_CHECK enum status http_start(const struct http_plan *plan, struct http_server **ret_server);
uint16_t http_port(const struct http_server *server);
/* Ends the connections that are late (connections.h). To be called a few times a second. */
void http_tend(struct http_server *server);

/* What went through since the start. Any thread. */
enum { HTTP_STATUSES = 600 };
struct http_figures {
	struct connections_figures connections;
	int64_t bytes_in; /* of whole bodies */
	int64_t bytes_out;
	int64_t answers[HTTP_STATUSES]; /* by HTTP status, but those the library gave by itself */
};
void http_figures(struct http_server *server, struct http_figures *ret_figures);

/*
 * Takes no new connections, waits until every exchange handed out was answered, which is up to the handler, gives
 * the answers some seconds to be taken, then frees. NULL is fine.
 */
void http_stop(struct http_server *server);

/* Answers with a copy of body. retry_after_s < 0: no such header. type is a media type. Any thread, once. */
void http_answer(struct http_exchange *exchange, int status, const char *type, struct slice body,
		 int64_t retry_after_s);

#endif
