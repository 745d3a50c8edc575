#include "hub/writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/log.h"
#include "hub/checkpoint.h"
#include "hub/enrol.h"
#include "hub/spans_quiet.h"

enum { GROUP_MAX = 256, RETRY_AFTER_S = 30, LULL_NAP_MS = 1 };

struct job {
	struct job *next;
	struct http_exchange *exchange;
	struct arrival *arrival; /* NULL: an enrolment */
	struct slice enrolment;
	struct bytes answer;
	enum status status;
};

struct writer {
	struct hub *hub;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first;
	struct job **last;
	bool stopping;
	enum status trouble;
	struct writer_figures figures;
	bool hurry;
	bool given_up; /* in a hurry, and the lock was not to be had */
	uint64_t rounds;
	bool tidy;      /* asked for a checkpoint */
	bool unsettled; /* commits since the last checkpoint */
	struct spans_quiet spans;
	int spans_rounds; /* that counted, since the last checkpoint */
};

static void job_free(struct job *job)
{
	intake_free(job->arrival);
	bytes_free(&job->answer);
	free(job);
}

static int http_status(enum status s)
{
	switch (status_exit(s)) {
	case EXIT_PERMISSION:
		return 403;
	case EXIT_REFUSED:
		return s == STATUS_FORGED ? 422 : s == STATUS_LIMIT ? 413 : 400;
	default:
		return s == STATUS_WAITING_DEVICE || s == STATUS_FORK ? 403 : 503;
	}
}

void writer_refuse(struct http_exchange *exchange, enum status s)
{
	int code = http_status(s);
	http_answer(exchange, code, "text/plain; charset=utf-8", slice_str(status_code(s)),
		    code == 503 ? RETRY_AFTER_S : -1);
}

static void job_answer(struct job *job)
{
	if (job->status == STATUS_OK)
		http_answer(job->exchange, 200, "application/cbor", bytes_slice(&job->answer), -1);
	else
		writer_refuse(job->exchange, job->status);
	job_free(job);
}

/* Refusals that come before anything is written: the others of the group need not suffer. */
static bool is_clean(enum status s)
{
	return s == STATUS_OK || status_exit(s) == EXIT_PERMISSION || status_exit(s) == EXIT_REFUSED ||
	       s == STATUS_WAITING_DEVICE || s == STATUS_FORK;
}

static enum status take(struct hub *hub, struct job *job)
{
	int64_t before = database_writes(hub->db);
	bytes_clear(&job->answer);
	enum status s = job->arrival != NULL ? intake_take(hub, job->arrival, &job->answer)
					     : enrol_take(hub, job->enrolment, &job->answer);
	/* After a write it is no refusal: what we hold does not agree with itself, and half of it is not kept. */
	bool half = s != STATUS_OK && is_clean(s) && database_writes(hub->db) != before;
	return half ? STATUS_DIFFERENT : s;
}

static enum status commit_group(struct hub *hub, struct job *jobs)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	for (struct job *job = jobs; job != NULL && s == STATUS_OK; job = job->next) {
		job->status = take(hub, job);
		if (!is_clean(job->status))
			s = job->status;
	}
	return hub_end(&t, s);
}

/* After a commit of these jobs. */
static void count_group(struct writer *w, const struct job *jobs, int64_t begun)
{
	int64_t now = hub_now(w->hub);
	(void)pthread_mutex_lock(&w->lock);
	for (const struct job *job = jobs; job != NULL; job = job->next) {
		if (job->arrival == NULL || job->status != STATUS_OK)
			continue;
		struct taken taken = intake_taken(job->arrival);
		w->figures.batches += taken.joined;
		w->figures.changes += taken.changes;
		w->figures.refused += taken.refused;
	}
	w->figures.commits++;
	w->figures.last_commit_ms = now > begun ? now - begun : 0;
	w->figures.last_commit_at = now;
	(void)pthread_mutex_unlock(&w->lock);
}

/* One transaction over a list of jobs. STATUS_OK: committed, each job has its own status. */
static enum status take_group(struct writer *w, struct job *jobs)
{
	int64_t begun = hub_now(w->hub);
	enum status s = commit_group(w->hub, jobs);
	if (s == STATUS_OK)
		count_group(w, jobs, begun);
	return s;
}

/* What a process does not go on from: after a failed fsync nobody knows what the disk holds (L1). */
static bool is_trouble(enum status s)
{
	return s == STATUS_DISK || s == STATUS_DISK_SYNC || s == STATUS_CORRUPT;
}

/* Nothing is wrong with the jobs then: the hub's lock was not to be had. */
static void note_busy(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->given_up = w->hurry;
	(void)pthread_mutex_unlock(&w->lock);
}

static void set_trouble(struct writer *w, enum status s)
{
	(void)pthread_mutex_lock(&w->lock);
	w->trouble = s;
	(void)pthread_mutex_unlock(&w->lock);
}

/*
 * Group first; if one job spoils it, each alone, so that one poison exchange cannot hold up the rest (L10). After
 * trouble nothing is tried any more: whatever waits is refused until the process has ended.
 */
static void work_on(struct writer *w, struct job *jobs)
{
	enum status s = w->given_up ? STATUS_BUSY : writer_trouble(w);
	if (s == STATUS_OK)
		s = take_group(w, jobs);
	if (s == STATUS_BUSY)
		note_busy(w);
	bool alone = s != STATUS_OK && s != STATUS_BUSY && jobs->next != NULL;
	enum status told = STATUS_OK;
	while (jobs != NULL) {
		struct job *job = jobs;
		jobs = job->next;
		job->next = NULL;
		if (alone && !is_trouble(s))
			s = take_group(w, job);
		if (s != STATUS_OK)
			job->status = s;
		/* One line for all that suffer the same. */
		if (s != STATUS_OK && s != told)
			log_event(LOG_ERROR, "event=not-taken code=%s", status_code(s));
		told = s;
		if (is_trouble(s))
			set_trouble(w, s);
		job_answer(job);
	}
	if (s != STATUS_BUSY)
		w->unsettled = !is_trouble(s);
}

/* True if more is to be counted. */
static bool count_spans(struct writer *w)
{
	bool more = false;
	bool wrote = false;
	enum status s = spans_quiet_count(&w->spans, w->hub, &more, &wrote);
	w->unsettled = w->unsettled || wrote;
	w->spans_rounds += wrote ? 1 : 0;
	/* Anything else is no trouble for work. */
	if (s == STATUS_DISK || s == STATUS_DISK_SYNC)
		set_trouble(w, s);
	return more;
}

/* When it is quiet. True if there is more to tidy up. */
static bool tidy_up(struct writer *w)
{
	if (is_trouble(writer_trouble(w)))
		return false;
	/* A device that came in by stick must not wait until another one writes. */
	if (hub_catch_up(w->hub) != STATUS_OK)
		log_event(LOG_WARNING, "event=not-caught-up");
	else
		return count_spans(w);
	return false;
}

/* Waits for jobs; NULL when there is nothing but tidying up, or the end. */
static struct job *next_group(struct writer *w)
{
	while (w->first == NULL && !w->stopping && !w->tidy)
		(void)pthread_cond_wait(&w->wake, &w->lock);
	struct job *jobs = w->first;
	struct job **end = &w->first;
	for (int n = 0; *end != NULL && n < GROUP_MAX; n++, w->figures.waiting--)
		end = &(*end)->next;
	w->first = *end;
	if (w->first == NULL)
		w->last = &w->first;
	*end = NULL;
	return jobs;
}

/* Lets other processes have the hub before more is tidied up; work ends it early. With w->lock held. */
static void lull(struct writer *w)
{
	const struct timespec nap = {.tv_nsec = LULL_NAP_MS * 1000000L};
	for (int n = 0; n < SPANS_LULL_MS / LULL_NAP_MS && w->first == NULL && !w->stopping; n++) {
		(void)pthread_mutex_unlock(&w->lock);
		(void)nanosleep(&nap, NULL); /* a signal only shortens it */
		(void)pthread_mutex_lock(&w->lock);
	}
}

static void *run(void *context)
{
	struct writer *w = context;
	bool ended = false;
	(void)pthread_mutex_lock(&w->lock);
	while (!ended) {
		struct job *jobs = next_group(w);
		bool tidy = w->tidy;
		w->rounds++;
		ended = jobs == NULL && w->stopping;
		w->tidy = false;
		(void)pthread_mutex_unlock(&w->lock);
		if (jobs != NULL)
			work_on(w, jobs);
		bool more = jobs == NULL && tidy && tidy_up(w);
		/* When it is quiet, at the end, or before the WAL grows without end. */
		if (w->unsettled &&
		    ((tidy && !more) || ended || checkpoint_due(w->hub) || w->spans_rounds >= SPANS_A_CHECKPOINT)) {
			checkpoint(w->hub);
			w->unsettled = false;
			w->spans_rounds = 0;
			if (database_sync_failed(w->hub->db))
				set_trouble(w, STATUS_DISK_SYNC);
		}
		(void)pthread_mutex_lock(&w->lock);
		if (more)
			lull(w);
		w->tidy = w->tidy || more;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

enum status writer_start(struct hub *hub, struct writer **ret_writer)
{
	struct writer *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return STATUS_NO_MEMORY;
	w->hub = hub;
	w->last = &w->first;
	w->spans = spans_quiet_new();
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->wake, NULL);
	if (pthread_create(&w->thread, NULL, run, w) != 0) {
		free(w);
		return STATUS_BUSY;
	}
	*ret_writer = w;
	return STATUS_OK;
}

enum status writer_push(struct writer *w, struct http_exchange *exchange, struct arrival *arrival,
			struct slice enrolment)
{
	struct job *job = calloc(1, sizeof(*job));
	if (job == NULL) {
		intake_free(arrival);
		return STATUS_NO_MEMORY;
	}
	*job = (struct job){
		.exchange = exchange, .arrival = arrival, .enrolment = enrolment, .answer = bytes_new(LIMIT_REPLY)};
	(void)pthread_mutex_lock(&w->lock);
	*w->last = job;
	w->last = &job->next;
	w->figures.waiting++;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	return STATUS_OK;
}

enum status writer_trouble(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	enum status s = w->trouble;
	(void)pthread_mutex_unlock(&w->lock);
	return s;
}

void writer_hurry(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->hurry = true;
	(void)pthread_mutex_unlock(&w->lock);
}

struct writer_figures writer_figures(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	struct writer_figures figures = w->figures;
	(void)pthread_mutex_unlock(&w->lock);
	return figures;
}

void writer_tidy(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->tidy = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
}

uint64_t writer_rounds(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	uint64_t rounds = w->rounds;
	(void)pthread_mutex_unlock(&w->lock);
	return rounds;
}

void writer_stop(struct writer *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	spans_quiet_clear(&w->spans);
	free(w);
}
