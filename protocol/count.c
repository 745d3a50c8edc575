#include "protocol/count.h"

const struct count_rule COUNT_FORM06 = {.name = "form06", .version = 1};

static bool is_received_status(uint8_t status)
{
	return status != DOSSIER_SUBMITTED && status != DOSSIER_REFUSED;
}

static bool is_pausing(uint8_t status)
{
	return status == DOSSIER_NEED_DOCS || status == DOSSIER_NEED_PAYMENT || status == DOSSIER_STOPPED;
}

static bool is_open_status(uint8_t status)
{
	return is_pausing(status) || status == DOSSIER_ACCEPTED || status == DOSSIER_IN_PROGRESS;
}

static bool is_closing(uint8_t status)
{
	return status == DOSSIER_DONE || status == DOSSIER_RETURNED || status == DOSSIER_WITHDRAWN;
}

static int32_t first_day(int32_t a, int32_t b, int32_t c)
{
	return a != DAY_UNSET ? a : b != DAY_UNSET ? b : c;
}

static int32_t stated_end(const struct dossier_facts *f, const struct count_rule *rule)
{
	return rule->end_is_finished ? f->finished : first_day(f->returned, f->finished, DAY_UNSET);
}

static bool is_reopened(const struct dossier_facts *f, const struct count_rule *rule)
{
	int32_t end = stated_end(f, rule);
	bool open = is_open_status(f->status) && !(rule->stopped_ends && f->status == DOSSIER_STOPPED);
	return open && end != DAY_UNSET && f->status_day != DAY_UNSET && f->status_day > end;
}

int32_t dossier_end(const struct dossier_facts *f, const struct count_rule *rule)
{
	if (f->status == DOSSIER_WITHDRAWN)
		return first_day(f->finished, f->returned, f->status_day);
	if (rule->stopped_ends && f->status == DOSSIER_STOPPED)
		return first_day(stated_end(f, rule), f->status_day, DAY_UNSET);
	if (is_pausing(f->status) || is_reopened(f, rule))
		return DAY_UNSET;
	return stated_end(f, rule);
}

uint8_t dossier_status_on(const struct dossier_facts *f, int32_t day)
{
	uint8_t status = 0;
	for (size_t i = 0; i < f->n_history && f->history[i].day <= day; i++)
		status = f->history[i].status;
	return status;
}

unsigned dossier_incomplete(const struct dossier_facts *f, const struct count_rule *rule)
{
	unsigned why = 0;
	int32_t end = dossier_end(f, rule);
	if (f->received == DAY_UNSET && f->status != 0 && is_received_status(f->status))
		why |= INCOMPLETE_NO_RECEIPT;
	if (f->received != DAY_UNSET && end != DAY_UNSET && end < f->received)
		why |= INCOMPLETE_END_FIRST;
	bool ended = f->status == DOSSIER_DONE || f->status == DOSSIER_RETURNED;
	if (ended && f->returned == DAY_UNSET && f->finished == DAY_UNSET)
		why |= INCOMPLETE_NO_END;
	if (f->status == DOSSIER_WITHDRAWN && end == DAY_UNSET)
		why |= INCOMPLETE_WITHDRAWN;
	if (f->status_ahead)
		why |= INCOMPLETE_STATUS_AHEAD;
	if (is_reopened(f, rule))
		why |= INCOMPLETE_REOPENED;
	return why;
}

static void count_received(const struct dossier_facts *f, struct cells *c)
{
	c->received++;
	switch (f->channel) {
	case CHANNEL_COUNTER:
		c->received_counter++;
		break;
	case CHANNEL_ONLINE:
		c->received_online++;
		break;
	case CHANNEL_POSTAL:
		c->received_postal++;
		break;
	default:
		c->received_unstated++;
	}
	c->rate_input_digitised += f->input_digitised ? 1 : 0;
	c->fee_received += f->fee_due ? 1 : 0;
	c->rate_paid_online += f->fee_due && f->paid == PAID_ONLINE ? 1 : 0;
}

static void count_done(const struct dossier_facts *f, int32_t end, struct cells *c)
{
	c->done++;
	if (f->status == DOSSIER_WITHDRAWN) {
		c->withdrawn++;
		c->done_on_time++;
	} else if (f->due == DAY_UNSET) {
		c->done_no_due++;
	} else {
		c->done_early += end < f->due ? 1 : 0;
		c->done_on_time += end == f->due ? 1 : 0;
		c->done_late += end > f->due ? 1 : 0;
	}
	c->rate_result_digitised += f->result_digitised ? 1 : 0;
	c->rated_done += f->rating != 0 ? 1 : 0;
	c->rate_satisfied += f->rating >= 4 ? 1 : 0;
}

static void count_open(const struct dossier_facts *f, int32_t as_of, struct cells *c)
{
	bool paused = is_pausing(dossier_status_on(f, as_of));
	bool late = f->due != DAY_UNSET && f->due < as_of && !paused;
	c->open++;
	c->open_late += late ? 1 : 0;
	c->open_in_time += late ? 0 : 1;
	c->open_paused += paused ? 1 : 0;
}

void count_dossier(const struct count_query *q, const struct dossier_facts *f, struct cells *c)
{
	if (f->taken_back)
		return;
	int32_t from = q->period.from;
	if (f->status == DOSSIER_REFUSED) {
		int32_t refused = first_day(f->status_day, f->received, f->submitted);
		c->refused += refused != DAY_UNSET && refused >= from && refused <= q->as_of ? 1 : 0;
	}
	if (!is_received_status(f->status))
		return;
	int32_t end = dossier_end(f, q->rule);
	bool incomplete = dossier_incomplete(f, q->rule) != 0;
	if (f->received == DAY_UNSET) {
		c->incomplete += incomplete ? 1 : 0;
		return;
	}
	if (f->received > q->as_of || (f->received < from && end != DAY_UNSET && end < from))
		return;
	c->incomplete += incomplete ? 1 : 0;
	if (f->received < from)
		c->carried_in++;
	else
		count_received(f, c);
	if (end != DAY_UNSET && end >= from && end <= q->as_of)
		count_done(f, end, c);
	else if (end != DAY_UNSET ? end > q->as_of : !is_closing(f->status))
		count_open(f, q->as_of, c);
	/* What remains, a closing status without an end date, shows as the gap. */
}

void cells_add(struct cells *sum, const struct cells *part)
{
	/* Every member is one int64_t. */
	int64_t *to = (int64_t *)(void *)sum;
	const int64_t *from = (const int64_t *)(const void *)part;
	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

int64_t cells_total_in(const struct cells *c)
{
	return c->received + c->carried_in;
}

int64_t cells_gap(const struct cells *c)
{
	return cells_total_in(c) - c->done - c->open;
}
