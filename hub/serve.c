#include "hub/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "config/datadir.h"
#include "config/log.h"
#include "hub/front.h"

enum {
	DESCRIPTORS_KEPT = 32, /* for files, the listeners and what the libraries open */
	DESCRIPTORS_A_THREAD = 4,
	CONNECTIONS_LEAST = 4,
	LOOK_MS = 200,
	LOOKS_A_TIDYING = 10
};

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
	rlim_t kept = DESCRIPTORS_KEPT + (rlim_t)threads * DESCRIPTORS_A_THREAD;
	rlim_t wanted = kept + connections_places(most);
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return most;
	if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* asked again below */
		(void)getrlimit(RLIMIT_NOFILE, &limit); /* worked above */
	}
	if (limit.rlim_cur >= wanted)
		return most;
	size_t fits = most;
	while (fits > CONNECTIONS_LEAST && limit.rlim_cur < kept + connections_places(fits))
		fits--;
	log_event(LOG_WARNING, "event=few-descriptors connections=%zu", fits);
	return fits;
}

static enum status start_http(struct hub *hub, struct front *front, const struct serve_plan *plan,
			      struct http_server **ret_server)
{
	struct bytes key = bytes_new(LIMIT_SETTINGS);
	struct bytes certificate = bytes_new(LIMIT_SETTINGS);
	enum status s = read_file(hub, "tls.key", &key);
	if (s == STATUS_OK)
		s = read_file(hub, "tls.crt", &certificate);
	if (s == STATUS_OK) {
		struct http_plan http = {.address = plan->address,
					 .port = plan->port,
					 .tls_key = bytes_slice(&key),
					 .tls_certificate = bytes_slice(&certificate),
					 .threads = plan->threads,
					 .limits = plan->limits,
					 .max_body = LIMIT_REQUEST,
					 .handler = front_route,
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
	struct writer *writer = NULL;
	struct front *front = NULL;
	struct http_server *server = NULL;
	enum status s = writer_start(hub, &writer);
	if (s == STATUS_OK)
		front = front_new(hub, writer, &plan->limits.trusted);
	if (s == STATUS_OK)
		s = front == NULL ? STATUS_NO_MEMORY : start_http(hub, front, plan, &server);
	if (s == STATUS_OK) {
		bool six = strchr(plan->address, ':') != NULL;
		(void)fprintf(stderr, "listening on %s%s%s:%u\n", six ? "[" : "", plan->address, six ? "]" : "",
			      (unsigned)http_port(server));
		s = wait_for_stop(plan, server, writer);
	}
	if (writer != NULL)
		writer_hurry(writer);
	http_stop(server);
	writer_stop(writer);
	front_free(front);
	return s;
}
