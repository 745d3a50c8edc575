#include "agent/queue.h"

#include "agent/book.h"
#include "agent/confirmed.h"

/* A change on its way into the queue. */
struct putting {
	const struct agent *agent;
	const struct queue_source *source;
	int64_t hub_time;
	struct book_entry entry;
	struct change change;
	struct book_repeats repeats;
};

static enum status insert_change(const struct agent *a, const struct change *c, int64_t import)
{
	struct bytes record = bytes_new(LIMIT_LINE);
	change_encode(c, &record);
	enum status s = bytes_status(&record);
	if (s == STATUS_OK) {
		struct query q =
			query_start(a->db, "INSERT INTO change (import, record, digest) VALUES (?1, ?2, ?3)");
		if (import == 0)
			query_null(&q, 1);
		else
			query_int(&q, 1, import);
		query_blob(&q, 2, bytes_slice(&record));
		query_int(&q, 3, queue_digest(bytes_slice(&record)));
		s = query_run(&q);
	}
	bytes_free(&record);
	return s;
}

/* Queues a change and writes it into the book as it is. */
static enum status put_as_is(struct putting *p, const struct change *c, int64_t import, int64_t *ret_id)
{
	enum status s = insert_change(p->agent, c, import);
	if (s != STATUS_OK)
		return s;
	*ret_id = database_last_id(p->agent->db);
	return book_write(p->agent, &p->entry, c, *ret_id, agent_record_time_after(p->agent, p->hub_time));
}

/* Two changes of one thing within a millisecond, or under a clock set back a little, keep their order. */
static void keep_above(const struct thing *t, struct change *c)
{
	int64_t last = book_last_stamp(t);
	if (last != TIME_UNSET && last >= c->changed_at && last <= c->changed_at + CLOCK_TOLERANCE_MS)
		c->changed_at = last + 1;
}

static enum status confirm_repeats(const struct putting *p)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < p->repeats.n; i++)
		s = confirmed_raise(p->agent, p->repeats.list[i].change, p->repeats.list[i].fields,
				    p->change.changed_at, p->source->import);
	return s;
}

/* A value that was seen to stand later than the write which now comes behind it. */
struct overtaken {
	struct write write;
	int64_t change; /* that wrote it */
	struct confirmation confirmation;
};

/* What the write of one field overtakes: only moved here where the same value goes on, else to be queued. */
static enum status overtake(struct putting *p, size_t origin, int64_t id, enum field field, struct overtaken *list,
			    size_t *n)
{
	const struct thing *t = &p->entry.thing;
	const struct write *before = book_before(t, field, origin);
	struct confirmation found = {.until = TIME_UNSET};
	if (before == NULL)
		return STATUS_OK;
	int64_t change = (int64_t)t->origins[before->origin].seq;
	int64_t stamp = origin_stamp(&t->origins[origin]);
	enum status s = confirmed_after(p->agent, change, field, stamp, &found);
	if (s != STATUS_OK || found.until == TIME_UNSET)
		return s;
	if (book_same(&p->change, field, before))
		return confirmed_move(p->agent, change, field, stamp, id);
	list[(*n)++] = (struct overtaken){.write = *before, .change = change, .confirmation = found};
	return confirmed_drop(p->agent, change, field, stamp, found.until);
}

/* One change for all that was confirmed by the same import for the same time, the first of the list among them. */
static enum status put_confirmations(struct putting *p, struct overtaken *list, size_t *n)
{
	const struct confirmation first = list[0].confirmation;
	struct overtaken repeated[FIELD_COUNT];
	struct change c = change_new(p->change.kind);
	size_t left = 0;
	size_t n_repeated = 0;
	int64_t id = 0;
	c.key = p->change.key;
	c.changed_at = first.until;
	for (size_t i = 0; i < *n; i++) {
		if (list[i].confirmation.until == first.until && list[i].confirmation.import == first.import) {
			book_repeat(&c, &list[i].write);
			repeated[n_repeated++] = list[i];
		} else {
			list[left++] = list[i];
		}
	}
	*n = left;
	enum status s = put_as_is(p, &c, first.import, &id);
	/* Later confirmations of the old value are confirmations of what was queued now. */
	for (size_t i = 0; s == STATUS_OK && i < n_repeated; i++)
		s = confirmed_move(p->agent, repeated[i].change, repeated[i].write.field, first.until, id);
	return s;
}

static enum status put_overtaken(struct putting *p, int64_t id)
{
	struct overtaken list[FIELD_COUNT];
	size_t n = 0;
	size_t origin = book_origin(&p->entry.thing, id);
	enum status s = STATUS_OK;
	for (enum field f = 0; s == STATUS_OK && f < FIELD_COUNT; f++)
		if (p->change.fields[f].state != VALUE_ABSENT && f != FIELD_STATUS_AT)
			s = overtake(p, origin, id, f, list, &n);
	while (s == STATUS_OK && n > 0)
		s = put_confirmations(p, list, &n);
	return s;
}

static bool is_void(const struct thing *t)
{
	const struct write *w = book_before(t, FIELD_VOID, t->n_origins);
	return w != NULL && w->value.state == VALUE_NUMBER && w->value.number != 0;
}

static enum status find_hub_time(struct putting *p)
{
	if (p->source->hub_time == NULL)
		return agent_hub_time(p->agent, &p->hub_time);
	p->hub_time = *p->source->hub_time;
	return STATUS_OK;
}

static enum status put(struct putting *p, struct queue_outcome *ret_outcome)
{
	int64_t id = 0;
	enum status s = book_load(p->agent, p->change.kind, p->change.key, &p->entry);
	if (s == STATUS_OK)
		s = find_hub_time(p);
	if (s != STATUS_OK)
		return s;
	/* Up to when a stamp cannot move any more: the hub takes nothing before its last signed time. */
	int64_t trusted = p->hub_time + CLOCK_TOLERANCE_MS;
	if (p->source->time_is_now)
		keep_above(&p->entry.thing, &p->change);
	bool about_void = p->change.fields[FIELD_VOID].state != VALUE_ABSENT;
	bool news = book_reduce(&p->entry.thing, &p->change, trusted, &p->repeats);
	s = confirm_repeats(p);
	if (s == STATUS_OK && news)
		s = put_as_is(p, &p->change, p->source->import, &id);
	if (s == STATUS_OK && news)
		s = put_overtaken(p, id);
	if (s == STATUS_OK)
		*ret_outcome = (struct queue_outcome){
			.queued = news,
			.on_void = !about_void && is_void(&p->entry.thing),
		};
	return s;
}

enum status queue_put(const struct agent *a, const struct queue_source *source, const struct change *given,
		      struct queue_outcome *ret_outcome)
{
	struct putting p = {.agent = a, .source = source, .change = *given};
	enum status s = put(&p, ret_outcome);
	book_clear(&p.entry);
	return s;
}

enum status queue_append(const struct agent *a, const struct queue_source *source, const struct change *given,
			 bool *ret_queued)
{
	struct queue_outcome outcome;
	enum status s = queue_put(a, source, given, &outcome);
	if (s == STATUS_OK)
		*ret_queued = outcome.queued;
	return s;
}

enum status queue_again(const struct agent *a, int64_t import, const struct change *change)
{
	struct putting p = {.agent = a};
	int64_t id = 0;
	enum status s = book_load(a, change->kind, change->key, &p.entry);
	if (s == STATUS_OK)
		s = agent_hub_time(a, &p.hub_time);
	if (s == STATUS_OK)
		s = put_as_is(&p, change, import, &id);
	book_clear(&p.entry);
	return s;
}
