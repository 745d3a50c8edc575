#include "hub/http_requests.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "protocol/sign.h"
#include "hub/listener.h"

enum {
	CONNECTION_MEMORY = 32 * 1024, /* request line, headers and one piece of the body */
	QUIET_S = 120,                 /* without a single byte: a peer that is gone holds no place for long */
	STOP_GRACE_MS = 10 * 1000      /* at most, for answers still on their way to a slow reader */
};

/*
 * Forward secrecy only. The shortest choices of equal worth first: X25519 and SHA-256 make a handshake 65 bytes
 * smaller than GnuTLS's own order, and session tickets cost more than resumption saves.
 */
static const char TLS_PRIORITIES[] =
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:+AEAD:+ECDHE-ECDSA:+ECDHE-RSA:"
	"+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ALL:+CTYPE-X509:+COMP-NULL:"
	"%SERVER_PRECEDENCE:%NO_TICKETS:%PROFILE_MEDIUM";

/* MHD shares its limit out among the threads; connections.h counts them all together, below it. */
static unsigned most_connections(const struct http_plan *plan)
{
	return (unsigned)connections_places(plan->limits.most) * (plan->threads < 2 ? 1 : plan->threads);
}

static struct MHD_Daemon *start_daemon(const struct http_plan *plan, struct http_server *server, int fd,
				       const char *key, const char *certificate)
{
	/* No Date header: the only time agents believe is the signed one, and 37 bytes cross in every answer. */
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
	const struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
		{MHD_OPTION_TLS_NO_ALPN, 1, NULL},
	};
	struct MHD_OptionItem options[sizeof(tls) / sizeof(tls[0]) + 2] = {{0}};
	unsigned n = 0;
	if (plan->threads >= 2)
		options[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)plan->threads, NULL};
	if (plan->tls_key.len > 0) {
		flags |= MHD_USE_TLS;
		memcpy(&options[n], tls, sizeof(tls));
		n += sizeof(tls) / sizeof(tls[0]);
	}
	options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	return MHD_start_daemon(flags, 0, http_on_knock, server, http_on_request, server, MHD_OPTION_LISTEN_SOCKET,
				fd, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, most_connections(plan),
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)QUIET_S, MHD_OPTION_NOTIFY_CONNECTION,
				http_on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, http_on_line, server,
				MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server,
				MHD_OPTION_UNESCAPE_CALLBACK, http_keep_escapes, NULL, MHD_OPTION_ARRAY, options,
				MHD_OPTION_END);
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
	connections_free(server->connections);
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

static struct http_server *server_new(const struct http_plan *plan)
{
	struct http_server *server = calloc(1, sizeof(*server));
	if (server == NULL)
		return NULL;
	server->max_body = plan->max_body;
	server->handler = plan->handler;
	server->context = plan->context;
	server->grace_ms = plan->limits.body_ms < STOP_GRACE_MS ? plan->limits.body_ms : STOP_GRACE_MS;
	server->connections = connections_new(&plan->limits);
	if (server->connections != NULL && init_waiting(server))
		return server;
	connections_free(server->connections);
	free(server);
	return NULL;
}

enum status http_start(const struct http_plan *plan, struct http_server **ret_server)
{
	char *key = text_of(plan->tls_key);
	char *certificate = text_of(plan->tls_certificate);
	struct http_server *server = server_new(plan);
	enum status s = STATUS_NO_MEMORY;
	if (key != NULL && certificate != NULL && server != NULL)
		s = listen_and_start(plan, server, key, certificate);
	if (s == STATUS_OK)
		*ret_server = server;
	else if (server != NULL)
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

void http_tend(struct http_server *server)
{
	connections_end_late(server->connections, http_clock());
}

void http_figures(struct http_server *server, struct http_figures *ret_figures)
{
	(void)pthread_mutex_lock(&server->lock); /* cannot fail: a plain mutex, not held */
	*ret_figures = server->figures;
	(void)pthread_mutex_unlock(&server->lock);
	ret_figures->connections = connections_figures(server->connections);
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
	until.tv_sec += (time_t)(server->grace_ms / 1000);
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
