#include "agent/book.h"

#include <string.h>

enum { THING_BYTES = 16 * 1024 * 1024 };

enum status book_read(enum kind kind, struct slice writes, struct book_entry *entry)
{
	*entry = (struct book_entry){.thing = thing_new(kind), .stored = bytes_new(THING_BYTES)};
	bytes_put(&entry->stored, writes.data, writes.len);
	enum status s = bytes_status(&entry->stored);
	if (s == STATUS_OK && writes.len > 0)
		s = thing_read(bytes_slice(&entry->stored), &entry->thing);
	return s == STATUS_MALFORMED ? STATUS_CORRUPT : s;
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

static enum status hand_out(struct query *q, book_each_function each, void *context)
{
	enum kind kind = (enum kind)query_get_int(q, 0);
	struct book_entry entry;
	enum status s = book_read(kind, query_get_blob(q, 2), &entry);
	if (s == STATUS_OK)
		s = each(context, kind, query_get_text(q, 1), &entry.thing);
	book_clear(&entry);
	return s;
}

enum status book_each(const struct agent *a, enum kind kind, book_each_function each, void *context)
{
	struct query q = query_start(a->db, "SELECT kind, key, writes FROM thing WHERE ?1 = 0 OR kind = ?1"
					    " ORDER BY kind, key");
	query_int(&q, 1, kind);
	enum status handed = STATUS_OK;
	while (handed == STATUS_OK && query_row(&q))
		handed = hand_out(&q, each, context);
	enum status s = query_finish(&q);
	return handed == STATUS_OK ? s : handed;
}

static const struct origin *origin_of(const struct thing *t, const struct write *w)
{
	return &t->origins[w->origin];
}

static bool says_the_same(const struct change *c, enum field field, const struct write *w)
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
		if (w->field == field && o->time_stated && o->changed_at == c->changed_at &&
		    says_the_same(c, field, w))
			return true;
	}
	return false;
}

/* Writes of a field stand in the order of rule 2, so the last one not after the time is in force then. */
static bool in_force_then(const struct thing *t, const struct change *c, enum field field)
{
	const struct write *in_force = NULL;
	for (size_t i = 0; i < t->n_writes; i++) {
		const struct write *w = &t->writes[i];
		if (w->field == field && origin_stamp(origin_of(t, w)) <= c->changed_at)
			in_force = w;
	}
	return in_force != NULL && says_the_same(c, field, in_force);
}

static void leave_out(struct change *c, enum field field)
{
	c->fields[field] = (struct value){.state = VALUE_ABSENT};
	if (field == FIELD_STATUS)
		c->fields[FIELD_STATUS_AT] = (struct value){.state = VALUE_ABSENT};
}

bool book_reduce(const struct thing *t, struct change *c)
{
	bool news = false;
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		if (c->fields[f].state == VALUE_ABSENT || f == FIELD_STATUS_AT)
			continue;
		if (c->time_stated)
			news = news || !stands_at_that_time(t, c, f);
		else if (in_force_then(t, c, f))
			leave_out(c, f);
		else
			news = true;
	}
	return news;
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

enum status book_write(const struct agent *a, struct book_entry *entry, const struct change *c, int64_t id)
{
	/* One constant life: change numbers go on over incarnations, and a thing must not be told twice. */
	struct origin origin = {
		.incarnation = {.ordinal = 1},
		.seq = (uint64_t)id,
		.time_stated = c->time_stated,
		.changed_at = c->changed_at,
		.accepted_at = agent_now(a),
	};
	memcpy(origin.device, a->device, DEVICE_ID_LEN);
	bool is_new = false;
	enum status s = thing_add(&entry->thing, &origin, c, &is_new);
	return s == STATUS_OK ? store_thing(a, &entry->thing, c->key) : s;
}

static struct slice own_unit(const void *context, const uint8_t device[static DEVICE_ID_LEN])
{
	const struct agent *a = context;
	(void)device; /* only our own writes are in the book */
	return slice_str(a->unit);
}

static bool covers_all(const void *context, struct slice above, struct slice unit)
{
	(void)context; /* whether a unit may be written for is the hub's word (its verdicts) */
	(void)above;
	(void)unit;
	return true;
}

enum status book_resolve(const struct agent *a, const struct thing *t, struct resolved *ret_resolved)
{
	const struct scope scope = {.context = a, .device_unit = own_unit, .covers = covers_all};
	return fold_resolve(t, &scope, ret_resolved);
}
