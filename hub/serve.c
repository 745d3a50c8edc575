#include "hub/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "config/datadir.h"
#include "config/log.h"
#include "config/notify.h"
#include "hub/backup_note.h"
#include "hub/front.h"
#include "hub/metrics.h"

enum {
	DESCRIPTORS_KEPT = 32, /* for files, the listeners and what the libraries open */
	DESCRIPTORS_A_THREAD = 4,
	CONNECTIONS_LEAST = 4,
	LOOK_MS = 200,
	LOOKS_A_TIDYING = 10,
	ADMIN_CONNECTIONS = 16,
	ADMIN_MS = 10 * 1000
};

struct parts {
	struct writer *writer;
	struct compare_desk *desk;
	struct front *front;
	struct http_server *server;
	struct metrics *metrics;
	struct http_server *admin; /* NULL: none */
	struct nightly *nightly;   /* NULL: no backups */
};

static enum status read_file(const struct hub *hub, const char *name, struct bytes *out)
{
	enum status s = dir_read_secret(hub->dir, name, out);
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

/* The word that the hub is at work is the writer's to give: one round since the last word, or none is said. */
static void tell_alive(struct writer *writer, uint64_t *rounds)
{
	uint64_t now = writer_rounds(writer);
	if (now != *rounds)
		notify_alive();
	*rounds = now;
	writer_tidy(writer); /* without work, this is its round until the next word */
}

static enum status wait_for_stop(const struct serve_plan *plan, struct parts *p)
{
	enum status s = STATUS_OK;
	const int64_t every_ms = notify_every_ms();
	const unsigned looks_a_word = every_ms < LOOK_MS ? 1U : (unsigned)(every_ms / LOOK_MS);
	uint64_t rounds = 0;
	notify_ready();
	for (unsigned look_count = 1; *plan->stop == 0 && s == STATUS_OK; look_count++) {
		struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
		(void)nanosleep(&look, NULL); /* a signal ends it early, which is the point */
		http_tend(p->server);
		if (p->admin != NULL)
			http_tend(p->admin);
		s = writer_trouble(p->writer);
		if (look_count % LOOKS_A_TIDYING == 0)
			writer_tidy(p->writer);
		if (s == STATUS_OK && every_ms > 0 && look_count % looks_a_word == 0)
			tell_alive(p->writer, &rounds);
	}
	notify_stopping();
	return s;
}

/* For monitoring: plain HTTP, so it belongs on a loopback or a network of one's own. */
static enum status start_admin(const struct serve_plan *plan, struct metrics *metrics,
			       struct http_server **ret_server)
{
	const struct http_plan http = {.address = plan->admin_address,
				       .port = plan->admin_port,
				       .threads = 1,
				       .limits = {.most = ADMIN_CONNECTIONS,
						  .per_address = ADMIN_CONNECTIONS,
						  .handshake_ms = ADMIN_MS,
						  .headers_ms = ADMIN_MS,
						  .body_ms = ADMIN_MS},
				       .handler = metrics_route,
				       .context = metrics};
	return http_start(&http, ret_server);
}

static void say_ready(const char *what, const char *address, const struct http_server *server)
{
	bool six = strchr(address, ':') != NULL;
	(void)fprintf(stderr, "%s on %s%s%s:%u\n", what, six ? "[" : "", address, six ? "]" : "",
		      (unsigned)http_port(server));
}

/* Before anything is answered: `safe` means another thing where there are backups (L11). */
static enum status start_backups(struct hub *hub, const struct nightly_plan *plan, struct nightly **ret_nightly)
{
	struct hub_transaction t;
	bool wanted = plan->folder[0] != '\0';
	bool expected = !wanted;
	enum status s = backup_note_expected(hub, &expected);
	if (s == STATUS_OK && expected != wanted) {
		s = hub_begin(hub, &t);
		if (s == STATUS_OK)
			s = hub_end(&t, backup_note_expect(hub, wanted));
	}
	return s == STATUS_OK && wanted ? nightly_start(hub->dir, &hub->world, plan, ret_nightly) : s;
}

static enum status start_parts(struct hub *hub, const struct serve_plan *plan, struct parts *p, bool *ret_admin)
{
	enum status s = start_backups(hub, &plan->backups, &p->nightly);
	if (s == STATUS_OK)
		s = writer_start(hub, &p->writer);
	if (s == STATUS_OK)
		s = compare_desk_start(hub, &p->desk);
	if (s == STATUS_OK)
		p->front = front_new(hub, p->writer, p->desk, &plan->limits.trusted);
	if (s == STATUS_OK && p->front == NULL)
		s = STATUS_NO_MEMORY;
	if (s == STATUS_OK)
		s = start_http(hub, p->front, plan, &p->server);
	if (s == STATUS_OK && plan->admin_address[0] != '\0') {
		s = metrics_new(hub, p->server, p->writer, p->desk, &p->metrics);
		if (s == STATUS_OK)
			s = start_admin(plan, p->metrics, &p->admin);
		*ret_admin = s == STATUS_BUSY || s == STATUS_SETTINGS;
	}
	return s;
}

/* The one that asks first, the writer, which all others wait for, last. */
static void stop_parts(struct parts *p)
{
	http_stop(p->admin);
	metrics_free(p->metrics);
	nightly_stop(p->nightly);
	if (p->writer != NULL)
		writer_hurry(p->writer);
	if (p->desk != NULL)
		compare_desk_hurry(p->desk);
	http_stop(p->server);
	compare_desk_stop(p->desk);
	writer_stop(p->writer);
	front_free(p->front);
}

enum status serve_run(struct hub *hub, const struct serve_plan *plan, bool *ret_admin)
{
	struct parts parts = {0};
	*ret_admin = false;
	enum status s = start_parts(hub, plan, &parts, ret_admin);
	if (s == STATUS_OK) {
		if (parts.admin != NULL)
			say_ready("admin", plan->admin_address, parts.admin);
		say_ready("listening", plan->address, parts.server);
		s = wait_for_stop(plan, &parts);
	}
	stop_parts(&parts);
	return s;
}
