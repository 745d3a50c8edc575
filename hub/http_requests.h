/*
 * What libmicrohttpd calls while connections and requests come and go. For http.c alone: the two are one module,
 * here are the requests, there the server's own life.
 */
#ifndef MOTCUA_HUB_HTTP_REQUESTS_H
#define MOTCUA_HUB_HTTP_REQUESTS_H

#include <pthread.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "hub/http.h"

struct http_server {
	struct MHD_Daemon *daemon;
	uint16_t port;
	size_t max_body;
	http_handler handler;
	void *context;
	int64_t grace_ms; /* for answers that are on their way when it stops */
	struct connections *connections;
	pthread_mutex_t lock;   /* over everything below */
	pthread_cond_t changed; /* waits by the monotonic clock */
	bool stopping;
	size_t unanswered;           /* exchanges the handler has */
	size_t open;                 /* those, and answers that are not gone yet */
	struct http_figures figures; /* but connections */
};

/* Milliseconds of the monotonic clock. */
int64_t http_clock(void);

/* Callbacks for MHD_start_daemon; context is the server. */
enum MHD_Result http_on_knock(void *context, const struct sockaddr *address, socklen_t len);
void http_on_connection(void *context, struct MHD_Connection *connection, void **ret_socket_context,
			enum MHD_ConnectionNotificationCode what);
void *http_on_line(void *context, const char *url, struct MHD_Connection *connection);
enum MHD_Result http_on_request(void *context, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *data, size_t *len,
				void **ret_exchange);
void http_on_completed(void *context, struct MHD_Connection *connection, void **ret_exchange,
		       enum MHD_RequestTerminationCode code);
size_t http_keep_escapes(void *context, struct MHD_Connection *connection, char *text);

#endif
