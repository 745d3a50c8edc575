/*
 * Many agents in one process, over real TLS: each enrols with a code from standard input and has changes to send;
 * then all of them come at once, as after an outage, and go by the agent's own schedule until everything is
 * acknowledged. Prints "ready" when they are about to come, at the end one JSON object: agents, changes, seconds in
 * all, processor seconds of this process meanwhile, the median and the longest wait, attempts.
 *
 * usage: herd FOLDER CHANGES < CODES
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/enroll.h"
#include "agent/queue.h"
#include "agent/schedule.h"
#include "agent/sync.h"
#include "agent/uplink/exchange.h"

enum {
	AGENTS_MAX = 5000,
	PATH_LEN = 300,
	CODE_LEN = 400,
	STACK_BYTES = 512 * 1024,
	ATTEMPTS_MAX = 60,
	PREPARING = 16
};

struct one {
	struct transport transport; /* first, so that a transport is its agent */
	struct exchange *exchange;
	struct agent_world world;
	struct agent *agent;
	char dir[PATH_LEN];
	char code[CODE_LEN];
	pthread_t thread;
	int attempts;
	double waited_s;
};

static struct one herd[AGENTS_MAX];
static int n_herd;
static atomic_int n_taken;
static pthread_barrier_t all_there;

static double seconds(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double processor_seconds(void)
{
	struct timespec used = {0};
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used); /* cannot fail for this process */
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static int64_t wall_ms(void *context)
{
	struct timespec now = {0};
	(void)context;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void require(enum status s, const struct one *one, const char *what)
{
	if (s == STATUS_OK)
		return;
	(void)fprintf(stderr, "herd: %s: %s: %s\n", one->dir, what, status_code(s));
	exit(1);
}

static enum status carry(struct transport *t, const struct uplink_request *request, int *ret_http_status,
			 int64_t *ret_retry_after_s, struct bytes *ret_body)
{
	struct one *one = (struct one *)t;
	bytes_clear(ret_body);
	const struct uplink_answer answer = exchange_run(one->exchange, request);
	if (answer.outcome != OUTCOME_ANSWERED)
		return answer.outcome == OUTCOME_BROKEN_OFF ? STATUS_BROKEN_OFF : STATUS_UNREACHABLE;
	*ret_http_status = answer.http_status;
	*ret_retry_after_s = answer.retry_after_s;
	bytes_put(ret_body, answer.body.data, answer.body.len);
	return bytes_status(ret_body);
}

static void leave(struct transport *t)
{
	(void)t; /* the connection is ended with the attempt */
}

static void enrol(struct one *one)
{
	struct enroll_report report;
	one->transport = (struct transport){.exchange = carry, .close = leave};
	one->world = (struct agent_world){.now_ms = wall_ms, .transport = &one->transport};
	one->exchange = exchange_new(-1);
	require(one->exchange == NULL ? STATUS_NO_MEMORY : STATUS_OK, one, "exchange");
	require(enroll_run(one->dir, &one->world, one->code, NULL, &report), one, "enrol");
	require(agent_open(one->dir, &one->world, &one->agent), one, "open");
	/* What was kept alive would spare the herd its handshakes. */
	exchange_free(one->exchange);
	one->exchange = exchange_new(-1);
	require(one->exchange == NULL ? STATUS_NO_MEMORY : STATUS_OK, one, "exchange");
}

static void fill(const struct one *one, int changes)
{
	const struct queue_source source = {0};
	bool queued = false;
	const int64_t now = wall_ms(NULL);
	require(database_begin(one->agent->db), one, "begin");
	for (int i = 0; i < changes; i++) {
		char code[LIMIT_CODE];
		struct change c = change_new(KIND_DOSSIER);
		(void)snprintf(code, sizeof(code), "H-%s-%05d", one->agent->unit, i); /* units are short */
		c.key = slice_str(code);
		c.changed_at = now - changes + i;
		c.time_stated = true;
		change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
		change_set_number(&c, FIELD_RECEIVED_AT, now - (int64_t)i * 60000);
		change_set_number(&c, FIELD_FEE, (int64_t)(random_u64() % 1000000));
		require(queue_append(one->agent, &source, &c, &queued), one, "queue");
	}
	require(database_commit(one->agent->db), one, "commit");
}

/* Takes agents as long as there are any. */
static void *prepare(void *changes)
{
	for (;;) {
		const int i = atomic_fetch_add(&n_taken, 1);
		if (i >= n_herd)
			return NULL;
		enrol(&herd[i]);
		fill(&herd[i], *(const int *)changes);
	}
}

/* Several at a time: enrolling is mostly waiting for the disk. */
static void prepare_all(int changes)
{
	pthread_t threads[PREPARING];
	for (int i = 0; i < PREPARING; i++)
		if (pthread_create(&threads[i], NULL, prepare, &changes) != 0)
			exit(1);
	for (int i = 0; i < PREPARING; i++)
		(void)pthread_join(threads[i], NULL); /* our own, once */
}

static void pause_ms(int64_t ms)
{
	const struct timespec wait = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
	(void)nanosleep(&wait, NULL); /* cut short is fine, too */
}

static void *come_back(void *argument)
{
	struct one *one = argument;
	struct sync_report report;
	int64_t failures = 0;
	(void)pthread_barrier_wait(&all_there);
	const double start = seconds();
	for (;;) {
		one->attempts++;
		enum status s = sync_run(one->agent, false, &report);
		if (s == STATUS_OK)
			break;
		if (one->attempts == ATTEMPTS_MAX)
			require(s, one, "sync");
		exchange_free(one->exchange);
		one->exchange = exchange_new(-1);
		require(one->exchange == NULL ? STATUS_NO_MEMORY : STATUS_OK, one, "exchange");
		failures = sync_failures(&report, s, failures);
		pause_ms(schedule_backoff_ms(failures, report.retry_after_s, random_u64()));
	}
	one->waited_s = seconds() - start;
	/* As the service does: gone when there is nothing more to send. */
	exchange_free(one->exchange);
	one->exchange = NULL;
	return NULL;
}

static int by_wait(const void *a, const void *b)
{
	const double x = ((const struct one *)a)->waited_s;
	const double y = ((const struct one *)b)->waited_s;
	return (x > y) - (x < y);
}

static void read_codes(const char *folder)
{
	while (n_herd < AGENTS_MAX && fgets(herd[n_herd].code, CODE_LEN, stdin) != NULL) {
		struct one *one = &herd[n_herd];
		one->code[strcspn(one->code, "\n")] = '\0';
		if (snprintf(one->dir, sizeof(one->dir), "%s/agent-%d", folder, n_herd) >= PATH_LEN)
			exit(2);
		n_herd++;
	}
}

/* Each has its database, locks and connection open. */
static void allow_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* too few show when a directory is opened */
}

static double run_herd(void)
{
	pthread_attr_t attributes;
	if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, STACK_BYTES) != 0 ||
	    pthread_barrier_init(&all_there, NULL, (unsigned)n_herd + 1) != 0)
		exit(1);
	for (int i = 0; i < n_herd; i++)
		if (pthread_create(&herd[i].thread, &attributes, come_back, &herd[i]) != 0)
			exit(1);
	(void)pthread_barrier_wait(&all_there);
	const double start = seconds();
	for (int i = 0; i < n_herd; i++)
		(void)pthread_join(herd[i].thread, NULL); /* our own, once */
	return seconds() - start;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	const int changes = (int)strtol(argv[2], NULL, 10);
	if (sign_start() != STATUS_OK)
		return 1;
	allow_descriptors();
	read_codes(argv[1]);
	if (n_herd == 0)
		return 2;
	prepare_all(changes);
	(void)puts("ready");
	(void)fflush(stdout); /* what fails here fails at the end, too */
	const double used = processor_seconds();
	const double took = run_herd();
	const double worked = processor_seconds() - used;
	int attempts = 0;
	int most = 0;
	for (int i = 0; i < n_herd; i++) {
		attempts += herd[i].attempts;
		most = herd[i].attempts > most ? herd[i].attempts : most;
		agent_close(herd[i].agent);
	}
	qsort(herd, (size_t)n_herd, sizeof(herd[0]), by_wait);
	(void)printf("{\"agents\": %d, \"changes\": %d, \"seconds\": %.3f, \"herd_cpu_s\": %.3f, \"median_s\": "
		     "%.3f, \"longest_s\": %.3f,"
		     " \"attempts\": %d, \"most_attempts\": %d}\n",
		     n_herd, changes, took, worked, herd[n_herd / 2].waited_s, herd[n_herd - 1].waited_s, attempts,
		     most);
	return fflush(stdout) == 0 ? 0 : 1;
}
