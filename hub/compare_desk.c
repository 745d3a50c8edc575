#include "hub/compare_desk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "config/log.h"
#include "hub/writer.h"

struct waiting {
	struct waiting *next;
	struct http_exchange *exchange;
	struct comparison_question question;
};

struct kept {
	struct compare_view *view; /* NULL: free */
	int64_t at;
};

struct compare_desk {
	const struct hub *hub; /* the serving one: only what never changes of it is read */
	struct hub *reader;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct waiting *first;
	struct waiting **last;
	size_t n_waiting;
	bool hurry;
	bool stopping;
	struct compare_figures figures;
	struct kept kept[DESK_KEPT]; /* the thread's own */
};

static void forget(struct kept *kept)
{
	compare_view_free(kept->view);
	kept->view = NULL;
}

static bool is_about(const struct compare_view *view, const struct waiting *w)
{
	return memcmp(view->device, w->question.device, DEVICE_ID_LEN) == 0 &&
	       view->digest.days.from == w->question.days.from && view->digest.days.to == w->question.days.to;
}

/* A place for what is found next: the oldest. Of the same question nothing older stays. */
static struct kept *place_for(struct compare_desk *desk, const struct waiting *w)
{
	struct kept *place = &desk->kept[0];
	for (size_t i = 0; i < DESK_KEPT; i++) {
		struct kept *kept = &desk->kept[i];
		if (kept->view != NULL && is_about(kept->view, w))
			forget(kept);
		if (kept->view == NULL || (place->view != NULL && kept->at < place->at))
			place = kept;
	}
	forget(place);
	return place;
}

/* What was found for the same question a moment ago, if the log has nothing more since. */
static const struct compare_view *recall(struct compare_desk *desk, const struct waiting *w, int64_t now)
{
	for (size_t i = 0; i < DESK_KEPT; i++) {
		const struct kept *kept = &desk->kept[i];
		if (kept->view != NULL && is_about(kept->view, w) && now >= kept->at &&
		    now - kept->at <= DESK_KEPT_MS && kept->view->last_entry == desk->reader->last_entry)
			return kept->view;
	}
	return NULL;
}

/* In a snapshot: what is known now of a question. */
static enum status look(struct compare_desk *desk, const struct waiting *w, const struct compare_view **ret_view)
{
	struct hub *reader = desk->reader;
	struct device device;
	const struct compare_plan plan = {.device = &device, .days = w->question.days, .up_to = UINT64_MAX};
	int64_t now = hub_now(reader);
	enum status s = hub_catch_up(reader);
	if (s == STATUS_OK)
		s = registry_find_device(reader->registry, w->question.device, &device);
	if (s != STATUS_OK)
		return s;
	*ret_view = recall(desk, w, now);
	if (*ret_view != NULL)
		return STATUS_OK;
	struct kept *place = place_for(desk, w);
	s = compare_scan(reader, &plan, &place->view);
	place->at = now;
	*ret_view = place->view;
	(void)pthread_mutex_lock(&desk->lock);
	desk->figures.scans++;
	(void)pthread_mutex_unlock(&desk->lock);
	return s;
}

static void answer(struct compare_desk *desk, struct waiting *w)
{
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	const struct compare_view *view = NULL;
	enum status s = database_snapshot(desk->reader->db);
	if (s == STATUS_OK)
		s = look(desk, w, &view);
	database_rollback(desk->reader->db);
	if (s == STATUS_OK)
		s = compare_answer(desk->reader, desk->hub->key, view, &w->question, &sealed);
	if (s == STATUS_OK)
		http_answer(w->exchange, 200, "application/cbor", bytes_slice(&sealed), -1);
	else
		writer_refuse(w->exchange, s);
	if (s != STATUS_OK)
		log_event(LOG_ERROR, "event=compare-failed code=%s", status_code(s));
	bytes_free(&sealed);
	free(w);
}

static void send_away(struct http_exchange *exchange)
{
	http_answer(exchange, 503, "text/plain; charset=utf-8", slice_str(status_code(STATUS_BUSY)),
		    DESK_RETRY_AFTER_S);
}

/* The next question, NULL at the end. */
static struct waiting *next_question(struct compare_desk *desk, bool *ret_hurry)
{
	(void)pthread_mutex_lock(&desk->lock);
	while (desk->first == NULL && !desk->stopping)
		(void)pthread_cond_wait(&desk->wake, &desk->lock);
	struct waiting *w = desk->first;
	if (w != NULL) {
		desk->first = w->next;
		desk->n_waiting--;
		if (desk->first == NULL)
			desk->last = &desk->first;
		desk->figures.answered++;
	}
	*ret_hurry = desk->hurry;
	(void)pthread_mutex_unlock(&desk->lock);
	return w;
}

static void *work(void *context)
{
	struct compare_desk *desk = context;
	bool hurry = false;
	for (struct waiting *w = next_question(desk, &hurry); w != NULL; w = next_question(desk, &hurry)) {
		if (!hurry) {
			answer(desk, w);
			continue;
		}
		send_away(w->exchange);
		free(w);
	}
	return NULL;
}

enum status compare_desk_start(const struct hub *hub, struct compare_desk **ret_desk)
{
	struct compare_desk *desk = calloc(1, sizeof(*desk));
	if (desk == NULL)
		return STATUS_NO_MEMORY;
	desk->hub = hub;
	desk->last = &desk->first;
	enum status s = hub_open(hub->dir, &hub->world, false, &desk->reader);
	if (s != STATUS_OK) {
		free(desk);
		return s;
	}
	(void)pthread_mutex_init(&desk->lock, NULL); /* the default kinds never fail on our systems */
	(void)pthread_cond_init(&desk->wake, NULL);
	if (pthread_create(&desk->thread, NULL, work, desk) != 0) {
		(void)pthread_cond_destroy(&desk->wake);
		(void)pthread_mutex_destroy(&desk->lock);
		hub_close(desk->reader);
		free(desk);
		return STATUS_NO_MEMORY;
	}
	*ret_desk = desk;
	return STATUS_OK;
}

enum status compare_desk_push(struct compare_desk *desk, struct http_exchange *exchange,
			      const struct comparison_question *question)
{
	struct waiting *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return STATUS_NO_MEMORY;
	*w = (struct waiting){.exchange = exchange, .question = *question};
	(void)pthread_mutex_lock(&desk->lock);
	bool full = desk->hurry || desk->n_waiting == DESK_WAITING;
	if (!full) {
		*desk->last = w;
		desk->last = &w->next;
		desk->n_waiting++;
		(void)pthread_cond_signal(&desk->wake);
	}
	(void)pthread_mutex_unlock(&desk->lock);
	if (full)
		free(w);
	return full ? STATUS_BUSY : STATUS_OK;
}

struct compare_figures compare_desk_figures(struct compare_desk *desk)
{
	(void)pthread_mutex_lock(&desk->lock);
	struct compare_figures figures = desk->figures;
	(void)pthread_mutex_unlock(&desk->lock);
	return figures;
}

void compare_desk_hurry(struct compare_desk *desk)
{
	(void)pthread_mutex_lock(&desk->lock);
	desk->hurry = true;
	(void)pthread_cond_signal(&desk->wake);
	(void)pthread_mutex_unlock(&desk->lock);
}

void compare_desk_stop(struct compare_desk *desk)
{
	if (desk == NULL)
		return;
	(void)pthread_mutex_lock(&desk->lock);
	desk->stopping = true;
	(void)pthread_cond_signal(&desk->wake);
	(void)pthread_mutex_unlock(&desk->lock);
	(void)pthread_join(desk->thread, NULL);
	for (size_t i = 0; i < DESK_KEPT; i++)
		forget(&desk->kept[i]);
	(void)pthread_cond_destroy(&desk->wake);
	(void)pthread_mutex_destroy(&desk->lock);
	hub_close(desk->reader);
	free(desk);
}
