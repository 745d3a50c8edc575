/* How the reports on equipment and indicators are printed. */
#include "config/messages.h"
#include "config/wording.h"
#include "hub/equipment_charts.h"
#include "hub/paper_words.h"
#include "hub/report_indicators.h"
#include "hub/report_paper.h"
#include "hub/targets.h"

enum { TITLE_TEXT = 512 };

const char *equipment_type_key(int type)
{
	const char *name = type == 0 ? "unstated" : schema_word_name(schema_field(FIELD_TYPE), type);
	return name == NULL ? "other" : name;
}

const char *equipment_type_title(int type)
{
	if (type == 0)
		return _("unstated");
	bool vietnamese = messages_language()[0] == 'v';
	const char *title = vietnamese ? schema_word_vi(schema_field(FIELD_TYPE), type) : NULL;
	return title == NULL ? equipment_type_key(type) : title;
}

/* A type that is asked for shows its zero. */
static bool is_shown(const struct equipment_report *report, int type)
{
	return report->by_type[type] != 0 || report->query.required[type] != 0;
}

void equipment_print_json(const struct equipment_report *report, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	json_object(&w);
	json_member_int(&w, "units", report->units);
	json_member_int(&w, "complete", report->complete);
	json_member_int(&w, "partial", report->partial);
	json_member_int(&w, "none", report->none);
	json_member_int(&w, "not_reporting", report->not_reporting);
	json_key(&w, "by_type");
	json_object(&w);
	for (int i = 0; i < EQUIPMENT_TYPES; i++)
		if (is_shown(report, i))
			json_member_int(&w, equipment_type_key(i), report->by_type[i]);
	json_object_end(&w);
	json_object_end(&w);
	json_end_line(&w);
}

static void put_count(struct paper *p, const char *word, const char *title, int64_t count, bool total)
{
	paper_row(p, total ? PAPER_ROW_TOTAL : PAPER_ROW);
	paper_word(p, word, title);
	paper_count(p, count);
}

static void put_units(const struct equipment_report *report, struct paper *p)
{
	const struct paper_column columns[] = {{.key = "units", .title = _("units")},
					       {.key = "count", .title = _("count"), .kind = PAPER_COUNT}};
	paper_table(p, PAPER_EVERYWHERE, NULL, 2, columns);
	put_count(p, "complete", _("with all that is required"), report->complete, false);
	put_count(p, "partial", _("with a part of it"), report->partial, false);
	put_count(p, "none", _("with nothing of it"), report->none, false);
	put_count(p, "not_reporting", _("not reporting"), report->not_reporting, false);
	put_count(p, "units", _("total"), report->units, true);
}

static void put_types(const struct equipment_report *report, struct paper *p)
{
	const struct paper_column columns[] = {
		{.key = "type", .title = _("type")},
		{.key = "required", .title = _("required in each unit"), .kind = PAPER_COUNT},
		{.key = "present", .title = _("present"), .kind = PAPER_COUNT}};
	paper_table(p, PAPER_EVERYWHERE, NULL, 3, columns);
	for (int i = 0; i < EQUIPMENT_TYPES; i++) {
		if (!is_shown(report, i))
			continue;
		paper_row(p, PAPER_ROW);
		paper_word(p, equipment_type_key(i), equipment_type_title(i));
		paper_count(p, report->query.required[i]);
		paper_count(p, report->by_type[i]);
	}
}

/* What CSV and the page of bare data have: everything in one table. */
static void put_all(const struct equipment_report *report, struct paper *p)
{
	const struct paper_column columns[] = {{.key = "what"},
					       {.key = "key"},
					       {.key = "required", .kind = PAPER_COUNT},
					       {.key = "count", .kind = PAPER_COUNT}};
	const char *const keys[] = {"complete", "partial", "none", "not_reporting", "units"};
	const int64_t counts[] = {report->complete, report->partial, report->none, report->not_reporting,
				  report->units};
	paper_table(p, PAPER_DATA, NULL, 4, columns);
	for (int i = 0; i < 5; i++) {
		paper_row(p, PAPER_ROW);
		paper_text(p, "units");
		paper_text(p, keys[i]);
		paper_empty(p);
		paper_count(p, counts[i]);
	}
	for (int i = 0; i < EQUIPMENT_TYPES; i++) {
		if (!is_shown(report, i))
			continue;
		paper_row(p, PAPER_ROW);
		paper_text(p, "type");
		paper_text(p, equipment_type_key(i));
		paper_count(p, report->query.required[i]);
		paper_count(p, report->by_type[i]);
	}
}

enum status equipment_print(const struct equipment_report *report, const struct asset_list *assets,
			    const struct registry *r, enum report_format format, FILE *out)
{
	const struct paper_words words = paper_words();
	char date[PAPER_NUMBER];
	char title[TITLE_TEXT];
	(void)snprintf(title, sizeof(title), _("Equipment on %s, units of level %s"),
		       paper_format_day(&words, report->query.as_of, date),
		       wording_level(unit_level_name(report->query.level)));
	struct paper *p = report_paper(r, report->query.unit, title);
	paper_date(p, report->query.as_of);
	equipment_charts_put(report, assets, p);
	put_units(report, p);
	put_types(report, p);
	put_all(report, p);
	enum status s = report_paper_write(p, format, out);
	paper_free(p);
	return s;
}

static void put_number(struct json_writer *w, const char *key, bool known, int64_t value)
{
	json_key(w, key);
	if (known)
		json_int(w, value);
	else
		json_null(w);
}

static void put_pair(struct json_writer *w, const char *key, const struct indicator_count *count)
{
	json_key(w, key);
	json_object(w);
	put_number(w, "value", count->known, count->value);
	put_number(w, "of", count->of_known, count->of);
	json_object_end(w);
}

static void put_met(struct json_writer *w, const struct indicator_count *count, int64_t target)
{
	enum target_verdict verdict = target_judge(count, target);
	json_key(w, "met");
	if (verdict == TARGET_UNKNOWN)
		json_null(w);
	else
		json_bool(w, verdict == TARGET_MET);
}

static void put_targets(struct json_writer *w, const struct indicator_report *report, const struct registry *r)
{
	int64_t target = report->query.target;
	struct indicator_count chosen = indicator_chosen(&report->total);
	json_key(w, "target");
	json_array(w);
	json_int(w, target);
	json_int(w, TARGET_WHOLE);
	json_array_end(w);
	put_met(w, &chosen, target);
	json_key(w, "units");
	json_array(w);
	for (size_t i = 0; i < report->n_lines; i++) {
		chosen = indicator_chosen(&report->lines[i]);
		json_object(w);
		json_member_str(w, "unit", registry_unit(r, report->lines[i].unit)->code);
		put_number(w, "value", chosen.known, chosen.value);
		put_number(w, "of", chosen.of_known, chosen.of);
		put_met(w, &chosen, target);
		json_object_end(w);
	}
	json_array_end(w);
}

void indicator_print_json(const struct indicator_report *report, const struct registry *r, FILE *out)
{
	const struct indicator_line *total = &report->total;
	struct indicator_count chosen = indicator_chosen(total);
	struct json_writer w = json_writer_new(out);
	json_object(&w);
	put_number(&w, "value", chosen.known, chosen.value);
	put_number(&w, "of", chosen.of_known, chosen.of);
	json_member_int(&w, "units_reporting", report->units_reporting);
	json_member_int(&w, "units_expected", report->units_expected);
	if (total->own.known && total->children.known) {
		put_pair(&w, "own", &total->own);
		put_pair(&w, "children", &total->children);
		json_member_int(&w, "difference", total->own.value - total->children.value);
	}
	if (report->query.has_target)
		put_targets(&w, report, r);
	json_object_end(&w);
	json_end_line(&w);
}

static void put_cell(struct paper *p, bool known, int64_t value)
{
	if (known)
		paper_count(p, value);
	else
		paper_empty(p);
}

static void put_verdict(struct paper *p, const struct indicator_count *count, int64_t target)
{
	switch (target_judge(count, target)) {
	case TARGET_UNKNOWN:
		break;
	case TARGET_MISSED:
		paper_word(p, "no", _("not met"));
		return;
	case TARGET_MET:
		paper_word(p, "yes", _("met"));
		return;
	}
	paper_word(p, "", _("unknown"));
}

static void put_line(struct paper *p, const struct indicator_query *query, const struct indicator_line *line,
		     const char *key, const char *name)
{
	struct indicator_count chosen = indicator_chosen(line);
	paper_text(p, key);
	paper_text(p, name);
	put_cell(p, chosen.known, chosen.value);
	put_cell(p, chosen.of_known, chosen.of);
	put_cell(p, line->own.known, line->own.value);
	put_cell(p, line->children.known, line->children.value);
	put_cell(p, line->own.known && line->children.known, line->own.value - line->children.value);
	if (query->has_target)
		put_verdict(p, &chosen, query->target);
}

static void put_lines(const struct indicator_report *report, const struct registry *r, struct paper *p)
{
	const struct paper_column columns[] = {
		{.key = "unit", .title = _("unit")},
		{.key = "name", .title = _("name")},
		{.key = "value", .title = _("value"), .kind = PAPER_COUNT},
		{.key = "of", .title = _("of"), .kind = PAPER_COUNT},
		{.key = "own", .title = _("own report"), .kind = PAPER_COUNT},
		{.key = "children", .title = _("sum of children"), .kind = PAPER_COUNT},
		{.key = "difference", .title = _("difference"), .kind = PAPER_COUNT},
		{.key = "met", .title = _("target")}};
	paper_table(p, PAPER_EVERYWHERE, NULL, report->query.has_target ? 8 : 7, columns);
	for (size_t i = 0; i < report->n_lines; i++) {
		const struct unit *u = registry_unit(r, report->lines[i].unit);
		paper_row(p, PAPER_ROW);
		put_line(p, &report->query, &report->lines[i], u->code, u->name);
	}
	paper_row(p, PAPER_ROW_TOTAL);
	put_line(p, &report->query, &report->total, registry_unit(r, report->query.unit)->code, _("total"));
}

/* The units that said both numbers, in the order of their codes. */
static void put_chart(const struct indicator_report *report, const struct registry *r, struct paper *p)
{
	const char *const series[] = {_("value"), _("of")};
	paper_chart(p, PAPER_RANKING, _("Unit by unit"), 2, series);
	for (size_t i = 0; i < report->n_lines; i++) {
		struct indicator_count chosen = indicator_chosen(&report->lines[i]);
		const int64_t values[] = {chosen.value, chosen.of};
		if (chosen.known && chosen.of_known && chosen.of > 0)
			paper_point(p, registry_unit(r, report->lines[i].unit)->name, values, PAPER_PLAIN);
	}
}

enum status indicator_print(const struct indicator_report *report, const struct registry *r,
			    enum report_format format, FILE *out)
{
	const struct indicator_query *query = &report->query;
	struct indicator_count chosen = indicator_chosen(&report->total);
	char text[TITLE_TEXT];
	(void)snprintf(text, sizeof(text), _("Indicator %s, period %s"), query->name, query->period);
	struct paper *p = report_paper(r, query->unit, text);
	paper_date(p, query->as_of);
	(void)snprintf(text, sizeof(text), _("Target: %lld.%02lld percent"), (long long)(query->target / 100),
		       (long long)(query->target % 100));
	paper_line(p, PAPER_UNIT, query->has_target ? text : NULL);
	if (chosen.known)
		paper_figure(p, _("value"), chosen.value, NULL, PAPER_PLAIN);
	if (chosen.known && chosen.of_known)
		paper_figure_rate(p, _("rate"), chosen.value, chosen.of, PAPER_PLAIN);
	put_lines(report, r, p);
	if (chosen.of_known)
		put_chart(report, r, p);
	paper_note(p, _("Units with a report of their own: %lld of %lld"), (long long)report->units_reporting,
		   (long long)report->units_expected);
	enum status s = report_paper_write(p, format, out);
	paper_free(p);
	return s;
}
