/* How the reports on equipment and indicators are printed. */
#include "config/messages.h"
#include "config/wording.h"
#include "hub/report_equipment.h"
#include "hub/report_indicators.h"
#include "hub/targets.h"
#include "protocol/tables/writer.h"

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

static void put_count(struct table *t, const char *title, int64_t count)
{
	table_row(t);
	table_cell(t, title);
	table_cell_int(t, count);
}

static enum status print_and_free(struct table *t, FILE *out)
{
	enum status s = table_status(t);
	table_print_text(t, out);
	table_free(t);
	return s;
}

static enum status put_units(const struct equipment_report *report, FILE *out)
{
	const char *const headings[] = {_("units"), _("count")};
	const bool numeric[] = {false, true};
	struct table *t = table_new(2, headings, numeric);
	put_count(t, _("with all that is required"), report->complete);
	put_count(t, _("with a part of it"), report->partial);
	put_count(t, _("with nothing of it"), report->none);
	put_count(t, _("not reporting"), report->not_reporting);
	put_count(t, _("total"), report->units);
	return print_and_free(t, out);
}

static enum status put_types(const struct equipment_report *report, FILE *out)
{
	const char *const headings[] = {_("type"), _("required in each unit"), _("present")};
	const bool numeric[] = {false, true, true};
	struct table *t = table_new(3, headings, numeric);
	for (int i = 0; i < EQUIPMENT_TYPES; i++) {
		if (!is_shown(report, i))
			continue;
		table_row(t);
		table_cell(t, equipment_type_title(i));
		table_cell_int(t, report->query.required[i]);
		table_cell_int(t, report->by_type[i]);
	}
	return print_and_free(t, out);
}

enum status equipment_print_text(const struct equipment_report *report, const struct registry *r, FILE *out)
{
	const struct unit *u = registry_unit(r, report->query.unit);
	char date[DATE_TEXT];
	(void)fprintf(out, "%s %s\n", u->code, u->name);
	(void)fprintf(out, _("Equipment on %s, units of level %s\n\n"), date_format(report->query.as_of, date),
		      wording_level(unit_level_name(report->query.level)));
	enum status s = put_units(report, out);
	(void)fputc('\n', out);
	return s == STATUS_OK ? put_types(report, out) : s;
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

static void put_cell(struct table *t, bool known, int64_t value)
{
	if (known)
		table_cell_int(t, value);
	else
		table_cell(t, "");
}

static const char *met_title(const struct indicator_count *count, int64_t target)
{
	switch (target_judge(count, target)) {
	case TARGET_UNKNOWN:
		break;
	case TARGET_MISSED:
		return _("not met");
	case TARGET_MET:
		return _("met");
	}
	return _("unknown");
}

static void put_line(struct table *t, const struct indicator_query *query, const struct indicator_line *line,
		     const char *key, const char *name)
{
	struct indicator_count chosen = indicator_chosen(line);
	table_row(t);
	table_cell(t, key);
	table_cell(t, name);
	put_cell(t, chosen.known, chosen.value);
	put_cell(t, chosen.of_known, chosen.of);
	put_cell(t, line->own.known, line->own.value);
	put_cell(t, line->children.known, line->children.value);
	put_cell(t, line->own.known && line->children.known, line->own.value - line->children.value);
	if (query->has_target)
		table_cell(t, met_title(&chosen, query->target));
}

enum status indicator_print_text(const struct indicator_report *report, const struct registry *r, FILE *out)
{
	const struct unit *asked = registry_unit(r, report->query.unit);
	const char *const headings[] = {_("unit"),       _("name"),       _("value"),
					_("of"),         _("own report"), _("sum of children"),
					_("difference"), _("target")};
	const bool numeric[] = {false, false, true, true, true, true, true, false};
	const struct indicator_query *query = &report->query;
	(void)fprintf(out, "%s %s\n", asked->code, asked->name);
	(void)fprintf(out, _("Indicator %s, period %s\n\n"), query->name, query->period);
	if (query->has_target)
		(void)fprintf(out, _("Target: %lld.%02lld percent\n\n"), (long long)(query->target / 100),
			      (long long)(query->target % 100));
	struct table *t = table_new(query->has_target ? 8 : 7, headings, numeric);
	for (size_t i = 0; i < report->n_lines; i++) {
		const struct unit *u = registry_unit(r, report->lines[i].unit);
		put_line(t, &report->query, &report->lines[i], u->code, u->name);
	}
	put_line(t, &report->query, &report->total, asked->code, _("total"));
	enum status s = print_and_free(t, out);
	long long reporting = report->units_reporting;
	long long expected = report->units_expected;
	(void)fprintf(out, _("\nUnits with a report of their own: %lld of %lld\n"), reporting, expected);
	return s;
}
