#include "protocol/difference_steps.h"

#include "protocol/conflict.h"

/* What lies between UTC and the dates of Vietnam. */
#define ZONE_MS (INT64_C(7) * 3600 * 1000)

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

void difference_take(struct dossier_facts *to, const struct dossier_facts *from, uint64_t fields)
{
	for (enum field field = 0; field < FIELD_COUNT; field++)
		if (has(fields, field))
			take_field(to, from, field);
}

static const struct dossier_facts *ours_of(const struct difference_walk *w)
{
	return w->ours->facts;
}

static enum difference_cause step_unread(struct difference_walk *w)
{
	difference_take(&w->now, ours_of(w), w->hints->unread);
	return CAUSE_UNREADABLE;
}

/* The same moment, which one of the two wrote as UTC and the other as local time. */
static bool is_zone_apart(int64_t a, int64_t b)
{
	return a != TIME_UNSET && b != TIME_UNSET && (a - b == ZONE_MS || b - a == ZONE_MS);
}

static enum difference_cause step_received(struct difference_walk *w)
{
	bool moved = w->now.received != ours_of(w)->received;
	difference_take(&w->now, ours_of(w),
			DIFFERENCE_BIT(FIELD_RECEIVED_AT) | DIFFERENCE_BIT(FIELD_SUBMITTED_AT));
	if (moved && (w->hints->conflicts & CONFLICT_RECEIVED) != 0)
		return CAUSE_CONFLICT;
	return moved && is_zone_apart(w->theirs->received_at, w->ours->received_at) ? CAUSE_TIMES : CAUSE_RECEIVED;
}

/* Their list has but one of the two end dates. */
static enum difference_cause step_end_field(struct difference_walk *w)
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

static enum difference_cause status_cause(const struct difference_walk *w, uint8_t theirs, uint8_t ours)
{
	bool unstated = has(w->hints->silent, FIELD_STATUS);
	if (theirs == DOSSIER_WITHDRAWN && is_closed_otherwise(ours))
		return CAUSE_WITHDRAWN;
	if (ours == DOSSIER_WITHDRAWN && (unstated || is_closed_otherwise(theirs)))
		return CAUSE_WITHDRAWN;
	return unstated && is_waiting(ours) ? CAUSE_PAUSED : CAUSE_STATUS;
}

/* A later status brings its end date with it. */
static enum difference_cause step_status(struct difference_walk *w)
{
	const struct dossier_facts *ours = ours_of(w);
	uint8_t theirs = w->now.status;
	if (theirs == ours->status)
		return CAUSE_STATUS;
	difference_take(&w->now, ours, DIFFERENCE_BIT(FIELD_STATUS) | DIFFERENCE_BIT(FIELD_STATUS_AT));
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

static enum difference_cause step_finished(struct difference_walk *w)
{
	const struct dossier_facts *ours = ours_of(w);
	int64_t theirs = w->now.finished_at;
	bool other_field = w->now.finished != DAY_UNSET && w->now.finished != ours->finished &&
			   w->now.finished == ours->returned;
	take_field(&w->now, ours, FIELD_FINISHED_AT);
	return other_field ? CAUSE_END_FIELD : instants_cause(theirs, ours->finished_at, CAUSE_END_DATE);
}

static enum difference_cause step_returned(struct difference_walk *w)
{
	const struct dossier_facts *ours = ours_of(w);
	int64_t theirs = w->now.returned_at;
	bool other_field = w->now.returned != DAY_UNSET && w->now.returned != ours->returned &&
			   w->now.returned == ours->finished;
	take_field(&w->now, ours, FIELD_RETURNED_AT);
	return other_field ? CAUSE_END_FIELD : instants_cause(theirs, ours->returned_at, CAUSE_END_DATE);
}

static enum difference_cause step_status_date(struct difference_walk *w)
{
	int64_t theirs = w->now.status_at;
	take_field(&w->now, ours_of(w), FIELD_STATUS_AT);
	return instants_cause(theirs, ours_of(w)->status_at, CAUSE_END_DATE);
}

static enum difference_cause step_due(struct difference_walk *w)
{
	int64_t theirs = w->now.due_at;
	take_field(&w->now, ours_of(w), FIELD_DUE_AT);
	return instants_cause(theirs, ours_of(w)->due_at, CAUSE_DUE);
}

/* The status on the day asked for against the one of today. */
static enum difference_cause step_history(struct difference_walk *w)
{
	take_field(&w->now, ours_of(w), FIELD_STATUS);
	return CAUSE_PAUSED;
}

static enum difference_cause step_channel(struct difference_walk *w)
{
	take_field(&w->now, ours_of(w), FIELD_CHANNEL);
	return CAUSE_CHANNEL;
}

static enum difference_cause step_details(struct difference_walk *w)
{
	difference_take(&w->now, ours_of(w), DIFFERENCE_DETAILS);
	return CAUSE_DETAILS;
}

static enum difference_cause step_rule_end(struct difference_walk *w)
{
	w->rule.end = w->our_rule->end;
	return CAUSE_END_FIELD;
}

static enum difference_cause step_rule_times(struct difference_walk *w)
{
	w->rule.compare_times = w->our_rule->compare_times;
	return CAUSE_TIMES;
}

static enum difference_cause step_rule_withdrawn(struct difference_walk *w)
{
	w->rule.withdrawn_compared = w->our_rule->withdrawn_compared;
	return CAUSE_WITHDRAWN;
}

static enum difference_cause step_rule_stopped(struct difference_walk *w)
{
	w->rule.stopped_ends = w->our_rule->stopped_ends;
	return CAUSE_STOPPED;
}

static enum difference_cause step_rule_paused(struct difference_walk *w)
{
	w->rule.paused_late = w->our_rule->paused_late;
	return CAUSE_PAUSED;
}

static enum difference_cause step_rule_refused(struct difference_walk *w)
{
	w->rule.refused_counts = w->our_rule->refused_counts;
	return CAUSE_REFUSED;
}

static enum difference_cause step_rule_waiting(struct difference_walk *w)
{
	w->rule.waiting_subtracted = w->our_rule->waiting_subtracted;
	return CAUSE_WAITING_TIME;
}

static enum difference_cause step_rule_supplements(struct difference_walk *w)
{
	w->rule.supplements_max = w->our_rule->supplements_max;
	return CAUSE_SUPPLEMENTS;
}

/* Whatever no step before has thought of: nothing, as long as facts and rules are as above. */
static enum difference_cause step_rest(struct difference_walk *w)
{
	w->now = *ours_of(w);
	w->rule = *w->our_rule;
	return CAUSE_UNEXPLAINED;
}

enum difference_cause (*const DIFFERENCE_STEPS[DIFFERENCE_STEP_COUNT])(struct difference_walk *w) = {
	step_unread,      step_received,     step_end_field,    step_status,           step_finished,
	step_returned,    step_status_date,  step_due,          step_history,          step_channel,
	step_details,     step_rule_end,     step_rule_times,   step_rule_withdrawn,   step_rule_stopped,
	step_rule_paused, step_rule_refused, step_rule_waiting, step_rule_supplements, step_rest,
};
