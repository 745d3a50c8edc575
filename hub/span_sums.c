#include "hub/span_sums.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256, APART_BYTES = 16 * 1024 * 1024 };

struct unit_name {
	char code[LIMIT_UNIT + 1];
	int32_t day;
};

struct day_sum {
	size_t unit;
	unsigned channel;
	int32_t day;
	struct day_cells cells;
};

struct span_sums {
	const struct registry *registry;
	size_t n_units;
	size_t cap_units;
	struct unit_name *units;
	size_t n_apart;
	struct bytes apart; /* as at rest */
	size_t n;
	size_t cap;
	struct day_sum *sums;
	size_t n_slots;
	size_t *slots; /* by hash: index + 1, 0 for an empty slot */
	size_t unit;   /* of the row at hand */
	unsigned channel;
};

struct span_sums *span_sums_new(const struct registry *registry)
{
	struct span_sums *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	*s = (struct span_sums){.registry = registry, .apart = bytes_new(APART_BYTES)};
	return s;
}

void span_sums_free(struct span_sums *s)
{
	if (s == NULL)
		return;
	bytes_free(&s->apart);
	free(s->units);
	free(s->sums);
	free(s->slots);
	free(s);
}

/* --- numbers --- */

static void put_number(struct bytes *out, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		bytes_put_u8(out, (uint8_t)(number | 0x80));
	bytes_put_u8(out, (uint8_t)number);
}

static void put_signed(struct bytes *out, int64_t number)
{
	uint64_t doubled = (uint64_t)number << 1;
	put_number(out, number < 0 ? ~doubled : doubled);
}

static void put_text(struct bytes *out, struct slice text)
{
	put_number(out, text.len);
	bytes_put(out, text.data, text.len);
}

/* What is left to read; short: it ended too early. */
struct input {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

static inline uint64_t take_number(struct input *in)
{
	uint64_t number = 0;
	if (in->at < in->end && *in->at < 0x80) /* nearly always */
		return *in->at++;
	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;
		number |= (uint64_t)(byte & 0x7F) << shift;
		if (byte < 0x80)
			return number;
	}
	in->bad = true;
	in->at = in->end;
	return 0;
}

static int64_t take_signed(struct input *in)
{
	uint64_t doubled = take_number(in);
	return (int64_t)((doubled >> 1) ^ (0 - (doubled & 1)));
}

static int32_t take_day(struct input *in)
{
	int64_t day = take_signed(in);
	in->bad = in->bad || day < INT32_MIN || day > INT32_MAX;
	return (int32_t)day;
}

static struct slice take_text(struct input *in, size_t most)
{
	uint64_t len = take_number(in);
	if (len > most || len > (uint64_t)(in->end - in->at)) {
		in->bad = true;
		len = 0;
	}
	struct slice text = slice_of(in->at, (size_t)len);
	in->at += len;
	return text;
}

/* --- making --- */

/* The unit that is meant, by the first of its days: however many were stated on later ones, it is one. */
static enum status find_unit(struct span_sums *s, int index)
{
	const struct unit *u = registry_unit(s->registry, index);
	int32_t day = unit_first_day(u);
	for (s->unit = s->n_units; s->unit > 0; s->unit--)
		if (s->units[s->unit - 1].day == day && strcmp(s->units[s->unit - 1].code, u->code) == 0)
			break;
	if (s->unit > 0) {
		s->unit--;
		return STATUS_OK;
	}
	if (s->n_units == s->cap_units) {
		size_t cap = s->cap_units * 2 + 8;
		struct unit_name *grown = realloc(s->units, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		s->units = grown;
		s->cap_units = cap;
	}
	s->unit = s->n_units++;
	s->units[s->unit] = (struct unit_name){.day = day};
	memcpy(s->units[s->unit].code, u->code, sizeof(u->code));
	return STATUS_OK;
}

static size_t slot_of(const struct span_sums *s, size_t unit, unsigned channel, int32_t day)
{
	uint64_t hash = ((uint64_t)unit * SPAN_CHANNELS + channel) * UINT64_C(0x9E3779B97F4A7C15) + (uint32_t)day;
	hash *= UINT64_C(0xBF58476D1CE4E5B9);
	size_t slot = (size_t)(hash >> 32) & (s->n_slots - 1);
	for (; s->slots[slot] != 0; slot = (slot + 1) & (s->n_slots - 1)) {
		const struct day_sum *sum = &s->sums[s->slots[slot] - 1];
		if (sum->day == day && sum->unit == unit && sum->channel == channel)
			break;
	}
	return slot;
}

/* Room for one more, at most half of the slots used. */
static enum status reserve(struct span_sums *s)
{
	if (s->n < s->cap)
		return STATUS_OK;
	size_t cap = s->cap == 0 ? FIRST_SLOTS / 2 : s->cap * 2;
	struct day_sum *sums = realloc(s->sums, cap * sizeof(*sums));
	if (sums == NULL)
		return STATUS_NO_MEMORY;
	s->sums = sums;
	size_t *slots = calloc(cap * 2, sizeof(*slots));
	if (slots == NULL)
		return STATUS_NO_MEMORY;
	free(s->slots);
	s->slots = slots;
	s->n_slots = cap * 2;
	s->cap = cap;
	for (size_t i = 0; i < s->n; i++)
		s->slots[slot_of(s, s->sums[i].unit, s->sums[i].channel, s->sums[i].day)] = i + 1;
	return STATUS_OK;
}

static enum status add_day(void *context, int32_t day, const struct day_cells *cells)
{
	struct span_sums *s = context;
	enum status status = reserve(s);
	if (status != STATUS_OK)
		return status;
	size_t slot = slot_of(s, s->unit, s->channel, day);
	if (s->slots[slot] == 0) {
		s->sums[s->n++] = (struct day_sum){.unit = s->unit, .channel = s->channel, .day = day};
		s->slots[slot] = s->n;
	}
	day_cells_add(&s->sums[s->slots[slot] - 1].cells, cells);
	return STATUS_OK;
}

enum status span_sums_add(struct span_sums *s, const struct dossier_row *row)
{
	int unit = registry_find_unit_on(s->registry, row->unit, row->unit_day);
	bool apart = row->units.len > 0 || row->facts.channel >= SPAN_CHANNELS ||
		     !count_days_fits(&COUNT_FORM06, &row->facts);
	if (apart) {
		put_text(&s->apart, row->code);
		s->n_apart++;
		return bytes_status(&s->apart);
	}
	if (unit == UNIT_NONE)
		return STATUS_OK;
	s->channel = row->facts.channel;
	enum status status = find_unit(s, unit);
	return status == STATUS_OK ? count_days(&COUNT_FORM06, &row->facts, add_day, s) : status;
}

static int in_order(const void *a, const void *b)
{
	const struct day_sum *x = a;
	const struct day_sum *y = b;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->channel != y->channel)
		return x->channel < y->channel ? -1 : 1;
	return (x->day > y->day) - (x->day < y->day);
}

static void put_sum(struct bytes *out, const struct day_sum *sum)
{
	const int64_t *member = (const int64_t *)(const void *)&sum->cells;
	uint64_t mask = 0;
	for (unsigned i = 0; i < DAY_CELLS; i++)
		mask |= member[i] != 0 ? UINT64_C(1) << i : 0;
	put_number(out, sum->unit);
	put_number(out, sum->channel);
	put_signed(out, sum->day);
	put_number(out, mask);
	for (unsigned i = 0; i < DAY_CELLS; i++)
		if (member[i] != 0)
			put_signed(out, member[i]);
}

enum status span_sums_put(struct span_sums *s, struct bytes *out)
{
	bytes_put_u8(out, SPAN_SUMS_FORM);
	put_number(out, s->n_units);
	for (size_t i = 0; i < s->n_units; i++) {
		put_text(out, slice_str(s->units[i].code));
		put_signed(out, s->units[i].day);
	}
	put_number(out, s->n_apart);
	bytes_put(out, s->apart.data, s->apart.len);
	/* Places in s->slots are wrong from here on. */
	if (s->n > 0)
		qsort(s->sums, s->n, sizeof(*s->sums), in_order);
	for (size_t i = 0; i < s->n; i++)
		put_sum(out, &s->sums[i]);
	enum status status = bytes_status(&s->apart);
	return status == STATUS_OK ? bytes_status(out) : status;
}

/* --- reading --- */

static enum status read_names(struct input *in, const struct span_visitor *v, void *context, size_t *ret_units)
{
	enum status status = STATUS_OK;
	uint64_t units = take_number(in);
	for (uint64_t i = 0; i < units && status == STATUS_OK && !in->bad; i++) {
		struct slice code = take_text(in, LIMIT_UNIT);
		int32_t day = take_day(in);
		if (!in->bad)
			status = v->unit(context, (size_t)i, code, day);
	}
	uint64_t apart = take_number(in);
	for (uint64_t i = 0; i < apart && status == STATUS_OK && !in->bad; i++) {
		struct slice code = take_text(in, SIZE_MAX);
		if (!in->bad)
			status = v->apart(context, code);
	}
	*ret_units = (size_t)units;
	return status;
}

static void read_members(struct input *in, uint64_t mask, int64_t *to)
{
	for (unsigned i = 0; mask != 0; i++, mask >>= 1)
		if ((mask & 1) != 0)
			to[i] += take_signed(in);
}

bool span_sums_are_here(struct slice at_rest)
{
	return at_rest.len > 0 && at_rest.data[0] == SPAN_SUMS_FORM;
}

enum status span_sums_read(struct slice at_rest, const struct span_visitor *v, void *context)
{
	if (!span_sums_are_here(at_rest))
		return STATUS_CORRUPT;
	struct input in = {.at = at_rest.data + 1, .end = at_rest.data + at_rest.len};
	struct day_cells unasked;
	size_t units = 0;
	enum status status = read_names(&in, v, context, &units);
	while (status == STATUS_OK && in.at < in.end) {
		uint64_t unit = take_number(&in);
		uint64_t channel = take_number(&in);
		int32_t day = take_day(&in);
		uint64_t mask = take_number(&in);
		if (in.bad || unit >= units || channel >= SPAN_CHANNELS || mask >> DAY_CELLS != 0)
			return STATUS_CORRUPT;
		struct day_cells *sums = v->sums(context, (size_t)unit, (unsigned)channel, day);
		unasked = (struct day_cells){0};
		read_members(&in, mask, (int64_t *)(void *)(sums == NULL ? &unasked : sums));
	}
	return status == STATUS_OK && in.bad ? STATUS_CORRUPT : status;
}
