#include "hub/periods.h"

#include <stdlib.h>
#include <string.h>

#include "hub/closing_count.h"
#include "hub/totals.h"

struct summing {
	struct period_state *state;
	enum status (*each)(void *context, const struct correction *correction);
	void *context;
	/* the last dossier told of, and for which causes and units: it counts once for each */
	struct bytes code;
	enum correction_cause cause;
	int unit;
};

void period_state_clear(struct period_state *state)
{
	closing_clear(&state->closing);
	as_known_clear(&state->then);
	unit_map_free(&state->map);
	free(state->units);
	*state = (struct period_state){0};
}

static bool is_asked(const struct period_state *state, struct slice code, int *ret_unit)
{
	int line = unit_map_find(&state->map, code, state->map.day);
	*ret_unit = line;
	return line != UNIT_NONE && unit_map_covers(&state->map, state->unit, line);
}

static void sum_rows(const struct period_state *state, const struct closing *closing, struct closing_row *sum)
{
	int line = UNIT_NONE;
	for (size_t i = 0; i < closing->n_rows; i++)
		if (is_asked(state, closing->rows[i].unit, &line))
			corrections_add(sum, &closing->rows[i], 1);
}

static void add(struct correction_sum *sum, const struct correction *c, bool first)
{
	sum->dossiers += first ? 1 : 0;
	corrections_add(&sum->change, &c->change, 1);
}

/* Parts of one dossier for one cause follow each other. */
static enum status sum_correction(void *context, const struct correction *c)
{
	struct summing *sums = context;
	struct period_state *state = sums->state;
	int unit = UNIT_NONE;
	if (!is_asked(state, c->change.unit, &unit))
		return STATUS_OK;
	bool same = c->cause == sums->cause && slice_equal(c->code, bytes_slice(&sums->code));
	add(&state->causes[c->cause], c, !same);
	add(&state->units[(size_t)unit * CORRECTION_CAUSES + c->cause], c, !same || unit != sums->unit);
	bytes_clear(&sums->code);
	bytes_put(&sums->code, c->code.data, c->code.len);
	sums->cause = c->cause;
	sums->unit = unit;
	enum status s = bytes_status(&sums->code);
	return s == STATUS_OK && sums->each != NULL ? sums->each(sums->context, c) : s;
}

static enum status read_rule(const struct periods_query *query, struct period_state *state)
{
	struct rule_fault fault;
	enum status s = totals_rule(state->closing.rule.name, query->data, &state->rule, &fault);
	state->rule_gone = s == STATUS_EMPTY || s == STATUS_SETTINGS;
	if (!state->rule_gone)
		return s;
	state->rule = state->closing.rule;
	return STATUS_OK;
}

static enum status choose_unit(const struct hub *hub, const struct periods_query *query, struct period_state *state)
{
	int named = UNIT_NONE;
	enum status s = unit_map_new(hub->registry, state->closing.period.to, &state->map);
	if (s != STATUS_OK)
		return s;
	state->unit = query->unit == NULL ? state->map.top : unit_map_parse(&state->map, query->unit, &named);
	return state->unit == UNIT_NONE ? STATUS_USAGE : STATUS_OK;
}

static enum status count_now(struct hub *hub, struct period_state *state)
{
	struct closing now = {.period = state->closing.period, .rule = state->rule, .today = state->closing.today};
	enum status s = closing_count(hub->db, hub->registry, &now);
	if (s == STATUS_OK)
		sum_rows(state, &now, &state->now);
	closing_clear(&now);
	return s;
}

enum status period_state_correct(struct hub *hub, struct period_state *state,
				 enum status (*each)(void *context, const struct correction *correction),
				 void *context)
{
	struct summing sums = {.state = state,
			       .each = each,
			       .context = context,
			       .code = bytes_new(LIMIT_KEY + 2 * DEVICE_ID_LEN + 1),
			       .cause = CORRECTION_CAUSES,
			       .unit = UNIT_NONE};
	struct corrections_query walk = {.closing = &state->closing,
					 .then = &state->then,
					 .db = hub->db,
					 .registry = hub->registry,
					 .rule = &state->rule};
	state->n_units = (size_t)registry_unit_count(hub->registry);
	state->units = calloc(state->n_units * CORRECTION_CAUSES + 1, sizeof(*state->units));
	if (state->units == NULL)
		return STATUS_NO_MEMORY;
	enum status s = corrections_walk(&walk, sum_correction, &sums);
	bytes_free(&sums.code);
	state->unexplained = state->reported;
	for (int i = 0; i < CORRECTION_CAUSES; i++)
		corrections_add(&state->unexplained, &state->causes[i].change, 1);
	corrections_add(&state->unexplained, &state->now, -1);
	return s;
}

/* By another rule every dossier may count otherwise. */
static bool same_rule(const struct count_rule *a, const struct count_rule *b)
{
	return a->end == b->end && a->compare_times == b->compare_times &&
	       a->withdrawn_compared == b->withdrawn_compared && a->stopped_ends == b->stopped_ends &&
	       a->paused_late == b->paused_late && a->refused_counts == b->refused_counts &&
	       a->waiting_subtracted == b->waiting_subtracted && a->supplements_max == b->supplements_max;
}

static enum status fold_then(struct hub *hub, struct period_state *state)
{
	return same_rule(&state->rule, &state->closing.rule)
		       ? as_known_changed(hub, &state->closing, &state->then, &state->missing)
		       : as_known_closing(hub, &state->closing, &state->then, &state->missing);
}

enum status period_state_read(struct hub *hub, const struct closing_ref *ref, const struct periods_query *query,
			      struct period_state *ret_state)
{
	struct period_state state = {0};
	enum status s = closing_load(hub->db, ref, &state.closing);
	if (s == STATUS_OK)
		s = read_rule(query, &state);
	if (s == STATUS_OK)
		s = fold_then(hub, &state);
	if (s == STATUS_OK)
		s = registry_reload(hub->registry, hub->db);
	if (s == STATUS_OK)
		s = choose_unit(hub, query, &state);
	if (s == STATUS_OK)
		sum_rows(&state, &state.closing, &state.reported);
	if (s == STATUS_OK)
		s = count_now(hub, &state);
	if (s == STATUS_OK)
		*ret_state = state;
	else
		period_state_clear(&state);
	return s;
}
