#include "hub/buckets.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 256, WAYS = 8 }; /* a thing has its place among the eight of its set */

struct bucket {
	size_t len; /* of the name; 0: unused */
	uint8_t name[BUCKETS_THING];
	int64_t level; /* in ms: a token is every_ms of it */
	int64_t at;    /* when the level was that */
};

struct buckets {
	pthread_mutex_t lock;
	int64_t full;
	int64_t every_ms;
	struct bucket at[SETS][WAYS];
};

struct buckets *buckets_new(int64_t burst, int64_t every_ms)
{
	struct buckets *buckets = calloc(1, sizeof(*buckets));
	if (buckets == NULL)
		return NULL;
	buckets->every_ms = every_ms;
	buckets->full = burst * every_ms;
	if (pthread_mutex_init(&buckets->lock, NULL) == 0)
		return buckets;
	free(buckets);
	return NULL;
}

void buckets_free(struct buckets *buckets)
{
	if (buckets == NULL)
		return;
	(void)pthread_mutex_destroy(&buckets->lock); /* nobody holds it */
	free(buckets);
}

/* FNV-1a (draft-eastlake-fnv), folded. */
static size_t set_of(struct slice thing)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);
	for (size_t i = 0; i < thing.len; i++)
		hash = (hash ^ thing.data[i]) * UINT64_C(0x100000001B3);
	return (size_t)((hash ^ hash >> 32) % SETS);
}

static struct bucket *find(struct buckets *buckets, struct slice thing)
{
	struct bucket *set = buckets->at[set_of(thing)];
	for (size_t i = 0; i < WAYS; i++)
		if (set[i].len == thing.len && memcmp(set[i].name, thing.data, thing.len) == 0)
			return &set[i];
	return NULL;
}

/* A clock that was set back fills nothing, and takes nothing away. */
static void fill(const struct buckets *buckets, struct bucket *bucket, int64_t now_ms)
{
	int64_t passed = now_ms > bucket->at ? now_ms - bucket->at : 0;
	bucket->level = passed < buckets->full - bucket->level ? bucket->level + passed : buckets->full;
	bucket->at = now_ms;
}

/* A full bucket in the place of the fullest of the set: whoever is being held back stays so the longest. */
static struct bucket *make(struct buckets *buckets, struct slice thing, int64_t now_ms)
{
	struct bucket *set = buckets->at[set_of(thing)];
	struct bucket *fullest = &set[0];
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].len > 0)
			fill(buckets, &set[i], now_ms);
		if (set[i].len == 0 || (fullest->len > 0 && set[i].level > fullest->level))
			fullest = &set[i];
	}
	*fullest = (struct bucket){.len = thing.len, .level = buckets->full, .at = now_ms};
	memcpy(fullest->name, thing.data, thing.len);
	return fullest;
}

bool buckets_take(struct buckets *buckets, struct slice thing, int64_t now_ms, int64_t *ret_wait_ms)
{
	assert(thing.len > 0 && thing.len <= BUCKETS_THING);
	(void)pthread_mutex_lock(&buckets->lock); /* cannot fail: a plain mutex, not held */
	struct bucket *bucket = find(buckets, thing);
	if (bucket == NULL)
		bucket = make(buckets, thing, now_ms);
	fill(buckets, bucket, now_ms);
	bool there = bucket->level >= buckets->every_ms;
	if (there)
		bucket->level -= buckets->every_ms;
	else
		*ret_wait_ms = buckets->every_ms - bucket->level;
	(void)pthread_mutex_unlock(&buckets->lock);
	return there;
}

void buckets_give_back(struct buckets *buckets, struct slice thing)
{
	(void)pthread_mutex_lock(&buckets->lock);
	struct bucket *bucket = find(buckets, thing);
	if (bucket != NULL) {
		int64_t level = bucket->level + buckets->every_ms;
		bucket->level = level < buckets->full ? level : buckets->full;
	}
	(void)pthread_mutex_unlock(&buckets->lock);
}
