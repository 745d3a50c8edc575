#include "agent/take_back.h"

#include <stdlib.h>

#include "agent/book.h"
#include "agent/confirmed.h"
#include "agent/queue.h"

/* Where a write comes from, as seen by the import that is taken back. */
enum { FROM_ELSEWHERE = 0, FROM_IMPORT = 1, FROM_TAKING_BACK = 2 };

struct taking {
	const struct agent *agent;
	int64_t import;
	int64_t run; /* the import number of what is written now */
	bool undo;
	struct take_back_report report;
};

static enum status source_of(const struct taking *t, int64_t id, uint8_t *ret_source)
{
	struct query q = query_start(t->agent->db, "SELECT coalesce(change.import = ?2, 0), coalesce(about = ?2, 0)"
						   " FROM change LEFT JOIN import ON import.id = change.import"
						   " WHERE change.id = ?1");
	query_int(&q, 1, id);
	query_int(&q, 2, t->import);
	uint8_t source = FROM_ELSEWHERE;
	if (query_row(&q))
		source = query_get_int(&q, 1) != 0   ? FROM_TAKING_BACK
			 : query_get_int(&q, 0) != 0 ? FROM_IMPORT
						     : FROM_ELSEWHERE;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_source = source;
	return s;
}

/* A thing of the import, each of its writes with where it comes from; a repeated one comes from elsewhere. */
struct examined {
	struct book_entry entry;
	struct slice key;
	uint8_t *sources; /* per origin */
	uint8_t *writes;  /* per write */
	bool only;        /* known from nowhere else */
	bool turn;        /* this change of the import is its first for the thing */
};

/* Another import's listing saw the value again: it stands without this one. */
static enum status said_elsewhere(const struct taking *t, const struct examined *e, const struct write *w,
				  bool *ret_said)
{
	struct confirmation found;
	int64_t id = (int64_t)e->entry.thing.origins[w->origin].seq;
	enum status s = confirmed_find(t->agent, id, w->field, &found);
	if (s == STATUS_OK)
		*ret_said = found.until != TIME_UNSET && found.import != t->import;
	return s;
}

static enum status find_sources(const struct taking *t, int64_t id, struct examined *e)
{
	const struct thing *thing = &e->entry.thing;
	enum status s = STATUS_OK;
	e->only = true;
	e->turn = true;
	for (size_t i = 0; s == STATUS_OK && i < thing->n_origins; i++) {
		int64_t origin = (int64_t)thing->origins[i].seq;
		s = source_of(t, origin, &e->sources[i]);
		e->only = e->only && e->sources[i] != FROM_ELSEWHERE;
		e->turn = e->turn && (e->sources[i] != FROM_IMPORT || origin >= id);
	}
	for (size_t i = 0; s == STATUS_OK && e->turn && i < thing->n_writes; i++) {
		bool said = false;
		e->writes[i] = e->sources[thing->writes[i].origin];
		if (e->writes[i] != FROM_ELSEWHERE)
			s = said_elsewhere(t, e, &thing->writes[i], &said);
		if (said)
			e->writes[i] = FROM_ELSEWHERE;
		e->only = e->only && !said;
	}
	return s;
}

static enum status examine(const struct taking *t, int64_t id, const struct change *c, struct examined *e)
{
	e->key = c->key;
	enum status s = book_load(t->agent, c->kind, c->key, &e->entry);
	if (s != STATUS_OK)
		return s;
	e->sources = calloc(e->entry.thing.n_origins + 1, sizeof(*e->sources));
	e->writes = calloc(e->entry.thing.n_writes + 1, sizeof(*e->writes));
	return e->sources == NULL || e->writes == NULL ? STATUS_NO_MEMORY : find_sources(t, id, e);
}

static bool is_set_aside(const struct taking *t, uint8_t source)
{
	return t->undo ? source == FROM_TAKING_BACK : source != FROM_ELSEWHERE;
}

/* A status whose time was that of its write must not take on the time of this one. */
static void say_again(const struct thing *thing, const struct write *w, struct change *c)
{
	const struct origin *o = &thing->origins[w->origin];
	book_repeat(c, w);
	if (w->field == FIELD_STATUS && w->value.state == VALUE_NUMBER && w->status_at == TIME_UNSET &&
	    o->time_stated)
		change_set_number(c, FIELD_STATUS_AT, origin_stamp(o));
}

/* What one field said without the writes that are set aside, where one of these won. */
static void turn_back(const struct taking *t, const struct examined *e, enum field field, struct change *c)
{
	const struct thing *thing = &e->entry.thing;
	const struct write *winner = book_before(thing, field, thing->n_origins);
	if (winner == NULL || !is_set_aside(t, e->writes[winner - thing->writes]))
		return;
	const struct write *without = NULL;
	for (const struct write *w = thing->writes; w < winner; w++)
		if (w->field == field && !is_set_aside(t, e->writes[w - thing->writes]))
			without = w;
	if (without != NULL)
		say_again(thing, without, c);
	else
		change_set_null(c, field);
	if (book_same(c, field, winner))
		c->fields[field].state = VALUE_ABSENT;
	if (c->fields[FIELD_STATUS].state != VALUE_NUMBER)
		c->fields[FIELD_STATUS_AT].state = VALUE_ABSENT;
}

static void fill(const struct taking *t, const struct examined *e, struct change *c)
{
	const struct thing *thing = &e->entry.thing;
	if (!e->only || t->undo) {
		for (enum field f = 0; f < FIELD_COUNT; f++)
			if (f != FIELD_STATUS_AT)
				turn_back(t, e, f, c);
		return;
	}
	const struct write *winner = book_before(thing, FIELD_VOID, thing->n_origins);
	if (winner == NULL || winner->value.state != VALUE_NUMBER || winner->value.number == 0)
		change_set_number(c, FIELD_VOID, 1);
}

static enum status write_back(struct taking *t, const struct examined *e)
{
	const struct queue_source source = {.import = t->run, .time_is_now = true};
	struct change c = change_new(e->entry.thing.kind);
	bool queued = false;
	c.key = e->key;
	fill(t, e, &c);
	t->report.things++;
	if (change_mask(&c) == 0)
		return STATUS_OK;
	enum status s = agent_record_time(t->agent, &c.changed_at);
	if (s == STATUS_OK)
		s = queue_append(t->agent, &source, &c, &queued);
	bool only_void = change_mask(&c) == UINT64_C(1) << FIELD_VOID;
	t->report.voided += queued && only_void;
	t->report.restored += queued && !only_void;
	return s;
}

static enum status take_one(struct taking *t, int64_t id, struct slice record)
{
	struct change c;
	struct examined e = {.turn = false};
	enum status s = change_decode(record, &c);
	if (s != STATUS_OK)
		return s == STATUS_MALFORMED ? STATUS_CORRUPT : s;
	s = examine(t, id, &c, &e);
	if (s == STATUS_OK && e.turn)
		s = write_back(t, &e);
	book_clear(&e.entry);
	free(e.sources);
	free(e.writes);
	return s;
}

/* The number under which the changes stand, itself about the import. */
static enum status begin_run(struct taking *t)
{
	struct query q =
		query_start(t->agent->db, "INSERT INTO import (file, started_at, finished_at, about)"
					  " SELECT file, ?2, ?2, id FROM import WHERE id = ?1 AND about IS NULL");
	query_int(&q, 1, t->import);
	query_int(&q, 2, agent_now(t->agent));
	enum status s = query_run(&q);
	if (s != STATUS_OK)
		return s;
	t->run = database_last_id(t->agent->db);
	return database_changes(t->agent->db) == 0 ? STATUS_EMPTY : STATUS_OK;
}

static enum status take_all(struct taking *t)
{
	enum status taken = begin_run(t);
	if (taken != STATUS_OK)
		return taken;
	struct query q = query_start(t->agent->db, "SELECT id, record FROM change WHERE import = ?1 ORDER BY id");
	query_int(&q, 1, t->import);
	while (taken == STATUS_OK && query_row(&q))
		taken = take_one(t, query_get_int(&q, 0), query_get_blob(&q, 1));
	enum status s = query_finish(&q);
	return taken == STATUS_OK ? s : taken;
}

enum status take_back_import(const struct agent *a, int64_t import, bool undo, struct take_back_report *ret_report)
{
	struct taking t = {.agent = a, .import = import, .undo = undo};
	enum status s = agent_keep_reserve(a);
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = take_all(&t);
	bool wrote = t.report.voided + t.report.restored > 0;
	if (s == STATUS_OK && wrote)
		s = database_commit(a->db);
	else
		database_rollback(a->db);
	if (s == STATUS_OK)
		*ret_report = t.report;
	return s;
}
