#include "hub/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/audit.h"
#include "hub/backup_note.h"
#include "hub/log.h"

enum { METRICS_MAX = 64 * 1024, LINE_MAX_BYTES = 160 };

struct metrics {
	struct hub *reader;
	struct http_server *server;
	struct writer *writer;
	struct compare_desk *desk;
	struct http_figures figures; /* room for one answer */
};

enum status metrics_new(const struct hub *hub, struct http_server *server, struct writer *writer,
			struct compare_desk *desk, struct metrics **ret_metrics)
{
	struct metrics *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return STATUS_NO_MEMORY;
	m->server = server;
	m->writer = writer;
	m->desk = desk;
	enum status s = hub_open(hub->dir, &hub->world, false, &m->reader);
	if (s == STATUS_OK)
		*ret_metrics = m;
	else
		metrics_free(m);
	return s;
}

void metrics_free(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	hub_close(metrics->reader);
	free(metrics);
}

/* Before the samples of a metric. type is "gauge" or "counter". */
static void put_head(struct bytes *out, const char *name, const char *type, const char *help)
{
	char line[2 * LINE_MAX_BYTES];
	(void)snprintf(line, sizeof(line), "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type); /* ours: fits */
	bytes_put_str(out, line);
}

static void put_sample(struct bytes *out, const char *name, const char *label, const char *value, int64_t sample)
{
	char line[LINE_MAX_BYTES];
	(void)snprintf(line, sizeof(line), "%s{%s=\"%s\"} %" PRId64 "\n", name, label, value, sample);
	bytes_put_str(out, line);
}

static void put_one(struct bytes *out, const char *name, const char *type, const char *help, int64_t sample)
{
	char line[LINE_MAX_BYTES];
	put_head(out, name, type, help);
	(void)snprintf(line, sizeof(line), "%s %" PRId64 "\n", name, sample);
	bytes_put_str(out, line);
}

static void put_seconds(struct bytes *out, const char *name, const char *help, int64_t ms)
{
	char line[LINE_MAX_BYTES];
	put_head(out, name, "gauge", help);
	(void)snprintf(line, sizeof(line), "%s %" PRId64 ".%03d\n", name, ms / 1000, (int)(ms % 1000));
	bytes_put_str(out, line);
}

static void put_devices(struct bytes *out, const struct registry *r)
{
	static const char name[] = "motcua_devices";
	int64_t counts[DEVICE_REVOKED + 1] = {0};
	int64_t held = 0;
	for (int i = 0; i < registry_device_count(r); i++) {
		const struct device *device = registry_device(r, i);
		if (device_check(device) == STATUS_FORK)
			held++;
		else
			counts[device->state]++;
	}
	put_head(out, name, "gauge", "Enrolled computers by state.");
	for (int state = DEVICE_ACTIVE; state <= DEVICE_REVOKED; state++)
		put_sample(out, name, "state", device_state_name((enum device_state)state), counts[state]);
	put_sample(out, name, "state", "held", held);
}

static enum status put_backup(struct bytes *out, struct hub *reader)
{
	struct backup_note note = {0};
	enum status s = backup_note_get(reader, &note);
	put_seconds(out, "motcua_last_backup_timestamp_seconds", "What the last verified backup holds; 0 if none.",
		    s == STATUS_OK ? note.at : 0);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

/* What stands in the database, as of its last commit. */
static enum status put_content(struct bytes *out, struct hub *reader)
{
	int64_t pending = 0;
	int64_t entries = 0;
	uint8_t chain[HASH_LEN];
	enum status s = registry_reload(reader->registry, reader->db);
	if (s == STATUS_OK)
		s = log_last(reader->db, &entries, chain);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(reader->db, "SELECT count(*) FROM pending");
	if (query_row(&q))
		pending = query_get_int(&q, 0);
	s = query_finish(&q);
	put_devices(out, reader->registry);
	put_one(out, "motcua_log_entries", "gauge", "Entries of the log: batches and acts.", entries);
	put_one(out, "motcua_pending_batches", "gauge", "Batches that wait for a predecessor.", pending);
	return s == STATUS_OK ? put_backup(out, reader) : s;
}

/* The night's look at everything: when, and what it found. Without one there is only a time of 0. */
static void put_audit(struct bytes *out, const struct hub *reader)
{
	struct audit audit = {0};
	enum status s = audit_read(reader->dir, &audit);
	put_seconds(out, "motcua_verify_timestamp_seconds", "When verify --full last ended; 0 if never.",
		    s == STATUS_OK ? audit.at : 0);
	put_one(out, "motcua_verify_good", "gauge", "1 if it came to its end and found no difference, else 0.",
		s == STATUS_OK && audit_is_good(&audit) ? 1 : 0);
	put_one(out, "motcua_verify_differences", "gauge", "Differences it found.",
		s == STATUS_OK ? audit.differences : 0);
}

static void put_work(struct bytes *out, struct writer *writer)
{
	struct writer_figures f = writer_figures(writer);
	put_one(out, "motcua_batches_total", "counter", "Batches taken over the line since the start.", f.batches);
	put_one(out, "motcua_changes_total", "counter", "Changes in them.", f.changes);
	put_one(out, "motcua_changes_refused_total", "counter", "Of these, set aside with a verdict.", f.refused);
	put_one(out, "motcua_backlog", "gauge", "Requests that wait for the writer.", f.waiting);
	put_one(out, "motcua_commits_total", "counter", "Commits since the start.", f.commits);
	put_seconds(out, "motcua_last_commit_seconds", "How long the last group took from begin to commit.",
		    f.last_commit_ms);
	put_seconds(out, "motcua_last_commit_timestamp_seconds", "When that was; 0 if never.", f.last_commit_at);
}

static void put_compared(struct bytes *out, struct compare_desk *desk)
{
	struct compare_figures f = compare_desk_figures(desk);
	put_one(out, "motcua_compares_total", "counter",
		"Questions of computers whether the hub has what they have.", f.answered);
	put_one(out, "motcua_compare_looks_total", "counter", "Looks through all that is kept, for these.",
		f.scans);
}

static void put_line(struct bytes *out, const struct http_figures *f)
{
	static const char name[] = "motcua_requests_total";
	const struct connections_figures *c = &f->connections;
	put_head(out, name, "counter", "Answered requests by HTTP status.");
	for (int status = 0; status < HTTP_STATUSES; status++) {
		char text[16];
		(void)snprintf(text, sizeof(text), "%d", status); /* three digits */
		if (f->answers[status] > 0)
			put_sample(out, name, "status", text, f->answers[status]);
	}
	put_one(out, "motcua_request_bytes_total", "counter", "Bytes of request bodies.", f->bytes_in);
	put_one(out, "motcua_answer_bytes_total", "counter", "Bytes of answers' bodies.", f->bytes_out);
	put_one(out, "motcua_connections", "gauge", "Open connections.", c->open);
	put_one(out, "motcua_in_flight_bytes", "gauge", "Bytes of bodies that are being received or worked on.",
		c->in_flight);
	put_one(out, "motcua_connections_late_total", "counter", "Connections ended because their time was over.",
		c->late);
	put_one(out, "motcua_connections_displaced_total", "counter", "Connections ended to make room.",
		c->displaced);
	put_one(out, "motcua_connections_turned_away_total", "counter", "Connections not let in.", c->turned_away);
}

static void answer_metrics(struct metrics *m, struct http_exchange *exchange)
{
	struct bytes out = bytes_new(METRICS_MAX);
	http_figures(m->server, &m->figures);
	enum status s = put_content(&out, m->reader);
	put_audit(&out, m->reader);
	put_work(&out, m->writer);
	put_compared(&out, m->desk);
	put_line(&out, &m->figures);
	if (s == STATUS_OK)
		s = bytes_status(&out);
	if (s == STATUS_OK)
		http_answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", bytes_slice(&out), -1);
	else
		writer_refuse(exchange, s);
	bytes_free(&out);
}

void metrics_route(void *metrics, struct http_exchange *exchange, const struct http_request *request)
{
	static const char text[] = "text/plain; charset=utf-8";
	bool get = strcmp(request->method, "GET") == 0;
	if (get && strcmp(request->path, "/metrics") == 0)
		answer_metrics(metrics, exchange);
	else if (get && strcmp(request->path, "/healthz") == 0)
		http_answer(exchange, 200, text, slice_str("ok\n"), -1);
	else
		http_answer(exchange, 404, text, slice_str(status_code(STATUS_EMPTY)), -1);
}
