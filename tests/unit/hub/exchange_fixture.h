/*
 * An exchange in place of the front's: what was answered is kept. Included by a test after cmocka.h, which then has
 * no HTTP server in it.
 */
#ifndef MOTCUA_TESTS_EXCHANGE_FIXTURE_H
#define MOTCUA_TESTS_EXCHANGE_FIXTURE_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hub/http.h"
#include "protocol/limits.h"

struct http_exchange {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	int count;
	int status;
	int64_t retry_after_s;
	struct bytes body;
};

void http_answer(struct http_exchange *e, int status, const char *type, struct slice body, int64_t retry_after_s)
{
	(void)pthread_mutex_lock(&e->lock);
	e->count++;
	e->status = status;
	e->retry_after_s = retry_after_s;
	bytes_clear(&e->body);
	bytes_put(&e->body, body.data, body.len);
	bool right_type = strcmp(type, status == 200 ? "application/cbor" : "text/plain; charset=utf-8") == 0;
	e->count += right_type ? 0 : 100;
	(void)pthread_cond_signal(&e->answered);
	(void)pthread_mutex_unlock(&e->lock);
}

static inline struct http_exchange *exchange_new(void)
{
	struct http_exchange *e = calloc(1, sizeof(*e));
	assert_non_null(e);
	assert_int_equal(pthread_mutex_init(&e->lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&e->answered, NULL), 0);
	e->body = bytes_new(LIMIT_REPLY);
	return e;
}

static inline void exchange_free(struct http_exchange *e)
{
	bytes_free(&e->body);
	(void)pthread_cond_destroy(&e->answered);
	(void)pthread_mutex_destroy(&e->lock);
	free(e);
}

static inline void wait_for(struct http_exchange *e)
{
	(void)pthread_mutex_lock(&e->lock);
	while (e->count == 0)
		(void)pthread_cond_wait(&e->answered, &e->lock);
	(void)pthread_mutex_unlock(&e->lock);
}

#endif
