#include "hub/periods.h"

#include <string.h>

#include "config/messages.h"

/* A calendar period as it is written: its length, and the mark of its part at position 5. */
struct named_form {
	const char *option;
	size_t len;
	char mark; /* '\0': a digit or nothing */
	const char *problem;
};

static const struct named_form FORMS[PERIOD_OPTION_COUNT] = {
	[PERIOD_MONTH] = {"month", 7, '\0', N_("--month takes a month as YYYY-MM.")},
	[PERIOD_QUARTER] = {"quarter", 7, 'Q', N_("--quarter takes a quarter as YYYY-Q1 to YYYY-Q4.")},
	[PERIOD_HALF] = {"half", 7, 'H', N_("--half takes half a year as YYYY-H1 or YYYY-H2.")},
	[PERIOD_YEAR] = {"year", 4, '\0', N_("--year takes a year as YYYY.")},
};

struct period_request period_request_of(const struct invocation *inv)
{
	struct period_request request = {.from = option_value(inv, "from"), .to = option_value(inv, "to")};
	for (int i = 0; i < PERIOD_OPTION_COUNT; i++)
		request.named[i] = option_value(inv, FORMS[i].option);
	return request;
}

static bool has_form(const struct named_form *form, const char *text)
{
	if (strlen(text) != form->len)
		return false;
	bool lettered = form->len > 5 && (text[5] == 'Q' || text[5] == 'H');
	return form->mark == '\0' ? !lettered : text[5] == form->mark;
}

static int32_t first_of_year(int32_t day)
{
	int year = 0;
	int month = 0;
	int of_month = 0;
	date_split(day, &year, &month, &of_month);
	return date_from(year, 1, 1);
}

static enum status choose_span(const struct period_request *request, int32_t today, struct period *ret_period,
			       const char **ret_problem)
{
	struct period p = {.to = today};
	if (request->to != NULL && date_parse(request->to, strlen(request->to), &p.to) != STATUS_OK) {
		*ret_problem = _("--to takes a day as YYYY-MM-DD.");
		return STATUS_USAGE;
	}
	p.from = first_of_year(p.to);
	if (request->from != NULL && date_parse(request->from, strlen(request->from), &p.from) != STATUS_OK) {
		*ret_problem = _("--from takes a day as YYYY-MM-DD.");
		return STATUS_USAGE;
	}
	if (p.to < p.from) {
		*ret_problem = _("The period ends before it begins.");
		return STATUS_USAGE;
	}
	*ret_period = p;
	return STATUS_OK;
}

enum status period_choose(const struct period_request *request, int32_t today, struct period *ret_period,
			  const char **ret_problem)
{
	int chosen = PERIOD_OPTION_COUNT;
	int ways = request->from != NULL || request->to != NULL;
	for (int i = 0; i < PERIOD_OPTION_COUNT; i++) {
		if (request->named[i] == NULL)
			continue;
		chosen = i;
		ways++;
	}
	if (ways > 1) {
		*ret_problem =
			_("A report has one period: give --from and --to, or one of --month, --quarter, --half, "
			  "--year.");
		return STATUS_USAGE;
	}
	if (chosen == PERIOD_OPTION_COUNT)
		return choose_span(request, today, ret_period, ret_problem);
	const char *text = request->named[chosen];
	if (has_form(&FORMS[chosen], text) && period_parse(text, strlen(text), ret_period) == STATUS_OK)
		return STATUS_OK;
	*ret_problem = _(FORMS[chosen].problem);
	return STATUS_USAGE;
}
