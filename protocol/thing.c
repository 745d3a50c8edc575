#include <stdlib.h>
#include <string.h>

#include "protocol/batch_form.h"
#include "protocol/fold.h"

enum { THING_SOURCES = 1 << 16, THING_WRITES = 1 << 20, FEW_SOURCES = 4 };
/* Of the lists at rest: items of a source, of a change, of a write. */
enum { SOURCE_ITEMS = 3, ORIGIN_ITEMS = 6, WRITE_ITEMS = 3 };

int64_t origin_stamp(const struct origin *o)
{
	int64_t bound = o->accepted_at + CLOCK_TOLERANCE_MS;
	return o->changed_at < bound ? o->changed_at : bound;
}

static int compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_source(const struct origin *a, const struct origin *b)
{
	int order = memcmp(a->device, b->device, DEVICE_ID_LEN);
	return order != 0 ? order : incarnation_compare(&a->incarnation, &b->incarnation);
}

/* Which record of which device: what makes two deliveries the same. */
static int compare_record(const struct origin *a, const struct origin *b)
{
	int order = compare_source(a, b);
	if (order == 0)
		order = (a->seq > b->seq) - (a->seq < b->seq);
	return order != 0 ? order : compare_int(a->index, b->index);
}

int origin_compare(const struct origin *a, const struct origin *b)
{
	int order = compare_int(origin_stamp(a), origin_stamp(b));
	if (order == 0)
		order = compare_int(a->changed_at, b->changed_at);
	return order != 0 ? order : compare_record(a, b);
}

struct thing thing_new(enum kind kind)
{
	return (struct thing){.kind = kind};
}

void thing_free(struct thing *t)
{
	if (t == NULL)
		return;
	free(t->origins);
	free(t->writes);
	*t = thing_new(t->kind);
}

void thing_clear(struct thing *t, enum kind kind)
{
	t->kind = kind;
	t->n_origins = 0;
	t->n_writes = 0;
}

static enum status reserve(struct thing *t, size_t origins, size_t writes)
{
	if (t->n_origins + origins > t->cap_origins) {
		size_t cap = t->n_origins + origins + 4;
		struct origin *grown = realloc(t->origins, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		t->origins = grown;
		t->cap_origins = cap;
	}
	if (t->n_writes + writes > t->cap_writes) {
		size_t cap = t->n_writes + writes + 16;
		struct write *grown = realloc(t->writes, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		t->writes = grown;
		t->cap_writes = cap;
	}
	return STATUS_OK;
}

static bool is_written(const struct change *c, size_t field)
{
	return c->fields[field].state != VALUE_ABSENT && field != FIELD_STATUS_AT;
}

static void insert_write(struct thing *t, const struct write *w)
{
	size_t at = t->n_writes;
	while (at > 0 && (t->writes[at - 1].field > w->field ||
			  (t->writes[at - 1].field == w->field && t->writes[at - 1].origin > w->origin)))
		at--;
	memmove(t->writes + at + 1, t->writes + at, (t->n_writes - at) * sizeof(*t->writes));
	t->writes[at] = *w;
	t->n_writes++;
}

enum status thing_add(struct thing *t, const struct origin *origin, const struct change *c, bool *ret_new)
{
	for (size_t i = 0; i < t->n_origins; i++) {
		if (compare_record(&t->origins[i], origin) == 0) {
			*ret_new = false;
			return STATUS_OK;
		}
	}
	size_t writes = 0;
	for (size_t f = 0; f < FIELD_COUNT; f++)
		writes += is_written(c, f) ? 1 : 0;
	enum status s = reserve(t, 1, writes);
	if (s != STATUS_OK)
		return s;
	size_t at = t->n_origins;
	while (at > 0 && origin_compare(&t->origins[at - 1], origin) > 0)
		at--;
	memmove(t->origins + at + 1, t->origins + at, (t->n_origins - at) * sizeof(*t->origins));
	t->origins[at] = *origin;
	t->n_origins++;
	for (size_t i = 0; i < t->n_writes; i++)
		t->writes[i].origin += t->writes[i].origin >= at ? 1 : 0;
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		if (!is_written(c, f))
			continue;
		struct write w = {.field = (enum field)f,
				  .origin = (uint32_t)at,
				  .value = c->fields[f],
				  .status_at = TIME_UNSET};
		if (f == FIELD_STATUS && c->fields[FIELD_STATUS_AT].state == VALUE_NUMBER)
			w.status_at = c->fields[FIELD_STATUS_AT].number;
		insert_write(t, &w);
	}
	*ret_new = true;
	return STATUS_OK;
}

/* Every (device, incarnation) once, ascending: places[i] becomes the place of origin i's. */
static size_t number_sources(const struct thing *t, uint32_t *sources, uint32_t *places)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_origins; i++) {
		size_t at = 0;
		while (at < n && compare_source(&t->origins[sources[at]], &t->origins[i]) < 0)
			at++;
		if (at < n && compare_source(&t->origins[sources[at]], &t->origins[i]) == 0)
			continue;
		memmove(sources + at + 1, sources + at, (n - at) * sizeof(*sources));
		sources[at] = (uint32_t)i;
		n++;
	}
	for (size_t i = 0; i < t->n_origins; i++)
		for (size_t at = 0; at < n; at++)
			if (compare_source(&t->origins[sources[at]], &t->origins[i]) == 0)
				places[i] = (uint32_t)at;
	return n;
}

static void put_origins(const struct thing *t, struct bytes *out, const uint32_t *places)
{
	cbor_put_array(out, t->n_origins * ORIGIN_ITEMS);
	for (size_t i = 0; i < t->n_origins; i++) {
		const struct origin *o = &t->origins[i];
		cbor_put_uint(out, places[i]);
		cbor_put_uint(out, o->seq);
		cbor_put_uint(out, o->index);
		cbor_put_int(out, o->changed_at);
		cbor_put_int(out, o->accepted_at - o->changed_at);
		cbor_put_uint(out, o->time_stated ? 1 : 0);
	}
}

static void put_writes(const struct thing *t, struct bytes *out)
{
	cbor_put_array(out, t->n_writes * WRITE_ITEMS);
	for (size_t i = 0; i < t->n_writes; i++) {
		const struct write *w = &t->writes[i];
		cbor_put_uint(out, w->field);
		cbor_put_uint(out, w->origin);
		if (w->status_at != TIME_UNSET)
			cbor_put_array(out, 2);
		value_put(out, &w->value);
		if (w->status_at != TIME_UNSET)
			cbor_put_int(out, w->status_at);
	}
}

/* [kind, [device, ordinal, bits, …], [source, seq, index, changed_at, accepted_at - changed_at, stated, …],
 *  [field, origin, value, …]] */
void thing_put(const struct thing *t, struct bytes *out)
{
	uint32_t *numbers = calloc(2 * t->n_origins + 1, sizeof(*numbers));
	if (numbers == NULL) {
		out->error = STATUS_NO_MEMORY;
		return;
	}
	uint32_t *places = numbers + t->n_origins;
	size_t n_sources = number_sources(t, numbers, places);
	cbor_put_array(out, 4);
	cbor_put_uint(out, t->kind);
	cbor_put_array(out, n_sources * SOURCE_ITEMS);
	for (size_t i = 0; i < n_sources; i++) {
		const struct origin *o = &t->origins[numbers[i]];
		uint8_t bits[8];
		bits_put(o->incarnation.bits, bits);
		cbor_put_bytes(out, o->device, DEVICE_ID_LEN);
		cbor_put_uint(out, o->incarnation.ordinal);
		cbor_put_bytes(out, bits, sizeof(bits));
	}
	put_origins(t, out, places);
	put_writes(t, out);
	free(numbers);
}

static struct origin take_source(struct cbor *r)
{
	struct origin o = {0};
	uint8_t bits[8] = {0};
	cbor_fixed(r, o.device, DEVICE_ID_LEN);
	o.incarnation.ordinal = cbor_uint(r, INT64_MAX);
	cbor_fixed(r, bits, sizeof(bits));
	o.incarnation.bits = bits_take(bits);
	return o;
}

/* A change, but for its source, which stands in *o. */
static void take_origin(struct cbor *r, struct origin *o)
{
	o->seq = cbor_uint(r, INT64_MAX);
	o->index = (uint32_t)cbor_uint(r, UINT32_MAX);
	o->changed_at = cbor_int(r, TIME_MIN, TIME_MAX);
	o->accepted_at = o->changed_at + cbor_int(r, TIME_MIN - TIME_MAX, TIME_MAX - TIME_MIN);
	o->time_stated = cbor_uint(r, 1) == 1;
}

static void take_origins(struct cbor *r, struct thing *t, const struct origin *sources, size_t n_sources)
{
	for (size_t i = 0; i < t->n_origins && cbor_status(r) == STATUS_OK; i++) {
		uint64_t source = cbor_uint(r, INT64_MAX);
		if (source >= n_sources) {
			cbor_fail(r);
			return;
		}
		struct origin *o = &t->origins[i];
		*o = sources[source];
		take_origin(r, o);
		if (i > 0 && origin_compare(o - 1, o) >= 0)
			cbor_fail(r);
	}
}

static void take_writes(struct cbor *r, struct thing *t)
{
	for (size_t i = 0; i < t->n_writes && cbor_status(r) == STATUS_OK; i++) {
		struct write *w = &t->writes[i];
		*w = (struct write){.field = (enum field)cbor_uint(r, FIELD_COUNT - 1), .status_at = TIME_UNSET};
		w->origin = (uint32_t)cbor_uint(r, t->n_origins - 1);
		if (i > 0 && (w[-1].field > w->field || (w[-1].field == w->field && w[-1].origin >= w->origin)))
			cbor_fail(r);
		struct cbor ahead = *r;
		bool two_parts =
			w->field == FIELD_STATUS && cbor_array(&ahead, 2) == 2 && cbor_status(&ahead) == STATUS_OK;
		if (two_parts)
			*r = ahead;
		value_take(r, schema_field(w->field), &w->value);
		if (two_parts)
			w->status_at = cbor_int(r, TIME_MIN, TIME_MAX);
	}
}

/* The length of an array that lists things of so many items each. */
static size_t take_list(struct cbor *r, size_t max, size_t items_each)
{
	size_t items = cbor_array(r, max);
	if (items % items_each != 0)
		cbor_fail(r);
	return cbor_status(r) == STATUS_OK ? items / items_each : 0;
}

enum status thing_read(struct slice data, struct thing *t)
{
	struct cbor r = cbor_reader(data.data, data.len);
	struct origin few[FEW_SOURCES];
	struct origin *sources = few;
	cbor_array_of(&r, 4);
	thing_clear(t, (enum kind)cbor_uint(&r, KIND_COUNT - 1));
	size_t n_sources = take_list(&r, THING_SOURCES, SOURCE_ITEMS);
	enum status s = cbor_status(&r);
	if (s != STATUS_OK)
		goto out;
	s = STATUS_NO_MEMORY;
	if (n_sources > FEW_SOURCES)
		sources = calloc(n_sources, sizeof(*sources));
	if (sources == NULL)
		goto out;
	for (size_t i = 0; i < n_sources; i++)
		sources[i] = take_source(&r);
	size_t n_origins = take_list(&r, THING_WRITES, ORIGIN_ITEMS);
	if (reserve(t, n_origins, 0) != STATUS_OK)
		goto out;
	t->n_origins = n_origins;
	take_origins(&r, t, sources, n_sources);
	size_t n_writes = take_list(&r, THING_WRITES, WRITE_ITEMS);
	if (n_origins == 0)
		cbor_fail(&r);
	if (reserve(t, 0, n_writes) != STATUS_OK)
		goto out;
	t->n_writes = n_writes;
	take_writes(&r, t);
	s = cbor_end(&r);
out:
	if (sources != few)
		free(sources);
	if (s != STATUS_OK)
		thing_free(t);
	return s;
}

/* Read again for each change: nearly every thing has one source, and few changes. */
static struct origin source_at(struct cbor sources, uint64_t place)
{
	struct origin o = take_source(&sources);
	for (uint64_t i = 0; i < place; i++)
		o = take_source(&sources);
	return o;
}

enum status thing_each_origin(struct slice data, origin_each each, void *context)
{
	struct cbor r = cbor_reader(data.data, data.len);
	cbor_array_of(&r, 4);
	(void)cbor_uint(&r, KIND_COUNT - 1);
	size_t n_sources = take_list(&r, (size_t)LIMIT_THING_CHANGES * SOURCE_ITEMS, SOURCE_ITEMS);
	const struct cbor sources = r;
	for (size_t i = 0; i < n_sources; i++)
		(void)take_source(&r);
	size_t n_origins = take_list(&r, (size_t)LIMIT_THING_CHANGES * ORIGIN_ITEMS, ORIGIN_ITEMS);
	enum status s = cbor_status(&r);
	for (size_t i = 0; s == STATUS_OK && i < n_origins; i++) {
		uint64_t source = cbor_uint(&r, INT64_MAX);
		if (source >= n_sources)
			return STATUS_MALFORMED;
		struct origin o = source_at(sources, source);
		take_origin(&r, &o);
		s = cbor_status(&r);
		if (s == STATUS_OK)
			s = each(context, o.device, o.accepted_at);
	}
	return s;
}
