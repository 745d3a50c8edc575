#include "protocol/difference.h"

#include "protocol/conflict.h"

/* What lies between UTC and the dates of Vietnam. */
#define ZONE_MS (INT64_C(7) * 3600 * 1000)

/* The way from theirs to ours. */
struct walk {
	struct dossier_facts now;
	struct count_rule rule;
	const struct difference_side *ours;
	const struct difference_side *theirs;
	const struct count_rule *our_rule;
	const struct difference_hints *hints;
};

void difference_values(const struct cells *c, int64_t ret_values[static DIFFERENCE_CELLS])
{
#define X(id, name, value) ret_values[CELL_##id] = (value);
	DIFFERENCE_CELL_TABLE(X)
#undef X
}

const char *difference_cell_name(enum difference_cell cell)
{
	static const char *const names[] = {
#define X(id, name, value) [CELL_##id] = name,
		DIFFERENCE_CELL_TABLE(X)
#undef X
	};
	return names[cell];
}

const char *difference_cause_name(enum difference_cause cause)
{
	static const char *const names[] = {
#define X(id, name) [CAUSE_##id] = name,
		DIFFERENCE_CAUSE_TABLE(X)
#undef X
	};
	return names[cause];
}

static bool has(uint64_t fields, enum field field)
{
	return (fields >> field & 1) != 0;
}

/* The facts that come from one field, as ours has them. */
static void take_field(struct dossier_facts *to, const struct dossier_facts *from, enum field field)
{
	switch ((int)field) {
	case FIELD_SUBMITTED_AT:
		to->submitted = from->submitted;
		break;
	case FIELD_RECEIVED_AT:
		to->received = from->received;
		break;
	case FIELD_FINISHED_AT:
		to->finished = from->finished;
		to->finished_at = from->finished_at;
		break;
	case FIELD_RETURNED_AT:
		to->returned = from->returned;
		to->returned_at = from->returned_at;
		break;
	case FIELD_DUE_AT:
		to->due = from->due;
		to->due_at = from->due_at;
		break;
	case FIELD_STATUS:
		to->status = from->status;
		to->n_history = from->n_history;
		to->history = from->history;
		break;
	case FIELD_STATUS_AT:
		to->status_day = from->status_day;
		to->status_at = from->status_at;
		to->status_ahead = from->status_ahead;
		break;
	case FIELD_CHANNEL:
		to->channel = from->channel;
		break;
	case FIELD_FEE:
		to->fee_due = from->fee_due;
		break;
	case FIELD_PAID:
		to->paid = from->paid;
		break;
	case FIELD_RATING:
		to->rating = from->rating;
		break;
	case FIELD_INPUT_DIGITISED:
		to->input_digitised = from->input_digitised;
		break;
	case FIELD_RESULT_DIGITISED:
		to->result_digitised = from->result_digitised;
		break;
	default:
		break;
	}
}

static void take_fields(struct dossier_facts *to, const struct dossier_facts *from, uint64_t fields)
{
	for (enum field field = 0; field < FIELD_COUNT; field++)
		if (has(fields, field))
			take_field(to, from, field);
}

#define BIT(field) (UINT64_C(1) << (field))
#define DETAILS                                                                                                    \
	(BIT(FIELD_FEE) | BIT(FIELD_PAID) | BIT(FIELD_RATING) | BIT(FIELD_INPUT_DIGITISED) |                       \
	 BIT(FIELD_RESULT_DIGITISED))

struct dossier_facts difference_adopt(const struct dossier_facts *theirs, const struct dossier_facts *ours,
				      uint64_t silent)
{
	struct dossier_facts facts = *theirs;
	take_fields(&facts, ours, silent & (DETAILS | BIT(FIELD_CHANNEL) | BIT(FIELD_DUE_AT)));
	if (has(silent, FIELD_STATUS_AT) && theirs->status == ours->status)
		take_field(&facts, ours, FIELD_STATUS_AT);
	return facts;
}

static const struct dossier_facts *ours_of(const struct walk *w)
{
	return w->ours->facts;
}

static enum difference_cause step_unread(struct walk *w)
{
	take_fields(&w->now, ours_of(w), w->hints->unread);
	return CAUSE_UNREADABLE;
}

/* The same moment, which one of the two wrote as UTC and the other as local time. */
static bool is_zone_apart(int64_t a, int64_t b)
{
	return a != TIME_UNSET && b != TIME_UNSET && (a - b == ZONE_MS || b - a == ZONE_MS);
}

static enum difference_cause step_received(struct walk *w)
{
	bool moved = w->now.received != ours_of(w)->received;
	take_fields(&w->now, ours_of(w), BIT(FIELD_RECEIVED_AT) | BIT(FIELD_SUBMITTED_AT));
	if (moved && (w->hints->conflicts & CONFLICT_RECEIVED) != 0)
		return CAUSE_CONFLICT;
	return moved && is_zone_apart(w->theirs->received_at, w->ours->received_at) ? CAUSE_TIMES : CAUSE_RECEIVED;
}

/* Their list has but one of the two end dates. */
static enum difference_cause step_end_field(struct walk *w)
{
	const struct dossier_facts *ours = ours_of(w);
	if (has(w->hints->silent, FIELD_RETURNED_AT) && w->now.finished != DAY_UNSET && ours->returned != DAY_UNSET)
		take_field(&w->now, ours, FIELD_RETURNED_AT);
	else if (has(w->hints->silent, FIELD_FINISHED_AT) && w->now.returned != DAY_UNSET &&
		 ours->finished != DAY_UNSET)
		take_field(&w->now, ours, FIELD_FINISHED_AT);
	return CAUSE_END_FIELD;
}

static bool is_closed_otherwise(uint8_t status)
{
	return status == DOSSIER_REFUSED || status == DOSSIER_STOPPED || status == DOSSIER_DONE ||
	       status == DOSSIER_RETURNED;
}

static bool is_waiting(uint8_t status)
{
	return status == DOSSIER_NEED_DOCS || status == DOSSIER_NEED_PAYMENT || status == DOSSIER_STOPPED;
}

static enum difference_cause status_cause(const struct walk *w, uint8_t theirs, uint8_t ours)
{
	bool unstated = has(w->hints->silent, FIELD_STATUS);
	if (theirs == DOSSIER_WITHDRAWN && is_closed_otherwise(ours))
		return CAUSE_WITHDRAWN;
	if (ours == DOSSIER_WITHDRAWN && (unstated || is_closed_otherwise(theirs)))
		return CAUSE_WITHDRAWN;
	return unstated && is_waiting(ours) ? CAUSE_PAUSED : CAUSE_STATUS;
}

/* A later status brings its end date with it. */
static enum difference_cause step_status(struct walk *w)
{
	const struct dossier_facts *ours = ours_of(w);
	uint8_t theirs = w->now.status;
	if (theirs == ours->status)
		return CAUSE_STATUS;
	take_fields(&w->now, ours, BIT(FIELD_STATUS) | BIT(FIELD_STATUS_AT));
	if ((w->now.finished == DAY_UNSET) != (ours->finished == DAY_UNSET))
		take_field(&w->now, ours, FIELD_FINISHED_AT);
	if ((w->now.returned == DAY_UNSET) != (ours->returned == DAY_UNSET))
		take_field(&w->now, ours, FIELD_RETURNED_AT);
	return status_cause(w, theirs, ours->status);
}

/* How two instants of one fact differ that are not the same. */
static enum difference_cause instants_cause(int64_t theirs, int64_t ours, enum difference_cause otherwise)
{
	bool stated = theirs != TIME_UNSET && ours != TIME_UNSET;
	bool hours = stated && (date_of(theirs) == date_of(ours) || is_zone_apart(theirs, ours));
	return hours ? CAUSE_TIMES : otherwise;
}

static enum difference_cause step_finished(struct walk *w)
{
	const struct dossier_facts *ours = ours_of(w);
	int64_t theirs = w->now.finished_at;
	bool other_field = w->now.finished != DAY_UNSET && w->now.finished != ours->finished &&
			   w->now.finished == ours->returned;
	take_field(&w->now, ours, FIELD_FINISHED_AT);
	return other_field ? CAUSE_END_FIELD : instants_cause(theirs, ours->finished_at, CAUSE_END_DATE);
}

static enum difference_cause step_returned(struct walk *w)
{
	const struct dossier_facts *ours = ours_of(w);
	int64_t theirs = w->now.returned_at;
	bool other_field = w->now.returned != DAY_UNSET && w->now.returned != ours->returned &&
			   w->now.returned == ours->finished;
	take_field(&w->now, ours, FIELD_RETURNED_AT);
	return other_field ? CAUSE_END_FIELD : instants_cause(theirs, ours->returned_at, CAUSE_END_DATE);
}

static enum difference_cause step_status_date(struct walk *w)
{
	int64_t theirs = w->now.status_at;
	take_field(&w->now, ours_of(w), FIELD_STATUS_AT);
	return instants_cause(theirs, ours_of(w)->status_at, CAUSE_END_DATE);
}

static enum difference_cause step_due(struct walk *w)
{
	int64_t theirs = w->now.due_at;
	take_field(&w->now, ours_of(w), FIELD_DUE_AT);
	return instants_cause(theirs, ours_of(w)->due_at, CAUSE_DUE);
}

/* The status on the day asked for against the one of today. */
static enum difference_cause step_history(struct walk *w)
{
	take_field(&w->now, ours_of(w), FIELD_STATUS);
	return CAUSE_PAUSED;
}

static enum difference_cause step_channel(struct walk *w)
{
	take_field(&w->now, ours_of(w), FIELD_CHANNEL);
	return CAUSE_CHANNEL;
}

static enum difference_cause step_details(struct walk *w)
{
	take_fields(&w->now, ours_of(w), DETAILS);
	return CAUSE_DETAILS;
}

static enum difference_cause step_rule_end(struct walk *w)
{
	w->rule.end = w->our_rule->end;
	return CAUSE_END_FIELD;
}

static enum difference_cause step_rule_times(struct walk *w)
{
	w->rule.compare_times = w->our_rule->compare_times;
	return CAUSE_TIMES;
}

static enum difference_cause step_rule_withdrawn(struct walk *w)
{
	w->rule.withdrawn_compared = w->our_rule->withdrawn_compared;
	return CAUSE_WITHDRAWN;
}

static enum difference_cause step_rule_stopped(struct walk *w)
{
	w->rule.stopped_ends = w->our_rule->stopped_ends;
	return CAUSE_STOPPED;
}

static enum difference_cause step_rule_paused(struct walk *w)
{
	w->rule.paused_late = w->our_rule->paused_late;
	return CAUSE_PAUSED;
}

static enum difference_cause step_rule_refused(struct walk *w)
{
	w->rule.refused_counts = w->our_rule->refused_counts;
	return CAUSE_REFUSED;
}

static enum difference_cause step_rule_waiting(struct walk *w)
{
	w->rule.waiting_subtracted = w->our_rule->waiting_subtracted;
	return CAUSE_WAITING_TIME;
}

static enum difference_cause step_rule_supplements(struct walk *w)
{
	w->rule.supplements_max = w->our_rule->supplements_max;
	return CAUSE_SUPPLEMENTS;
}

/* Whatever no step before has thought of: nothing, as long as facts and rules are as above. */
static enum difference_cause step_rest(struct walk *w)
{
	w->now = *ours_of(w);
	w->rule = *w->our_rule;
	return CAUSE_UNEXPLAINED;
}

static enum difference_cause (*const STEPS[])(struct walk *w) = {
	step_unread,      step_received,     step_end_field,    step_status,           step_finished,
	step_returned,    step_status_date,  step_due,          step_history,          step_channel,
	step_details,     step_rule_end,     step_rule_times,   step_rule_withdrawn,   step_rule_stopped,
	step_rule_paused, step_rule_refused, step_rule_waiting, step_rule_supplements, step_rest,
};

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

static void find_causes(struct difference *d, struct walk *w, const struct count_query *their_query)
{
	struct count_query query = *their_query;
	int64_t before[DIFFERENCE_CELLS];
	query.rule = &w->rule;
	count(&query, &w->now, before);
	for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
		int64_t after[DIFFERENCE_CELLS];
		enum difference_cause cause = STEPS[i](w);
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
	struct walk w = {.now = *theirs->facts,
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
