#include "hub/spans.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hub/checkpoint.h"
#include "hub/span_sums.h"

enum { SUMS_BYTES = 64 * 1024 * 1024 };

/* --- marking --- */

static bool is_within(struct slice code, struct slice first, struct slice next)
{
	return slice_compare(code, first) >= 0 && (next.len == 0 || slice_compare(code, next) < 0);
}

static bool is_marked(const struct spans_marked *marked, struct slice code)
{
	for (size_t i = 0; i < marked->n && i < SPANS_MARKED; i++)
		if (is_within(code, slice_of(marked->emptied[i].first, marked->emptied[i].first_len),
			      slice_of(marked->emptied[i].next, marked->emptied[i].next_len)))
			return true;
	return false;
}

static void note_marked(struct spans_marked *marked, struct slice first, struct slice next)
{
	size_t place = marked->n++ % SPANS_MARKED;
	assert(first.len <= SPAN_CODE && next.len <= SPAN_CODE);
	marked->emptied[place].first_len = first.len;
	marked->emptied[place].next_len = next.len;
	if (first.len > 0)
		memcpy(marked->emptied[place].first, first.data, first.len);
	if (next.len > 0)
		memcpy(marked->emptied[place].next, next.data, next.len);
}

static enum status empty_span(struct database *db, struct slice first)
{
	struct query q = query_start(db, "UPDATE span SET sums = x'' WHERE first = ?1");
	query_text(&q, 1, first);
	return query_run(&q);
}

enum status spans_mark(struct database *db, struct spans_marked *marked, struct slice code)
{
	if (marked->none || is_marked(marked, code))
		return STATUS_OK;
	struct query q = query_start(db, "SELECT first, length(sums) > 0,"
					 " (SELECT ifnull(min(first), '') FROM span WHERE first > ?1)"
					 " FROM span WHERE first <= ?1 ORDER BY first DESC LIMIT 1");
	query_text(&q, 1, code);
	enum status s = STATUS_OK;
	if (query_row(&q)) {
		struct slice first = query_get_text(&q, 0);
		if (first.len > SPAN_CODE || query_get_text(&q, 2).len > SPAN_CODE)
			s = STATUS_CORRUPT; /* no code is that long */
		else
			note_marked(marked, first, query_get_text(&q, 2));
		if (s == STATUS_OK && query_get_int(&q, 1) != 0)
			s = empty_span(db, first);
	} else {
		marked->none = true;
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

enum status spans_clear(struct database *db)
{
	return database_script(db, "DELETE FROM span");
}

/* --- counting again --- */

struct counting {
	struct span_sums *sums;
	size_t rows;
	size_t most;
	struct bytes *cut; /* the code at which the span ends; NULL: where it ended before */
};

static enum status count_row(void *context, const struct dossier_row *row)
{
	struct counting *c = context;
	if (c->cut == NULL || c->rows < c->most) {
		c->rows++;
		return span_sums_add(c->sums, row);
	}
	bytes_put(c->cut, row->code.data, row->code.len);
	return bytes_status(c->cut) == STATUS_OK ? STATUS_STOPPED : bytes_status(c->cut);
}

/* The sums of the rows from first up to next; with cut, of the first so many of them. */
static enum status count_span(struct database *db, const struct registry *registry, struct slice first,
			      struct slice next, struct counting *c, struct bytes *ret_sums)
{
	c->sums = span_sums_new(registry);
	enum status s = c->sums == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK)
		s = dossier_scan_codes(db, first, next, count_row, c);
	if (s == STATUS_STOPPED && c->cut != NULL && c->cut->len > 0)
		s = STATUS_OK;
	bytes_clear(ret_sums);
	if (s == STATUS_OK)
		s = span_sums_put(c->sums, ret_sums);
	span_sums_free(c->sums);
	return s;
}

static enum status put_span(struct database *db, struct slice first, struct slice sums)
{
	struct query q = query_start(db, "INSERT OR REPLACE INTO span (first, sums) VALUES (?1, ?2)");
	query_text(&q, 1, first);
	query_blob(&q, 2, sums);
	return query_run(&q);
}

static enum status has_more_than(struct database *db, struct slice first, struct slice next, size_t rows,
				 bool *ret_has)
{
	struct query q = query_start(
		db,
		next.len == 0
			? "SELECT 1 FROM dossier WHERE code >= ?1 ORDER BY code LIMIT 1 OFFSET ?2"
			: "SELECT 1 FROM dossier WHERE code >= ?1 AND code < ?3 ORDER BY code LIMIT 1 OFFSET ?2");
	query_text(&q, 1, first);
	query_int(&q, 2, (int64_t)rows);
	if (next.len > 0)
		query_text(&q, 3, next);
	*ret_has = query_row(&q);
	return query_finish(&q);
}

/*
 * One that has grown is cut behind its first rows, so that what is written to most, its end, stays small. *ret_read
 * is false if one of its rows cannot be read; nothing was written then.
 */
static enum status refresh_span(struct database *db, const struct registry *registry, size_t rows,
				struct slice first, struct slice next, bool *ret_read)
{
	struct bytes sums = bytes_new(SUMS_BYTES);
	struct bytes cut = bytes_new(SPAN_CODE);
	struct counting c = {.most = rows};
	bool large = false;
	enum status s = has_more_than(db, first, next, rows * 2, &large);
	if (large)
		c.cut = &cut;
	if (s == STATUS_OK)
		s = count_span(db, registry, first, next, &c, &sums);
	*ret_read = s != STATUS_CORRUPT;
	if (s == STATUS_OK)
		s = put_span(db, first, bytes_slice(&sums));
	if (s == STATUS_OK && cut.len > 0)
		s = put_span(db, bytes_slice(&cut), slice_of(NULL, 0));
	bytes_free(&sums);
	bytes_free(&cut);
	return *ret_read ? s : STATUS_OK;
}

/* The first empty span from a code on. */
static enum status next_empty(struct database *db, struct bytes *first, struct bytes *next, bool *ret_there)
{
	struct query q = query_start(db, "SELECT first, (SELECT ifnull(min(first), '') FROM span AS later"
					 " WHERE later.first > span.first) FROM span WHERE first >= ?1"
					 " AND length(sums) = 0 ORDER BY first LIMIT 1");
	struct bytes from = *first;
	*first = bytes_new(SPAN_CODE);
	query_text(&q, 1, bytes_slice(&from));
	*ret_there = query_row(&q);
	bytes_clear(next);
	if (*ret_there) {
		bytes_put(first, query_get_text(&q, 0).data, query_get_text(&q, 0).len);
		bytes_put(next, query_get_text(&q, 1).data, query_get_text(&q, 1).len);
	}
	enum status s = query_finish(&q);
	bytes_free(&from);
	s = s == STATUS_OK ? bytes_status(first) : s;
	return s == STATUS_OK ? bytes_status(next) : s;
}

/* Where there are none yet, all codes are one that is empty. */
static enum status begin_spans(struct database *db)
{
	return database_script(db, "INSERT INTO span (first, sums) SELECT '', x''"
				   " WHERE NOT EXISTS (SELECT 1 FROM span)");
}

struct spans_pass spans_pass_new(void)
{
	return (struct spans_pass){.from = bytes_new(SPAN_CODE)};
}

void spans_pass_clear(struct spans_pass *pass)
{
	bytes_free(&pass->from);
	pass->damaged = 0;
}

/* Where the pass goes on behind a span that was passed by; false: that was the last one. */
static bool pass_by(struct spans_pass *pass, const struct bytes *next)
{
	pass->damaged++;
	bytes_clear(&pass->from);
	bytes_put(&pass->from, next->data, next->len);
	return next->len > 0;
}

/* Those of an older or newer program are all forgotten at the beginning of a pass: one tells for the others. */
static enum status forget_others(struct database *db)
{
	struct query q = query_start(db, "SELECT sums FROM span WHERE length(sums) > 0 ORDER BY first LIMIT 1");
	bool others = query_row(&q) && !span_sums_are_here(query_get_blob(&q, 0));
	enum status s = query_finish(&q);
	return s == STATUS_OK && others ? spans_clear(db) : s;
}

enum status spans_refresh_some(struct database *db, const struct registry *registry, size_t rows, int most,
			       struct spans_pass *pass, bool *ret_left)
{
	struct bytes next = bytes_new(SPAN_CODE);
	bool there = true;
	enum status s = pass->from.len == 0 ? forget_others(db) : STATUS_OK;
	if (s == STATUS_OK)
		s = begin_spans(db);
	if (s == STATUS_OK)
		s = next_empty(db, &pass->from, &next, &there);
	for (int done = 0; s == STATUS_OK && there && done < most; done++) {
		bool read = true;
		s = refresh_span(db, registry, rows, bytes_slice(&pass->from), bytes_slice(&next), &read);
		if (s == STATUS_OK && !read)
			there = pass_by(pass, &next);
		if (s == STATUS_OK && there)
			s = next_empty(db, &pass->from, &next, &there);
	}
	bytes_free(&next);
	*ret_left = there;
	return s;
}

enum status spans_refresh(struct database *db, const struct registry *registry, size_t rows, int most,
			  bool *ret_left)
{
	struct spans_pass pass = spans_pass_new();
	enum status s = spans_refresh_some(db, registry, rows, most, &pass, ret_left);
	if (s == STATUS_OK && pass.damaged > 0)
		s = STATUS_CORRUPT;
	spans_pass_clear(&pass);
	return s;
}

enum status spans_refresh_all(struct hub *hub)
{
	const struct timespec lull = {.tv_nsec = SPANS_LULL_MS * 1000000L};
	struct spans_pass pass = spans_pass_new();
	enum status s = STATUS_OK;
	bool left = true;
	for (int done = 1; s == STATUS_OK && left; done++) {
		struct hub_transaction t;
		s = hub_begin(hub, &t);
		if (s == STATUS_OK)
			s = hub_end(&t, spans_refresh_some(hub->db, hub->registry, SPAN_ROWS, SPANS_AT_ONCE, &pass,
							   &left));
		if (s == STATUS_OK && done % SPANS_A_CHECKPOINT == 0)
			checkpoint(hub);
		if (s == STATUS_OK && left)
			(void)nanosleep(&lull, NULL); /* a signal only shortens it */
	}
	if (s == STATUS_OK && pass.damaged > 0)
		s = STATUS_CORRUPT;
	spans_pass_clear(&pass);
	return s;
}

/* --- reading --- */

enum status spans_walk(struct database *db, spans_each each, void *context)
{
	struct query q = query_start(db, "SELECT first, (SELECT ifnull(min(first), '') FROM span AS later"
					 " WHERE later.first > span.first), sums FROM span ORDER BY first");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = each(context, query_get_text(&q, 0), query_get_text(&q, 1), query_get_blob(&q, 2));
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

struct agreeing {
	struct database *db;
	const struct registry *registry;
	struct bytes again;
	bool begun;
	bool agree;
	char *where;
};

static enum status agree_span(void *context, struct slice first, struct slice next, struct slice sums)
{
	struct agreeing *a = context;
	struct counting c = {0};
	bool begins = a->begun || first.len == 0;
	a->begun = true;
	if (begins && !span_sums_are_here(sums))
		return STATUS_OK;
	enum status s = STATUS_OK;
	if (begins)
		s = count_span(a->db, a->registry, first, next, &c, &a->again);
	if (s == STATUS_CORRUPT)
		begins = false; /* what cannot be read does not agree with what was counted of it */
	else if (s != STATUS_OK)
		return s;
	if (begins && slice_equal(sums, bytes_slice(&a->again)))
		return s;
	a->agree = false;
	(void)snprintf(a->where, SPAN_CODE, "%.*s", (int)(first.len < SPAN_CODE ? first.len : SPAN_CODE - 1),
		       (const char *)first.data);
	return STATUS_STOPPED;
}

enum status spans_agree(struct database *db, const struct registry *registry, bool *ret_agree,
			char ret_where[static SPAN_CODE])
{
	struct agreeing a = {
		.db = db, .registry = registry, .again = bytes_new(SUMS_BYTES), .agree = true, .where = ret_where};
	ret_where[0] = '\0';
	enum status s = spans_walk(db, agree_span, &a);
	if (s == STATUS_STOPPED && !a.agree)
		s = STATUS_OK;
	bytes_free(&a.again);
	*ret_agree = a.agree;
	return s;
}
