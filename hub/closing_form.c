/* How a closing stands in an act: what the comment of closing.h says, written and read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/closing.h"

enum {
	BODY_PERIOD = 1,
	BODY_REVISION,
	BODY_RULE,
	BODY_SET,
	BODY_DAY,
	BODY_SILENT,
	BODY_TEXTS,
	BODY_ROWS,
	BODY_KEYS = BODY_ROWS
};
enum { RULE_PARTS = 12, ROW_KEYS = 5 };

/* The bits of a row's mask: they stand in the log for good, so new ones come after the last. */
static const size_t NUMBERS[] = {
	offsetof(struct closing_row, cells.received),
	offsetof(struct closing_row, cells.received_online),
	offsetof(struct closing_row, cells.received_counter),
	offsetof(struct closing_row, cells.received_postal),
	offsetof(struct closing_row, cells.received_unstated),
	offsetof(struct closing_row, cells.carried_in),
	offsetof(struct closing_row, cells.done),
	offsetof(struct closing_row, cells.done_early),
	offsetof(struct closing_row, cells.done_on_time),
	offsetof(struct closing_row, cells.done_late),
	offsetof(struct closing_row, cells.done_no_due),
	offsetof(struct closing_row, cells.open),
	offsetof(struct closing_row, cells.open_in_time),
	offsetof(struct closing_row, cells.open_late),
	offsetof(struct closing_row, cells.open_paused),
	offsetof(struct closing_row, cells.refused),
	offsetof(struct closing_row, cells.withdrawn),
	offsetof(struct closing_row, cells.incomplete),
	offsetof(struct closing_row, cells.rate_input_digitised),
	offsetof(struct closing_row, cells.rate_result_digitised),
	offsetof(struct closing_row, cells.rate_paid_online),
	offsetof(struct closing_row, cells.rate_satisfied),
	offsetof(struct closing_row, cells.fee_received),
	offsetof(struct closing_row, cells.rated_done),
	offsetof(struct closing_row, carried_over),
	offsetof(struct closing_row, cells.reused_received),
	offsetof(struct closing_row, cells.digitised_done),
	offsetof(struct closing_row, cells.dissatisfied_done),
	offsetof(struct closing_row, cells.input_stated),
	offsetof(struct closing_row, cells.result_stated),
	offsetof(struct closing_row, cells.digitised_stated),
	offsetof(struct closing_row, cells.reused_stated),
	offsetof(struct closing_row, cells.paid_stated),
};
enum { N_NUMBERS = sizeof(NUMBERS) / sizeof(NUMBERS[0]) };
_Static_assert((N_NUMBERS - 1) * sizeof(int64_t) == sizeof(struct cells), "every cell is frozen");

static int64_t *number_at(struct closing_row *row, size_t i)
{
	return (int64_t *)(void *)((char *)row + NUMBERS[i]);
}

static int64_t number_of(const struct closing_row *row, size_t i)
{
	return *(const int64_t *)(const void *)((const char *)row + NUMBERS[i]);
}

const char *closing_period_format(struct period period, char out[static CLOSING_PERIOD])
{
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	(void)snprintf(out, CLOSING_PERIOD, "%s/%s", date_format(period.from, from), date_format(period.to, to));
	return out;
}

static void put_slice_text(struct bytes *out, struct slice text)
{
	cbor_put_text(out, (const char *)text.data, text.len);
}

static void put_str(struct bytes *out, const char *text)
{
	cbor_put_text(out, text, strlen(text));
}

static void put_rule(const struct count_rule *rule, struct bytes *out)
{
	cbor_put_array(out, RULE_PARTS);
	put_str(out, rule->name);
	cbor_put_int(out, rule->version);
	put_str(out, rule->source);
	cbor_put_bytes(out, rule->hash, HASH_LEN);
	cbor_put_uint(out, rule->end);
	cbor_put_bool(out, rule->compare_times);
	cbor_put_bool(out, rule->withdrawn_compared);
	cbor_put_bool(out, rule->stopped_ends);
	cbor_put_bool(out, rule->paused_late);
	cbor_put_bool(out, rule->refused_counts);
	cbor_put_bool(out, rule->waiting_subtracted);
	cbor_put_int(out, rule->supplements_max);
}

static int compare_texts(const void *left, const void *right)
{
	return slice_compare(*(const struct slice *)left, *(const struct slice *)right);
}

/* Every text of the rows once, ascending; *ret_n of them, for the caller to free. NULL on no memory. */
static struct slice *collect_texts(const struct closing *c, size_t *ret_n)
{
	struct slice *texts = calloc(3 * c->n_rows + 1, sizeof(*texts));
	size_t n = 0;
	if (texts == NULL)
		return NULL;
	for (size_t i = 0; i < c->n_rows; i++) {
		texts[n++] = c->rows[i].unit;
		texts[n++] = c->rows[i].procedure;
		texts[n++] = c->rows[i].domain;
	}
	qsort(texts, n, sizeof(*texts), compare_texts);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || slice_compare(texts[kept - 1], texts[i]) != 0)
			texts[kept++] = texts[i];
	*ret_n = kept;
	return texts;
}

static void put_text_place(struct bytes *out, struct slice text, const struct slice *texts, size_t n_texts)
{
	const struct slice *found = bsearch(&text, texts, n_texts, sizeof(*texts), compare_texts);
	cbor_put_uint(out, (uint64_t)(found - texts));
}

static void put_row(const struct closing_row *row, const struct slice *texts, size_t n_texts, struct bytes *out)
{
	uint64_t mask = 0;
	size_t n = 0;
	for (size_t i = 0; i < N_NUMBERS; i++)
		if (number_of(row, i) != 0) {
			mask |= UINT64_C(1) << i;
			n++;
		}
	cbor_put_array(out, ROW_KEYS + n);
	put_text_place(out, row->unit, texts, n_texts);
	put_text_place(out, row->procedure, texts, n_texts);
	put_text_place(out, row->domain, texts, n_texts);
	cbor_put_uint(out, row->channel);
	cbor_put_uint(out, mask);
	for (size_t i = 0; i < N_NUMBERS; i++)
		if (number_of(row, i) != 0)
			cbor_put_int(out, number_of(row, i));
}

static void put_texts(struct bytes *out, const struct slice *texts, size_t n)
{
	cbor_put_array(out, n);
	for (size_t i = 0; i < n; i++)
		put_slice_text(out, texts[i]);
}

enum status closing_put(const struct closing *c, struct bytes *out)
{
	char period[CLOSING_PERIOD];
	size_t n_texts = 0;
	struct slice *texts = collect_texts(c, &n_texts);
	if (texts == NULL)
		return STATUS_NO_MEMORY;
	cbor_put_map(out, BODY_KEYS);
	cbor_put_uint(out, BODY_PERIOD);
	put_str(out, closing_period_format(c->period, period));
	cbor_put_uint(out, BODY_REVISION);
	cbor_put_int(out, c->revision);
	cbor_put_uint(out, BODY_RULE);
	put_rule(&c->rule, out);
	cbor_put_uint(out, BODY_SET);
	closing_set_put(&c->set, out);
	cbor_put_uint(out, BODY_DAY);
	cbor_put_int(out, c->today);
	cbor_put_uint(out, BODY_SILENT);
	put_texts(out, c->silent, c->n_silent);
	cbor_put_uint(out, BODY_TEXTS);
	put_texts(out, texts, n_texts);
	cbor_put_uint(out, BODY_ROWS);
	cbor_put_array(out, c->n_rows);
	for (size_t i = 0; i < c->n_rows; i++)
		put_row(&c->rows[i], texts, n_texts, out);
	free(texts);
	return bytes_status(out);
}

/* --- reading --- */

static void take_str(struct cbor *r, char *out, size_t max)
{
	struct slice text = cbor_text(r, max);
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

static void take_rule(struct cbor *r, struct count_rule *rule)
{
	cbor_array_of(r, RULE_PARTS);
	take_str(r, rule->name, RULE_NAME);
	rule->version = cbor_int(r, 1, INT64_MAX);
	take_str(r, rule->source, RULE_SOURCE);
	cbor_fixed(r, rule->hash, HASH_LEN);
	rule->end = (enum rule_end)cbor_uint(r, RULE_END_FINISHED);
	rule->compare_times = cbor_bool(r);
	rule->withdrawn_compared = cbor_bool(r);
	rule->stopped_ends = cbor_bool(r);
	rule->paused_late = cbor_bool(r);
	rule->refused_counts = cbor_bool(r);
	rule->waiting_subtracted = cbor_bool(r);
	rule->supplements_max = cbor_int(r, 0, INT64_MAX);
}

static struct period take_period(struct cbor *r, struct slice *ret_text)
{
	struct period p = {0};
	struct slice text = cbor_text(r, CLOSING_PERIOD - 1);
	const char *from = (const char *)text.data;
	bool right = text.len == CLOSING_PERIOD - 1 && from[DATE_TEXT - 1] == '/' &&
		     date_parse(from, DATE_TEXT - 1, &p.from) == STATUS_OK &&
		     date_parse(from + DATE_TEXT, DATE_TEXT - 1, &p.to) == STATUS_OK && p.from <= p.to;
	if (!right)
		cbor_fail(r);
	*ret_text = text;
	return p;
}

/* An array of texts; *ret_texts is for the caller to free. */
static enum status take_texts(struct cbor *r, size_t max_len, struct slice **ret_texts, size_t *ret_n)
{
	size_t n = cbor_array(r, (size_t)(r->end - r->next));
	struct slice *texts = calloc(n + 1, sizeof(*texts));
	if (texts == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n && cbor_status(r) == STATUS_OK; i++)
		texts[i] = cbor_text(r, max_len);
	*ret_texts = texts;
	*ret_n = n;
	return STATUS_OK;
}

static struct slice take_text_place(struct cbor *r, const struct slice *texts, size_t n_texts)
{
	uint64_t place = cbor_uint(r, n_texts == 0 ? 0 : n_texts - 1);
	struct slice none = {0};
	return n_texts == 0 ? none : texts[place];
}

static void take_row(struct cbor *r, const struct slice *texts, size_t n_texts, struct closing_row *row)
{
	size_t left = cbor_array(r, ROW_KEYS + N_NUMBERS);
	row->unit = take_text_place(r, texts, n_texts);
	row->procedure = take_text_place(r, texts, n_texts);
	row->domain = take_text_place(r, texts, n_texts);
	row->channel = (uint8_t)cbor_uint(r, UINT8_MAX);
	uint64_t mask = cbor_uint(r, (UINT64_C(1) << N_NUMBERS) - 1);
	size_t n = ROW_KEYS;
	for (size_t i = 0; i < N_NUMBERS; i++)
		if ((mask >> i & 1) != 0) {
			*number_at(row, i) = cbor_int(r, 0, INT64_MAX);
			n++;
		}
	if (left != n || n_texts == 0)
		cbor_fail(r);
}

static enum status take_rows(struct cbor *r, const struct slice *texts, size_t n_texts, struct closing *c)
{
	size_t n = cbor_array(r, (size_t)(r->end - r->next));
	c->rows = calloc(n + 1, sizeof(*c->rows));
	if (c->rows == NULL)
		return STATUS_NO_MEMORY;
	c->n_rows = n;
	for (size_t i = 0; i < n && cbor_status(r) == STATUS_OK; i++)
		take_row(r, texts, n_texts, &c->rows[i]);
	return STATUS_OK;
}

static enum status take_body(struct cbor *r, struct closing *c, struct slice **ret_texts)
{
	struct slice text;
	size_t n_texts = 0;
	size_t left = cbor_map(r, BODY_KEYS);
	cbor_need(r, &left, BODY_PERIOD);
	c->period = take_period(r, &text);
	cbor_need(r, &left, BODY_REVISION);
	c->revision = cbor_int(r, 1, CLOSING_REVISIONS);
	cbor_need(r, &left, BODY_RULE);
	take_rule(r, &c->rule);
	cbor_need(r, &left, BODY_SET);
	enum status s = closing_set_take(r, &c->set);
	cbor_need(r, &left, BODY_DAY);
	c->today = (int32_t)cbor_int(r, c->period.to, INT32_MAX);
	cbor_need(r, &left, BODY_SILENT);
	if (s == STATUS_OK)
		s = take_texts(r, LIMIT_UNIT, &c->silent, &c->n_silent);
	cbor_need(r, &left, BODY_TEXTS);
	if (s == STATUS_OK)
		s = take_texts(r, LIMIT_TEXT, ret_texts, &n_texts);
	cbor_need(r, &left, BODY_ROWS);
	if (s == STATUS_OK)
		s = take_rows(r, *ret_texts, n_texts, c);
	cbor_map_end(r, left);
	return s == STATUS_OK ? cbor_end(r) : s;
}

enum status closing_take(struct slice body, struct closing *ret_closing)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct closing c = {0};
	struct slice *texts = NULL;
	enum status s = take_body(&r, &c, &texts);
	free(texts);
	if (s == STATUS_OK)
		*ret_closing = c;
	else
		closing_clear(&c);
	return s;
}

enum status closing_take_name(struct slice body, struct closing_name *ret_name)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct closing_name name = {0};
	size_t left = cbor_map(&r, BODY_KEYS);
	cbor_need(&r, &left, BODY_PERIOD);
	(void)take_period(&r, &name.period);
	cbor_need(&r, &left, BODY_REVISION);
	name.revision = cbor_int(&r, 1, CLOSING_REVISIONS);
	cbor_need(&r, &left, BODY_RULE);
	cbor_array_of(&r, RULE_PARTS);
	name.rule = cbor_text(&r, RULE_NAME);
	enum status s = cbor_status(&r);
	if (s == STATUS_OK)
		*ret_name = name;
	return s;
}
