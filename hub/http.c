#include "hub/http.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "protocol/sign.h"
#include "hub/http_headers.h"
#include "hub/listener.h"

enum {
	CONNECTION_MEMORY = 32 * 1024, /* request line, headers and one piece of the body */
	STOP_GRACE_S = 10,             /* for answers still on their way to a slow reader */
	DECIMAL_MAX = 24               /* a 64-bit number as text */
};

/*
 * Forward secrecy only. The shortest choices of equal worth first: X25519 and SHA-256 make a handshake 65 bytes
 * smaller than GnuTLS's own order, and session tickets cost more than resumption saves.
 */
static const char TLS_PRIORITIES[] =
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:+AEAD:+ECDHE-ECDSA:+ECDHE-RSA:"
	"+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ALL:+CTYPE-X509:+COMP-NULL:"
	"%SERVER_PRECEDENCE:%NO_TICKETS:%PROFILE_MEDIUM";

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
	int status;
};

struct http_server {
	struct MHD_Daemon *daemon;
	uint16_t port;
	size_t max_body;
	http_handler handler;
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	size_t unanswered;
	size_t open;
};

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind; /* only headers are asked for */
	http_headers_note(context, name, value);
	return MHD_YES;
}

/* An empty answer, after which the connection ends: what follows on it cannot be trusted to be a request. */
static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (response == NULL)
		return MHD_NO;
	enum MHD_Result queued = MHD_NO;
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES)
		queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result begin(struct http_server *server, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, void **ret_exchange)
{
	struct http_headers seen = {0};
	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &seen); /* answers how many */
	int refused = http_headers_judge(&seen, method, version, server->max_body);
	if (refused != 0)
		return refuse(connection, (unsigned)refused);
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));
	if (exchange == NULL)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	exchange->server = server;
	exchange->connection = connection;
	exchange->declared = seen.length;
	exchange->body = bytes_new(seen.length);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	exchange->request = (struct http_request){
		.method = method,
		.path = url,
		.peer = listener_address(info == NULL ? NULL : info->client_addr, exchange->peer)};
	*ret_exchange = exchange;
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
	if (!stopping) {
		exchange->stage = HANDED_OUT;
		server->unanswered++;
		server->open++;
	}
	(void)pthread_mutex_unlock(&server->lock);
	if (stopping)
		return refuse(exchange->connection, MHD_HTTP_SERVICE_UNAVAILABLE);
	/* Before the handler, which may answer at once or let another thread do so. */
	MHD_suspend_connection(exchange->connection);
	server->handler(server->context, exchange, &exchange->request);
	return MHD_YES;
}

/* Called by MHD at the headers, for each piece of the body, at its end, and again once resumed. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
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
	return MHD_queue_response(connection, (unsigned)exchange->status, exchange->response);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **ret_exchange,
			 enum MHD_RequestTerminationCode code)
{
	(void)connection;
	(void)code; /* whether the answer arrived is the agent's to know */
	struct http_server *server = context;
	struct http_exchange *exchange = *ret_exchange;
	*ret_exchange = NULL;
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
static enum MHD_Result on_connect(void *context, const struct sockaddr *address, socklen_t len)
{
	(void)address;
	(void)len;
	struct http_server *server = context;
	(void)pthread_mutex_lock(&server->lock);
	bool stopping = server->stopping;
	(void)pthread_mutex_unlock(&server->lock);
	return stopping ? MHD_NO : MHD_YES;
}

/* Paths stay as they came: nothing here has a percent sign in its name. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
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
	(void)pthread_mutex_unlock(&server->lock);
	/* From here the exchange may be gone. The server is not: unanswered still counts it. */
	MHD_resume_connection(connection);
	(void)pthread_mutex_lock(&server->lock);
	server->unanswered--;
	(void)pthread_cond_broadcast(&server->changed);
	(void)pthread_mutex_unlock(&server->lock);
}

static struct MHD_Daemon *start_daemon(const struct http_plan *plan, struct http_server *server, int fd,
				       const char *key, const char *certificate)
{
	/* No Date header: the only time agents believe is the signed one, and 37 bytes cross in every answer. */
	unsigned flags = MHD_USE_TLS | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_SUPPRESS_DATE_NO_CLOCK;
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)plan->threads, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	if (plan->threads < 2)
		options[0].option = MHD_OPTION_END;
	return MHD_start_daemon(flags, 0, on_connect, server, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_CERT, certificate,
				MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_TLS_NO_ALPN, 1,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, plan->max_connections,
				MHD_OPTION_CONNECTION_TIMEOUT, plan->idle_timeout_s, MHD_OPTION_NOTIFY_COMPLETED,
				on_completed, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
				MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/* MHD wants text that ends with a zero byte. */
static char *text_of(struct slice pem)
{
	char *text = malloc(pem.len + 1);
	if (text == NULL)
		return NULL;
	if (pem.len > 0)
		memcpy(text, pem.data, pem.len);
	text[pem.len] = '\0';
	return text;
}

/* A lock and a condition that waits by the monotonic clock. */
static bool init_waiting(struct http_server *server)
{
	pthread_condattr_t monotonic;
	if (pthread_mutex_init(&server->lock, NULL) != 0)
		return false;
	if (pthread_condattr_init(&monotonic) == 0) {
		bool ok = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
			  pthread_cond_init(&server->changed, &monotonic) == 0;
		(void)pthread_condattr_destroy(&monotonic); /* cannot fail */
		if (ok)
			return true;
	}
	(void)pthread_mutex_destroy(&server->lock); /* nobody holds it */
	return false;
}

static void free_server(struct http_server *server)
{
	(void)pthread_cond_destroy(&server->changed); /* nobody waits */
	(void)pthread_mutex_destroy(&server->lock);   /* nobody holds it */
	free(server);
}

/* Gives the listener to MHD, which closes it when it stops, and on some failures to start, but not on others. */
static enum status listen_and_start(const struct http_plan *plan, struct http_server *server, const char *key,
				    const char *certificate)
{
	int fd = -1;
	enum status s = listener_open(plan->address, plan->port, &fd);
	if (s != STATUS_OK)
		return s;
	struct stat ours = {0};
	struct stat now = {0};
	int known = fstat(fd, &ours);
	server->port = listener_port(fd);
	server->daemon = start_daemon(plan, server, fd, key, certificate);
	if (server->daemon != NULL)
		return STATUS_OK;
	/* The number may be another thread's by now: closed only if it still is the same socket. */
	if (known == 0 && fstat(fd, &now) == 0 && now.st_ino == ours.st_ino && now.st_dev == ours.st_dev)
		(void)close(fd); /* nothing was written to it */
	return STATUS_SETTINGS;
}

enum status http_start(const struct http_plan *plan, struct http_server **ret_server)
{
	char *key = text_of(plan->tls_key);
	char *certificate = text_of(plan->tls_certificate);
	struct http_server *server = calloc(1, sizeof(*server));
	enum status s = STATUS_NO_MEMORY;
	if (key == NULL || certificate == NULL || server == NULL || !init_waiting(server)) {
		free(server);
		server = NULL;
		goto out;
	}
	server->max_body = plan->max_body;
	server->handler = plan->handler;
	server->context = plan->context;
	s = listen_and_start(plan, server, key, certificate);
	if (s != STATUS_OK)
		goto out;
	*ret_server = server;
	server = NULL;
out:
	if (server != NULL)
		free_server(server);
	free(certificate);
	if (key != NULL)
		secret_wipe(key, plan->tls_key.len);
	free(key);
	return s;
}

uint16_t http_port(const struct http_server *server)
{
	return server->port;
}

/* Every answer given, however long it takes; then a moment for slow readers. */
static void wait_until_quiet(struct http_server *server)
{
	(void)pthread_mutex_lock(&server->lock);
	server->stopping = true;
	while (server->unanswered > 0)
		(void)pthread_cond_wait(&server->changed, &server->lock); /* looked at again after any return */
	struct timespec until;
	int late = clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_GRACE_S;
	while (server->open > 0 && late == 0)
		late = pthread_cond_timedwait(&server->changed, &server->lock, &until);
	(void)pthread_mutex_unlock(&server->lock);
}

void http_stop(struct http_server *server)
{
	if (server == NULL)
		return;
	/* MHD aborts if a suspended connection is left when it stops. */
	wait_until_quiet(server);
	MHD_stop_daemon(server->daemon);
	free_server(server);
}
