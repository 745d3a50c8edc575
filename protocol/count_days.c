#include "protocol/count_days.h"

#include <assert.h>

static_assert(sizeof(struct day_cells) == sizeof(struct cells) + sizeof(int64_t), "every member is one int64_t");

bool count_days_rule(const struct count_rule *rule)
{
	return !rule->waiting_subtracted;
}

bool count_days_fits(const struct count_rule *rule, const struct dossier_facts *f)
{
	int32_t end = f->received == DAY_UNSET ? DAY_UNSET : dossier_end(f, rule);
	return end == DAY_UNSET || end >= f->received;
}

/* A report on one day alone. */
static struct cells count_on(const struct count_rule *rule, const struct dossier_facts *f, int32_t day)
{
	const struct count_query query = {.period = {.from = day, .to = day}, .as_of = day, .rule = rule};
	struct cells cells = {0};
	count_dossier(&query, f, &cells);
	return cells;
}

/* Of a report on the day of receipt. */
static struct day_cells received_part(const struct cells *c)
{
	return (struct day_cells){.cells = {.received = c->received,
					    .received_online = c->received_online,
					    .received_counter = c->received_counter,
					    .received_postal = c->received_postal,
					    .received_unstated = c->received_unstated,
					    .incomplete = c->incomplete,
					    .rate_input_digitised = c->rate_input_digitised,
					    .rate_paid_online = c->rate_paid_online,
					    .fee_received = c->fee_received,
					    .reused_received = c->reused_received,
					    .input_stated = c->input_stated,
					    .reused_stated = c->reused_stated,
					    .paid_stated = c->paid_stated}};
}

/* Of a report on the day of the end. */
static struct day_cells done_part(const struct cells *c)
{
	return (struct day_cells){.cells = {.done = c->done,
					    .done_early = c->done_early,
					    .done_on_time = c->done_on_time,
					    .done_late = c->done_late,
					    .done_no_due = c->done_no_due,
					    .withdrawn = c->withdrawn,
					    .rate_result_digitised = c->rate_result_digitised,
					    .rate_satisfied = c->rate_satisfied,
					    .rated_done = c->rated_done,
					    .digitised_done = c->digitised_done,
					    .dissatisfied_done = c->dissatisfied_done,
					    .result_stated = c->result_stated,
					    .digitised_stated = c->digitised_stated},
				  .incomplete_gone = c->incomplete};
}

/* From what is open on one evening to what is on a later one. */
static struct day_cells open_change(const struct cells *was, const struct cells *is)
{
	return (struct day_cells){.cells = {.open = is->open - was->open,
					    .open_in_time = is->open_in_time - was->open_in_time,
					    .open_late = is->open_late - was->open_late,
					    .open_paused = is->open_paused - was->open_paused}};
}

static bool is_nothing(const struct day_cells *c)
{
	const int64_t *member = (const int64_t *)(const void *)c;
	for (size_t i = 0; i < DAY_CELLS; i++)
		if (member[i] != 0)
			return false;
	return true;
}

/* The next day on which it may begin to be late, to wait, or to go on; INT32_MAX: none. */
static int32_t next_turn(const struct dossier_facts *f, int32_t after, size_t *at)
{
	int32_t next = INT32_MAX;
	while (*at < f->n_history && f->history[*at].day <= after)
		(*at)++;
	if (*at < f->n_history)
		next = f->history[*at].day;
	if (f->due != DAY_UNSET && f->due != INT32_MAX && f->due + 1 > after && f->due + 1 < next)
		next = f->due + 1;
	return next;
}

static enum status tell_open(const struct count_rule *rule, const struct dossier_facts *f, int32_t end,
			     count_days_add add, void *context)
{
	struct cells was = {0};
	size_t at = 0;
	int32_t last = end == DAY_UNSET ? INT32_MAX : end;
	enum status s = STATUS_OK;
	for (int32_t day = f->received; s == STATUS_OK && day < INT32_MAX;) {
		const struct cells is = count_on(rule, f, day);
		const struct day_cells change = open_change(&was, &is);
		if (!is_nothing(&change))
			s = add(context, day, &change);
		was = is;
		int32_t next = day == last ? INT32_MAX : next_turn(f, day, &at);
		day = next < last || day == last ? next : last;
	}
	return s;
}

static enum status tell_received(const struct count_rule *rule, const struct dossier_facts *f,
				 const struct cells *on_receipt, count_days_add add, void *context)
{
	const struct day_cells received = received_part(on_receipt);
	int32_t end = dossier_end(f, rule);
	enum status s = add(context, f->received, &received);
	if (s == STATUS_OK && end != DAY_UNSET) {
		const struct cells on_end = count_on(rule, f, end);
		const struct day_cells done = done_part(&on_end);
		s = add(context, end, &done);
	}
	return s == STATUS_OK ? tell_open(rule, f, end, add, context) : s;
}

/* Which of its dates a refusal counts on is the rule's to say. */
static enum status tell_refused(const struct count_rule *rule, const struct dossier_facts *f, count_days_add add,
				void *context)
{
	const int32_t days[] = {f->status_day, f->received, f->submitted};
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		if (days[i] == DAY_UNSET || count_on(rule, f, days[i]).refused == 0)
			continue;
		const struct day_cells refused = {.cells = {.refused = 1}};
		return add(context, days[i], &refused);
	}
	return STATUS_OK;
}

enum status count_days(const struct count_rule *rule, const struct dossier_facts *f, count_days_add add,
		       void *context)
{
	enum status s = tell_refused(rule, f, add, context);
	if (s != STATUS_OK)
		return s;
	const struct cells on_receipt = count_on(rule, f, f->received);
	if (on_receipt.received != 0)
		return tell_received(rule, f, &on_receipt, add, context);
	const struct day_cells always = {.cells = {.incomplete = on_receipt.incomplete}};
	return is_nothing(&always) ? STATUS_OK : add(context, COUNT_ALWAYS, &always);
}

struct cells count_days_cells(const struct day_cells *before, const struct day_cells *within)
{
	struct cells c = within->cells;
	c.carried_in = before->cells.received - before->cells.done;
	c.open += before->cells.open;
	c.open_in_time += before->cells.open_in_time;
	c.open_late += before->cells.open_late;
	c.open_paused += before->cells.open_paused;
	c.incomplete += before->cells.incomplete - before->incomplete_gone;
	return c;
}

void day_cells_add(struct day_cells *sum, const struct day_cells *part)
{
	cells_add(&sum->cells, &part->cells);
	sum->incomplete_gone += part->incomplete_gone;
}
