#include "hub/totals.h"

#include <inttypes.h>

#include "config/messages.h"
#include "protocol/tables/writer.h"

enum { SCHEMA = 1, SILENT_SHOWN = 20 };

/* Every number of a group, in the order of the document. */
enum column {
	RECEIVED,
	RECEIVED_ONLINE,
	RECEIVED_COUNTER,
	RECEIVED_POSTAL,
	RECEIVED_UNSTATED,
	CARRIED_IN,
	TOTAL_IN,
	DONE,
	DONE_EARLY,
	DONE_ON_TIME,
	DONE_LATE,
	DONE_NO_DUE,
	OPEN,
	OPEN_IN_TIME,
	OPEN_LATE,
	OPEN_PAUSED,
	REFUSED,
	WITHDRAWN,
	INCOMPLETE,
	GAP,
	COLUMN_TOTAL
};

struct column_form {
	const char *key;
	const char *heading;
	bool if_any; /* for people: left out where the total is zero */
};

static const struct column_form COLUMNS[COLUMN_TOTAL] = {
	[RECEIVED] = {"received", N_("received"), false},
	[RECEIVED_ONLINE] = {"received_online", N_("online"), false},
	[RECEIVED_COUNTER] = {"received_counter", N_("counter"), false},
	[RECEIVED_POSTAL] = {"received_postal", N_("postal"), true},
	[RECEIVED_UNSTATED] = {"received_unstated", N_("unstated"), true},
	[CARRIED_IN] = {"carried_in", N_("carried in"), false},
	[TOTAL_IN] = {"total_in", N_("total in"), false},
	[DONE] = {"done", N_("done"), false},
	[DONE_EARLY] = {"done_early", N_("early"), false},
	[DONE_ON_TIME] = {"done_on_time", N_("on time"), false},
	[DONE_LATE] = {"done_late", N_("late"), false},
	[DONE_NO_DUE] = {"done_no_due", N_("no due date"), true},
	[OPEN] = {"open", N_("open"), false},
	[OPEN_IN_TIME] = {"open_in_time", N_("in time"), false},
	[OPEN_LATE] = {"open_late", N_("overdue"), false},
	[OPEN_PAUSED] = {"open_paused", N_("paused"), true},
	[REFUSED] = {"refused", N_("refused"), true},
	[WITHDRAWN] = {"withdrawn", N_("withdrawn"), true},
	[INCOMPLETE] = {"incomplete", N_("incomplete"), true},
	[GAP] = {"gap", N_("gap"), true},
};

static void get_columns(const struct cells *c, int64_t values[static COLUMN_TOTAL])
{
	values[RECEIVED] = c->received;
	values[RECEIVED_ONLINE] = c->received_online;
	values[RECEIVED_COUNTER] = c->received_counter;
	values[RECEIVED_POSTAL] = c->received_postal;
	values[RECEIVED_UNSTATED] = c->received_unstated;
	values[CARRIED_IN] = c->carried_in;
	values[TOTAL_IN] = cells_total_in(c);
	values[DONE] = c->done;
	values[DONE_EARLY] = c->done_early;
	values[DONE_ON_TIME] = c->done_on_time;
	values[DONE_LATE] = c->done_late;
	values[DONE_NO_DUE] = c->done_no_due;
	values[OPEN] = c->open;
	values[OPEN_IN_TIME] = c->open_in_time;
	values[OPEN_LATE] = c->open_late;
	values[OPEN_PAUSED] = c->open_paused;
	values[REFUSED] = c->refused;
	values[WITHDRAWN] = c->withdrawn;
	values[INCOMPLETE] = c->incomplete;
	values[GAP] = cells_gap(c);
}

enum { RATE_COUNT = 6 };

struct rate {
	const char *key;
	const char *title;
	int64_t part;
	int64_t of;
};

static void get_rates(const struct cells *c, struct rate rates[static RATE_COUNT])
{
	rates[0] = (struct rate){"online", _("submitted online"), c->received_online, c->received};
	rates[1] = (struct rate){"on_time", _("done early or on time"), c->done_early + c->done_on_time, c->done};
	rates[2] = (struct rate){"input_digitised", _("papers digitised"), c->rate_input_digitised, c->received};
	rates[3] = (struct rate){"result_digitised", _("result digitised"), c->rate_result_digitised, c->done};
	rates[4] = (struct rate){"paid_online", _("fee paid online"), c->rate_paid_online, c->fee_received};
	rates[5] = (struct rate){"satisfied", _("satisfied"), c->rate_satisfied, c->rated_done};
}

static void put_group(struct json_writer *w, const struct totals_group *g, const struct registry *r)
{
	int64_t values[COLUMN_TOTAL];
	struct rate rates[RATE_COUNT];
	get_columns(&g->cells, values);
	get_rates(&g->cells, rates);
	json_object(w);
	json_member_str(w, "key", registry_unit(r, g->unit)->code);
	json_member_str(w, "name", registry_unit(r, g->unit)->name);
	for (int i = 0; i < COLUMN_TOTAL; i++)
		json_member_int(w, COLUMNS[i].key, values[i]);
	json_key(w, "rates");
	json_object(w);
	for (int i = 0; i < RATE_COUNT; i++) {
		json_key(w, rates[i].key);
		json_array(w);
		json_int(w, rates[i].part);
		json_int(w, rates[i].of);
		json_array_end(w);
	}
	json_object_end(w);
	json_member_int(w, "units_expected", g->units_expected);
	json_member_int(w, "units_reporting", g->units_reporting);
	json_object_end(w);
}

void totals_print_json(const struct totals *t, const struct registry *r, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	char date[DATE_TEXT];
	json_object(&w);
	json_member_int(&w, "schema", SCHEMA);
	json_member_str(&w, "from", date_format(t->query.period.from, date));
	json_member_str(&w, "to", date_format(t->query.period.to, date));
	json_member_str(&w, "as_of", date_format(t->as_of, date));
	json_member_str(&w, "rule", t->query.rule->name);
	json_key(&w, "as_known_at");
	json_null(&w);
	json_key(&w, "groups");
	json_array(&w);
	for (size_t i = 0; i < t->n_groups; i++)
		put_group(&w, &t->groups[i], r);
	json_array_end(&w);
	json_key(&w, "total");
	put_group(&w, &t->total, r);
	json_object_end(&w);
	json_end_line(&w);
}

/* The columns shown, after which come unit, name and units heard of. */
struct layout {
	size_t n;
	enum column shown[COLUMN_TOTAL];
};

static struct layout layout_of(const struct cells *total)
{
	struct layout l = {0};
	int64_t values[COLUMN_TOTAL];
	get_columns(total, values);
	for (int i = 0; i < COLUMN_TOTAL; i++)
		if (!COLUMNS[i].if_any || values[i] != 0)
			l.shown[l.n++] = (enum column)i;
	return l;
}

static void put_row(struct table *table, const struct layout *l, const struct totals_group *g, const char *key,
		    const char *name)
{
	int64_t values[COLUMN_TOTAL];
	get_columns(&g->cells, values);
	table_row(table);
	table_cell(table, key);
	table_cell(table, name);
	for (size_t i = 0; i < l->n; i++)
		table_cell_int(table, values[l->shown[i]]);
	char heard[48];
	(void)snprintf(heard, sizeof(heard), "%" PRId64 "/%" PRId64, g->units_reporting, g->units_expected);
	table_cell(table, heard);
}

static void put_above(const struct totals *t, const struct registry *r, FILE *out)
{
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	char as_of[DATE_TEXT];
	(void)fprintf(out, "%s %s\n", registry_unit(r, t->query.unit)->code, registry_unit(r, t->query.unit)->name);
	(void)fprintf(out, _("From %s to %s, as of %s, rule %s\n"), date_format(t->query.period.from, from),
		      date_format(t->query.period.to, to), date_format(t->as_of, as_of), t->query.rule->name);
	(void)fputc('\n', out);
}

static void put_rate(const struct rate *rate, FILE *out)
{
	long long part = rate->part;
	long long of = rate->of;
	if (of == 0)
		return;
	/* Whole and tenth apart: between them stands a point in English and a comma in Vietnamese. */
	long long tenths = (part * 1000 + of / 2) / of;
	(void)fprintf(out, _("%s: %lld of %lld (%lld.%lld%%)\n"), rate->title, part, of, tenths / 10, tenths % 10);
}

static void put_below(const struct totals *t, const struct registry *r, FILE *out)
{
	struct rate rates[RATE_COUNT];
	get_rates(&t->total.cells, rates);
	(void)fputc('\n', out);
	for (int i = 0; i < RATE_COUNT; i++)
		put_rate(&rates[i], out);
	if (cells_gap(&t->total.cells) != 0)
		(void)fputs(_("The gap: dossiers with a closing status and no end date.\n"), out);
	if (t->n_silent == 0)
		return;
	(void)fprintf(out, _("Silent units (%zu), which are not zero but unknown:\n"), t->n_silent);
	for (size_t i = 0; i < t->n_silent && i < SILENT_SHOWN; i++) {
		const struct unit *u = registry_unit(r, t->silent[i]);
		(void)fprintf(out, "  %s %s\n", u->code, u->name);
	}
	if (t->n_silent > SILENT_SHOWN)
		(void)fprintf(out, _("  and %zu more\n"), t->n_silent - SILENT_SHOWN);
}

enum status totals_print_text(const struct totals *t, const struct registry *r, FILE *out)
{
	struct layout l = layout_of(&t->total.cells);
	const char *headings[COLUMN_TOTAL + 3] = {_("unit"), _("name")};
	bool numeric[COLUMN_TOTAL + 3] = {false};
	for (size_t i = 0; i < l.n; i++) {
		headings[2 + i] = _(COLUMNS[l.shown[i]].heading);
		numeric[2 + i] = true;
	}
	headings[2 + l.n] = _("units heard of");
	numeric[2 + l.n] = true;
	struct table *table = table_new(l.n + 3, headings, numeric);
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct unit *u = registry_unit(r, t->groups[i].unit);
		bool own = t->query.by == TOTALS_BY_UNIT && t->groups[i].unit == t->query.unit;
		put_row(table, &l, &t->groups[i], u->code, own ? _("its own records") : u->name);
	}
	put_row(table, &l, &t->total, "", _("total"));
	enum status s = table_status(table);
	if (s == STATUS_OK) {
		put_above(t, r, out);
		table_print_text(table, out);
		put_below(t, r, out);
	}
	table_free(table);
	return s;
}
