#include "hub/explain_code.h"

#include <string.h>

#include "hub/dossier_said.h"
#include "hub/dossier_table.h"
#include "hub/refusals.h"

/* How near the unit of a row is to ours. */
enum nearness { NOT_CHOSEN, ELSEWHERE, INSIDE /* of the unit asked for, or unstated */, OUR_UNIT };

/* A code under comparison. */
struct comparing {
	struct explaining *x;
	struct slice code;
	const struct dossier_row *ours; /* NULL: we have none */
	unsigned conflicts;
	int64_t chosen;            /* the row that is compared */
	enum nearness nearness;    /* of it */
	char unit[LIMIT_UNIT + 1]; /* that it names */
	char decided_by[LIMIT_UNIT + 1];
	struct findings found;
};

static void copy(char to[static LIMIT_UNIT + 1], struct slice text)
{
	size_t len = text.len <= LIMIT_UNIT ? text.len : LIMIT_UNIT;
	if (len > 0)
		memcpy(to, text.data, len);
	to[len] = '\0';
}

/* The first row of those that are nearest. */
static enum status choose(void *context, const struct foreign_row *row)
{
	struct comparing *c = context;
	enum nearness nearness = explain_names_outside(c->x, row) ? ELSEWHERE : INSIDE;
	if (c->ours != NULL && row->unit.len > 0 && slice_equal(row->unit, c->ours->unit))
		nearness = OUR_UNIT;
	if (nearness <= c->nearness)
		return STATUS_OK;
	c->chosen = row->n;
	c->nearness = nearness;
	copy(c->unit, row->unit);
	copy(c->decided_by, row->decided_by);
	return STATUS_OK;
}

static bool names_other(struct slice text, const char *than)
{
	return text.len > 0 && !slice_equal(text, slice_str(than));
}

static enum difference_cause cause_again(const struct comparing *c, const struct foreign_row *row)
{
	bool other = names_other(row->unit, c->unit) || names_other(row->decided_by, c->decided_by);
	return other ? CAUSE_LINKED : CAUSE_DUPLICATE;
}

static enum status is_known(void *context, const struct dossier_row *row)
{
	(void)row;
	*(bool *)context = true;
	return STATUS_OK;
}

static enum status note_set_aside(void *context, const struct refusal *refusal)
{
	struct explain *e = context;
	if (refusal->change == NULL || refusal->change->kind != KIND_DOSSIER)
		return STATUS_OK;
	struct query q = query_start(e->scratch, "INSERT OR IGNORE INTO set_aside (code) VALUES (?1)");
	query_text(&q, 1, refusal->change->key);
	return query_run(&q);
}

/* The whole log is looked through, so only once and only where it is asked for. */
static enum status is_set_aside(struct explaining *x, struct slice code, bool *ret_is)
{
	struct explain *e = x->explain;
	enum status s = STATUS_OK;
	if (!x->set_aside_read && e->query.hub != NULL)
		s = refusals_walk(e->query.hub, note_set_aside, e);
	x->set_aside_read = true;
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(e->scratch, "SELECT EXISTS (SELECT 1 FROM set_aside WHERE code = ?1)");
	query_text(&q, 1, code);
	*ret_is = query_row(&q) && query_get_int(&q, 0) != 0;
	return query_finish(&q);
}

/* Why a code of theirs has no dossier here. */
static enum status cause_there(const struct comparing *c, const struct foreign_row *row,
			       enum difference_cause *ret_cause)
{
	struct explaining *x = c->x;
	struct dossier_said said;
	bool linked = false;
	bool aside = false;
	enum status s = dossier_said(x->db, x->registry, c->code, &said);
	if (s == STATUS_OK && row->linked_to.len > 0)
		s = foreign_list_has(x->explain->scratch, row->linked_to, &linked);
	if (s == STATUS_OK && row->linked_to.len > 0 && !linked)
		s = dossier_find(x->db, row->linked_to, is_known, &linked);
	if (s == STATUS_EMPTY)
		s = STATUS_OK;
	if (s == STATUS_OK && !said.known && !linked)
		s = is_set_aside(x, c->code, &aside);
	if (s == STATUS_OK)
		*ret_cause = said.known ? CAUSE_CONFLICT
			     : linked   ? CAUSE_LINKED
			     : aside    ? CAUSE_SET_ASIDE
					: CAUSE_THERE_ONLY;
	return s;
}

/* Where the days are not the same, the instant may tell why. */
static enum status our_receipt(const struct comparing *c, const struct foreign_row *row, int64_t *ret_at)
{
	struct dossier_said said = {.received_at = TIME_UNSET};
	enum status s = STATUS_OK;
	if (row->facts.received != c->ours->facts.received)
		s = dossier_said(c->x->db, c->x->registry, c->code, &said);
	*ret_at = said.received_at;
	return s;
}

static enum status compare_row(struct comparing *c, const struct foreign_row *row,
			       const struct dossier_facts *facts, bool outside)
{
	const struct explain *e = c->x->explain;
	struct count_query here = explain_count(e, false);
	struct count_query there = explain_count(e, true);
	struct difference_side ours = {.facts = &c->ours->facts, .outside = explain_is_outside(c->x, c->ours)};
	const struct difference_side theirs = {.facts = facts, .received_at = row->received_at, .outside = outside};
	const struct difference_hints hints = {
		.unread = row->unread, .silent = e->list.silent, .conflicts = c->conflicts};
	enum status s = our_receipt(c, row, &ours.received_at);
	if (s != STATUS_OK)
		return s;
	struct difference d = difference_find(&here, &ours, &there, &theirs, &hints);
	findings_add(&c->found, &d);
	return STATUS_OK;
}

/* A row that adds to their numbers and to nothing of ours. */
static enum status add_row(struct comparing *c, const struct foreign_row *row, const struct dossier_facts *facts)
{
	struct count_query there = explain_count(c->x->explain, true);
	enum difference_cause cause = cause_again(c, row);
	enum status s = row->n == c->chosen ? cause_there(c, row, &cause) : STATUS_OK;
	if (s != STATUS_OK)
		return s;
	struct difference d = difference_alone(&there, facts, true, cause);
	findings_add(&c->found, &d);
	return STATUS_OK;
}

static enum status take_row(void *context, const struct foreign_row *row)
{
	struct comparing *c = context;
	struct explain *e = c->x->explain;
	struct count_query there = explain_count(e, true);
	struct dossier_facts facts = row->facts;
	bool outside = explain_names_outside(c->x, row);
	if (c->ours != NULL)
		facts = difference_adopt(&row->facts, &c->ours->facts, e->list.silent);
	if (!outside)
		count_dossier(&there, &facts, &e->there);
	if (row->n == c->chosen && c->ours != NULL)
		return compare_row(c, row, &facts, outside);
	return outside ? STATUS_OK : add_row(c, row, &facts);
}

static enum status read_conflicts(struct comparing *c)
{
	if (!c->x->any_conflict)
		return STATUS_OK;
	/* What was accepted as it stands needs nobody. */
	struct query q = query_start(c->x->db, "SELECT c.reasons FROM conflict c LEFT JOIN accepted a"
					       " ON a.code = c.code AND a.fingerprint = c.fingerprint"
					       " WHERE c.code = ?1 AND a.code IS NULL");
	query_text(&q, 1, c->code);
	if (query_row(&q))
		c->conflicts = (unsigned)query_get_int(&q, 0);
	return query_finish(&q);
}

static enum status compare_code(void *context, const struct dossier_row *ours)
{
	struct comparing *c = context;
	struct database *scratch = c->x->explain->scratch;
	c->ours = ours;
	enum status s = read_conflicts(c);
	if (s == STATUS_OK)
		s = foreign_list_rows(scratch, c->code, choose, c);
	if (s == STATUS_OK)
		s = foreign_list_rows(scratch, c->code, take_row, c);
	return s == STATUS_OK ? explain_note(c->x->explain, c->code, &c->found) : s;
}

enum status explain_code_start(struct explaining *x)
{
	struct query q = query_start(x->db, "SELECT EXISTS (SELECT 1 FROM conflict)");
	x->any_conflict = query_row(&q) && query_get_int(&q, 0) != 0;
	return query_finish(&q);
}

enum status explain_code(void *context, struct slice code)
{
	struct comparing c = {.x = context, .code = code};
	enum status s = dossier_find(c.x->db, code, compare_code, &c);
	return s == STATUS_EMPTY ? compare_code(&c, NULL) : s;
}
