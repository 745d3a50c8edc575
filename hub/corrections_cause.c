#include "hub/corrections_cause.h"

#include "hub/dossier_fold.h"

_Static_assert(KIND_DOSSIER == 1, "as in the queries");

/* Whether a query about a dossier gives the same rows then and now. */
static enum status same_rows(const struct corrections_query *query, const char *literal, struct slice code,
			     bool *ret_same)
{
	struct query then = query_start(query->then->db, literal);
	struct query now = query_start(query->db, literal);
	query_text(&then, 1, code);
	query_text(&now, 1, code);
	bool same = true;
	for (bool more = true; same && more;) {
		more = query_row(&then);
		same = query_row(&now) == more &&
		       (!more || slice_equal(query_get_blob(&then, 0), query_get_blob(&now, 0)));
	}
	enum status s = query_finish(&then);
	enum status other = query_finish(&now);
	*ret_same = same;
	return s != STATUS_OK ? s : other;
}

static enum status find_changed(const struct corrections_query *query, struct slice code, bool *ret_split,
				bool *ret_joined, bool *ret_silent)
{
	bool same_splits = true;
	bool same_links = true;
	bool same_joined = true;
	bool same_words = true;
	bool same_joined_words = true;
	enum status s =
		same_rows(query, "SELECT device FROM split WHERE code = ?1 ORDER BY device", code, &same_splits);
	if (s == STATUS_OK)
		s = same_rows(query, "SELECT official FROM link WHERE provisional = ?1", code, &same_links);
	if (s == STATUS_OK)
		s = same_rows(query, "SELECT provisional FROM link WHERE official = ?1 ORDER BY provisional", code,
			      &same_joined);
	if (s == STATUS_OK)
		s = same_rows(query, "SELECT writes FROM thing WHERE kind = 1 AND key = ?1", code, &same_words);
	if (s == STATUS_OK)
		s = same_rows(query,
			      "SELECT writes FROM link CROSS JOIN thing ON kind = 1 AND key = provisional"
			      " WHERE official = ?1 ORDER BY provisional",
			      code, &same_joined_words);
	*ret_split = !same_splits;
	*ret_joined = !same_links || !same_joined;
	*ret_silent = same_words && same_joined_words;
	return s;
}

enum status corrections_cause_of(const struct corrections_query *query, struct slice code,
				 const struct dossier_row *then, const struct dossier_row *now,
				 enum correction_cause *ret_cause)
{
	bool split = false;
	bool joined = false;
	bool silent = false;
	struct slice said;
	enum status s = dossier_fold_said(query->db, code, &said);
	if (s == STATUS_OK)
		s = find_changed(query, said, &split, &joined, &silent);
	if (s != STATUS_OK)
		return s;
	bool was = then != NULL && !then->facts.taken_back;
	bool is = now != NULL && !now->facts.taken_back;
	*ret_cause = CORRECTION_CAUSES;
	if (split)
		*ret_cause = CORRECTION_CONFLICT;
	else if (joined)
		*ret_cause = CORRECTION_JOINED;
	else if (silent)
		*ret_cause = CORRECTION_AUTHORITY;
	else if (then == NULL)
		*ret_cause = CORRECTION_LATE;
	else if (now == NULL)
		*ret_cause = CORRECTION_UNIT;
	else if (was && !is)
		*ret_cause = CORRECTION_VOID;
	else if (!was && is)
		*ret_cause = CORRECTION_UNDONE;
	return STATUS_OK;
}

static void take_status(const struct dossier_facts *now, struct dossier_facts *f)
{
	f->status = now->status;
	f->status_ahead = now->status_ahead;
	f->n_history = now->n_history;
	f->history = now->history;
}

static void take_dates(const struct dossier_facts *now, struct dossier_facts *f)
{
	f->status_day = now->status_day;
	f->status_at = now->status_at;
	f->finished = now->finished;
	f->finished_at = now->finished_at;
	f->returned = now->returned;
	f->returned_at = now->returned_at;
}

void corrections_cause_step(enum correction_cause cause, const struct dossier_row *now, int32_t last,
			    struct dossier_row *row)
{
	struct dossier_facts *f = &row->facts;
	const struct dossier_facts *n = &now->facts;
	bool other_status = f->status != n->status || dossier_status_on(f, last) != dossier_status_on(n, last);
	if (cause == CORRECTION_UNIT) {
		row->unit = now->unit;
	} else if (cause == CORRECTION_CLASS) {
		row->procedure = now->procedure;
		row->domain = now->domain;
	} else if (cause == CORRECTION_CHANNEL) {
		f->channel = n->channel;
	} else if (cause == CORRECTION_STATUS && other_status) {
		take_status(n, f);
		take_dates(n, f);
	} else if (cause == CORRECTION_DATE) {
		f->submitted = n->submitted;
		f->received = n->received;
		take_status(n, f);
		take_dates(n, f);
	} else if (cause == CORRECTION_DUE) {
		f->due = n->due;
		f->due_at = n->due_at;
	} else if (cause == CORRECTION_OTHER) {
		*f = *n;
	}
}
