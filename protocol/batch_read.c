#include <stdlib.h>

#include "protocol/batch_form.h"
#include "protocol/column.h"
#include "protocol/batch_pack.h"
#include "protocol/words.h"

struct read_shape {
	struct shape is;
	size_t rows;  /* it has in all */
	size_t taken; /* and handed out so far */
};

struct read_column {
	int64_t *values;    /* ordered by shape, then row; NULL: the batch does not have the field */
	bool by_day;        /* relative to the start of the day */
	struct words words; /* text fields */
};

struct batch {
	struct batch_head head;
	const struct batch_forms *forms; /* what its version allows */
	size_t n_shapes;
	struct read_shape *shapes;
	uint64_t needed;   /* fields of which changes have a value */
	int64_t *shape_of; /* per row; one allocation with the next two */
	int64_t *changed_at;
	int64_t *key_of; /* index into keys */
	struct words keys;
	struct read_column columns[FIELD_COUNT];
	size_t *starts; /* field by field: where each shape's values begin in the column */
	size_t next;
};

void batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	free(b->shapes);
	free(b->shape_of);
	words_free(&b->keys);
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		free(b->columns[f].values);
		words_free(&b->columns[f].words);
	}
	free(b->starts);
	free(b);
}

/* Takes the head; *ret_forms is what its version allows, *ret_raw_len what the rows inflate to. */
static enum status take_head(struct cbor *r, struct batch_head *head, const struct batch_forms **ret_forms,
			     size_t *ret_raw_len)
{
	uint8_t bits[8] = {0};
	size_t left = cbor_map(r, UINT8_MAX); /* a later version may have more: it is told by its number */
	cbor_need(r, &left, HEAD_VERSION);
	*ret_forms = batch_forms_of(cbor_uint(r, UINT64_MAX));
	if (cbor_status(r) == STATUS_OK && *ret_forms == NULL)
		return STATUS_VERSION;
	cbor_need(r, &left, HEAD_RAW_LEN);
	*ret_raw_len = (size_t)cbor_uint(r, LIMIT_BATCH_RAW);
	cbor_need(r, &left, HEAD_DEVICE);
	cbor_fixed(r, head->device, DEVICE_ID_LEN);
	cbor_need(r, &left, HEAD_ORDINAL);
	head->incarnation.ordinal = cbor_uint(r, INT64_MAX);
	cbor_need(r, &left, HEAD_BITS);
	cbor_fixed(r, bits, sizeof(bits));
	head->incarnation.bits = bits_take(bits);
	cbor_need(r, &left, HEAD_SEQ);
	head->seq = cbor_uint(r, INT64_MAX);
	cbor_need(r, &left, HEAD_PREV);
	cbor_fixed(r, head->prev, HASH_LEN);
	cbor_need(r, &left, HEAD_SEALED_AT);
	head->sealed_at = cbor_int(r, TIME_MIN, TIME_MAX);
	cbor_need(r, &left, HEAD_SEEN);
	cbor_array_of(r, 3);
	head->head_epoch = cbor_uint(r, INT64_MAX);
	head->head_counter = cbor_uint(r, INT64_MAX);
	head->head_time = cbor_int(r, TIME_MIN, TIME_MAX);
	cbor_need(r, &left, HEAD_COUNT);
	head->count = (size_t)cbor_uint(r, LIMIT_BATCH_CHANGES);
	if (head->seq == 0 || head->incarnation.ordinal == 0)
		cbor_fail(r);
	cbor_map_end(r, left);
	return cbor_status(r);
}

enum status batch_peek(struct slice payload, struct batch_head *ret_head)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct batch_head head = {0};
	const struct batch_forms *forms = NULL;
	size_t raw_len = 0;
	enum status s = take_head(&r, &head, &forms, &raw_len);
	if (s == STATUS_OK)
		*ret_head = head;
	return s;
}

/* The fields of which changes of a shape have a value. */
static uint64_t valued(const struct shape *shape)
{
	return shape->mask & ~shape->nulls;
}

static bool is_in(uint64_t fields, size_t field)
{
	return (fields >> field & 1U) != 0;
}

static enum status take_shape_list(struct cbor *r, size_t *left, struct batch *b)
{
	cbor_need(r, left, ROWS_SHAPES);
	b->n_shapes = cbor_array(r, SHAPES_MAX);
	b->shapes = calloc(b->n_shapes + 1, sizeof(*b->shapes));
	b->starts = calloc(FIELD_COUNT * b->n_shapes + 1, sizeof(*b->starts));
	if (b->shapes == NULL || b->starts == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < b->n_shapes; i++) {
		struct shape *shape = &b->shapes[i].is;
		cbor_array_of(r, 4);
		shape->kind = (uint8_t)cbor_uint(r, UINT8_MAX);
		shape->mask = cbor_uint(r, (UINT64_C(1) << FIELD_COUNT) - 1);
		shape->nulls = cbor_uint(r, shape->mask);
		shape->flags = (uint8_t)cbor_uint(r, FLAG_TIME_STATED);
		if ((shape->nulls & ~shape->mask) != 0)
			cbor_fail(r);
	}
	return cbor_status(r);
}

static enum status take_shapes(struct cbor *r, size_t *left, struct batch *b)
{
	enum status s = take_shape_list(r, left, b);
	if (s != STATUS_OK)
		return s;
	cbor_need(r, left, ROWS_SHAPE_COLUMN);
	column_take(r, b->forms->signless, b->shape_of, b->head.count);
	for (size_t i = 0; i < b->head.count && cbor_status(r) == STATUS_OK; i++) {
		if (b->shape_of[i] < 0 || (uint64_t)b->shape_of[i] >= b->n_shapes)
			cbor_fail(r);
		else
			b->shapes[b->shape_of[i]].rows++;
	}
	for (size_t k = 0; k < b->n_shapes; k++)
		b->needed |= b->shapes[k].rows > 0 ? valued(&b->shapes[k].is) : 0;
	return cbor_status(r);
}

static enum status take_times(struct cbor *r, size_t *left, struct batch *b)
{
	cbor_need(r, left, ROWS_TIME_COLUMN);
	column_take(r, b->forms->signless, b->changed_at, b->head.count);
	int64_t before = b->head.sealed_at;
	for (size_t i = 0; i < b->head.count && cbor_status(r) == STATUS_OK; i++) {
		int64_t delta = b->changed_at[i];
		if (delta > TIME_MAX - before || delta < TIME_MIN - before)
			cbor_fail(r);
		else
			b->changed_at[i] = before += delta;
	}
	return cbor_status(r);
}

/* Turns references into indices: 0 is the next new key, n the n-th last one seen. */
static size_t resolve_keys(struct cbor *r, struct batch *b)
{
	int64_t known = 0;
	for (size_t i = 0; i < b->head.count && cbor_status(r) == STATUS_OK; i++) {
		int64_t ref = b->key_of[i];
		if (ref < 0 || ref > known)
			cbor_fail(r);
		else
			b->key_of[i] = ref == 0 ? known++ : known - ref;
	}
	return (size_t)known;
}

static enum status take_keys(struct cbor *r, size_t *left, struct batch *b)
{
	cbor_need(r, left, ROWS_KEY_COLUMN);
	column_take(r, b->forms->signless, b->key_of, b->head.count);
	size_t n_keys = resolve_keys(r, b);
	cbor_need(r, left, ROWS_KEY_WORDS);
	if (cbor_status(r) != STATUS_OK)
		return cbor_status(r);
	return words_take(r, b->forms->signless, n_keys, LIMIT_KEY, &b->keys);
}

static enum status take_column(struct cbor *r, struct batch *b, enum field field, bool text)
{
	struct read_column *column = &b->columns[field];
	size_t total = 0;
	for (size_t k = 0; k < b->n_shapes; k++) {
		b->starts[field * b->n_shapes + k] = total;
		if (is_in(valued(&b->shapes[k].is), field))
			total += b->shapes[k].rows;
	}
	column->words = words_new();
	column->values = calloc(total + 1, sizeof(*column->values));
	if (column->values == NULL)
		return STATUS_NO_MEMORY;
	if (text)
		cbor_array_of(r, 2);
	column_take(r, b->forms->signless, column->values, total);
	if (!text || cbor_status(r) != STATUS_OK)
		return cbor_status(r);
	int64_t n_words = 0;
	for (size_t i = 0; i < total; i++) {
		/* Words are numbered in order of first appearance by row; by shape they may come in any order. */
		if (column->values[i] < 0 || column->values[i] >= LIMIT_BATCH_CHANGES)
			cbor_fail(r);
		else if (column->values[i] >= n_words)
			n_words = column->values[i] + 1;
	}
	if (cbor_status(r) != STATUS_OK)
		return cbor_status(r);
	return words_take(r, b->forms->signless, (size_t)n_words, LIMIT_TEXT, &column->words);
}

/* One of the three maps of columns. A field that is missing in all of them is found out in the end. */
static enum status take_columns(struct cbor *r, struct batch *b, enum batch_rows_key map)
{
	size_t fields_left = cbor_map(r, FIELD_COUNT);
	if (map == ROWS_DAY_COLUMNS && fields_left == 0)
		cbor_fail(r);
	enum status s = cbor_status(r);
	for (size_t f = 0; f < FIELD_COUNT && s == STATUS_OK; f++) {
		bool text = batch_field_is_text((enum field)f);
		bool fits = map == ROWS_TEXT_COLUMNS ? text : !text;
		if (map == ROWS_DAY_COLUMNS)
			fits = schema_field((enum field)f)->type == TYPE_TIME;
		if (!fits || b->columns[f].values != NULL || !is_in(b->needed, f) || !cbor_key(r, &fields_left, f))
			continue;
		s = take_column(r, b, (enum field)f, text);
		if (s == STATUS_OK)
			b->columns[f].by_day = map == ROWS_DAY_COLUMNS;
	}
	if (s != STATUS_OK)
		return s;
	cbor_map_end(r, fields_left);
	return cbor_status(r);
}

static enum status take_all_columns(struct cbor *r, size_t *left, struct batch *b)
{
	enum status s = STATUS_OK;
	for (int map = ROWS_NUMBER_COLUMNS; map <= ROWS_TEXT_COLUMNS && s == STATUS_OK; map++) {
		cbor_need(r, left, (uint64_t)map);
		s = take_columns(r, b, (enum batch_rows_key)map);
	}
	if (s == STATUS_OK && cbor_key(r, left, ROWS_DAY_COLUMNS))
		s = take_columns(r, b, ROWS_DAY_COLUMNS);
	for (size_t f = 0; f < FIELD_COUNT && s == STATUS_OK; f++)
		if (b->columns[f].values == NULL && is_in(b->needed, f))
			s = STATUS_MALFORMED;
	return s;
}

static enum status take_rows(struct slice raw, struct batch *b)
{
	struct cbor r = cbor_reader(raw.data, raw.len);
	size_t left = cbor_map(&r, ROWS_DAY_COLUMNS);
	b->shape_of = calloc(3 * b->head.count, sizeof(*b->shape_of));
	if (b->shape_of == NULL)
		return STATUS_NO_MEMORY;
	b->changed_at = b->shape_of + b->head.count;
	b->key_of = b->changed_at + b->head.count;
	enum status s = take_shapes(&r, &left, b);
	if (s == STATUS_OK)
		s = take_times(&r, &left, b);
	if (s == STATUS_OK)
		s = take_keys(&r, &left, b);
	if (s == STATUS_OK)
		s = take_all_columns(&r, &left, b);
	if (s != STATUS_OK)
		return s;
	cbor_map_end(&r, left);
	return cbor_end(&r);
}

enum status batch_read(struct slice payload, struct batch **ret_batch)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct bytes raw = bytes_new(LIMIT_BATCH_RAW + 1);
	size_t raw_len = 0;
	enum status s = STATUS_NO_MEMORY;
	struct batch *b = calloc(1, sizeof(*b));
	if (b == NULL)
		goto out;
	b->keys = words_new();
	s = take_head(&r, &b->head, &b->forms, &raw_len);
	if (s != STATUS_OK)
		goto out;
	if (b->head.count == 0) {
		s = raw_len == 0 ? cbor_end(&r) : STATUS_MALFORMED;
	} else {
		s = batch_unpack(slice_of(r.next, (size_t)(r.end - r.next)), b->forms->dictionary, raw_len, &raw);
		if (s == STATUS_OK)
			s = take_rows(bytes_slice(&raw), b);
	}
	if (s != STATUS_OK)
		goto out;
	*ret_batch = b;
	b = NULL;
out:
	batch_free(b);
	bytes_free(&raw);
	return s;
}

const struct batch_head *batch_get_head(const struct batch *b)
{
	return &b->head;
}

void batch_rewind(struct batch *b)
{
	b->next = 0;
	for (size_t k = 0; k < b->n_shapes; k++)
		b->shapes[k].taken = 0;
}

static struct value value_at(const struct batch *b, enum field field, size_t shape, size_t row, int64_t changed_at)
{
	const struct read_column *column = &b->columns[field];
	int64_t stored = column->values[b->starts[field * b->n_shapes + shape] + row];
	if (batch_field_is_text(field))
		return (struct value){.state = VALUE_TEXT, .text = words_get(&column->words, (size_t)stored)};
	/* Wrapping is harmless: change_check refuses what falls outside the field's range. */
	uint64_t number = (uint64_t)stored + (uint64_t)batch_field_base(field, changed_at, column->by_day);
	return (struct value){.state = VALUE_NUMBER, .number = (int64_t)number};
}

bool batch_next(struct batch *b, struct change *ret_change)
{
	if (b->next == b->head.count)
		return false;
	size_t i = b->next++;
	size_t at = (size_t)b->shape_of[i];
	const struct shape *shape = &b->shapes[at].is;
	size_t row = b->shapes[at].taken++;
	struct change *c = ret_change;
	*c = change_new((enum kind)shape->kind);
	c->time_stated = (shape->flags & FLAG_TIME_STATED) != 0;
	c->changed_at = b->changed_at[i];
	c->key = words_get(&b->keys, (size_t)b->key_of[i]);
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		if (!is_in(shape->mask, f))
			continue;
		if (is_in(shape->nulls, f))
			c->fields[f].state = VALUE_NULL;
		else
			c->fields[f] = value_at(b, (enum field)f, at, row, c->changed_at);
	}
	return true;
}
