#include "config/periods.h"

#include <string.h>

#include "config/messages.h"

/* A period as it is written: its length, and the mark of its part at position 5. */
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
	[PERIOD_REPORT_MONTH] = {"report-month", 7, '\0', N_("--report-month takes a month as YYYY-MM.")},
	[PERIOD_REPORT_QUARTER] = {"report-quarter", 7, 'Q',
				   N_("--report-quarter takes a quarter as YYYY-Q1 to YYYY-Q4.")},
	[PERIOD_REPORT_HALF] = {"report-half", 7, 'H',
				N_("--report-half takes half a year as YYYY-H1 or YYYY-H2.")},
	[PERIOD_REPORT_NINE_MONTHS] = {"report-nine-months", 4, '\0',
				       N_("--report-nine-months takes a year as YYYY.")},
	[PERIOD_REPORT_YEAR] = {"report-year", 4, '\0', N_("--report-year takes a year as YYYY.")},
};

struct period_request period_request_of(const struct invocation *inv)
{
	struct period_request request = {.from = option_value(inv, "from"), .to = option_value(inv, "to")};
	for (int i = 0; i < PERIOD_OPTION_COUNT; i++)
		request.named[i] = option_value(inv, FORMS[i].option);
	return request;
}

enum { REPORT_FIRST_DAY = 15, REPORT_LAST_DAY = 14 };

static bool has_form(const struct named_form *form, const char *text)
{
	if (strlen(text) != form->len)
		return false;
	bool lettered = form->len > 5 && (text[5] == 'Q' || text[5] == 'H');
	return form->mark == '\0' ? !lettered : text[5] == form->mark;
}

/* From the 15th of the month before a calendar period to the 14th of its last month. */
static struct period to_reporting(struct period calendar)
{
	int year = 0;
	int month = 0;
	int of_month = 0;
	struct period p;
	date_split(calendar.from - 1, &year, &month, &of_month);
	p.from = date_from(year, month, REPORT_FIRST_DAY);
	date_split(calendar.to, &year, &month, &of_month);
	p.to = date_from(year, month, REPORT_LAST_DAY);
	return p;
}

static int32_t first_of_year(int32_t day)
{
	int year = 0;
	int month = 0;
	int of_month = 0;
	date_split(day, &year, &month, &of_month);
	return date_from(year, 1, 1);
}

static enum status choose_named(const char *text, enum period_option option, struct period *ret_period)
{
	const struct named_form *form = &FORMS[option];
	struct period p;
	if (!has_form(form, text) || period_parse(text, strlen(text), &p) != STATUS_OK)
		return STATUS_USAGE;
	if (option == PERIOD_REPORT_NINE_MONTHS) {
		int year = 0;
		int month = 0;
		int of_month = 0;
		date_split(p.from, &year, &month, &of_month);
		p.to = date_from(year, 9, 30);
	}
	*ret_period = option >= PERIOD_REPORT_MONTH ? to_reporting(p) : p;
	return STATUS_OK;
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
		*ret_problem = _("A report has one period: give --from and --to, or one of --month, --quarter, "
				 "--half, --year "
				 "and those that begin with --report.");
		return STATUS_USAGE;
	}
	if (chosen == PERIOD_OPTION_COUNT)
		return choose_span(request, today, ret_period, ret_problem);
	if (choose_named(request->named[chosen], (enum period_option)chosen, ret_period) == STATUS_OK)
		return STATUS_OK;
	*ret_problem = _(FORMS[chosen].problem);
	return STATUS_USAGE;
}
