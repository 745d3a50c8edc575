#include "protocol/comparison.h"

#include <string.h>

#include "protocol/message.h"

enum {
	DAY_FIRST = -25567,      /* 1900-01-01 */
	DAY_LAST = 2932896,      /* 9999-12-31 */
	LINES_ROOM = 200 * 1024, /* of a reply, for lines; the rest is bounded and smaller */
	KIND_LAST = 255,
	MARKS_LAST = 255,
	ANSWER_PAIRS = 12,
	QUESTION_PAIRS = 7
};

static void put_days(struct bytes *b, uint64_t key, struct period days)
{
	cbor_put_uint(b, key);
	cbor_put_int(b, days.from);
	cbor_put_uint(b, key + 1);
	cbor_put_int(b, days.to);
}

static int32_t take_day(struct cbor *r)
{
	return (int32_t)cbor_int(r, DAY_FIRST, DAY_LAST);
}

static struct period take_days(struct cbor *r, size_t *left, uint64_t key)
{
	struct period days;
	cbor_need(r, left, key);
	days.from = take_day(r);
	cbor_need(r, left, key + 1);
	days.to = take_day(r);
	if (days.to < days.from || days.to - days.from >= DIGEST_DAYS_MAX)
		cbor_fail(r);
	return days;
}

static enum kind take_kind(struct cbor *r)
{
	return (enum kind)cbor_int(r, 1, KIND_LAST);
}

/* Sums and marks stand ascending by day and kind, within the days that were asked for. */
static void need_order(struct cbor *r, size_t i, struct period days, int32_t before_day, enum kind before_kind,
		       int32_t day, enum kind kind)
{
	bool ascending = i == 0 || day > before_day || (day == before_day && kind > before_kind);
	if (!ascending || day < days.from || day > days.to)
		cbor_fail(r);
}

/* --- the question --- */

void compare_put_sums(struct comparison_question *question, const struct digest *d)
{
	question->days = d->days;
	question->n_marks = d->n_sums;
	for (size_t i = 0; i < d->n_sums; i++) {
		const struct digest_sum *sum = &d->sums[i];
		struct comparison_mark mark = {.kind = sum->kind, .day = sum->day, .count = sum->count};
		memcpy(mark.mark, sum->hash, DIGEST_MARK_LEN);
		question->marks[i] = mark;
	}
}

enum status compare_seal(const struct comparison_question *question, const uint8_t hub_id[static HUB_ID_LEN],
			 const struct signing_key *key, struct bytes *out)
{
	struct bytes b = bytes_new(LIMIT_REPLY);
	message_put_start(&b, QUESTION_PAIRS);
	message_put_string(&b, 2, question->device, DEVICE_ID_LEN);
	message_put_string(&b, 3, question->nonce, NONCE_LEN);
	put_days(&b, 4, question->days);
	message_put_instant(&b, 6, question->asked_at);
	cbor_put_uint(&b, 7);
	cbor_put_array(&b, question->n_marks);
	for (size_t i = 0; i < question->n_marks; i++) {
		const struct comparison_mark *m = &question->marks[i];
		cbor_put_array(&b, 4);
		cbor_put_uint(&b, (uint64_t)m->kind);
		cbor_put_int(&b, m->day);
		cbor_put_uint(&b, m->count);
		cbor_put_bytes(&b, m->mark, DIGEST_MARK_LEN);
	}
	return message_seal(MESSAGE_COMPARE, hub_id, key, &b, out);
}

static void take_marks(struct cbor *r, struct comparison_question *q)
{
	q->n_marks = cbor_array(r, DIGEST_SUMS_MAX);
	for (size_t i = 0; i < q->n_marks; i++) {
		struct comparison_mark *m = &q->marks[i];
		cbor_array_of(r, 4);
		m->kind = take_kind(r);
		m->day = take_day(r);
		m->count = message_take_from_one(r);
		cbor_fixed(r, m->mark, DIGEST_MARK_LEN);
		need_order(r, i, q->days, i == 0 ? 0 : m[-1].day, i == 0 ? KIND_NONE : m[-1].kind, m->day, m->kind);
	}
}

enum status compare_read(struct slice payload, struct comparison_question *ret_question)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	size_t left = 0;
	struct comparison_question q = {0};
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, q.device, DEVICE_ID_LEN);
	cbor_need(&r, &left, 3);
	cbor_fixed(&r, q.nonce, NONCE_LEN);
	q.days = take_days(&r, &left, 4);
	cbor_need(&r, &left, 6);
	q.asked_at = message_take_instant(&r);
	cbor_need(&r, &left, 7);
	take_marks(&r, &q);
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_question = q;
	return s;
}

/* --- the answer --- */

static const struct comparison_mark *find_mark(const struct comparison_question *q, const struct digest_sum *sum)
{
	for (size_t i = 0; i < q->n_marks; i++)
		if (q->marks[i].kind == sum->kind && q->marks[i].day == sum->day)
			return &q->marks[i];
	return NULL;
}

static bool differs(const struct comparison_question *q, const struct digest_sum *sum)
{
	const struct comparison_mark *m = find_mark(q, sum);
	return m == NULL || m->count != sum->count || memcmp(m->mark, sum->hash, DIGEST_MARK_LEN) != 0;
}

static void put_line(struct bytes *b, const struct digest_line *line)
{
	cbor_put_array(b, 5);
	cbor_put_uint(b, (uint64_t)line->kind);
	cbor_put_int(b, line->day);
	cbor_put_text(b, (const char *)line->key.data, line->key.len);
	cbor_put_uint(b, line->marks);
	cbor_put_bytes(b, line->writes, line->n_writes * DIGEST_MARK_LEN);
}

/* The lines of one sum, which begin at *at; false, and nothing put, where they do not fit. */
static bool put_sum_lines(const struct digest *d, const struct digest_sum *sum, size_t at, struct bytes *lines,
			  size_t *count)
{
	size_t before = lines->len;
	for (size_t i = at; i < at + sum->count; i++)
		put_line(lines, &d->lines[i]);
	if (bytes_status(lines) == STATUS_OK && *count + sum->count <= COMPARISON_LINES_MAX) {
		*count += sum->count;
		return true;
	}
	if (lines->error == STATUS_LIMIT || lines->error == STATUS_OK) {
		lines->error = STATUS_OK;
		lines->len = before;
	}
	return false;
}

/* Whole days, so that what is compared of a day is all there is of it. */
static enum status put_differing(const struct comparison_content *c, struct bytes *out, bool *ret_cut)
{
	struct bytes lines = bytes_new(LINES_ROOM);
	size_t count = 0;
	size_t at = 0;
	bool cut = false;
	for (size_t i = 0; i < c->digest->n_sums; i++) {
		const struct digest_sum *sum = &c->digest->sums[i];
		if (differs(c->question, sum) && !put_sum_lines(c->digest, sum, at, &lines, &count))
			cut = true;
		at += sum->count;
	}
	cbor_put_array(out, count);
	bytes_put(out, lines.data, lines.len);
	enum status s = bytes_status(&lines);
	bytes_free(&lines);
	*ret_cut = cut;
	return s;
}

static void put_others(const struct comparison_content *c, struct bytes *b)
{
	size_t n = c->n_others < COMPARISON_OTHERS_MAX ? c->n_others : COMPARISON_OTHERS_MAX;
	cbor_put_array(b, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(b, 3);
		cbor_put_uint(b, (uint64_t)c->others[i].kind);
		cbor_put_text(b, (const char *)c->others[i].key.data, c->others[i].key.len);
		cbor_put_uint(b, c->others[i].fields);
	}
}

static void put_chains(const struct comparison_answer *a, struct bytes *b)
{
	cbor_put_array(b, a->n_chains);
	for (size_t i = 0; i < a->n_chains; i++) {
		cbor_put_array(b, 3);
		message_put_incarnation(b, &a->chains[i].incarnation);
		cbor_put_uint(b, a->chains[i].have);
	}
}

static void put_sums(const struct digest *d, struct bytes *b)
{
	cbor_put_array(b, d->n_sums);
	for (size_t i = 0; i < d->n_sums; i++) {
		cbor_put_array(b, 4);
		cbor_put_uint(b, (uint64_t)d->sums[i].kind);
		cbor_put_int(b, d->sums[i].day);
		cbor_put_uint(b, d->sums[i].count);
		cbor_put_bytes(b, d->sums[i].hash, HASH_LEN);
	}
}

enum status compared_seal(const struct comparison_answer *a, const struct comparison_content *c,
			  const uint8_t hub_id[static HUB_ID_LEN], const struct signing_key *hub_key,
			  struct bytes *out)
{
	struct bytes b = bytes_new(LIMIT_REPLY);
	bool cut = false;
	message_put_start(&b, ANSWER_PAIRS);
	message_put_string(&b, 2, a->device, DEVICE_ID_LEN);
	message_put_string(&b, 3, a->nonce, NONCE_LEN);
	put_days(&b, 4, c->digest->days);
	message_put_counter(&b, 6, a->epoch);
	message_put_instant(&b, 7, a->hub_time);
	cbor_put_uint(&b, 8);
	put_chains(a, &b);
	cbor_put_uint(&b, 9);
	put_sums(c->digest, &b);
	cbor_put_uint(&b, 10);
	enum status s = put_differing(c, &b, &cut);
	if (s != STATUS_OK) {
		bytes_free(&b);
		return s;
	}
	cbor_put_uint(&b, 11);
	put_others(c, &b);
	cbor_put_uint(&b, 12);
	cbor_put_bool(&b, cut || c->n_others > COMPARISON_OTHERS_MAX);
	return message_seal(MESSAGE_COMPARED, hub_id, hub_key, &b, out);
}

static void take_line(struct cbor *r, struct digest_line *line)
{
	cbor_array_of(r, 5);
	line->kind = take_kind(r);
	line->day = take_day(r);
	line->key = cbor_text(r, LIMIT_KEY);
	line->marks = (uint8_t)cbor_uint(r, MARKS_LAST);
	struct slice writes = cbor_bytes(r, LIMIT_REPLY);
	if (writes.len % DIGEST_MARK_LEN != 0)
		cbor_fail(r);
	line->writes = writes.data;
	line->n_writes = writes.len / DIGEST_MARK_LEN;
}

static void take_other(struct cbor *r, struct comparison_other *other)
{
	cbor_array_of(r, 3);
	other->kind = take_kind(r);
	other->key = cbor_text(r, LIMIT_KEY);
	other->fields = cbor_uint(r, UINT64_MAX);
}

bool compared_next_line(struct comparison_answer *a, struct digest_line *ret_line)
{
	if (a->n_lines == 0)
		return false;
	a->n_lines--;
	*ret_line = (struct digest_line){0};
	take_line(&a->lines, ret_line);
	return true;
}

bool compared_next_other(struct comparison_answer *a, struct comparison_other *ret_other)
{
	if (a->n_others == 0)
		return false;
	a->n_others--;
	take_other(&a->others, ret_other);
	return true;
}

static void take_chains(struct cbor *r, struct comparison_answer *a)
{
	a->n_chains = cbor_array(r, LIMIT_INCARNATIONS);
	for (size_t i = 0; i < a->n_chains; i++) {
		cbor_array_of(r, 3);
		a->chains[i].incarnation = message_take_incarnation(r);
		a->chains[i].have = message_take_counter(r);
	}
}

static void take_sums(struct cbor *r, struct comparison_answer *a)
{
	a->n_sums = cbor_array(r, DIGEST_SUMS_MAX);
	for (size_t i = 0; i < a->n_sums; i++) {
		struct digest_sum *sum = &a->sums[i];
		cbor_array_of(r, 4);
		sum->kind = take_kind(r);
		sum->day = take_day(r);
		sum->count = message_take_from_one(r);
		cbor_fixed(r, sum->hash, HASH_LEN);
		need_order(r, i, a->days, i == 0 ? 0 : sum[-1].day, i == 0 ? KIND_NONE : sum[-1].kind, sum->day,
			   sum->kind);
	}
}

static void take_lines(struct cbor *r, struct comparison_answer *a)
{
	struct digest_line before = {0};
	a->n_lines = cbor_array(r, COMPARISON_LINES_MAX);
	a->lines = *r;
	for (size_t i = 0; i < a->n_lines; i++) {
		struct digest_line line = {0};
		take_line(r, &line);
		bool in_order = i == 0 || digest_line_compare(&before, &line) < 0;
		if (!in_order || line.day < a->days.from || line.day > a->days.to)
			cbor_fail(r);
		before = line;
	}
}

static void take_others(struct cbor *r, struct comparison_answer *a)
{
	a->n_others = cbor_array(r, COMPARISON_OTHERS_MAX);
	a->others = *r;
	for (size_t i = 0; i < a->n_others; i++) {
		struct comparison_other other = {0};
		take_other(r, &other); /* only whether it is well-formed */
	}
}

static enum status read_answer(struct slice payload, struct comparison_answer *a)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	size_t left = 0;
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, a->device, DEVICE_ID_LEN);
	cbor_need(&r, &left, 3);
	cbor_fixed(&r, a->nonce, NONCE_LEN);
	a->days = take_days(&r, &left, 4);
	cbor_need(&r, &left, 6);
	a->epoch = message_take_counter(&r);
	cbor_need(&r, &left, 7);
	a->hub_time = message_take_instant(&r);
	cbor_need(&r, &left, 8);
	take_chains(&r, a);
	cbor_need(&r, &left, 9);
	take_sums(&r, a);
	cbor_need(&r, &left, 10);
	take_lines(&r, a);
	cbor_need(&r, &left, 11);
	take_others(&r, a);
	cbor_need(&r, &left, 12);
	a->cut = cbor_bool(&r);
	cbor_map_end(&r, left);
	return cbor_end(&r);
}

enum status compared_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
			  const uint8_t hub_key[static PUBLIC_KEY_LEN], struct comparison_answer *ret_answer)
{
	struct slice payload;
	struct comparison_answer a = {0};
	enum status s = message_open(sealed, MESSAGE_COMPARED, hub_id, hub_key, &payload);
	if (s == STATUS_OK)
		s = read_answer(payload, &a);
	if (s == STATUS_OK)
		*ret_answer = a;
	return s;
}
