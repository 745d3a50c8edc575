#include "protocol/digest.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_BYTES = 256 * 1024 * 1024,
	LINES_FIRST = 256,
	HEADER_BYTES = 64 + LIMIT_KEY,
	WRITE_BYTES = 64 + LIMIT_TEXT,
	CODE_GROUP = 4,
	CODE_DIGITS = 8,
	DIGIT_BITS = 5
};

struct digest digest_new(struct period days)
{
	return (struct digest){.days = days, .text = bytes_new(TEXT_BYTES)};
}

void digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	free(d->lines);
	bytes_free(&d->text);
	*d = digest_new(d->days);
}

/* --- which changes of a thing --- */

enum { ASKED_ONCE = 64 };

/* What a choice says of a thing's changes: of the first ones, which are all of most things', it is asked once. */
struct chosen {
	const struct digest_choice *choice;
	const struct thing *thing;
	uint64_t first;
};

static bool ask(const struct chosen *c, size_t origin)
{
	return c->choice->includes(c->choice->context, &c->thing->origins[origin]);
}

static struct chosen choose(const struct thing *t, const struct digest_choice *choice)
{
	struct chosen c = {.choice = choice, .thing = t};
	for (size_t i = 0; i < t->n_origins && i < ASKED_ONCE; i++)
		c.first |= (uint64_t)ask(&c, i) << i;
	return c;
}

static bool is_chosen(const struct chosen *c, size_t origin)
{
	return origin < ASKED_ONCE ? (c->first >> origin & 1) != 0 : ask(c, origin);
}

/* --- the day of a thing --- */

/* What the chosen writes last said of a field: the greatest changed_at, then value; cleared is below any value. */
static int64_t last_word(const struct chosen *chosen, enum field field)
{
	const struct thing *t = chosen->thing;
	const struct write *best = NULL;
	int64_t best_at = 0;
	int64_t best_value = TIME_UNSET;
	for (size_t i = 0; i < t->n_writes; i++) {
		const struct write *w = &t->writes[i];
		const struct origin *o = &t->origins[w->origin];
		if (w->field != field || !is_chosen(chosen, w->origin))
			continue;
		int64_t value = w->value.state == VALUE_NUMBER ? w->value.number : TIME_UNSET;
		if (best != NULL && (o->changed_at < best_at || (o->changed_at == best_at && value < best_value)))
			continue;
		best = w;
		best_at = o->changed_at;
		best_value = value;
	}
	return best_value;
}

static int32_t first_day(const struct chosen *chosen)
{
	const struct thing *t = chosen->thing;
	int64_t first = TIME_UNSET;
	for (size_t i = 0; i < t->n_origins; i++)
		if (is_chosen(chosen, i) && (first == TIME_UNSET || t->origins[i].changed_at < first))
			first = t->origins[i].changed_at;
	return date_of(first);
}

static int32_t stated_day(const struct chosen *chosen, struct slice key)
{
	struct indicator_key parts;
	struct period period;
	int64_t value = TIME_UNSET;
	switch (chosen->thing->kind) {
	case KIND_DOSSIER:
		value = last_word(chosen, FIELD_RECEIVED_AT);
		return date_of(value != TIME_UNSET ? value : last_word(chosen, FIELD_SUBMITTED_AT));
	case KIND_EQUIPMENT:
		value = last_word(chosen, FIELD_IN_USE_ON);
		if (value == TIME_UNSET)
			value = last_word(chosen, FIELD_INSTALLED_ON);
		return value == TIME_UNSET ? DAY_UNSET : (int32_t)value;
	case KIND_INDICATOR:
		if (indicator_key_split(key, &parts) == STATUS_OK &&
		    period_parse((const char *)parts.period.data, parts.period.len, &period) == STATUS_OK)
			return period.to;
		return DAY_UNSET;
	case KIND_NONE:
	case KIND_COUNT:
		break;
	}
	return DAY_UNSET;
}

static int32_t day_of(const struct chosen *chosen, struct slice key)
{
	int32_t first = first_day(chosen);
	if (first == DAY_UNSET)
		return DAY_UNSET;
	int32_t stated = stated_day(chosen, key);
	return stated != DAY_UNSET ? stated : first;
}

int32_t digest_day(const struct thing *t, struct slice key, const struct digest_choice *choice)
{
	const struct chosen chosen = choose(t, choice);
	return day_of(&chosen, key);
}

/* --- lines --- */

static void hash_write(const struct write *w, const struct origin *o, struct bytes *scratch,
		       uint8_t ret_hash[static HASH_LEN])
{
	bytes_clear(scratch);
	cbor_put_array(scratch, 5);
	cbor_put_uint(scratch, (uint64_t)w->field);
	value_put(scratch, &w->value);
	if (w->status_at == TIME_UNSET)
		cbor_put_null(scratch);
	else
		cbor_put_int(scratch, w->status_at);
	cbor_put_int(scratch, o->changed_at);
	cbor_put_uint(scratch, o->time_stated ? 1 : 0);
	hash_bytes(bytes_slice(scratch), ret_hash);
}

enum status digest_mark(const struct write *w, const struct origin *o, uint8_t ret_mark[static DIGEST_MARK_LEN])
{
	uint8_t room[WRITE_BYTES];
	struct bytes scratch = {.data = room, .cap = sizeof(room), .limit = sizeof(room)}; /* never grows */
	uint8_t hash[HASH_LEN];
	hash_write(w, o, &scratch, hash);
	enum status s = bytes_status(&scratch);
	if (s == STATUS_OK)
		memcpy(ret_mark, hash, DIGEST_MARK_LEN);
	return s;
}

static int compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, HASH_LEN);
}

/* The hashes of the chosen writes, ascending, each once. */
static enum status hash_writes(const struct chosen *chosen, uint8_t **ret_hashes, size_t *ret_count)
{
	const struct thing *t = chosen->thing;
	uint8_t room[WRITE_BYTES];
	struct bytes scratch = {.data = room, .cap = sizeof(room), .limit = sizeof(room)}; /* never grows */
	uint8_t *hashes = malloc((t->n_writes + 1) * HASH_LEN);
	size_t n = 0;
	enum status s = hashes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < t->n_writes; i++) {
		const struct origin *o = &t->origins[t->writes[i].origin];
		if (!is_chosen(chosen, t->writes[i].origin))
			continue;
		hash_write(&t->writes[i], o, &scratch, hashes + n * HASH_LEN);
		s = bytes_status(&scratch);
		n++;
	}
	if (s != STATUS_OK) {
		free(hashes);
		return s;
	}
	qsort(hashes, n, HASH_LEN, compare_hashes);
	size_t distinct = 0;
	for (size_t i = 0; i < n; i++)
		if (distinct == 0 ||
		    memcmp(hashes + (distinct - 1) * HASH_LEN, hashes + i * HASH_LEN, HASH_LEN) != 0)
			memmove(hashes + distinct++ * HASH_LEN, hashes + i * HASH_LEN, HASH_LEN);
	*ret_hashes = hashes;
	*ret_count = distinct;
	return STATUS_OK;
}

static enum status hash_line(const struct digest_line *line, struct slice hashes, uint8_t ret_hash[static HASH_LEN])
{
	uint8_t room[HEADER_BYTES];
	struct bytes header = {.data = room, .cap = sizeof(room), .limit = sizeof(room)}; /* never grows */
	cbor_put_array(&header, 3);
	cbor_put_uint(&header, (uint64_t)line->kind);
	cbor_put_text(&header, (const char *)line->key.data, line->key.len);
	cbor_put_uint(&header, line->marks);
	enum status s = bytes_status(&header);
	if (s == STATUS_OK) {
		const struct slice parts[] = {bytes_slice(&header), hashes};
		hash_parts(parts, 2, ret_hash);
	}
	return s;
}

/* Lines borrow from text, which may still move: until digest_finish they hold offsets in the place of pointers. */
static enum status put_line(struct digest *d, struct digest_line line, struct slice hashes)
{
	if (d->n_lines == d->cap_lines) {
		size_t cap = d->cap_lines == 0 ? LINES_FIRST : 2 * d->cap_lines;
		struct digest_line *grown = realloc(d->lines, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		d->lines = grown;
		d->cap_lines = cap;
	}
	enum status s = hash_line(&line, hashes, line.hash);
	if (s != STATUS_OK)
		return s;
	line.n_writes = hashes.len / HASH_LEN;
	bytes_put(&d->text, line.key.data, line.key.len);
	for (size_t i = 0; i < line.n_writes; i++)
		bytes_put(&d->text, hashes.data + i * HASH_LEN, DIGEST_MARK_LEN);
	line.key.data = NULL;
	d->lines[d->n_lines++] = line;
	return bytes_status(&d->text);
}

enum status digest_add(struct digest *d, const struct thing *t, struct slice key,
		       const struct digest_choice *choice, uint8_t marks, bool *ret_added)
{
	const struct chosen chosen = choose(t, choice);
	int32_t day = day_of(&chosen, key);
	*ret_added = false;
	if (day == DAY_UNSET || day < d->days.from || day > d->days.to)
		return STATUS_OK;
	uint8_t *hashes = NULL;
	size_t n = 0;
	enum status s = hash_writes(&chosen, &hashes, &n);
	if (s != STATUS_OK)
		return s;
	const struct digest_line line = {.kind = t->kind, .day = day, .marks = marks, .key = key};
	s = put_line(d, line, slice_of(hashes, n * HASH_LEN));
	free(hashes);
	*ret_added = s == STATUS_OK;
	return s;
}

enum status digest_add_bare(struct digest *d, enum kind kind, int32_t day, struct slice key, uint8_t marks)
{
	const struct digest_line line = {.kind = kind, .day = day, .marks = marks, .key = key};
	if (day < d->days.from || day > d->days.to)
		return STATUS_OK;
	return put_line(d, line, (struct slice){0});
}

/* --- sums --- */

int digest_line_compare(const struct digest_line *a, const struct digest_line *b)
{
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return slice_compare(a->key, b->key);
}

static int compare_lines(const void *a, const void *b)
{
	return digest_line_compare(a, b);
}

static void point_into_text(struct digest *d)
{
	const uint8_t *at = d->text.data;
	for (size_t i = 0; i < d->n_lines; i++) {
		struct digest_line *line = &d->lines[i];
		line->key.data = at;
		line->writes = at + line->key.len;
		at = line->writes + line->n_writes * DIGEST_MARK_LEN;
	}
}

/* The sum of the lines from first on that are of one kind and day; *ret_next is the first of another. */
static enum status sum_from(const struct digest *d, size_t first, struct bytes *hashes, struct digest_sum *ret_sum,
			    size_t *ret_next)
{
	const struct digest_line *line = &d->lines[first];
	struct digest_sum sum = {.kind = line->kind, .day = line->day};
	size_t i = first;
	bytes_clear(hashes);
	for (; i < d->n_lines && d->lines[i].kind == sum.kind && d->lines[i].day == sum.day; i++) {
		bytes_put(hashes, d->lines[i].hash, HASH_LEN);
		sum.count++;
	}
	hash_bytes(bytes_slice(hashes), sum.hash);
	*ret_sum = sum;
	*ret_next = i;
	return bytes_status(hashes);
}

enum status digest_finish(struct digest *d)
{
	struct bytes hashes = bytes_new(TEXT_BYTES);
	enum status s = STATUS_OK;
	point_into_text(d);
	if (d->n_lines > 0)
		qsort(d->lines, d->n_lines, sizeof(*d->lines), compare_lines);
	d->n_sums = 0;
	for (size_t at = 0; s == STATUS_OK && at < d->n_lines;) {
		if (d->n_sums == DIGEST_SUMS_MAX)
			s = STATUS_LIMIT;
		else
			s = sum_from(d, at, &hashes, &d->sums[d->n_sums++], &at);
	}
	bytes_free(&hashes);
	return s;
}

void digest_root(const struct digest_sum *sums, size_t n_sums, struct period month,
		 const uint8_t device[static DEVICE_ID_LEN], uint8_t ret_root[static HASH_LEN])
{
	enum { SUM_BYTES = 1 + 2 + 5 + 9 + 2 + HASH_LEN, START_BYTES = 64 };
	uint8_t room[START_BYTES + DIGEST_SUMS_MAX * SUM_BYTES];
	struct bytes b = {.data = room, .cap = sizeof(room), .limit = sizeof(room)}; /* never grows */
	size_t n = 0;
	for (size_t i = 0; i < n_sums; i++)
		n += sums[i].day >= month.from && sums[i].day <= month.to ? 1 : 0;
	cbor_put_array(&b, 4);
	cbor_put_bytes(&b, device, DEVICE_ID_LEN);
	cbor_put_int(&b, month.from);
	cbor_put_int(&b, month.to);
	cbor_put_array(&b, n);
	for (size_t i = 0; i < n_sums; i++) {
		if (sums[i].day < month.from || sums[i].day > month.to)
			continue;
		cbor_put_array(&b, 4);
		cbor_put_uint(&b, (uint64_t)sums[i].kind);
		cbor_put_int(&b, sums[i].day);
		cbor_put_uint(&b, sums[i].count);
		cbor_put_bytes(&b, sums[i].hash, HASH_LEN);
	}
	hash_bytes(bytes_slice(&b), ret_root);
}

const char *digest_code(const uint8_t root[static HASH_LEN], char ret_code[static DIGEST_CODE_TEXT])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t bits = 0;
	char *out = ret_code;
	for (size_t i = 0; i < CODE_DIGITS * DIGIT_BITS / 8; i++)
		bits = bits << 8 | root[i];
	for (int i = 0; i < CODE_DIGITS; i++) {
		if (i == CODE_GROUP)
			*out++ = '-';
		*out++ = alphabet[bits >> (DIGIT_BITS * (CODE_DIGITS - 1 - i)) & 31];
	}
	*out = '\0';
	return ret_code;
}
