#include "hub/report_form06a.h"

#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/closing_notes.h"
#include "hub/form06a_paper.h"
#include "hub/unit_title.h"
#include "protocol/tables/writer.h"

enum { SCHEMA = 1, FIRST_COUNT = 3, NUMBER_TEXT = 24, SHORT_TEXT = 32 /* a date or a hash */ };

static const char FORM[] = "II.06a/VPCP/KSTT";

/* What follows the form's columns in a spreadsheet. */
static const char *const EXTRA[] = {"unstated", "no_due", "from",         "to",
				    "as_of",    "rule",   "rule_version", "rule_hash"};
enum { EXTRAS = sizeof(EXTRA) / sizeof(EXTRA[0]), CSV_COLUMNS = FORM06A_COLUMNS - 1 + EXTRAS };

/* Called for each row in the order of the form. */
typedef void (*row_function)(void *context, const struct form06a_row *row);

void form06a_columns(const struct cells *c, int64_t columns[static FORM06A_COLUMNS])
{
	columns[0] = columns[1] = columns[2] = 0;
	columns[3] = cells_total_in(c);
	columns[4] = c->received_online;
	columns[5] = c->received_counter + c->received_postal + c->received_unstated;
	columns[6] = c->carried_in;
	columns[7] = c->done;
	columns[8] = c->done_early;
	columns[9] = c->done_on_time + c->done_no_due;
	columns[10] = c->done_late;
	columns[11] = c->open;
	columns[12] = c->open_in_time;
	columns[13] = c->open_late;
}

void form06a_check(const int64_t k[static FORM06A_COLUMNS], struct form06a_check checks[static FORM06A_CHECKS])
{
	checks[0] = (struct form06a_check){"3=4+5+6", k[3] - k[4] - k[5] - k[6]};
	checks[1] = (struct form06a_check){"7=8+9+10", k[7] - k[8] - k[9] - k[10]};
	checks[2] = (struct form06a_check){"11=12+13", k[11] - k[12] - k[13]};
	checks[3] = (struct form06a_check){"3=7+11", k[3] - k[7] - k[11]};
}

static void each_unit(const struct totals *t, const struct registry *r, row_function put, void *context)
{
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct totals_group *g = &t->groups[i];
		const struct unit *u = registry_unit(r, g->unit);
		char number[NUMBER_TEXT];
		char title[UNIT_TITLE];
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		put(context,
		    &(struct form06a_row){.kind = FORM06A_UNIT,
					  .number = number,
					  .level = u->level,
					  .key = g->key,
					  .name = u->name,
					  .title = g->unit == t->query.unit ? _("its own records")
									    : unit_title(&t->map, g->unit, title),
					  .cells = &g->cells});
	}
}

/* How many groups from the first on are of its level; their sum. */
static size_t sum_level(const struct totals *t, size_t first, struct cells *ret_sum)
{
	size_t n = 0;
	*ret_sum = (struct cells){0};
	for (; first + n < t->n_groups && t->groups[first + n].level == t->groups[first].level; n++)
		cells_add(ret_sum, &t->groups[first + n].cells);
	return n;
}

static void put_level(const struct totals *t, size_t first, size_t n, const struct cells *sum, char letter,
		      row_function put, void *context)
{
	const char *level = unit_level_name(t->groups[first].level);
	char number[NUMBER_TEXT];
	(void)snprintf(number, sizeof(number), "%c", letter);
	put(context, &(struct form06a_row){.kind = FORM06A_LEVEL,
					   .number = number,
					   .level = t->groups[first].level,
					   .key = level,
					   .name = level,
					   .title = wording_level(level),
					   .cells = sum});
	for (size_t i = 0; i < n; i++) {
		const struct totals_group *g = &t->groups[first + i];
		bool stated = g->key[0] != '\0';
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		put(context, &(struct form06a_row){.kind = FORM06A_DOMAIN,
						   .number = number,
						   .level = g->level,
						   .key = g->key,
						   .name = stated ? g->key : "unstated",
						   .title = stated ? g->key : _("unstated"),
						   .cells = &g->cells});
	}
}

void form06a_each_row(const struct totals *t, const struct registry *r, row_function put, void *context)
{
	char letter = 'A';
	size_t n = 0;
	for (size_t i = 0; t->query.by == TOTALS_BY_LEVEL_AND_DOMAIN && i < t->n_groups; i += n) {
		struct cells sum;
		n = sum_level(t, i, &sum);
		put_level(t, i, n, &sum, letter++, put, context);
	}
	if (t->query.by == TOTALS_BY_UNIT)
		each_unit(t, r, put, context);
	put(context, &(struct form06a_row){.kind = FORM06A_TOTAL,
					   .number = "",
					   .level = registry_unit(r, t->query.unit)->level,
					   .key = t->total.key,
					   .name = registry_unit(r, t->query.unit)->name,
					   .title = _("total"),
					   .cells = &t->total.cells});
}

/* --- the document --- */

static void put_counts(struct json_writer *w, const struct form06a_row *row)
{
	int64_t columns[FORM06A_COLUMNS];
	form06a_columns(row->cells, columns);
	json_member_str(w, "level", unit_level_name(row->level));
	json_member_str(w, "key", row->key);
	json_member_str(w, "name", row->name);
	for (int i = FIRST_COUNT; i < FORM06A_COLUMNS; i++) {
		char key[NUMBER_TEXT];
		(void)snprintf(key, sizeof(key), "col%d", i);
		json_member_int(w, key, columns[i]);
	}
	json_member_int(w, "unstated", row->cells->received_unstated);
	json_member_int(w, "no_due", row->cells->done_no_due);
}

static void put_json_row(void *context, const struct form06a_row *row)
{
	static const char *const kinds[] = {
		[FORM06A_LEVEL] = "level", [FORM06A_DOMAIN] = "domain", [FORM06A_UNIT] = "unit"};
	struct json_writer *w = context;
	if (row->kind == FORM06A_TOTAL) {
		json_array_end(w);
		json_key(w, "total");
		json_object(w);
	} else {
		json_object(w);
		json_member_str(w, "row", kinds[row->kind]);
	}
	put_counts(w, row);
	json_object_end(w);
}

static void put_json_checks(struct json_writer *w, const struct cells *total)
{
	int64_t columns[FORM06A_COLUMNS];
	struct form06a_check checks[FORM06A_CHECKS];
	form06a_columns(total, columns);
	form06a_check(columns, checks);
	json_key(w, "checks");
	json_array(w);
	for (int i = 0; i < FORM06A_CHECKS; i++) {
		json_object(w);
		json_member_str(w, "rule", checks[i].rule);
		json_member_int(w, "gap", checks[i].gap);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_json(const struct totals *t, const struct registry *r, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	char text[SHORT_TEXT];
	json_object(&w);
	json_member_int(&w, "schema", SCHEMA);
	json_member_str(&w, "form", FORM);
	json_member_str(&w, "from", date_format(t->query.period.from, text));
	json_member_str(&w, "to", date_format(t->query.period.to, text));
	json_member_str(&w, "as_of", date_format(t->as_of, text));
	if (t->query.units_given)
		json_member_str(&w, "as_units_of", date_format(t->map.day, text));
	json_member_str(&w, "rule", t->query.rule->name);
	json_member_str(&w, "by", t->query.by == TOTALS_BY_UNIT ? "unit" : "domain");
	json_key(&w, "rows");
	json_array(&w);
	form06a_each_row(t, r, put_json_row, &w);
	put_json_checks(&w, &t->total.cells);
	json_member_int(&w, "units_expected", t->total.units_expected);
	json_member_int(&w, "units_reporting", t->total.units_reporting);
	json_member_int(&w, "rule_version", t->query.rule->version);
	rule_hash_format(t->query.rule, text);
	json_member_str(&w, "rule_hash", text);
	json_member_str(&w, "as_known_at", t->query.as_known_at);
	if (t->notes != NULL)
		closing_notes_json(t->notes, t, &w);
	json_object_end(&w);
	json_end_line(&w);
}

/* --- the form --- */

struct form_table {
	struct table *table;
	const struct totals *totals;
	bool extras; /* the columns of EXTRA too */
};

static void put_extras(struct form_table *f, const struct form06a_row *row)
{
	const struct totals *t = f->totals;
	char text[SHORT_TEXT];
	table_cell_int(f->table, row->cells->received_unstated);
	table_cell_int(f->table, row->cells->done_no_due);
	table_cell(f->table, date_format(t->query.period.from, text));
	table_cell(f->table, date_format(t->query.period.to, text));
	table_cell(f->table, date_format(t->as_of, text));
	table_cell(f->table, t->query.rule->name);
	table_cell_int(f->table, t->query.rule->version);
	rule_hash_format(t->query.rule, text);
	table_cell(f->table, text);
}

static void put_table_row(void *context, const struct form06a_row *row)
{
	struct form_table *f = context;
	int64_t columns[FORM06A_COLUMNS];
	form06a_columns(row->cells, columns);
	table_row(f->table);
	table_cell(f->table, row->number);
	table_cell(f->table, row->title);
	for (int i = FIRST_COUNT; i < FORM06A_COLUMNS; i++)
		table_cell_int(f->table, columns[i]);
	if (f->extras)
		put_extras(f, row);
}

static struct table *new_table(bool extras)
{
	const char *headings[CSV_COLUMNS] = {
		_("(1) No."),      _("(2) Domain or unit"),  _("(3) Taken in, total"),
		_("(4) Online"),   _("(5) Counter, postal"), _("(6) From before"),
		_("(7) Done"),     _("(8) Early"),           _("(9) On time"),
		_("(10) Late"),    _("(11) Open"),           _("(12) In time"),
		_("(13) Overdue"),
	};
	bool numeric[CSV_COLUMNS] = {false};
	for (int i = 0; i < EXTRAS; i++)
		headings[FORM06A_COLUMNS - 1 + i] = EXTRA[i];
	for (int i = FIRST_COUNT - 1; i < FORM06A_COLUMNS - 1 + 2; i++)
		numeric[i] = true;
	return table_new(extras ? CSV_COLUMNS : FORM06A_COLUMNS - 1, headings, numeric);
}

static struct table *make_table(const struct totals *t, const struct registry *r, bool extras)
{
	struct form_table f = {.table = new_table(extras), .totals = t, .extras = extras};
	form06a_each_row(t, r, put_table_row, &f);
	return f.table;
}

struct table *form06a_table(const struct totals *t, const struct registry *r)
{
	return make_table(t, r, true);
}

static void put_above(const struct totals *t, const struct registry *r, FILE *out)
{
	const struct unit *u = registry_unit(r, t->query.unit);
	char span[TOTALS_SPAN];
	char date[DATE_TEXT];
	(void)fprintf(out, _("Form %s: how administrative procedures were settled (number of dossiers)\n"), FORM);
	if (t->query.units_given)
		(void)fprintf(out, _("%s %s, by the units of %s"), u->code, u->name, date_format(t->map.day, date));
	else
		(void)fprintf(out, "%s %s", u->code, u->name);
	(void)fprintf(out, "\n%s\n\n", totals_span(&t->query, t->as_of, span));
}

static void put_below(const struct totals *t, const struct registry *r, FILE *out)
{
	const struct cells *c = &t->total.cells;
	int64_t columns[FORM06A_COLUMNS];
	struct form06a_check checks[FORM06A_CHECKS];
	form06a_columns(c, columns);
	form06a_check(columns, checks);
	(void)fputc('\n', out);
	for (int i = 0; i < FORM06A_CHECKS; i++) {
		if (checks[i].gap == 0)
			(void)fprintf(out, _("%s: agrees\n"), checks[i].rule);
		else
			(void)fprintf(out, _("%s: gap of %lld\n"), checks[i].rule, (long long)checks[i].gap);
	}
	if (columns[3] != columns[7] + columns[11])
		(void)fputs(_("'motcua-hub report incomplete' lists the dossiers behind a gap.\n"), out);
	if (c->received_unstated != 0)
		(void)fprintf(out, _("Column 5 holds %lld whose channel is not stated.\n"),
			      (long long)c->received_unstated);
	if (c->done_no_due != 0)
		(void)fprintf(out, _("Column 9 holds %lld without a due date.\n"), (long long)c->done_no_due);
	totals_print_silent(t, r, out);
}

enum status form06a_print(const struct totals *t, const struct registry *r, enum report_format format, FILE *out)
{
	if (format == REPORT_JSON) {
		put_json(t, r, out);
		return STATUS_OK;
	}
	if (format == REPORT_XLSX || format == REPORT_HTML)
		return form06a_paper_print(t, r, format, out);
	struct table *table = make_table(t, r, format == REPORT_CSV);
	enum status s = table_status(table);
	if (s == STATUS_OK && format == REPORT_CSV) {
		table_print_csv(table, out);
	} else if (s == STATUS_OK) {
		put_above(t, r, out);
		table_print_text(table, out);
		put_below(t, r, out);
		s = closing_notes_text(t->notes, t, out);
	}
	table_free(table);
	return s;
}
