#include "hub/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "config/datadir.h"
#include "config/log.h"
#include "hub/http.h"
#include "hub/log_limit.h"
#include "hub/writer.h"

enum {
	DESCRIPTORS_KEPT = 32, /* for files, the listeners and what the libraries open */
	DESCRIPTORS_A_THREAD = 4,
	CONNECTIONS_LEAST = 4,
	LOOK_MS = 200,
	LOOKS_A_TIDYING = 10,
	REFUSED_EVERY_MS = 60 * 1000
};

struct front {
	struct hub *hub;
	struct writer *writer;
	struct log_limit *refused; /* lines about what an address was refused */
};

/* Anybody can be refused as often as he likes: the journal hears of it once a minute and address. */
static void refuse(struct front *front, struct http_exchange *exchange, const struct http_request *request,
		   enum status s)
{
	if (log_limit_passes(front->refused, slice_str(request->peer), hub_now(front->hub)))
		log_event(LOG_WARNING, "event=refused code=%s address=%s", status_code(s), request->peer);
	writer_refuse(exchange, s);
}

static void take_batches(struct front *front, struct http_exchange *exchange, const struct http_request *request)
{
	struct arrival *arrival = NULL;
	enum status s = intake_open(front->hub, request->body, &arrival);
	if (s == STATUS_OK)
		s = writer_push(front->writer, exchange, arrival, (struct slice){0});
	if (s != STATUS_OK)
		refuse(front, exchange, request, s);
}

static void take_enrolment(struct front *front, struct http_exchange *exchange, const struct http_request *request)
{
	enum status s = request->body.len > LIMIT_IDENTITY ? STATUS_LIMIT : STATUS_OK;
	if (s == STATUS_OK)
		s = writer_push(front->writer, exchange, NULL, request->body);
	if (s != STATUS_OK)
		refuse(front, exchange, request, s);
}

/* Called on the front's threads. */
static void route(void *context, struct http_exchange *exchange, const struct http_request *request)
{
	struct front *front = context;
	bool post = strcmp(request->method, "POST") == 0;
	const char *path = request->path;
	if (post && (strcmp(path, "/v1/batches") == 0 || strcmp(path, "/v1/head") == 0))
		take_batches(front, exchange, request);
	else if (post && strcmp(path, "/v1/enroll") == 0)
		take_enrolment(front, exchange, request);
	else if (!post && strcmp(path, "/v1/hub") == 0)
		http_answer(exchange, 200, "application/cbor", bytes_slice(&front->hub->identity_doc), -1);
	else if (!post && strcmp(path, "/healthz") == 0)
		http_answer(exchange, 200, "text/plain; charset=utf-8", slice_str("ok\n"), -1);
	else
		http_answer(exchange, 404, "text/plain; charset=utf-8", slice_str(status_code(STATUS_EMPTY)), -1);
}

static enum status read_file(const struct hub *hub, const char *name, struct bytes *out)
{
	char *path = path_join(hub->dir, name);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_read_secret(path, out);
	free(path);
	return s == STATUS_EMPTY ? STATUS_LOST_DATA : s;
}

/*
 * As many connections as there are descriptors for: files must still be opened while strangers hold all they can,
 * and the HTTP library spins where it cannot accept.
 */
static size_t affordable(size_t most, unsigned threads)
{
	rlim_t kept = DESCRIPTORS_KEPT + CONNECTIONS_SPARE + (rlim_t)threads * DESCRIPTORS_A_THREAD;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return most;
	if (limit.rlim_cur < kept + most && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < kept + most ? limit.rlim_max : kept + most;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* asked again below */
		(void)getrlimit(RLIMIT_NOFILE, &limit); /* worked above */
	}
	if (limit.rlim_cur >= kept + most)
		return most;
	size_t fits = limit.rlim_cur < kept + CONNECTIONS_LEAST ? CONNECTIONS_LEAST : limit.rlim_cur - kept;
	log_event(LOG_WARNING, "event=few-descriptors connections=%zu", fits);
	return fits;
}

static enum status start_http(struct front *front, const struct serve_plan *plan, struct http_server **ret_server)
{
	struct bytes key = bytes_new(LIMIT_SETTINGS);
	struct bytes certificate = bytes_new(LIMIT_SETTINGS);
	enum status s = read_file(front->hub, "tls.key", &key);
	if (s == STATUS_OK)
		s = read_file(front->hub, "tls.crt", &certificate);
	if (s == STATUS_OK) {
		struct http_plan http = {.address = plan->address,
					 .port = plan->port,
					 .tls_key = bytes_slice(&key),
					 .tls_certificate = bytes_slice(&certificate),
					 .threads = plan->threads,
					 .limits = plan->limits,
					 .max_body = LIMIT_REQUEST,
					 .handler = route,
					 .context = front};
		http.limits.most = affordable(plan->limits.most, plan->threads);
		s = http_start(&http, ret_server);
	}
	if (key.data != NULL)
		secret_wipe(key.data, key.len);
	bytes_free(&key);
	bytes_free(&certificate);
	return s;
}

static enum status wait_for_stop(const struct serve_plan *plan, struct http_server *server, struct writer *writer)
{
	enum status s = STATUS_OK;
	for (unsigned look_count = 1; *plan->stop == 0 && s == STATUS_OK; look_count++) {
		struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
		(void)nanosleep(&look, NULL); /* a signal ends it early, which is the point */
		http_tend(server);
		s = writer_trouble(writer);
		if (look_count % LOOKS_A_TIDYING == 0)
			writer_tidy(writer);
	}
	return s;
}

enum status serve_run(struct hub *hub, const struct serve_plan *plan)
{
	struct front front = {.hub = hub, .refused = log_limit_new(REFUSED_EVERY_MS)};
	struct http_server *server = NULL;
	enum status s = front.refused == NULL ? STATUS_NO_MEMORY : writer_start(hub, &front.writer);
	if (s == STATUS_OK)
		s = start_http(&front, plan, &server);
	if (s == STATUS_OK) {
		bool six = strchr(plan->address, ':') != NULL;
		(void)fprintf(stderr, "listening on %s%s%s:%u\n", six ? "[" : "", plan->address, six ? "]" : "",
			      (unsigned)http_port(server));
		s = wait_for_stop(plan, server, front.writer);
	}
	http_stop(server);
	writer_stop(front.writer);
	log_limit_free(front.refused);
	return s;
}
