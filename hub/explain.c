#include "hub/explain.h"

#include <string.h>

#include "hub/dossier_said.h"
#include "hub/explain_code.h"
#include "protocol/thing_join.h"

static enum status open_scratch(struct explain *e)
{
	static const char *const tables[] = {FOREIGN_LIST_TABLES
					     "CREATE TABLE set_aside (code TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
					     "CREATE TABLE finding (cause INTEGER NOT NULL, code TEXT NOT NULL,"
					     "  more BLOB NOT NULL, PRIMARY KEY (cause, code)) STRICT, WITHOUT "
					     "ROWID;"};
	const struct database_plan plan = {
		.mode = DATABASE_SCRATCH, .path = "", .create = true, .migrations = tables, .n_migrations = 1};
	return database_open(&plan, &e->scratch);
}

static enum status keep_finding(struct explain *e, enum difference_cause cause, struct slice code,
				const int64_t more[static DIFFERENCE_CELLS])
{
	struct query q = query_start(e->scratch, "INSERT INTO finding (cause, code, more) VALUES (?1, ?2, ?3)");
	query_int(&q, 1, (int64_t)cause);
	query_text(&q, 2, code);
	query_blob(&q, 3, slice_of(more, DIFFERENCE_CELLS * sizeof(more[0])));
	return query_run(&q);
}

/* True if there was anything to add. */
static bool add_sums(struct explain *e, enum difference_cause cause, const int64_t more[static DIFFERENCE_CELLS])
{
	bool any = false;
	for (int cell = 0; cell < DIFFERENCE_CELLS; cell++) {
		if (more[cell] == 0)
			continue;
		any = true;
		*(more[cell] > 0 ? &e->more[cause][cell] : &e->less[cause][cell]) += more[cell];
		e->dossiers[cause][cell]++;
	}
	return any;
}

enum status explain_note(struct explain *e, struct slice code, const struct findings *f)
{
	bool any = false;
	enum status s = STATUS_OK;
	for (int i = 0; i < DIFFERENCE_CAUSES && s == STATUS_OK; i++) {
		if (!f->any[i] || !add_sums(e, (enum difference_cause)i, f->more[i]))
			continue;
		any = true;
		e->of_cause[i]++;
		s = keep_finding(e, (enum difference_cause)i, code, f->more[i]);
	}
	e->n_dossiers += any;
	return s;
}

void findings_add(struct findings *f, const struct difference *d)
{
	for (int cell = 0; d->any && cell < DIFFERENCE_CELLS; cell++) {
		if (d->more[cell] == 0)
			continue;
		f->more[d->cause[cell]][cell] += d->more[cell];
		f->any[d->cause[cell]] = true;
	}
}

struct count_query explain_count(const struct explain *e, bool there)
{
	return (struct count_query){
		.period = e->query.period, .as_of = e->as_of, .rule = there ? e->query.against : e->query.rule};
}

static bool is_outside(const struct explaining *x, int line)
{
	const struct explain_query *query = &x->explain->query;
	return line == UNIT_NONE || !unit_map_covers(query->map, query->unit, line);
}

bool explain_is_outside(const struct explaining *x, const struct dossier_row *row)
{
	return is_outside(x, unit_map_find_stated(x->explain->query.map, row->unit, row->unit_day, row->units));
}

/* A list names units as they were when it was received; without that day, as of the report's. */
bool explain_names_outside(const struct explaining *x, const struct foreign_row *row)
{
	bool units = (x->explain->list.silent >> FIELD_UNIT & 1) == 0;
	int32_t day = row->facts.received == DAY_UNSET ? x->explain->as_of : row->facts.received;
	return units && row->unit.len > 0 && is_outside(x, unit_map_find(x->explain->query.map, row->unit, day));
}

/* Another dossier of the list than this one by our code: what a device split off, "CODE@device". */
static enum status is_split_off(const struct explaining *x, struct slice code, bool *ret_is)
{
	const uint8_t *at = memchr(code.data, '@', code.len);
	*ret_is = false;
	if (at == NULL)
		return STATUS_OK;
	return foreign_list_has(x->explain->scratch, slice_of(code.data, (size_t)(at - code.data)), ret_is);
}

/* Why the other list does not have a dossier of ours that counts. */
static enum status cause_here(const struct explaining *x, const struct dossier_row *row,
			      enum difference_cause *ret_cause)
{
	struct dossier_said said;
	bool linked = false;
	bool split = false;
	enum status s = is_split_off(x, row->code, &split);
	if (s == STATUS_OK)
		s = dossier_said(x->db, x->registry, row->code, &said);
	if (s == STATUS_OK && said.linked_to[0] != '\0')
		s = foreign_list_has(x->explain->scratch, slice_str(said.linked_to), &linked);
	if (split)
		*ret_cause = CAUSE_CONFLICT;
	else if (linked)
		*ret_cause = CAUSE_LINKED;
	else if (code_is_provisional(row->code))
		*ret_cause = CAUSE_PROVISIONAL;
	else if (row->facts.received != DAY_UNSET && row->facts.received < x->explain->query.period.from)
		*ret_cause = CAUSE_CARRIED_IN;
	else
		*ret_cause = CAUSE_HERE_ONLY;
	return s;
}

/* A dossier of ours that was not compared already, in the order of the list. */
static enum status take_ours(struct explaining *x, const struct dossier_row *row)
{
	struct count_query query = explain_count(x->explain, false);
	struct findings found = {0};
	enum difference_cause cause = CAUSE_HERE_ONLY;
	bool listed = false;
	enum status s = foreign_list_has(x->explain->scratch, row->code, &listed);
	if (s != STATUS_OK || listed)
		return s;
	struct difference d = difference_alone(&query, &row->facts, false, cause);
	if (!d.any)
		return STATUS_OK;
	s = cause_here(x, row, &cause);
	if (s != STATUS_OK)
		return s;
	d = difference_alone(&query, &row->facts, false, cause);
	findings_add(&found, &d);
	return explain_note(x->explain, row->code, &found);
}

static enum status take_by_rules(struct explaining *x, const struct dossier_row *row)
{
	struct count_query here = explain_count(x->explain, false);
	struct count_query there = explain_count(x->explain, true);
	const struct difference_side side = {.facts = &row->facts, .received_at = TIME_UNSET};
	const struct difference_hints none = {0};
	struct findings found = {0};
	count_dossier(&there, &row->facts, &x->explain->there);
	struct difference d = difference_find(&here, &side, &there, &side, &none);
	if (!d.any)
		return STATUS_OK;
	findings_add(&found, &d);
	return explain_note(x->explain, row->code, &found);
}

static enum status count_ours(void *context, const struct dossier_row *row)
{
	struct explaining *x = context;
	struct count_query query = explain_count(x->explain, false);
	if (explain_is_outside(x, row))
		return STATUS_OK;
	count_dossier(&query, &row->facts, &x->explain->here);
	return x->explain->has_list ? take_ours(x, row) : take_by_rules(x, row);
}

/* The findings are one transaction of the throw-away database: nothing of it is ever committed for anybody. */
static enum status compare(struct explaining *x)
{
	enum status s = database_begin(x->explain->scratch);
	if (s == STATUS_OK && x->explain->has_list)
		s = foreign_list_codes(x->explain->scratch, explain_code, x);
	if (s == STATUS_OK)
		s = dossier_scan(x->db, x->explain->query.period, count_ours, x);
	return database_end(x->explain->scratch, s);
}

static struct explain explain_of(const struct explain_query *query)
{
	return (struct explain){.query = *query,
				.as_of = query->period.to < query->today ? query->period.to : query->today};
}

enum status explain_rules(struct database *db, const struct registry *r, const struct explain_query *query,
			  struct explain *ret_explain)
{
	*ret_explain = explain_of(query);
	struct explaining x = {.explain = ret_explain, .db = db, .registry = r};
	enum status s = open_scratch(ret_explain);
	return s == STATUS_OK ? compare(&x) : s;
}

enum status explain_list(struct database *db, const struct registry *r, const struct explain_query *query,
			 const char *path, const struct column_map *map, struct explain *ret_explain)
{
	*ret_explain = explain_of(query);
	ret_explain->has_list = true;
	struct explaining x = {.explain = ret_explain, .db = db, .registry = r};
	enum status s = open_scratch(ret_explain);
	if (s == STATUS_OK)
		s = foreign_list_read(ret_explain->scratch, path, map, r, query->today, &ret_explain->list);
	if (s == STATUS_OK)
		s = explain_code_start(&x);
	return s == STATUS_OK ? compare(&x) : s;
}

void explain_free(struct explain *e)
{
	if (e == NULL)
		return;
	database_close(e->scratch);
	e->scratch = NULL;
}

bool explain_differs(const struct explain *e)
{
	int64_t here[DIFFERENCE_CELLS];
	int64_t there[DIFFERENCE_CELLS];
	difference_values(&e->here, here);
	difference_values(&e->there, there);
	return e->n_dossiers > 0 || memcmp(here, there, sizeof(here)) != 0;
}

int64_t explain_rest(const struct explain *e, enum difference_cell cell)
{
	int64_t here[DIFFERENCE_CELLS];
	int64_t there[DIFFERENCE_CELLS];
	difference_values(&e->here, here);
	difference_values(&e->there, there);
	int64_t rest = here[cell] - there[cell];
	for (int cause = 0; cause < DIFFERENCE_CAUSES; cause++)
		if (cause != CAUSE_UNEXPLAINED)
			rest -= e->more[cause][cell] + e->less[cause][cell];
	return rest;
}

enum status explain_dossiers(const struct explain *e, enum difference_cause cause, int64_t limit,
			     enum status (*each)(void *context, struct slice code, const int64_t *more),
			     void *context)
{
	struct query q =
		query_start(e->scratch, "SELECT code, more FROM finding WHERE cause = ?1 ORDER BY code LIMIT ?2");
	query_int(&q, 1, (int64_t)cause);
	query_int(&q, 2, limit);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		int64_t more[DIFFERENCE_CELLS];
		struct slice kept = query_get_blob(&q, 1);
		if (kept.len != sizeof(more)) {
			s = STATUS_CORRUPT;
			break;
		}
		memcpy(more, kept.data, sizeof(more));
		s = each(context, query_get_text(&q, 0), more);
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}
