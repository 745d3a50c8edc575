#include "hub/paper_words.h"

#include "config/messages.h"

enum { NAME = 64, REPORT_FIRST = 15, REPORT_LAST = 14, MONTHS = 12 };

struct paper_words paper_words(void)
{
	return (struct paper_words){
		.language = messages_language(),
		.nation = _("SOCIALIST REPUBLIC OF VIET NAM"),
		.motto = _("Independence - Freedom - Happiness"),
		.code = _("Unit code: "),
		.notes = _("Notes"),
		.of = _("of"),
		.total = _("in all"),
		.greatest = _("most"),
		.dated = _("……, day …… month …… year ……"),
		.signers = {_("Prepared by"), _("Head of the unit")},
		.signing = {_("(signature, full name)"), _("(signature, stamp, full name)")},
		.data = _("Data"),
		.form = _("Report"),
		.page = _("Page &P of &N"),
		.untitled = _("Report"),
	};
}

/* A period as so many whole months up to one: of the calendar, or from a 15th to a 14th. False: it is none. */
static bool whole_months(struct period period, int *ret_months, int *ret_year, int *ret_month)
{
	int year = 0;
	int month = 0;
	int day = 0;
	int from_year = 0;
	int from_month = 0;
	int from_day = 0;
	date_split(period.to, &year, &month, &day);
	date_split(period.from, &from_year, &from_month, &from_day);
	int months = (year - from_year) * MONTHS + month - from_month;
	bool calendar = from_day == 1 && period.to == date_month_end(period.to);
	bool reports = from_day == REPORT_FIRST && day == REPORT_LAST;
	*ret_months = calendar ? months + 1 : months;
	*ret_year = year;
	*ret_month = month;
	return calendar || reports;
}

/* The name of a period; false if it has none. */
static bool name_period(struct period period, char name[static NAME])
{
	static const char *const quarters[] = {"I", "II", "III", "IV"};
	int months = 0;
	int year = 0;
	int month = 0;
	if (!whole_months(period, &months, &year, &month))
		return false;
	if (months == 1)
		(void)snprintf(name, NAME, _("month %d of %d"), month, year);
	else if (months == 3 && month % 3 == 0)
		(void)snprintf(name, NAME, _("quarter %s of %d"), quarters[month / 3 - 1], year);
	else if (months == 6 && month == 6)
		(void)snprintf(name, NAME, _("first half of %d"), year);
	else if (months == 6 && month == 12)
		(void)snprintf(name, NAME, _("second half of %d"), year);
	else if (months == 9 && month == 9)
		(void)snprintf(name, NAME, _("nine months of %d"), year);
	else if (months == 12 && month == 12)
		(void)snprintf(name, NAME, _("year %d"), year);
	else
		return false;
	return true;
}

const char *paper_words_period(struct period period, char out[static PAPER_PERIOD_TEXT])
{
	struct paper_words words = {.language = messages_language()};
	char name[NAME];
	char from[PAPER_NUMBER];
	char to[PAPER_NUMBER];
	(void)paper_format_day(&words, period.from, from);
	(void)paper_format_day(&words, period.to, to);
	if (name_period(period, name))
		(void)snprintf(out, PAPER_PERIOD_TEXT, _("Reporting period: %s (from %s to %s)"), name, from, to);
	else
		(void)snprintf(out, PAPER_PERIOD_TEXT, _("Reporting period: from %s to %s"), from, to);
	return out;
}
