#include <stdlib.h>
#include <string.h>

#include "protocol/batch_form.h"
#include "protocol/column.h"
#include "protocol/batch_pack.h"
#include "protocol/words.h"

enum { VARIETY_SAMPLE = 128 };

/* The values of one field, in row order, each with the shape of its row. */
struct field_column {
	size_t count;
	size_t cap;
	int64_t *values;
	int64_t *by_day; /* instants: the same, relative to the start of the day */
	uint8_t *shapes;
	struct words words; /* text fields */
};

struct batch_writer {
	size_t count;
	size_t n_shapes;
	size_t estimate; /* upper bound of the raw size so far */
	struct words keys;
	struct field_column fields[FIELD_COUNT];
	struct shape shapes[SHAPES_MAX]; /* from here on only what was counted is there */
	uint8_t shape_of[LIMIT_BATCH_CHANGES];
	int64_t changed_at[LIMIT_BATCH_CHANGES];
	int64_t key_ref[LIMIT_BATCH_CHANGES];
};

struct batch_writer *batch_writer_new(void)
{
	struct batch_writer *w = malloc(sizeof(*w));
	if (w == NULL)
		return NULL;
	memset(w, 0, offsetof(struct batch_writer, shapes)); /* the rest is 80 KiB, and most batches are small */
	w->keys = words_new();
	for (size_t f = 0; f < FIELD_COUNT; f++)
		w->fields[f].words = words_new();
	return w;
}

void batch_writer_free(struct batch_writer *w)
{
	if (w == NULL)
		return;
	words_free(&w->keys);
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		free(w->fields[f].values);
		free(w->fields[f].by_day);
		free(w->fields[f].shapes);
		words_free(&w->fields[f].words);
	}
	free(w);
}

size_t batch_writer_count(const struct batch_writer *w)
{
	return w->count;
}

/* The index of the change's shape; SHAPES_MAX if there is no room for another. */
static size_t shape_index(struct batch_writer *w, const struct change *c)
{
	struct shape shape = {.mask = change_mask(c),
			      .nulls = change_nulls(c),
			      .kind = (uint8_t)c->kind,
			      .flags = c->time_stated ? FLAG_TIME_STATED : 0};
	size_t i = 0;
	while (i < w->n_shapes && (w->shapes[i].mask != shape.mask || w->shapes[i].nulls != shape.nulls ||
				   w->shapes[i].kind != shape.kind || w->shapes[i].flags != shape.flags))
		i++;
	if (i == w->n_shapes && i < SHAPES_MAX)
		w->shapes[w->n_shapes++] = shape;
	return i;
}

static enum status field_add(struct field_column *column, uint8_t shape, int64_t value, int64_t by_day)
{
	if (column->count == column->cap) {
		size_t cap = column->cap == 0 ? 64 : column->cap * 2;
		int64_t *values = realloc(column->values, cap * sizeof(*values));
		if (values == NULL)
			return STATUS_NO_MEMORY;
		column->values = values;
		int64_t *day_values = realloc(column->by_day, cap * sizeof(*day_values));
		if (day_values == NULL)
			return STATUS_NO_MEMORY;
		column->by_day = day_values;
		uint8_t *shapes = realloc(column->shapes, cap);
		if (shapes == NULL)
			return STATUS_NO_MEMORY;
		column->shapes = shapes;
		column->cap = cap;
	}
	column->values[column->count] = value;
	column->by_day[column->count] = by_day;
	column->shapes[column->count++] = shape;
	return STATUS_OK;
}

static enum status add_fields(struct batch_writer *w, const struct change *c, uint8_t shape)
{
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		const struct value *v = &c->fields[f];
		if (v->state != VALUE_NUMBER && v->state != VALUE_TEXT)
			continue;
		int64_t number = 0;
		int64_t by_day = 0;
		if (v->state == VALUE_TEXT) {
			uint32_t index = 0;
			bool fresh = false;
			enum status s = words_index(&w->fields[f].words, v->text, &index, &fresh);
			if (s != STATUS_OK)
				return s;
			number = index;
		} else {
			number = v->number - batch_field_base((enum field)f, c->changed_at, false);
			by_day = v->number - batch_field_base((enum field)f, c->changed_at, true);
		}
		enum status s = field_add(&w->fields[f], shape, number, by_day);
		if (s != STATUS_OK)
			return s;
	}
	return STATUS_OK;
}

/* No value takes more than this in a column or dictionary. */
static size_t bound_of(const struct change *c)
{
	size_t bound = 64 + 2 * c->key.len;
	for (size_t f = 0; f < FIELD_COUNT; f++)
		if (c->fields[f].state != VALUE_ABSENT)
			bound += 16 + 2 * c->fields[f].text.len;
	return bound;
}

enum status batch_writer_add(struct batch_writer *w, const struct change *c)
{
	size_t bound = bound_of(c);
	if (w->count == LIMIT_BATCH_CHANGES || w->estimate + bound > LIMIT_BATCH_RAW - LIMIT_BATCH_RAW / 16)
		return STATUS_LIMIT;
	size_t shape = shape_index(w, c);
	if (shape == SHAPES_MAX)
		return STATUS_LIMIT;
	uint32_t key = 0;
	bool fresh = false;
	enum status s = words_index(&w->keys, c->key, &key, &fresh);
	if (s == STATUS_OK)
		s = add_fields(w, c, (uint8_t)shape);
	if (s != STATUS_OK)
		return STATUS_NO_MEMORY;
	w->shape_of[w->count] = (uint8_t)shape;
	w->changed_at[w->count] = c->changed_at;
	w->key_ref[w->count] = fresh ? 0 : (int64_t)(w->keys.count - key);
	w->count++;
	w->estimate += bound;
	return STATUS_OK;
}

static void put_shapes(const struct batch_writer *w, struct bytes *out, int64_t *column)
{
	cbor_put_uint(out, ROWS_SHAPES);
	cbor_put_array(out, w->n_shapes);
	for (size_t i = 0; i < w->n_shapes; i++) {
		cbor_put_array(out, 4);
		cbor_put_uint(out, w->shapes[i].kind);
		cbor_put_uint(out, w->shapes[i].mask);
		cbor_put_uint(out, w->shapes[i].nulls);
		cbor_put_uint(out, w->shapes[i].flags);
	}
	for (size_t i = 0; i < w->count; i++)
		column[i] = w->shape_of[i];
	cbor_put_uint(out, ROWS_SHAPE_COLUMN);
	column_put(out, column, w->count);
}

/* How many of the first values differ from all before them: fewer different ones compress better. */
static size_t variety(const int64_t *values, size_t n)
{
	size_t seen = n < VARIETY_SAMPLE ? n : VARIETY_SAMPLE;
	size_t different = 0;
	for (size_t i = 0; i < seen; i++) {
		size_t k = 0;
		while (k < i && values[k] != values[i])
			k++;
		different += k == i ? 1 : 0;
	}
	return different;
}

/* Due dates lie at an hour of the day, most other instants a certain time after the change: whichever says less. */
static bool goes_by_day(const struct field_column *source, enum field field)
{
	return schema_field(field)->type == TYPE_TIME &&
	       variety(source->by_day, source->count) < variety(source->values, source->count);
}

/* The field's values, those of one shape together. */
static void put_field(const struct batch_writer *w, enum field field, bool by_day, struct bytes *out,
		      int64_t *column)
{
	const struct field_column *source = &w->fields[field];
	size_t n = 0;
	for (size_t shape = 0; shape < w->n_shapes; shape++)
		for (size_t i = 0; i < source->count && n < source->count; i++)
			if (source->shapes[i] == shape)
				column[n++] = by_day ? source->by_day[i] : source->values[i];
	column_put(out, column, n);
}

/* In which of the three maps of columns a field stands; ROWS_SHAPES if the batch does not have it. */
static enum batch_rows_key place_of(const struct batch_writer *w, enum field field)
{
	if (w->fields[field].count == 0)
		return ROWS_SHAPES;
	if (batch_field_is_text(field))
		return ROWS_TEXT_COLUMNS;
	return goes_by_day(&w->fields[field], field) ? ROWS_DAY_COLUMNS : ROWS_NUMBER_COLUMNS;
}

static enum status put_fields(const struct batch_writer *w, enum batch_rows_key map, const uint8_t *places,
			      struct bytes *out, int64_t *column)
{
	size_t n = 0;
	for (size_t f = 0; f < FIELD_COUNT; f++)
		n += places[f] == map ? 1 : 0;
	if (n == 0 && map == ROWS_DAY_COLUMNS)
		return STATUS_OK;
	cbor_put_uint(out, map);
	cbor_put_map(out, n);
	enum status s = STATUS_OK;
	for (size_t f = 0; f < FIELD_COUNT && s == STATUS_OK; f++) {
		if (places[f] != map)
			continue;
		cbor_put_uint(out, f);
		if (map == ROWS_TEXT_COLUMNS)
			cbor_put_array(out, 2);
		put_field(w, (enum field)f, map == ROWS_DAY_COLUMNS, out, column);
		if (map == ROWS_TEXT_COLUMNS)
			s = words_put(&w->fields[f].words, out);
	}
	return s;
}

static enum status put_rows(const struct batch_writer *w, int64_t sealed_at, struct bytes *out)
{
	int64_t *column = calloc(LIMIT_BATCH_CHANGES, sizeof(*column));
	if (column == NULL)
		return STATUS_NO_MEMORY;
	uint8_t places[FIELD_COUNT];
	bool any_by_day = false;
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		places[f] = (uint8_t)place_of(w, (enum field)f);
		any_by_day = any_by_day || places[f] == ROWS_DAY_COLUMNS;
	}
	cbor_put_map(out, any_by_day ? ROWS_DAY_COLUMNS : ROWS_TEXT_COLUMNS);
	put_shapes(w, out, column);
	for (size_t i = 0; i < w->count; i++)
		column[i] = w->changed_at[i] - (i == 0 ? sealed_at : w->changed_at[i - 1]);
	cbor_put_uint(out, ROWS_TIME_COLUMN);
	column_put(out, column, w->count);
	cbor_put_uint(out, ROWS_KEY_COLUMN);
	column_put(out, w->key_ref, w->count);
	cbor_put_uint(out, ROWS_KEY_WORDS);
	enum status s = words_put(&w->keys, out);
	for (int map = ROWS_NUMBER_COLUMNS; map <= ROWS_DAY_COLUMNS && s == STATUS_OK; map++)
		s = put_fields(w, (enum batch_rows_key)map, places, out, column);
	free(column);
	return s;
}

static void put_head(const struct batch_writer *w, const struct batch_head *head, size_t raw_len, struct bytes *out)
{
	uint8_t bits[8];
	bits_put(head->incarnation.bits, bits);
	cbor_put_map(out, HEAD_COUNT);
	cbor_put_uint(out, HEAD_VERSION);
	cbor_put_uint(out, BATCH_VERSION);
	cbor_put_uint(out, HEAD_RAW_LEN);
	cbor_put_uint(out, raw_len);
	cbor_put_uint(out, HEAD_DEVICE);
	cbor_put_bytes(out, head->device, DEVICE_ID_LEN);
	cbor_put_uint(out, HEAD_ORDINAL);
	cbor_put_uint(out, head->incarnation.ordinal);
	cbor_put_uint(out, HEAD_BITS);
	cbor_put_bytes(out, bits, sizeof(bits));
	cbor_put_uint(out, HEAD_SEQ);
	cbor_put_uint(out, head->seq);
	cbor_put_uint(out, HEAD_PREV);
	cbor_put_bytes(out, head->prev, HASH_LEN);
	cbor_put_uint(out, HEAD_SEALED_AT);
	cbor_put_int(out, head->sealed_at);
	cbor_put_uint(out, HEAD_SEEN);
	cbor_put_array(out, 3);
	cbor_put_uint(out, head->head_epoch);
	cbor_put_uint(out, head->head_counter);
	cbor_put_int(out, head->head_time);
	cbor_put_uint(out, HEAD_COUNT);
	cbor_put_uint(out, w->count);
}

enum status batch_seal(struct batch_writer *w, const struct batch_head *head,
		       const uint8_t hub_id[static HUB_ID_LEN], const struct signing_key *key, struct bytes *out)
{
	struct bytes raw = bytes_new(LIMIT_BATCH_RAW);
	struct bytes payload = bytes_new(LIMIT_BATCH_RAW);
	size_t start = out->len;
	enum status s = w->count == 0 ? STATUS_OK : put_rows(w, head->sealed_at, &raw);
	if (s != STATUS_OK)
		goto out;
	put_head(w, head, raw.len, &payload);
	s = bytes_status(&payload);
	if (s == STATUS_OK && w->count > 0)
		s = batch_pack(bytes_slice(&raw), &payload);
	if (s == STATUS_OK)
		s = envelope_seal(MESSAGE_BATCH, hub_id, key, bytes_slice(&payload), out);
	if (s == STATUS_OK && out->len - start > LIMIT_BATCH_SEALED)
		s = STATUS_LIMIT;
out:
	if (s != STATUS_OK)
		out->len = start;
	bytes_free(&raw);
	bytes_free(&payload);
	return s;
}
