#include "hub/log_limit.h"

#include <pthread.h>
#include <stdlib.h>

struct log_limit {
	pthread_mutex_t lock;
	int64_t every_ms;
	struct {
		bool used;
		int64_t at; /* of the last line */
	} places[LOG_LIMIT_PLACES];
};

struct log_limit *log_limit_new(int64_t every_ms)
{
	struct log_limit *limit = calloc(1, sizeof(*limit));
	if (limit == NULL)
		return NULL;
	limit->every_ms = every_ms;
	if (pthread_mutex_init(&limit->lock, NULL) == 0)
		return limit;
	free(limit);
	return NULL;
}

void log_limit_free(struct log_limit *limit)
{
	if (limit == NULL)
		return;
	(void)pthread_mutex_destroy(&limit->lock); /* nobody holds it */
	free(limit);
}

/* FNV-1a (draft-eastlake-fnv), folded. */
static size_t place_of(struct slice thing)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);
	for (size_t i = 0; i < thing.len; i++)
		hash = (hash ^ thing.data[i]) * UINT64_C(0x100000001B3);
	return (size_t)((hash ^ hash >> 32) % LOG_LIMIT_PLACES);
}

bool log_limit_passes(struct log_limit *limit, struct slice thing, int64_t now_ms)
{
	size_t place = place_of(thing);
	(void)pthread_mutex_lock(&limit->lock); /* cannot fail: a plain mutex, not held */
	/* A clock that was set back opens the place again rather than close it for long. */
	bool passes = !limit->places[place].used || now_ms < limit->places[place].at ||
		      now_ms - limit->places[place].at >= limit->every_ms;
	if (passes) {
		limit->places[place].used = true;
		limit->places[place].at = now_ms;
	}
	(void)pthread_mutex_unlock(&limit->lock);
	return passes;
}
