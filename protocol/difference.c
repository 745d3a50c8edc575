#include "protocol/difference.h"

#include "protocol/conflict.h"
#include "protocol/difference_steps.h"

void difference_values(const struct cells *c, int64_t ret_values[static DIFFERENCE_CELLS])
{
#define X(id, name, value) ret_values[CELL_##id] = (value);
	DIFFERENCE_CELL_TABLE(X)
#undef X
}

const char *difference_cell_name(enum difference_cell cell)
{
	static const char *const names[] = {
#define X(id, name, value) name,
		DIFFERENCE_CELL_TABLE(X)
#undef X
	};
	return names[cell];
}

const char *difference_cause_name(enum difference_cause cause)
{
	static const char *const names[] = {
#define X(id, name) name,
		DIFFERENCE_CAUSE_TABLE(X)
#undef X
	};
	return names[cause];
}

struct dossier_facts difference_adopt(const struct dossier_facts *theirs, const struct dossier_facts *ours,
				      uint64_t silent)
{
	struct dossier_facts facts = *theirs;
	difference_take(
		&facts, ours,
		silent & (DIFFERENCE_DETAILS | DIFFERENCE_BIT(FIELD_CHANNEL) | DIFFERENCE_BIT(FIELD_DUE_AT)));
	if (theirs->status == ours->status)
		difference_take(&facts, ours, silent & DIFFERENCE_BIT(FIELD_STATUS_AT));
	return facts;
}

static void count(const struct count_query *query, const struct dossier_facts *facts,
		  int64_t ret_values[static DIFFERENCE_CELLS])
{
	struct cells cells = {0};
	count_dossier(query, facts, &cells);
	difference_values(&cells, ret_values);
}

static void subtract(struct difference *d, const int64_t ours[static DIFFERENCE_CELLS],
		     const int64_t theirs[static DIFFERENCE_CELLS])
{
	for (int i = 0; i < DIFFERENCE_CELLS; i++) {
		d->more[i] = ours[i] - theirs[i];
		d->any = d->any || d->more[i] != 0;
	}
}

static void find_causes(struct difference *d, struct difference_walk *w, const struct count_query *their_query)
{
	struct count_query query = *their_query;
	int64_t before[DIFFERENCE_CELLS];
	query.rule = &w->rule;
	count(&query, &w->now, before);
	for (size_t i = 0; i < DIFFERENCE_STEP_COUNT; i++) {
		int64_t after[DIFFERENCE_CELLS];
		enum difference_cause cause = DIFFERENCE_STEPS[i](w);
		count(&query, &w->now, after);
		for (int cell = 0; cell < DIFFERENCE_CELLS; cell++) {
			if (after[cell] != before[cell])
				d->cause[cell] = cause;
			before[cell] = after[cell];
		}
	}
}

static struct difference with_cause(struct difference d, enum difference_cause cause)
{
	for (int i = 0; i < DIFFERENCE_CELLS; i++)
		d.cause[i] = cause;
	return d;
}

struct difference difference_find(const struct count_query *our_query, const struct difference_side *ours,
				  const struct count_query *their_query, const struct difference_side *theirs,
				  const struct difference_hints *hints)
{
	struct difference d = {.any = false};
	int64_t here[DIFFERENCE_CELLS] = {0};
	int64_t there[DIFFERENCE_CELLS] = {0};
	if (!ours->outside)
		count(our_query, ours->facts, here);
	if (!theirs->outside)
		count(their_query, theirs->facts, there);
	subtract(&d, here, there);
	if (!d.any)
		return d;
	if (ours->facts->taken_back)
		return with_cause(d, CAUSE_VOID);
	if (ours->outside != theirs->outside)
		return with_cause(d, (hints->conflicts & CONFLICT_UNIT) != 0 ? CAUSE_CONFLICT : CAUSE_UNIT);
	struct difference_walk w = {.now = *theirs->facts,
				    .rule = *their_query->rule,
				    .ours = ours,
				    .theirs = theirs,
				    .our_rule = our_query->rule,
				    .hints = hints};
	find_causes(&d, &w, their_query);
	return d;
}

struct difference difference_alone(const struct count_query *query, const struct dossier_facts *facts, bool there,
				   enum difference_cause cause)
{
	struct difference d = {.any = false};
	int64_t none[DIFFERENCE_CELLS] = {0};
	int64_t cells[DIFFERENCE_CELLS];
	count(query, facts, cells);
	subtract(&d, there ? none : cells, there ? cells : none);
	return with_cause(d, cause);
}
