#include "hub/form06a_paper.h"

#include "config/messages.h"
#include "hub/closing_notes.h"
#include "hub/report_form06a.h"
#include "hub/report_paper.h"
#include "hub/totals_charts.h"
#include "protocol/tables/writer.h"

enum { PARTIES_TEXT = 2 * UNIT_NAME + 128 };

static void put_row(void *context, const struct form06a_row *row)
{
	struct paper *p = context;
	int64_t columns[FORM06A_COLUMNS];
	form06a_columns(row->cells, columns);
	paper_row(p, row->kind == FORM06A_TOTAL   ? PAPER_ROW_TOTAL
		     : row->kind == FORM06A_LEVEL ? PAPER_ROW_GROUP
						  : PAPER_ROW);
	paper_text(p, row->number);
	if (row->kind == FORM06A_LEVEL || row->kind == FORM06A_TOTAL)
		paper_capital(p, row->title);
	else
		paper_text(p, row->title);
	for (int i = 3; i < FORM06A_COLUMNS; i++)
		paper_count(p, columns[i]);
}

static void put_form(const struct totals *t, const struct registry *r, struct paper *p)
{
	const char *in = _("Dossiers taken in");
	const char *within = _("In the period");
	const char *done = _("Dossiers settled");
	const char *open = _("Dossiers being settled");
	const struct paper_column columns[] = {
		{.key = "no", .title = _("No. of row"), .number = "(1)"},
		{.key = "name", .title = _("Domain or unit"), .number = "(2)"},
		{.key = "col3",
		 .above = {in},
		 .title = _("Total"),
		 .number = "(3)=(4)+(5)+(6)",
		 .kind = PAPER_COUNT},
		{.key = "col4", .above = {in, within}, .title = _("Online"), .number = "(4)", .kind = PAPER_COUNT},
		{.key = "col5",
		 .above = {in, within},
		 .title = _("Counter, postal service"),
		 .number = "(5)",
		 .kind = PAPER_COUNT},
		{.key = "col6", .above = {in}, .title = _("From before"), .number = "(6)", .kind = PAPER_COUNT},
		{.key = "col7",
		 .above = {done},
		 .title = _("Total"),
		 .number = "(7)=(8)+(9)+(10)",
		 .kind = PAPER_COUNT},
		{.key = "col8", .above = {done}, .title = _("early"), .number = "(8)", .kind = PAPER_COUNT},
		{.key = "col9", .above = {done}, .title = _("on time"), .number = "(9)", .kind = PAPER_COUNT},
		{.key = "col10", .above = {done}, .title = _("overdue"), .number = "(10)", .kind = PAPER_COUNT},
		{.key = "col11",
		 .above = {open},
		 .title = _("Total"),
		 .number = "(11)=(12)+(13)",
		 .kind = PAPER_COUNT},
		{.key = "col12", .above = {open}, .title = _("in time"), .number = "(12)", .kind = PAPER_COUNT},
		{.key = "col13", .above = {open}, .title = _("overdue"), .number = "(13)", .kind = PAPER_COUNT},
	};
	paper_table(p, PAPER_PAGES, NULL, sizeof(columns) / sizeof(columns[0]), columns);
	form06a_each_row(t, r, put_row, p);
}

static void put_notes(const struct totals *t, struct paper *p)
{
	const struct cells *c = &t->total.cells;
	int64_t columns[FORM06A_COLUMNS];
	struct form06a_check checks[FORM06A_CHECKS];
	form06a_columns(c, columns);
	form06a_check(columns, checks);
	report_paper_rule(p, t->as_of, t->query.rule);
	report_paper_known(p, t->query.as_known_at);
	for (int i = 0; i < FORM06A_CHECKS; i++) {
		if (checks[i].gap == 0)
			paper_note(p, _("Balance %s: agrees."), checks[i].rule);
		else
			paper_note(p, _("Balance %s: gap of %lld."), checks[i].rule, (long long)checks[i].gap);
	}
	if (columns[3] != columns[7] + columns[11])
		paper_note(p, "%s", _("'motcua-hub report incomplete' lists the dossiers behind a gap."));
	if (c->received_unstated != 0)
		paper_note(p, _("Column 5 holds %lld dossiers whose channel is not stated."),
			   (long long)c->received_unstated);
	if (c->done_no_due != 0)
		paper_note(p, _("Column 9 holds %lld dossiers without a due date."), (long long)c->done_no_due);
	if (c->open_paused != 0)
		paper_note(p, _("Column 12 holds %lld dossiers that wait for papers or a payment."),
			   (long long)c->open_paused);
	if (c->withdrawn != 0)
		paper_note(p, _("Columns 7 to 10 hold %lld dossiers that were withdrawn."),
			   (long long)c->withdrawn);
}

/* The form has both units in its heading; who is above is known below the province alone. */
static void put_parties(const struct totals *t, const struct registry *r, struct paper *p)
{
	const struct unit *u = registry_unit(r, t->query.unit);
	const char *to = u->parent == UNIT_NONE ? "……………………" : registry_unit(r, u->parent)->name;
	char text[PARTIES_TEXT];
	(void)snprintf(text, sizeof(text), _("Reporting unit: %s. Receiving unit: %s"), u->name, to);
	paper_line(p, PAPER_PARTIES, text);
}

enum status form06a_paper_print(const struct totals *t, const struct registry *r, enum report_format format,
				FILE *out)
{
	struct table *data = form06a_table(t, r);
	struct paper *p = report_paper(
		r, t->query.unit, _("How administrative procedures were settled at the units that settle them"));
	paper_line(p, PAPER_FORM, _("Form II.06a/VPCP/KSTT, issued with Thông tư 01/2020/TT-VPCP"));
	report_paper_period(p, t->query.period);
	put_parties(t, r, p);
	paper_line(p, PAPER_UNIT, _("Unit of count: dossiers"));
	put_form(t, r, p);
	put_notes(t, p);
	closing_notes_paper(t->notes, t, p);
	paper_signatures(p);
	report_paper_silent(p, r, t->n_silent, t->silent);
	totals_charts_figures(t, p);
	totals_charts_put(t, r, p);
	enum status s = report_paper_write_data(p, data, format, out);
	paper_free(p);
	table_free(data);
	return s;
}
