/*
 * Random sound changes for the tests of batches, from a number that makes them: the same seed, the same changes.
 */
#ifndef MOTCUA_TESTS_BATCH_FIXTURE_H
#define MOTCUA_TESTS_BATCH_FIXTURE_H

#include <stdio.h>

#include "random_fixture.h"
#include "signing_fixture.h"

#include "protocol/batch.h"

#define SEALED_AT INT64_C(1716341400000) /* 2024-05-22T08:30+07:00 */

enum { SAMPLE_TEXT = 512 * 1024, KEY_CHANCE = 3 };

/* Changes and the text they borrow. */
struct sample {
	size_t count;
	struct change *changes;
	struct bytes text; /* never grows, so that slices of it stay */
};

static inline struct sample sample_new(size_t count)
{
	struct sample s = {.changes = calloc(count + 1, sizeof(*s.changes)), .text = bytes_new(SAMPLE_TEXT)};
	assert_non_null(s.changes);
	assert_non_null(bytes_grow(&s.text, SAMPLE_TEXT));
	s.text.len = 0;
	return s;
}

static inline void sample_free(struct sample *s)
{
	free(s->changes);
	bytes_free(&s->text);
}

/* Which fields a change has and which of them it clears. */
struct habit {
	enum kind kind;
	uint64_t mask;
	uint64_t nulls;
	bool time_stated;
};

static inline struct habit random_habit(struct random *r)
{
	const uint64_t status = UINT64_C(1) << FIELD_STATUS;
	const uint64_t status_at = UINT64_C(1) << FIELD_STATUS_AT;
	struct habit h = {.kind = (enum kind)(1 + random_below(r, KIND_COUNT - 1)),
			  .time_stated = random_below(r, 2) == 1};
	h.mask = random_next(r) & schema_mask(h.kind);
	if ((h.mask & status) == 0)
		h.mask &= ~status_at;
	if (h.mask == 0)
		h.mask = UINT64_C(1) << FIELD_VOID;
	h.nulls = random_next(r) & random_next(r) & h.mask;
	/* A cleared status has no date. */
	if ((h.nulls & status) != 0)
		h.nulls |= h.mask & status_at;
	return h;
}

static inline struct slice random_text(struct random *r, struct sample *s, size_t max, bool plain)
{
	static const char *const pieces[] = {"0", "1", "9", "37", "H", "x",  ".",
					     "-", "_", " ", "ồ",  "Đ", "漢", "😀"};
	size_t choices = plain ? 9 : sizeof(pieces) / sizeof(pieces[0]);
	size_t wanted = 1 + random_below(r, max);
	size_t start = s->text.len;
	for (;;) {
		const char *piece = pieces[random_below(r, choices)];
		size_t len = s->text.len - start;
		if (len + strlen(piece) > wanted)
			break;
		if (piece[0] != ' ' || (len > 0 && len + 1 < wanted))
			bytes_put_str(&s->text, piece);
	}
	/* Neither empty nor with a blank at its end. */
	if (s->text.len == start || s->text.data[s->text.len - 1] == ' ') {
		s->text.len -= s->text.len == start ? 0 : 1;
		bytes_put_str(&s->text, "7");
	}
	assert_int_equal(bytes_status(&s->text), STATUS_OK);
	return slice_of(s->text.data + start, s->text.len - start);
}

static inline struct slice random_key(struct random *r, struct sample *s, enum kind kind)
{
	static const char *const periods[] = {"2024", "2024-05", "2024-Q2", "2024-H1", "2024-05-22"};
	if (kind != KIND_INDICATOR)
		return random_text(r, s, LIMIT_CODE, false);
	size_t start = s->text.len;
	(void)random_text(r, s, LIMIT_UNIT, true);
	bytes_put_str(&s->text, "|");
	bytes_put_str(&s->text, periods[random_below(r, sizeof(periods) / sizeof(periods[0]))]);
	bytes_put_str(&s->text, "|");
	(void)random_text(r, s, 50, false);
	return slice_of(s->text.data + start, s->text.len - start);
}

static inline int64_t random_number(struct random *r, const struct field_spec *spec, int64_t changed_at)
{
	switch (random_below(r, 6)) {
	case 0:
		return spec->min;
	case 1:
		return spec->max;
	default:
		break;
	}
	int64_t near = spec->type == TYPE_TIME   ? changed_at
		       : spec->type == TYPE_DATE ? date_of(changed_at)
						 : spec->min;
	int64_t room = spec->max - near;
	int64_t step =
		spec->type == TYPE_TIME ? (int64_t)random_below(r, 10000) * 1000 : (int64_t)random_below(r, 5);
	return near + (step < room ? step : room);
}

static inline void random_change(struct random *r, struct sample *s, const struct habit *habit, size_t max_text)
{
	static const int64_t times[] = {TIME_MIN, TIME_MAX, 0, SEALED_AT};
	struct change *c = &s->changes[s->count];
	*c = change_new(habit->kind);
	c->time_stated = habit->time_stated;
	c->changed_at = random_below(r, 8) == 0 ? times[random_below(r, 4)]
						: SEALED_AT - (int64_t)random_below(r, 100000) * 1000;
	const struct change *known = s->count > 0 ? &s->changes[random_below(r, s->count)] : NULL;
	bool again = known != NULL && known->kind == habit->kind && random_below(r, KEY_CHANCE) == 0;
	c->key = again ? known->key : random_key(r, s, habit->kind);
	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		const struct field_spec *spec = schema_field((enum field)f);
		bool text = spec->type == TYPE_TEXT || spec->type == TYPE_UNIT;
		size_t most = (size_t)spec->max < max_text ? (size_t)spec->max : max_text;
		if ((habit->nulls >> f & 1U) != 0)
			change_set_null(c, (enum field)f);
		else if ((habit->mask >> f & 1U) != 0 && text)
			change_set_text(c, (enum field)f, random_text(r, s, most, spec->type == TYPE_UNIT));
		else if ((habit->mask >> f & 1U) != 0)
			change_set_number(c, (enum field)f, random_number(r, spec, c->changed_at));
	}
	assert_int_equal(change_check(c, NULL), STATUS_OK);
	s->count++;
}

static inline struct batch_head sample_head(void)
{
	struct batch_head head = {.incarnation = {1, 0x0123456789abcdef}, .seq = 1, .sealed_at = SEALED_AT};
	fill(head.device, DEVICE_ID_LEN, 0x10);
	fill(head.prev, HASH_LEN, 0x20);
	return head;
}

/* The envelope of all changes of a sample; the caller frees. */
static inline struct bytes sealed_sample(const struct sample *s, const struct batch_head *head,
					 const struct signing_key *key)
{
	struct batch_writer *w = batch_writer_new();
	struct bytes out = bytes_new(LIMIT_BATCH_SEALED);
	assert_non_null(w);
	for (size_t i = 0; i < s->count; i++)
		assert_int_equal(batch_writer_add(w, &s->changes[i]), STATUS_OK);
	assert_int_equal(batch_writer_count(w), s->count);
	assert_int_equal(batch_seal(w, head, hub_number(1), key, &out), STATUS_OK);
	batch_writer_free(w);
	return out;
}

/* Verifies, reads; NULL with the status if either refuses. */
static inline struct batch *opened_batch(struct slice sealed, const struct signing_key *key,
					 enum status *ret_status)
{
	struct slice payload;
	struct batch *batch = NULL;
	*ret_status = envelope_open(sealed, MESSAGE_BATCH, hub_number(1), signing_key_public(key), &payload);
	if (*ret_status == STATUS_OK)
		*ret_status = batch_read(payload, &batch);
	return batch;
}

static inline void assert_same_change(const struct change *a, const struct change *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->time_stated, b->time_stated);
	assert_int_equal(a->changed_at, b->changed_at);
	assert_true(slice_equal(a->key, b->key));
	for (size_t f = 0; f < FIELD_COUNT; f++)
		assert_true(value_equal(&a->fields[f], &b->fields[f]));
}

static inline void assert_holds(struct batch *batch, const struct sample *s)
{
	struct change c;
	for (size_t i = 0; i < s->count; i++) {
		assert_true(batch_next(batch, &c));
		assert_same_change(&c, &s->changes[i]);
		assert_int_equal(change_check(&c, NULL), STATUS_OK);
	}
	assert_false(batch_next(batch, &c));
	assert_false(batch_next(batch, &c));
}

#endif
