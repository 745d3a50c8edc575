#include "agent/book.h"

#include <string.h>

enum { THING_BYTES = 16 * 1024 * 1024 };

/* In the place of what was read before. */
static enum status read_next(enum kind kind, struct slice writes, struct book_entry *entry)
{
	thing_clear(&entry->thing, kind);
	bytes_clear(&entry->stored);
	bytes_put(&entry->stored, writes.data, writes.len);
	enum status s = bytes_status(&entry->stored);
	if (s == STATUS_OK && writes.len > 0)
		s = thing_read(bytes_slice(&entry->stored), &entry->thing);
	return s == STATUS_MALFORMED ? STATUS_CORRUPT : s;
}

enum status book_read(enum kind kind, struct slice writes, struct book_entry *entry)
{
	*entry = (struct book_entry){.thing = thing_new(kind), .stored = bytes_new(THING_BYTES)};
	return read_next(kind, writes, entry);
}

enum status book_load(const struct agent *a, enum kind kind, struct slice key, struct book_entry *entry)
{
	struct query q = query_start(a->db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, kind);
	query_text(&q, 2, key);
	struct slice writes = query_row(&q) ? query_get_blob(&q, 0) : slice_str("");
	enum status read = book_read(kind, writes, entry);
	enum status s = query_finish(&q);
	return s == STATUS_OK ? read : s;
}

void book_clear(struct book_entry *entry)
{
	if (entry == NULL)
		return;
	thing_free(&entry->thing);
	bytes_free(&entry->stored);
}

static enum status hand_out(struct query *q, struct book_entry *entry, book_each_function each, void *context)
{
	enum kind kind = (enum kind)query_get_int(q, 0);
	enum status s = read_next(kind, query_get_blob(q, 2), entry);
	return s == STATUS_OK ? each(context, kind, query_get_text(q, 1), &entry->thing) : s;
}

enum status book_each(const struct agent *a, enum kind kind, book_each_function each, void *context)
{
	struct query q = query_start(a->db, "SELECT kind, key, writes FROM thing WHERE ?1 = 0 OR kind = ?1"
					    " ORDER BY kind, key");
	query_int(&q, 1, kind);
	struct book_entry entry = {.thing = thing_new(kind), .stored = bytes_new(THING_BYTES)};
	enum status handed = STATUS_OK;
	while (handed == STATUS_OK && query_row(&q))
		handed = hand_out(&q, &entry, each, context);
	book_clear(&entry);
	enum status s = query_finish(&q);
	return handed == STATUS_OK ? s : handed;
}

static const struct origin *origin_of(const struct thing *t, const struct write *w)
{
	return &t->origins[w->origin];
}

bool book_same(const struct change *c, enum field field, const struct write *w)
{
	if (!value_equal(&c->fields[field], &w->value))
		return false;
	if (field != FIELD_STATUS)
		return true;
	const struct value *at = &c->fields[FIELD_STATUS_AT];
	return w->status_at == (at->state == VALUE_NUMBER ? at->number : TIME_UNSET);
}

static bool stands_at_that_time(const struct thing *t, const struct change *c, enum field field)
{
	for (size_t i = 0; i < t->n_writes; i++) {
		const struct write *w = &t->writes[i];
		const struct origin *o = origin_of(t, w);
		if (w->field == field && o->time_stated && o->changed_at == c->changed_at && book_same(c, field, w))
			return true;
	}
	return false;
}

/* Writes of a field stand in the order of rule 2, so the last one not after the time is in force then. */
static const struct write *in_force_at(const struct thing *t, enum field field, int64_t at)
{
	const struct write *in_force = NULL;
	for (size_t i = 0; i < t->n_writes; i++) {
		const struct write *w = &t->writes[i];
		if (w->field == field && origin_stamp(origin_of(t, w)) <= at)
			in_force = w;
	}
	return in_force;
}

/* The write a listing repeats; NULL if it says something new. */
static const struct write *repeated(const struct thing *t, const struct change *c, enum field field,
				    int64_t trusted)
{
	const struct write *w = in_force_at(t, field, c->changed_at);
	if (w == NULL || !book_same(c, field, w))
		return NULL;
	int64_t written = origin_of(t, w)->changed_at;
	bool settled = written <= trusted && c->changed_at <= trusted;
	return settled || written == c->changed_at ? w : NULL;
}

static void leave_out(struct change *c, enum field field)
{
	c->fields[field] = (struct value){.state = VALUE_ABSENT};
	if (field == FIELD_STATUS)
		c->fields[FIELD_STATUS_AT] = (struct value){.state = VALUE_ABSENT};
}

static void note_repeat(struct book_repeats *repeats, int64_t change, enum field field)
{
	size_t i = 0;
	while (i < repeats->n && repeats->list[i].change != change)
		i++;
	if (i == repeats->n)
		repeats->list[repeats->n++] = (struct book_repeat){.change = change};
	repeats->list[i].fields |= UINT64_C(1) << field;
}

bool book_reduce(const struct thing *t, struct change *c, int64_t trusted, struct book_repeats *repeats)
{
	bool news = false;
	repeats->n = 0;
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		if (c->fields[f].state == VALUE_ABSENT || f == FIELD_STATUS_AT)
			continue;
		if (c->time_stated) {
			news = news || !stands_at_that_time(t, c, f);
			continue;
		}
		const struct write *w = repeated(t, c, f, trusted);
		news = news || w == NULL;
		if (w == NULL)
			continue;
		leave_out(c, f);
		if (origin_stamp(origin_of(t, w)) < c->changed_at)
			note_repeat(repeats, (int64_t)origin_of(t, w)->seq, f);
	}
	return news;
}

const struct write *book_before(const struct thing *t, enum field field, size_t origin)
{
	const struct write *before = NULL;
	for (size_t i = 0; i < t->n_writes; i++)
		if (t->writes[i].field == field && t->writes[i].origin < origin)
			before = &t->writes[i];
	return before;
}

size_t book_origin(const struct thing *t, int64_t id)
{
	size_t i = 0;
	while (i < t->n_origins && t->origins[i].seq != (uint64_t)id)
		i++;
	return i;
}

void book_repeat(struct change *c, const struct write *w)
{
	c->fields[w->field] = w->value;
	if (w->field == FIELD_STATUS && w->status_at != TIME_UNSET)
		change_set_number(c, FIELD_STATUS_AT, w->status_at);
}

int64_t book_last_stamp(const struct thing *t)
{
	return t->n_origins == 0 ? TIME_UNSET : origin_stamp(&t->origins[t->n_origins - 1]);
}

static enum status store_thing(const struct agent *a, const struct thing *t, struct slice key)
{
	struct bytes writes = bytes_new(THING_BYTES);
	thing_put(t, &writes);
	enum status s = bytes_status(&writes);
	if (s == STATUS_OK) {
		struct query q = query_start(a->db, "INSERT INTO thing (kind, key, writes) VALUES (?1, ?2, ?3)"
						    " ON CONFLICT (kind, key) DO UPDATE SET writes = ?3");
		query_int(&q, 1, t->kind);
		query_text(&q, 2, key);
		query_blob(&q, 3, bytes_slice(&writes));
		s = query_run(&q);
	}
	bytes_free(&writes);
	return s;
}

static enum status note_ahead(const struct agent *a, int64_t id)
{
	struct query q = query_start(a->db, "INSERT OR IGNORE INTO ahead (id) VALUES (?1)");
	query_int(&q, 1, id);
	return query_run(&q);
}

enum status book_write(const struct agent *a, struct book_entry *entry, const struct change *c, int64_t id,
		       int64_t now)
{
	/* One constant life: change numbers go on over incarnations, and a thing must not be told twice. */
	struct origin origin = {
		.incarnation = {.ordinal = 1},
		.seq = (uint64_t)id,
		.time_stated = c->time_stated,
		.changed_at = c->changed_at,
		.accepted_at = now,
	};
	bool is_new = false;
	memcpy(origin.device, a->device, DEVICE_ID_LEN);
	enum status s = STATUS_OK;
	if (origin_stamp(&origin) < origin.changed_at)
		s = note_ahead(a, id);
	if (s == STATUS_OK)
		s = thing_add(&entry->thing, &origin, c, &is_new);
	return s == STATUS_OK ? store_thing(a, &entry->thing, c->key) : s;
}

/* The same writes with one origin changed, put together again in their order. */
static enum status with_accepted(const struct thing *t, int64_t id, int64_t accepted_at, struct thing *ret_thing)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < t->n_origins; i++) {
		struct origin origin = t->origins[i];
		struct change c = change_new(t->kind);
		bool is_new = false;
		if (origin.seq == (uint64_t)id)
			origin.accepted_at = accepted_at;
		for (size_t k = 0; k < t->n_writes; k++)
			if (t->writes[k].origin == i)
				book_repeat(&c, &t->writes[k]);
		s = thing_add(ret_thing, &origin, &c, &is_new);
	}
	return s;
}

enum status book_accept(const struct agent *a, const struct change *c, int64_t id, int64_t accepted_at)
{
	struct book_entry entry;
	struct thing corrected = thing_new(c->kind);
	enum status s = book_load(a, c->kind, c->key, &entry);
	size_t at = s == STATUS_OK ? book_origin(&entry.thing, id) : 0;
	if (s != STATUS_OK || at == entry.thing.n_origins)
		goto out;
	struct origin origin = entry.thing.origins[at];
	int64_t stamp = origin_stamp(&origin);
	origin.accepted_at = accepted_at;
	if (origin_stamp(&origin) == stamp)
		goto out;
	s = with_accepted(&entry.thing, id, accepted_at, &corrected);
	if (s == STATUS_OK)
		s = store_thing(a, &corrected, c->key);
out:
	thing_free(&corrected);
	book_clear(&entry);
	return s;
}

/* Stands for our own unit while it is not known (pending.h): what we enter counts here all the same. */
static const char UNKNOWN_UNIT[] = "?";

static struct slice own_unit(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day)
{
	const struct agent *a = context;
	(void)device; /* only our own writes are in the book */
	(void)day;    /* when another unit became ours is known to the hub */
	return slice_str(a->unit[0] == '\0' ? UNKNOWN_UNIT : a->unit);
}

static bool covers_all(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day,
		       struct slice unit)
{
	(void)context; /* whether a unit may be written for is the hub's word (its verdicts) */
	(void)device;
	(void)day;
	(void)unit;
	return true;
}

enum status book_resolve(const struct agent *a, const struct thing *t, struct resolved *ret_resolved)
{
	const struct scope scope = {.context = a, .device_unit = own_unit, .covers = covers_all};
	enum status s = fold_resolve(t, &scope, ret_resolved);
	if (s == STATUS_OK && slice_equal(ret_resolved->unit, slice_str(UNKNOWN_UNIT)))
		ret_resolved->unit = (struct slice){0}; /* no unit code is that */
	return s;
}
