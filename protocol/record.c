#include "protocol/record.h"

#include <string.h>

enum {
	RECORD_PARTS = 5 /* kind, stated, changed_at, key, fields */
};

struct change change_new(enum kind kind)
{
	return (struct change){.kind = kind, .changed_at = TIME_UNSET};
}

void change_set_number(struct change *c, enum field field, int64_t number)
{
	c->fields[field] = (struct value){.state = VALUE_NUMBER, .number = number};
}

void change_set_text(struct change *c, enum field field, struct slice text)
{
	c->fields[field] = (struct value){.state = VALUE_TEXT, .text = text};
}

void change_set_null(struct change *c, enum field field)
{
	c->fields[field] = (struct value){.state = VALUE_NULL};
}

uint64_t change_mask(const struct change *c)
{
	uint64_t mask = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (c->fields[i].state != VALUE_ABSENT)
			mask |= UINT64_C(1) << i;
	return mask;
}

uint64_t change_nulls(const struct change *c)
{
	uint64_t mask = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (c->fields[i].state == VALUE_NULL)
			mask |= UINT64_C(1) << i;
	return mask;
}

static bool value_ok(const struct field_spec *spec, const struct value *v)
{
	switch (v->state) {
	case VALUE_ABSENT:
	case VALUE_NULL:
		return true;
	case VALUE_NUMBER:
		return schema_number_ok(spec, v->number);
	case VALUE_TEXT:
		return schema_text_ok(spec, (const char *)v->text.data, v->text.len);
	}
	return false;
}

/* A date of a status needs the status it dates; a cleared status has none. */
static bool status_at_ok(const struct change *c)
{
	enum value_state at = c->fields[FIELD_STATUS_AT].state;
	enum value_state status = c->fields[FIELD_STATUS].state;
	return at == VALUE_ABSENT || status == VALUE_NUMBER || (at == VALUE_NULL && status == VALUE_NULL);
}

/* The first field that may not be as it is, FIELD_COUNT if all may. */
static enum field first_bad_field(const struct change *c)
{
	uint64_t allowed = schema_mask(c->kind);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct value *v = &c->fields[i];
		if (v->state == VALUE_ABSENT)
			continue;
		if ((allowed >> i & 1U) == 0 || !value_ok(schema_field((enum field)i), v))
			return (enum field)i;
	}
	return status_at_ok(c) ? FIELD_COUNT : FIELD_STATUS_AT;
}

enum status change_check(const struct change *c, enum field *ret_field)
{
	enum field bad = first_bad_field(c);
	bool ok = bad == FIELD_COUNT && schema_key_ok(c->kind, (const char *)c->key.data, c->key.len) &&
		  c->changed_at >= TIME_MIN && c->changed_at <= TIME_MAX && change_mask(c) != 0;
	if (ok)
		return STATUS_OK;
	if (ret_field != NULL)
		*ret_field = bad;
	return STATUS_REFUSED;
}

struct slice change_unit(const struct change *c)
{
	if (c->kind == KIND_INDICATOR) {
		struct indicator_key parts;
		return indicator_key_split(c->key, &parts) == STATUS_OK ? parts.unit : (struct slice){0};
	}
	const struct value *unit = &c->fields[FIELD_UNIT];
	return unit->state == VALUE_TEXT ? unit->text : (struct slice){0};
}

enum status indicator_key_split(struct slice key, struct indicator_key *ret_parts)
{
	if (!schema_key_ok(KIND_INDICATOR, (const char *)key.data, key.len))
		return STATUS_REFUSED;
	const uint8_t *end = key.data + key.len;
	const uint8_t *first = memchr(key.data, '|', key.len);
	const uint8_t *second = memchr(first + 1, '|', (size_t)(end - first - 1));
	ret_parts->unit = slice_of(key.data, (size_t)(first - key.data));
	ret_parts->period = slice_of(first + 1, (size_t)(second - first - 1));
	ret_parts->name = slice_of(second + 1, (size_t)(end - second - 1));
	return STATUS_OK;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->state != b->state)
		return false;
	switch (a->state) {
	case VALUE_ABSENT:
	case VALUE_NULL:
		return true;
	case VALUE_NUMBER:
		return a->number == b->number;
	case VALUE_TEXT:
		return slice_equal(a->text, b->text);
	}
	return false;
}

void value_put(struct bytes *out, const struct value *v)
{
	switch (v->state) {
	case VALUE_ABSENT:
	case VALUE_NULL:
		cbor_put_null(out);
		break;
	case VALUE_NUMBER:
		cbor_put_int(out, v->number);
		break;
	case VALUE_TEXT:
		cbor_put_text(out, (const char *)v->text.data, v->text.len);
		break;
	}
}

void value_take(struct cbor *r, const struct field_spec *spec, struct value *ret_value)
{
	ret_value->state = VALUE_NULL;
	if (cbor_take_null(r))
		return;
	bool is_text = spec->type == TYPE_TEXT || spec->type == TYPE_UNIT;
	ret_value->state = is_text ? VALUE_TEXT : VALUE_NUMBER;
	if (is_text)
		ret_value->text = cbor_text(r, LIMIT_TEXT);
	else
		ret_value->number = cbor_int(r, INT64_MIN, INT64_MAX);
	if (r->error == STATUS_OK && !value_ok(spec, ret_value))
		cbor_fail(r);
}

void change_encode(const struct change *c, struct bytes *out)
{
	size_t pairs = 0;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		pairs += c->fields[i].state != VALUE_ABSENT;
	cbor_put_array(out, RECORD_PARTS);
	cbor_put_uint(out, (uint64_t)c->kind);
	cbor_put_bool(out, c->time_stated);
	cbor_put_int(out, c->changed_at);
	cbor_put_text(out, (const char *)c->key.data, c->key.len);
	cbor_put_map(out, pairs);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (c->fields[i].state == VALUE_ABSENT)
			continue;
		cbor_put_uint(out, i);
		value_put(out, &c->fields[i]);
	}
}

enum status change_decode(struct slice data, struct change *ret_change)
{
	struct cbor r = cbor_reader(data.data, data.len);
	cbor_array_of(&r, RECORD_PARTS);
	struct change c = change_new((enum kind)cbor_uint(&r, KIND_COUNT - 1));
	c.time_stated = cbor_bool(&r);
	c.changed_at = cbor_int(&r, TIME_MIN, TIME_MAX);
	c.key = cbor_text(&r, LIMIT_KEY);
	size_t left = cbor_map(&r, FIELD_COUNT);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (cbor_key(&r, &left, i))
			value_take(&r, schema_field((enum field)i), &c.fields[i]);
	cbor_map_end(&r, left);
	if (cbor_end(&r) != STATUS_OK || change_check(&c, NULL) != STATUS_OK)
		return STATUS_MALFORMED;
	*ret_change = c;
	return STATUS_OK;
}
