#include "protocol/count.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

const struct count_rule COUNT_FORM06 = {
	.name = "form06",
	.version = 1,
	.source = "II.06a/VPCP/KSTT, TT 01/2020/TT-VPCP",
};

bool count_rule_same(const struct count_rule *a, const struct count_rule *b)
{
	return a->end == b->end && a->compare_times == b->compare_times &&
	       a->withdrawn_compared == b->withdrawn_compared && a->stopped_ends == b->stopped_ends &&
	       a->paused_late == b->paused_late && a->refused_counts == b->refused_counts &&
	       a->waiting_subtracted == b->waiting_subtracted && a->supplements_max == b->supplements_max;
}

static bool is_received_status(uint8_t status, const struct count_rule *rule)
{
	return status != DOSSIER_SUBMITTED && (status != DOSSIER_REFUSED || rule->refused_counts);
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
	switch (rule->end) {
	case RULE_END_RETURNED_FINISHED:
		return first_day(f->returned, f->finished, DAY_UNSET);
	case RULE_END_FINISHED_RETURNED:
		return first_day(f->finished, f->returned, DAY_UNSET);
	case RULE_END_FINISHED:
		return f->finished;
	}
	return DAY_UNSET;
}

static bool is_waiting(uint8_t status)
{
	return status == DOSSIER_NEED_DOCS || status == DOSSIER_NEED_PAYMENT;
}

static bool is_reopened(const struct dossier_facts *f, const struct count_rule *rule)
{
	int32_t end = stated_end(f, rule);
	bool open = is_open_status(f->status) && !(rule->stopped_ends && f->status == DOSSIER_STOPPED);
	return open && end != DAY_UNSET && f->status_day != DAY_UNSET && f->status_day > end;
}

static int32_t refusal_day(const struct dossier_facts *f)
{
	return first_day(f->status_day, f->received, f->submitted);
}

int32_t dossier_end(const struct dossier_facts *f, const struct count_rule *rule)
{
	if (f->status == DOSSIER_WITHDRAWN)
		return first_day(f->finished, f->returned, f->status_day);
	if (f->status == DOSSIER_REFUSED && rule->refused_counts)
		return refusal_day(f);
	if (rule->stopped_ends && f->status == DOSSIER_STOPPED)
		return first_day(stated_end(f, rule), f->status_day, DAY_UNSET);
	if (is_pausing(f->status) || is_reopened(f, rule))
		return DAY_UNSET;
	return stated_end(f, rule);
}

/* The instant behind dossier_end(): the first stated one on that day, else the day's last moment. */
static int64_t end_instant(const struct dossier_facts *f, const struct count_rule *rule, int32_t end)
{
	bool withdrawn = f->status == DOSSIER_WITHDRAWN;
	bool refused = f->status == DOSSIER_REFUSED;
	bool returned_first = rule->end == RULE_END_RETURNED_FINISHED && !withdrawn;
	int64_t finished_at = refused ? TIME_UNSET : f->finished_at;
	int64_t returned_at =
		refused || (rule->end == RULE_END_FINISHED && !withdrawn) ? TIME_UNSET : f->returned_at;
	const int64_t stated[] = {
		returned_first ? returned_at : finished_at,
		returned_first ? finished_at : returned_at,
		f->status_at,
	};
	for (size_t i = 0; i < sizeof(stated) / sizeof(stated[0]); i++)
		if (stated[i] != TIME_UNSET && date_of(stated[i]) == end)
			return stated[i];
	return date_start(end) + DAY_MS - 1;
}

int32_t dossier_waited(const struct dossier_facts *f, int32_t to)
{
	int32_t days = 0;
	for (size_t i = 0; i < f->n_history && f->history[i].day < to; i++) {
		int32_t until = i + 1 < f->n_history && f->history[i + 1].day < to ? f->history[i + 1].day : to;
		days += is_waiting(f->history[i].status) ? until - f->history[i].day : 0;
	}
	return days;
}

int64_t dossier_supplements(const struct dossier_facts *f)
{
	int64_t asked = 0;
	for (size_t i = 0; i < f->n_history; i++)
		if (f->history[i].status == DOSSIER_NEED_DOCS &&
		    (i == 0 || f->history[i - 1].status != DOSSIER_NEED_DOCS))
			asked++;
	return asked;
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
	unsigned why = f->status_ahead ? INCOMPLETE_STATUS_AHEAD : 0;
	if (!is_received_status(f->status, rule))
		return why;
	int32_t end = dossier_end(f, rule);
	if (f->received == DAY_UNSET && f->status != 0 && f->status != DOSSIER_REFUSED)
		why |= INCOMPLETE_NO_RECEIPT;
	if (f->received != DAY_UNSET && end != DAY_UNSET && end < f->received)
		why |= INCOMPLETE_END_FIRST;
	bool ended = f->status == DOSSIER_DONE || f->status == DOSSIER_RETURNED;
	if (ended && f->returned == DAY_UNSET && f->finished == DAY_UNSET)
		why |= INCOMPLETE_NO_END;
	if (f->status == DOSSIER_WITHDRAWN && end == DAY_UNSET)
		why |= INCOMPLETE_WITHDRAWN;
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
	c->reused_received += f->reused ? 1 : 0;
	c->input_stated += f->input_stated ? 1 : 0;
	c->reused_stated += f->reused_stated ? 1 : 0;
	c->paid_stated += f->fee_due && f->paid != 0 ? 1 : 0;
	c->fee_received += f->fee_due ? 1 : 0;
	c->rate_paid_online += f->fee_due && f->paid == PAID_ONLINE ? 1 : 0;
}

enum timeliness { EARLY, ON_TIME, LATE, NO_DUE };

static enum timeliness judge_end(const struct count_rule *rule, const struct dossier_facts *f, int32_t end)
{
	if (f->status == DOSSIER_WITHDRAWN && !rule->withdrawn_compared)
		return ON_TIME;
	if (rule->supplements_max > 0 && dossier_supplements(f) > rule->supplements_max)
		return LATE;
	if (f->due == DAY_UNSET)
		return NO_DUE;
	int32_t moved = rule->waiting_subtracted ? dossier_waited(f, end) : 0;
	if (!rule->compare_times || f->due_at == TIME_UNSET)
		return end < f->due + moved ? EARLY : end == f->due + moved ? ON_TIME : LATE;
	int64_t at = end_instant(f, rule, end);
	int64_t due_at = f->due_at + moved * DAY_MS;
	return at < due_at ? EARLY : at == due_at ? ON_TIME : LATE;
}

static void count_done(const struct count_rule *rule, const struct dossier_facts *f, int32_t end, struct cells *c)
{
	c->done++;
	c->withdrawn += f->status == DOSSIER_WITHDRAWN ? 1 : 0;
	switch (judge_end(rule, f, end)) {
	case EARLY:
		c->done_early++;
		break;
	case ON_TIME:
		c->done_on_time++;
		break;
	case LATE:
		c->done_late++;
		break;
	case NO_DUE:
		c->done_no_due++;
		break;
	}
	c->rate_result_digitised += f->result_digitised ? 1 : 0;
	c->rated_done += f->rating != 0 ? 1 : 0;
	c->rate_satisfied += f->rating >= 4 ? 1 : 0;
	c->dissatisfied_done += f->rating == 1 || f->rating == 2 ? 1 : 0;
	c->digitised_done += f->input_digitised && f->result_digitised ? 1 : 0;
	c->result_stated += f->result_stated ? 1 : 0;
	c->digitised_stated += f->input_stated && f->result_stated ? 1 : 0;
}

static void count_open(const struct count_rule *rule, const struct dossier_facts *f, int32_t as_of, struct cells *c)
{
	bool paused = is_pausing(dossier_status_on(f, as_of));
	int32_t moved = rule->waiting_subtracted ? dossier_waited(f, as_of) : 0;
	bool overdue = f->due != DAY_UNSET && f->due + moved < as_of;
	bool late = overdue && (!paused || rule->paused_late);
	c->open++;
	c->open_late += late ? 1 : 0;
	c->open_in_time += late ? 0 : 1;
	c->open_paused += paused && !late ? 1 : 0;
}

void count_dossier(const struct count_query *q, const struct dossier_facts *f, struct cells *c)
{
	if (f->taken_back)
		return;
	int32_t from = q->period.from;
	if (f->status == DOSSIER_REFUSED) {
		int32_t refused = refusal_day(f);
		c->refused += refused != DAY_UNSET && refused >= from && refused <= q->as_of ? 1 : 0;
	}
	bool incomplete = dossier_incomplete(f, q->rule) != 0;
	if (!is_received_status(f->status, q->rule)) {
		c->incomplete += incomplete ? 1 : 0;
		return;
	}
	int32_t end = dossier_end(f, q->rule);
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
		count_done(q->rule, f, end, c);
	else if (end != DAY_UNSET ? end > q->as_of : !is_closing(f->status))
		count_open(q->rule, f, q->as_of, c);
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

/* "1.001612": one digit, a point, six digits. */
enum { NATIONAL_LEN = 8, NATIONAL_POINT = 1 };

struct slice count_national_code(struct slice procedure)
{
	if (procedure.len <= NATIONAL_LEN || procedure.data[NATIONAL_LEN] != '.')
		return procedure;
	for (size_t i = 0; i < NATIONAL_LEN; i++) {
		bool digit = procedure.data[i] >= '0' && procedure.data[i] <= '9';
		if (i == NATIONAL_POINT ? procedure.data[i] != '.' : !digit)
			return procedure;
	}
	return slice_of(procedure.data, NATIONAL_LEN);
}
