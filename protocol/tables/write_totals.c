#include "protocol/tables/totals_view.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "protocol/tables/writer.h"

enum { SCHEMA = 1, NUMBER_TEXT = 48 };

static const char *const COLUMN_KEYS[TOTALS_COLUMNS] = {
#define X(id, key, if_any) key,
	TOTALS_COLUMN_TABLE(X)
#undef X
};

static const bool SHOWN_IF_ANY[TOTALS_COLUMNS] = {
#define X(id, key, if_any) if_any,
	TOTALS_COLUMN_TABLE(X)
#undef X
};

static const char *const RATE_KEYS[TOTALS_RATES] = {
#define X(id, key) key,
	TOTALS_RATE_TABLE(X)
#undef X
};

/* The columns of a group for spreadsheets, in their order. */
enum {
	CSV_KEY,
	CSV_NAME,
	CSV_CELLS,
	CSV_RATES = CSV_CELLS + TOTALS_COLUMNS,
	CSV_UNITS_EXPECTED = CSV_RATES + 2 * TOTALS_RATES,
	CSV_UNITS_REPORTING,
	CSV_FROM,
	CSV_TO,
	CSV_AS_OF,
	CSV_RULE,
	CSV_RULE_VERSION,
	CSV_RULE_HASH,
	CSV_COLUMNS
};

int64_t totals_value(const struct cells *c, enum totals_column column)
{
	const int64_t values[] = {
		[TOTALS_RECEIVED] = c->received,
		[TOTALS_RECEIVED_ONLINE] = c->received_online,
		[TOTALS_RECEIVED_COUNTER] = c->received_counter,
		[TOTALS_RECEIVED_POSTAL] = c->received_postal,
		[TOTALS_RECEIVED_UNSTATED] = c->received_unstated,
		[TOTALS_CARRIED_IN] = c->carried_in,
		[TOTALS_TOTAL_IN] = cells_total_in(c),
		[TOTALS_DONE] = c->done,
		[TOTALS_DONE_EARLY] = c->done_early,
		[TOTALS_DONE_ON_TIME] = c->done_on_time,
		[TOTALS_DONE_LATE] = c->done_late,
		[TOTALS_DONE_NO_DUE] = c->done_no_due,
		[TOTALS_OPEN] = c->open,
		[TOTALS_OPEN_IN_TIME] = c->open_in_time,
		[TOTALS_OPEN_LATE] = c->open_late,
		[TOTALS_OPEN_PAUSED] = c->open_paused,
		[TOTALS_REFUSED] = c->refused,
		[TOTALS_WITHDRAWN] = c->withdrawn,
		[TOTALS_INCOMPLETE] = c->incomplete,
		[TOTALS_GAP] = cells_gap(c),
	};
	static_assert(sizeof(values) / sizeof(values[0]) == TOTALS_COLUMNS, "a value for each column");
	return values[column];
}

void totals_rate(const struct cells *c, enum totals_rate rate, int64_t *ret_part, int64_t *ret_of)
{
	const int64_t pairs[][2] = {
		[TOTALS_RATE_ONLINE] = {c->received_online, c->received},
		[TOTALS_RATE_ON_TIME] = {c->done_early + c->done_on_time, c->done},
		[TOTALS_RATE_INPUT_DIGITISED] = {c->rate_input_digitised, c->received},
		[TOTALS_RATE_RESULT_DIGITISED] = {c->rate_result_digitised, c->done},
		[TOTALS_RATE_PAID_ONLINE] = {c->rate_paid_online, c->fee_received},
		[TOTALS_RATE_SATISFIED] = {c->rate_satisfied, c->rated_done},
	};
	static_assert(sizeof(pairs) / sizeof(pairs[0]) == TOTALS_RATES, "a pair for each rate");
	*ret_part = pairs[rate][0];
	*ret_of = pairs[rate][1];
}

static void put_rates(struct json_writer *w, const struct cells *c)
{
	json_key(w, "rates");
	json_object(w);
	for (int i = 0; i < TOTALS_RATES; i++) {
		int64_t part = 0;
		int64_t of = 0;
		totals_rate(c, (enum totals_rate)i, &part, &of);
		json_key(w, RATE_KEYS[i]);
		json_array(w);
		json_int(w, part);
		json_int(w, of);
		json_array_end(w);
	}
	json_object_end(w);
}

static void put_units(struct json_writer *w, const char *key, int64_t units)
{
	json_key(w, key);
	if (units == TOTALS_UNITS_UNKNOWN)
		json_null(w);
	else
		json_int(w, units);
}

static void put_undivided(struct json_writer *w, const char *codes)
{
	json_key(w, "undivided");
	json_array(w);
	for (const char *at = codes; *at != '\0'; at += *at == ',' ? 1 : 0) {
		size_t len = strcspn(at, ",");
		json_text(w, slice_of(at, len));
		at += len;
	}
	json_array_end(w);
}

static void put_group(struct json_writer *w, const struct totals_group_view *g)
{
	json_object(w);
	json_member_str(w, "key", g->key);
	json_member_str(w, "name", g->name);
	if (g->undivided != NULL)
		put_undivided(w, g->undivided);
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		json_member_int(w, COLUMN_KEYS[i], totals_value(g->cells, (enum totals_column)i));
	put_rates(w, g->cells);
	put_units(w, "units_expected", g->units_expected);
	put_units(w, "units_reporting", g->units_reporting);
	json_object_end(w);
}

void totals_view_json(const struct totals_view *v, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	char date[DATE_TEXT];
	json_object(&w);
	json_member_int(&w, "schema", SCHEMA);
	json_member_str(&w, "from", date_format(v->period.from, date));
	json_member_str(&w, "to", date_format(v->period.to, date));
	json_member_str(&w, "as_of", date_format(v->as_of, date));
	json_member_str(&w, "rule", v->rule->name);
	json_member_str(&w, "as_known_at", v->as_known_at);
	if (v->units_of != NULL)
		json_member_str(&w, "as_units_of", v->units_of);
	json_key(&w, "groups");
	json_array(&w);
	for (size_t i = 0; i < v->n_groups; i++)
		put_group(&w, &v->groups[i]);
	json_array_end(&w);
	json_key(&w, "total");
	put_group(&w, &v->total);
	json_member_int(&w, "rule_version", v->rule->version);
	json_member_str(&w, "rule_hash", v->rule_hash);
	if (v->more != NULL)
		v->more(v->context, &w);
	json_object_end(&w);
	json_end_line(&w);
}

bool totals_column_shown(const struct totals_view *v, enum totals_column column)
{
	return !SHOWN_IF_ANY[column] || totals_value(v->total.cells, column) != 0;
}

/* The columns shown to people, between the name and the units heard of. */
struct layout {
	size_t n;
	enum totals_column shown[TOTALS_COLUMNS];
	bool units;
};

static struct layout layout_of(const struct totals_view *v)
{
	struct layout l = {.units = v->total.units_expected != TOTALS_UNITS_UNKNOWN};
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		if (totals_column_shown(v, (enum totals_column)i))
			l.shown[l.n++] = (enum totals_column)i;
	return l;
}

static struct table *new_table(const struct layout *l, const struct totals_labels *labels)
{
	const char *headings[TOTALS_COLUMNS + 3] = {labels->key, labels->name};
	bool numeric[TOTALS_COLUMNS + 3] = {false};
	for (size_t i = 0; i < l->n; i++) {
		headings[2 + i] = labels->columns[l->shown[i]];
		numeric[2 + i] = true;
	}
	headings[2 + l->n] = labels->units_heard;
	numeric[2 + l->n] = true;
	return table_new(2 + l->n + l->units, headings, numeric);
}

static void put_row(struct table *table, const struct layout *l, const struct totals_group_view *g)
{
	char heard[NUMBER_TEXT] = "";
	table_row(table);
	table_cell(table, g->key);
	table_cell(table, g->title != NULL ? g->title : g->name);
	for (size_t i = 0; i < l->n; i++)
		table_cell_int(table, totals_value(g->cells, l->shown[i]));
	if (!l->units)
		return;
	if (g->units_expected != TOTALS_UNITS_UNKNOWN)
		(void)snprintf(heard, sizeof(heard), "%" PRId64 "/%" PRId64, g->units_reporting, g->units_expected);
	table_cell(table, heard);
}

static void put_rate_lines(const struct cells *c, const struct totals_labels *labels, FILE *out)
{
	for (int i = 0; i < TOTALS_RATES; i++) {
		int64_t part = 0;
		int64_t of = 0;
		totals_rate(c, (enum totals_rate)i, &part, &of);
		if (of == 0)
			continue;
		int64_t tenths = (part * 1000 + of / 2) / of;
		(void)fprintf(out, "%s: %" PRId64 " %s %" PRId64 " (%" PRId64 "%s%" PRId64 "%%)\n",
			      labels->rates[i], part, labels->of, of, tenths / 10, labels->decimal, tenths % 10);
	}
}

enum status totals_view_text(const struct totals_view *v, const struct totals_labels *labels, FILE *out)
{
	struct layout l = layout_of(v);
	struct table *table = new_table(&l, labels);
	struct totals_group_view total = v->total;
	total.key = "";
	total.title = labels->total;
	for (size_t i = 0; i < v->n_groups; i++)
		put_row(table, &l, &v->groups[i]);
	put_row(table, &l, &total);
	enum status s = table_status(table);
	if (s == STATUS_OK) {
		(void)fprintf(out, "%s\n%s\n\n", v->subject, labels->span);
		table_print_text(table, out);
		(void)fputc('\n', out);
		put_rate_lines(total.cells, labels, out);
		if (cells_gap(total.cells) != 0)
			(void)fprintf(out, "%s\n", labels->gap);
	}
	table_free(table);
	return s;
}

static struct table *new_csv(void)
{
	const char *headings[CSV_COLUMNS] = {
		[CSV_KEY] = "key",
		[CSV_NAME] = "name",
		[CSV_UNITS_EXPECTED] = "units_expected",
		[CSV_UNITS_REPORTING] = "units_reporting",
		[CSV_FROM] = "from",
		[CSV_TO] = "to",
		[CSV_AS_OF] = "as_of",
		[CSV_RULE] = "rule",
		[CSV_RULE_VERSION] = "rule_version",
		[CSV_RULE_HASH] = "rule_hash",
	};
	bool numeric[CSV_COLUMNS] = {false};
	char rates[2 * TOTALS_RATES][NUMBER_TEXT];
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		headings[CSV_CELLS + i] = COLUMN_KEYS[i];
	for (int i = 0; i < 2 * TOTALS_RATES; i++) {
		(void)snprintf(rates[i], NUMBER_TEXT, "rate_%s%s", RATE_KEYS[i / 2], i % 2 == 0 ? "" : "_of");
		headings[CSV_RATES + i] = rates[i];
	}
	for (int i = CSV_CELLS; i <= CSV_UNITS_REPORTING; i++)
		numeric[i] = true;
	return table_new(CSV_COLUMNS, headings, numeric);
}

static void put_csv_units(struct table *table, int64_t units)
{
	if (units == TOTALS_UNITS_UNKNOWN)
		table_cell(table, "");
	else
		table_cell_int(table, units);
}

static void put_csv_row(struct table *table, const struct totals_view *v, const struct totals_group_view *g)
{
	char date[DATE_TEXT];
	table_row(table);
	table_cell(table, g->key);
	table_cell(table, g->name);
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		table_cell_int(table, totals_value(g->cells, (enum totals_column)i));
	for (int i = 0; i < TOTALS_RATES; i++) {
		int64_t part = 0;
		int64_t of = 0;
		totals_rate(g->cells, (enum totals_rate)i, &part, &of);
		table_cell_int(table, part);
		table_cell_int(table, of);
	}
	put_csv_units(table, g->units_expected);
	put_csv_units(table, g->units_reporting);
	table_cell(table, date_format(v->period.from, date));
	table_cell(table, date_format(v->period.to, date));
	table_cell(table, date_format(v->as_of, date));
	table_cell(table, v->rule->name);
	table_cell_int(table, v->rule->version);
	table_cell(table, v->rule_hash);
}

struct table *totals_view_table(const struct totals_view *v)
{
	struct table *table = new_csv();
	struct totals_group_view total = v->total;
	total.key = "total"; /* a sum over the column must see which row not to take */
	for (size_t i = 0; i < v->n_groups; i++)
		put_csv_row(table, v, &v->groups[i]);
	put_csv_row(table, v, &total);
	return table;
}

enum status totals_view_csv(const struct totals_view *v, FILE *out)
{
	struct table *table = totals_view_table(v);
	enum status s = table_status(table);
	if (s == STATUS_OK)
		table_print_csv(table, out);
	table_free(table);
	return s;
}
