#include "hub/dossier_table.h"

#include <assert.h>
#include <string.h>

#include "hub/dossier_fold.h"
#include "hub/dossier_units.h"

/* Bits of the column flags: stored, so never renumbered. */
enum {
	FLAG_INPUT_DIGITISED = 1,
	FLAG_RESULT_DIGITISED = 2,
	FLAG_FEE_DUE = 4,
	FLAG_STATUS_AHEAD = 8,
	FLAG_TAKEN_BACK = 16,
	FLAG_REUSED = 32,
	FLAG_INPUT_STATED = 64,
	FLAG_RESULT_STATED = 128,
	FLAG_REUSED_STATED = 256
};

/* An entry of the column history: the day, offset to be unsigned, big-endian, then the status. */
enum { ENTRY_LEN = 5 };
static_assert(ENTRY_LEN <= sizeof(struct status_day), "history is packed in place");

/* In the order in which take_row finds them. */
#define ROW_COLUMNS                                                                                                \
	"code, unit, procedure, domain, channel, status, status_at, submitted, received, finished, returned, due," \
	" paid, rating, flags, history, unit_day, units"

/* Above the most writes that the fold keeps of one thing. */
enum { HISTORY_MAX = 16 * 1024 * 1024 };

static int64_t flags_of(const struct dossier_facts *f)
{
	return (f->input_digitised ? FLAG_INPUT_DIGITISED : 0) | (f->result_digitised ? FLAG_RESULT_DIGITISED : 0) |
	       (f->fee_due ? FLAG_FEE_DUE : 0) | (f->status_ahead ? FLAG_STATUS_AHEAD : 0) |
	       (f->taken_back ? FLAG_TAKEN_BACK : 0) | (f->reused ? FLAG_REUSED : 0) |
	       (f->input_stated ? FLAG_INPUT_STATED : 0) | (f->result_stated ? FLAG_RESULT_STATED : 0) |
	       (f->reused_stated ? FLAG_REUSED_STATED : 0);
}

/* Turns the array of struct status_day in the buffer into the column's bytes, in place: entries only shrink. */
static void pack_history(struct bytes *days)
{
	size_t count = days->len / sizeof(struct status_day);
	for (size_t i = 0; i < count; i++) {
		struct status_day entry;
		memcpy(&entry, days->data + i * sizeof(entry), sizeof(entry));
		uint32_t day = (uint32_t)entry.day ^ UINT32_C(0x80000000);
		uint8_t *to = days->data + i * ENTRY_LEN;
		to[0] = (uint8_t)(day >> 24);
		to[1] = (uint8_t)(day >> 16);
		to[2] = (uint8_t)(day >> 8);
		to[3] = (uint8_t)day;
		to[4] = entry.status;
	}
	days->len = count * ENTRY_LEN;
}

static void bind_day(struct query *q, int parameter, int32_t day)
{
	if (day == DAY_UNSET)
		query_null(q, parameter);
	else
		query_int(q, parameter, day);
}

static void bind_time(struct query *q, int parameter, int64_t ms)
{
	if (ms == TIME_UNSET)
		query_null(q, parameter);
	else
		query_int(q, parameter, ms);
}

/* What stands in two columns of a row: days is packed, units follows it in the same bytes. */
struct row_blobs {
	struct slice history;
	struct slice units;
};

/* The columns of a row, in their order, as parameters 1 to 18. */
static void bind_row(struct query *q, struct slice code, const struct resolved *r, const struct dossier_facts *f,
		     struct row_blobs blobs)
{
	query_text(q, 1, code);
	query_text(q, 2, r->unit);
	query_text(q, 3, resolved_text(r, FIELD_PROCEDURE));
	query_text(q, 4, resolved_text(r, FIELD_DOMAIN));
	query_int(q, 5, f->channel);
	query_int(q, 6, f->status);
	bind_time(q, 7, f->status_at);
	bind_day(q, 8, f->submitted);
	bind_day(q, 9, f->received);
	bind_time(q, 10, f->finished_at);
	bind_time(q, 11, f->returned_at);
	bind_time(q, 12, f->due_at);
	query_int(q, 13, f->paid);
	query_int(q, 14, f->rating);
	query_int(q, 15, flags_of(f));
	query_blob(q, 16, blobs.history);
	query_int(q, 17, r->unit_day);
	query_blob(q, 18, blobs.units);
}

static enum status write_row(struct database *db, struct slice code, const struct resolved *r,
			     const struct dossier_facts *f, struct row_blobs blobs)
{
	struct query q = query_start(
		db, "INSERT OR REPLACE INTO dossier (code, unit, procedure, domain, channel, status, status_at,"
		    " submitted, received, finished, returned, due, paid, rating, flags, history, unit_day, units)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)");
	bind_row(&q, code, r, f, blobs);
	return query_run(&q);
}

static enum status remove_row(struct database *db, struct slice code)
{
	struct query q = query_start(db, "DELETE FROM dossier WHERE code = ?1");
	query_text(&q, 1, code);
	return query_run(&q);
}

/* The facts of a dossier, and what of them stands packed in the scratch bytes. */
static enum status row_of(const struct registry *registry, struct slice code, const struct resolved *r,
			  struct bytes *days, struct dossier_facts *ret_facts, struct row_blobs *ret_blobs)
{
	enum status s = dossier_facts_of(code, r, days, ret_facts);
	if (s != STATUS_OK)
		return s;
	pack_history(days);
	ret_facts->history = NULL;
	size_t history_len = days->len;
	s = dossier_units_put(registry, r, days);
	if (s != STATUS_OK)
		return s;
	*ret_blobs = (struct row_blobs){.history = slice_of(days->data, history_len)};
	if (days->len > history_len)
		ret_blobs->units = slice_of(days->data + history_len, days->len - history_len);
	return s;
}

enum status dossier_table_put(struct database *db, const struct registry *registry, struct slice code,
			      const struct resolved *r, struct bytes *days)
{
	if (!r->known)
		return remove_row(db, code);
	struct dossier_facts facts;
	struct row_blobs blobs;
	enum status s = row_of(registry, code, r, days, &facts, &blobs);
	return s == STATUS_OK ? write_row(db, code, r, &facts, blobs) : s;
}

/* A dossier none of whose writes counts has no row; its code is the only parameter. */
static enum status has_no_row(struct database *db, struct slice code, bool *ret_right)
{
	struct query q = query_start(db, "SELECT NOT EXISTS (SELECT 1 FROM dossier WHERE code = ?1)");
	query_text(&q, 1, code);
	*ret_right = query_row(&q) && query_get_int(&q, 0) != 0;
	return query_finish(&q);
}

enum status dossier_table_agrees(struct database *db, const struct registry *registry, struct slice code,
				 const struct resolved *r, struct bytes *days, bool *ret_agrees)
{
	if (!r->known)
		return has_no_row(db, code, ret_agrees);
	struct dossier_facts facts;
	struct row_blobs blobs;
	enum status s = row_of(registry, code, r, days, &facts, &blobs);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(
		db, "SELECT EXISTS (SELECT 1 FROM dossier WHERE code = ?1 AND unit IS ?2 AND procedure IS ?3"
		    " AND domain IS ?4 AND channel IS ?5 AND status IS ?6 AND status_at IS ?7 AND submitted IS ?8"
		    " AND received IS ?9 AND finished IS ?10 AND returned IS ?11 AND due IS ?12 AND paid IS ?13"
		    " AND rating IS ?14 AND flags IS ?15 AND history IS ?16 AND unit_day IS ?17 AND units IS ?18)");
	bind_row(&q, code, r, &facts, blobs);
	*ret_agrees = query_row(&q) && query_get_int(&q, 0) != 0;
	return query_finish(&q);
}

static int32_t get_day(struct query *q, int column)
{
	return query_is_null(q, column) ? DAY_UNSET : (int32_t)query_get_int(q, column);
}

static int64_t get_time(struct query *q, int column)
{
	return query_is_null(q, column) ? TIME_UNSET : query_get_int(q, column);
}

/* Into scratch, an array of struct status_day. */
static enum status take_history(struct slice column, struct bytes *scratch, struct dossier_facts *facts)
{
	bytes_clear(scratch);
	if (column.len % ENTRY_LEN != 0)
		return STATUS_CORRUPT;
	for (size_t i = 0; i < column.len; i += ENTRY_LEN) {
		const uint8_t *e = column.data + i;
		uint32_t day = (uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 | (uint32_t)e[2] << 8 | e[3];
		struct status_day entry = {.day = (int32_t)(day ^ UINT32_C(0x80000000)), .status = e[4]};
		bytes_put(scratch, &entry, sizeof(entry));
	}
	facts->n_history = scratch->len / sizeof(struct status_day);
	/* The buffer comes from malloc and holds nothing but these. */
	facts->history = (const struct status_day *)(const void *)scratch->data;
	return bytes_status(scratch);
}

static enum status take_row(struct query *q, struct bytes *scratch, struct dossier_row *ret_row)
{
	int64_t flags = query_get_int(q, 14);
	struct dossier_row row = {
		.code = query_get_text(q, 0),
		.unit = query_get_text(q, 1),
		.unit_day = (int32_t)query_get_int(q, 16),
		.units = query_get_blob(q, 17),
		.procedure = query_get_text(q, 2),
		.domain = query_get_text(q, 3),
		.facts =
			{
				.channel = (uint8_t)query_get_int(q, 4),
				.status = (uint8_t)query_get_int(q, 5),
				.status_at = get_time(q, 6),
				.submitted = get_day(q, 7),
				.received = get_day(q, 8),
				.finished_at = get_time(q, 9),
				.returned_at = get_time(q, 10),
				.due_at = get_time(q, 11),
				.paid = (uint8_t)query_get_int(q, 12),
				.rating = (uint8_t)query_get_int(q, 13),
				.input_digitised = (flags & FLAG_INPUT_DIGITISED) != 0,
				.result_digitised = (flags & FLAG_RESULT_DIGITISED) != 0,
				.fee_due = (flags & FLAG_FEE_DUE) != 0,
				.status_ahead = (flags & FLAG_STATUS_AHEAD) != 0,
				.taken_back = (flags & FLAG_TAKEN_BACK) != 0,
				.reused = (flags & FLAG_REUSED) != 0,
				.input_stated = (flags & FLAG_INPUT_STATED) != 0,
				.result_stated = (flags & FLAG_RESULT_STATED) != 0,
				.reused_stated = (flags & FLAG_REUSED_STATED) != 0,
			},
	};
	row.facts.status_day = date_of(row.facts.status_at);
	row.facts.finished = date_of(row.facts.finished_at);
	row.facts.returned = date_of(row.facts.returned_at);
	row.facts.due = date_of(row.facts.due_at);
	enum status s = take_history(query_get_blob(q, 15), scratch, &row.facts);
	if (s == STATUS_OK)
		*ret_row = row;
	return s;
}

static enum status each_row(struct query *q, enum status (*each)(void *context, const struct dossier_row *row),
			    void *context)
{
	struct bytes scratch = bytes_new(HISTORY_MAX);
	enum status s = STATUS_OK;
	struct dossier_row row;
	while (s == STATUS_OK && query_row(q)) {
		s = take_row(q, &scratch, &row);
		if (s == STATUS_OK)
			s = each(context, &row);
	}
	enum status finished = query_finish(q);
	bytes_free(&scratch);
	return s != STATUS_OK ? s : finished;
}

struct found {
	enum status (*each)(void *context, const struct dossier_row *row);
	void *context;
	bool any;
};

static enum status tell_found(void *context, const struct dossier_row *row)
{
	struct found *found = context;
	found->any = true;
	return found->each(found->context, row);
}

static struct query start_period(struct database *db, struct period period)
{
	/*
	 * Left out is what no rule counts in the period: received after it and neither refused nor only submitted;
	 * received before it and closed for good before it, by both end dates.
	 */
	struct query q = query_start(
		db, "SELECT " ROW_COLUMNS " FROM dossier"
		    " WHERE status IN (1, 3) OR received IS NULL OR (received <= ?2 AND NOT (received < ?1"
		    " AND status IN (9, 10) AND ifnull(finished, ?3) < ?3 AND ifnull(returned, finished) < ?3))"
		    " ORDER BY code");
	query_int(&q, 1, period.from);
	query_int(&q, 2, period.to);
	query_int(&q, 3, date_start(period.from));
	return q;
}

/* Rows of a database and of the one below it, but for those below of which the one above says something. */
struct layers {
	struct database *above;
	struct query rows;
	struct query below;
	struct query changed; /* all three in the order of codes */
	bool has_row;
	bool has_below;
	bool has_changed;
};

static enum status is_changed(struct layers *l, struct slice code, bool *ret_is)
{
	struct slice said;
	enum status s = dossier_fold_said(l->above, code, &said);
	if (s != STATUS_OK || said.len == code.len) {
		while (l->has_changed && slice_compare(query_get_text(&l->changed, 0), code) < 0)
			l->has_changed = query_row(&l->changed);
		*ret_is = l->has_changed && slice_equal(query_get_text(&l->changed, 0), code);
		return s;
	}
	/* One that was split off does not stand behind what it was split from. */
	struct query q = query_start(l->above, "SELECT EXISTS (SELECT 1 FROM changed WHERE code = ?1)");
	query_text(&q, 1, said);
	*ret_is = query_row(&q) && query_get_int(&q, 0) != 0;
	return query_finish(&q);
}

static enum status next_below(struct layers *l)
{
	enum status s = STATUS_OK;
	for (bool changed = true; changed && s == STATUS_OK;) {
		l->has_below = query_row(&l->below);
		changed = false;
		if (l->has_below)
			s = is_changed(l, query_get_text(&l->below, 0), &changed);
	}
	return s;
}

static enum status tell_layers(struct layers *l, enum status (*each)(void *context, const struct dossier_row *row),
			       void *context)
{
	struct bytes scratch = bytes_new(HISTORY_MAX);
	struct dossier_row row;
	l->has_row = query_row(&l->rows);
	l->has_changed = query_row(&l->changed);
	enum status s = next_below(l);
	while (s == STATUS_OK && (l->has_row || l->has_below)) {
		bool below = !l->has_row || (l->has_below && slice_compare(query_get_text(&l->below, 0),
									   query_get_text(&l->rows, 0)) < 0);
		s = take_row(below ? &l->below : &l->rows, &scratch, &row);
		if (s == STATUS_OK)
			s = each(context, &row);
		if (s == STATUS_OK && below)
			s = next_below(l);
		else if (s == STATUS_OK)
			l->has_row = query_row(&l->rows);
	}
	bytes_free(&scratch);
	return s;
}

enum status dossier_scan(struct database *db, struct period period,
			 enum status (*each)(void *context, const struct dossier_row *row), void *context)
{
	struct layers l = {.above = db, .rows = start_period(db, period)};
	if (database_below(db) == NULL)
		return each_row(&l.rows, each, context);
	l.below = start_period(database_below(db), period);
	l.changed = query_start(db, "SELECT code FROM changed ORDER BY code");
	enum status s = tell_layers(&l, each, context);
	enum status ends[] = {query_finish(&l.rows), query_finish(&l.below), query_finish(&l.changed)};
	for (size_t i = 0; s == STATUS_OK && i < sizeof(ends) / sizeof(ends[0]); i++)
		s = ends[i];
	return s;
}

enum status dossier_scan_codes(struct database *db, struct slice first, struct slice next,
			       enum status (*each)(void *context, const struct dossier_row *row), void *context)
{
	struct query q =
		query_start(db, next.len == 0 ? "SELECT " ROW_COLUMNS " FROM dossier WHERE code >= ?1 ORDER BY code"
					      : "SELECT " ROW_COLUMNS
						" FROM dossier WHERE code >= ?1 AND code < ?2 ORDER BY code");
	query_text(&q, 1, first);
	if (next.len > 0)
		query_text(&q, 2, next);
	return each_row(&q, each, context);
}

enum status dossier_find(struct database *db, struct slice code,
			 enum status (*each)(void *context, const struct dossier_row *row), void *context)
{
	struct query q = query_start(db, "SELECT " ROW_COLUMNS " FROM dossier WHERE code = ?1");
	query_text(&q, 1, code);
	struct found found = {.each = each, .context = context};
	enum status s = each_row(&q, tell_found, &found);
	return s == STATUS_OK && !found.any ? STATUS_EMPTY : s;
}
