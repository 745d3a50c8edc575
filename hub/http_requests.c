#include "hub/http_requests.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hub/http_headers.h"
#include "hub/listener.h"

enum {
	DECIMAL_MAX = 24 /* a 64-bit number as text */
};

static const char RETRY_AFTER[] = "30"; /* seconds, where there is no room */

/* Invariant: server->unanswered counts exchanges in HANDED_OUT, server->open those in HANDED_OUT or ANSWERED. */
enum stage { RECEIVING, HANDED_OUT, ANSWERED };

struct http_exchange {
	struct http_server *server;
	struct MHD_Connection *connection;
	struct http_request request;
	struct bytes body;
	char peer[ADDRESS_TEXT];
	size_t declared;  /* Content-Length */
	enum stage stage; /* from HANDED_OUT on under the server's lock */
	struct MHD_Response *response;
	size_t answer_len;
	int status;
};

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind; /* only headers are asked for */
	http_headers_note(context, name, value);
	return MHD_YES;
}

int64_t http_clock(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* a clock every Linux has */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Its place among the connections. */
static struct connection *place_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info == NULL ? NULL : info->socket_context;
}

static void enter(struct http_server *server, struct MHD_Connection *connection, enum phase phase, size_t bytes)
{
	connections_enter(server->connections, place_of(connection), phase, bytes, http_clock());
}

static void count_answer(struct http_server *server, unsigned status, size_t bytes)
{
	(void)pthread_mutex_lock(&server->lock); /* cannot fail: a plain mutex, not held */
	if (status < HTTP_STATUSES)
		server->figures.answers[status]++;
	server->figures.bytes_out += (int64_t)bytes;
	(void)pthread_mutex_unlock(&server->lock);
}

/* An empty answer, after which the connection ends: what follows on it cannot be trusted to be a request. */
static enum MHD_Result refuse(struct http_server *server, struct MHD_Connection *connection, unsigned status)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (response == NULL)
		return MHD_NO;
	enum MHD_Result queued = MHD_NO;
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES &&
	    (status != MHD_HTTP_SERVICE_UNAVAILABLE ||
	     MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER) == MHD_YES))
		queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	enter(server, connection, PHASE_ANSWER, 0);
	count_answer(server, status, 0);
	return queued;
}

static enum MHD_Result begin(struct http_server *server, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, void **ret_exchange)
{
	struct http_headers seen = {0};
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &seen); /* answers how many */
	int refused = http_headers_judge(&seen, method, version, server->max_body);
	if (refused != 0)
		return refuse(server, connection, (unsigned)refused);
	if (!connections_reserve(server->connections, place_of(connection), seen.length))
		return refuse(server, connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));
	if (exchange == NULL)
		return refuse(server, connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	exchange->server = server;
	exchange->connection = connection;
	exchange->declared = seen.length;
	exchange->body = bytes_new(seen.length);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info == NULL ? NULL : info->client_addr;
	exchange->request = (struct http_request){.method = method,
						  .path = url,
						  .peer = listener_address(peer, exchange->peer),
						  .from = address_of(peer)};
	*ret_exchange = exchange;
	enter(server, connection, PHASE_BODY, seen.length);
	return MHD_YES;
}

static enum MHD_Result take_piece(struct http_exchange *exchange, const char *data, size_t *len)
{
	if (exchange->stage != RECEIVING)
		return MHD_NO;
	bytes_put(&exchange->body, data, *len);
	*len = 0;
	return bytes_status(&exchange->body) == STATUS_OK ? MHD_YES : MHD_NO;
}

static enum MHD_Result hand_out(struct http_exchange *exchange)
{
	struct http_server *server = exchange->server;
	if (exchange->body.len != exchange->declared)
		return MHD_NO;
	exchange->request.body = bytes_slice(&exchange->body);
	(void)pthread_mutex_lock(&server->lock); /* cannot fail: a plain mutex, not held */
	bool stopping = server->stopping;
	server->figures.bytes_in += (int64_t)exchange->body.len;
	if (!stopping) {
		exchange->stage = HANDED_OUT;
		server->unanswered++;
		server->open++;
	}
	(void)pthread_mutex_unlock(&server->lock);
	if (stopping)
		return refuse(server, exchange->connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	enter(server, exchange->connection, PHASE_HANDED_OUT, 0);
	/* Before the handler, which may answer at once or let another thread do so. */
	MHD_suspend_connection(exchange->connection);
	server->handler(server->context, exchange, &exchange->request);
	return MHD_YES;
}

/* Called by MHD at the headers, for each piece of the body, at its end, and again once resumed. */
enum MHD_Result http_on_request(void *context, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *data, size_t *len,
				void **ret_exchange)
{
	struct http_exchange *exchange = *ret_exchange;
	if (exchange == NULL)
		return begin(context, connection, url, method, version, ret_exchange);
	if (*len > 0)
		return take_piece(exchange, data, len);
	if (exchange->stage == RECEIVING)
		return hand_out(exchange);
	if (exchange->response == NULL)
		return MHD_NO;
	enter(exchange->server, connection, PHASE_ANSWER, exchange->answer_len);
	count_answer(exchange->server, (unsigned)exchange->status, exchange->answer_len);
	return MHD_queue_response(connection, (unsigned)exchange->status, exchange->response);
}

void http_on_completed(void *context, struct MHD_Connection *connection, void **ret_exchange,
		       enum MHD_RequestTerminationCode code)
{
	(void)code; /* whether the answer arrived is the agent's to know */
	struct http_server *server = context;
	struct http_exchange *exchange = *ret_exchange;
	*ret_exchange = NULL;
	connections_give_back(server->connections, place_of(connection));
	enter(server, connection, PHASE_OPENING, 0);
	if (exchange == NULL)
		return;
	(void)pthread_mutex_lock(&server->lock);
	assert(exchange->stage != HANDED_OUT);
	if (exchange->stage == ANSWERED)
		server->open--;
	(void)pthread_cond_broadcast(&server->changed);
	(void)pthread_mutex_unlock(&server->lock);
	if (exchange->response != NULL)
		MHD_destroy_response(exchange->response);
	bytes_free(&exchange->body);
	free(exchange);
}

/* MHD_quiesce_daemon would do this, but with a thread pool on epoll 0.9.75 sometimes aborts in it. */
enum MHD_Result http_on_knock(void *context, const struct sockaddr *address, socklen_t len)
{
	(void)len;
	struct http_server *server = context;
	(void)pthread_mutex_lock(&server->lock);
	bool stopping = server->stopping;
	(void)pthread_mutex_unlock(&server->lock);
	return !stopping && connections_admit(server->connections, address_of(address)) ? MHD_YES : MHD_NO;
}

void http_on_connection(void *context, struct MHD_Connection *connection, void **ret_socket_context,
			enum MHD_ConnectionNotificationCode what)
{
	struct http_server *server = context;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		connections_close(server->connections, *ret_socket_context);
		*ret_socket_context = NULL;
		return;
	}
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	int fd = info == NULL ? -1 : info->connect_fd;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct address from = address_of(info == NULL ? NULL : info->client_addr);
	*ret_socket_context = connections_open(server->connections, fd, from, http_clock());
}

/* Called with the request line: until then it was the handshake, or the time between two requests. */
void *http_on_line(void *context, const char *url, struct MHD_Connection *connection)
{
	(void)url;
	enter(context, connection, PHASE_HEADERS, 0);
	return NULL; /* no exchange yet */
}

/* Paths stay as they came: nothing here has a percent sign in its name. */
size_t http_keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

static struct MHD_Response *make_response(const char *type, struct slice body, int64_t retry_after_s)
{
	uint8_t *copy = malloc(body.len == 0 ? 1 : body.len);
	if (copy == NULL)
		return NULL;
	if (body.len > 0)
		memcpy(copy, body.data, body.len);
	struct MHD_Response *response = MHD_create_response_from_buffer(body.len, copy, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(copy);
		return NULL;
	}
	char seconds[DECIMAL_MAX];
	(void)snprintf(seconds, sizeof(seconds), "%" PRId64, retry_after_s); /* fits any 64-bit number */
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
	    (retry_after_s < 0 ||
	     MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds) == MHD_YES))
		return response;
	MHD_destroy_response(response);
	return NULL;
}

void http_answer(struct http_exchange *exchange, int status, const char *type, struct slice body,
		 int64_t retry_after_s)
{
	struct http_server *server = exchange->server;
	struct MHD_Connection *connection = exchange->connection;
	/* Without memory the connection ends unanswered, and the agent asks again. */
	struct MHD_Response *response = make_response(type, body, retry_after_s);
	(void)pthread_mutex_lock(&server->lock);
	assert(exchange->stage == HANDED_OUT);
	exchange->stage = ANSWERED;
	exchange->status = status;
	exchange->response = response;
	exchange->answer_len = body.len;
	(void)pthread_mutex_unlock(&server->lock);
	/* From here the exchange may be gone. The server is not: unanswered still counts it. */
	MHD_resume_connection(connection);
	(void)pthread_mutex_lock(&server->lock);
	server->unanswered--;
	(void)pthread_cond_broadcast(&server->changed);
	(void)pthread_mutex_unlock(&server->lock);
}
