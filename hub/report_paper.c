#include "hub/report_paper.h"

#include "config/messages.h"
#include "config/rules.h"
#include "hub/paper_words.h"
#include "hub/report_xlsx.h"

struct paper *report_paper(const struct registry *r, int unit, const char *title)
{
	const struct paper_words words = paper_words();
	const struct unit *u = registry_unit(r, unit);
	struct paper *p = paper_new(&words);
	paper_line(p, PAPER_ABOVE, u->parent == UNIT_NONE ? NULL : registry_unit(r, u->parent)->name);
	paper_line(p, PAPER_CODE, u->code);
	paper_line(p, PAPER_OFFICE, u->name);
	paper_line(p, PAPER_TITLE, title);
	return p;
}

void report_paper_period(struct paper *p, struct period period)
{
	char text[PAPER_PERIOD_TEXT];
	paper_line(p, PAPER_PERIOD, paper_words_period(period, text));
	paper_date(p, period.to);
}

void report_paper_rule(struct paper *p, int32_t as_of, const struct count_rule *rule)
{
	const struct paper_words words = paper_words();
	char day[PAPER_NUMBER];
	char hash[RULE_HASH_TEXT];
	rule_hash_format(rule, hash);
	paper_note(p, _("Counted as of %s by rule %s, version %lld (%s)."), paper_format_day(&words, as_of, day),
		   rule->name, (long long)rule->version, hash);
}

void report_paper_known(struct paper *p, const char *as_known_at)
{
	if (as_known_at != NULL)
		paper_note(p, _("As known at %s: what came later does not count here."), as_known_at);
}

void report_paper_silent(struct paper *p, const struct registry *r, size_t n, const int *units)
{
	const struct paper_column columns[] = {
		{.key = "unit", .title = _("Unit"), .kind = PAPER_TEXT},
		{.key = "name", .title = _("Name"), .kind = PAPER_TEXT},
	};
	if (n == 0)
		return;
	paper_note(p, _("%zu units were not heard of: their numbers are unknown, not zero."), n);
	paper_table(p, PAPER_PAGES, _("Units not heard of"), 2, columns);
	for (size_t i = 0; i < n; i++) {
		const struct unit *u = registry_unit(r, units[i]);
		paper_row(p, PAPER_ROW);
		paper_text(p, u->code);
		paper_text(p, u->name);
	}
}

enum status report_paper_write(const struct paper *p, enum report_format format, FILE *out)
{
	switch (format) {
	case REPORT_TABLE:
		return paper_print_text(p, out);
	case REPORT_CSV:
		return paper_print_csv(p, out);
	case REPORT_XLSX:
		return report_xlsx(p, out);
	case REPORT_HTML:
		return paper_print_html(p, out);
	case REPORT_JSON:
		break;
	}
	return STATUS_USAGE;
}

enum status report_paper_write_data(struct paper *p, const struct table *data, enum report_format format, FILE *out)
{
	enum status s = table_status(data);
	paper_take(p, PAPER_DATA, NULL, data);
	return s == STATUS_OK ? report_paper_write(p, format, out) : s;
}
