#include "hub/report_silent.h"

#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/silence.h"
#include "protocol/tables/writer.h"

/* Of the computers of the unit itself the one heard last. */
static void find_device(const struct registry *r, int32_t as_of, struct silent_line *line)
{
	for (int i = 0; i < registry_device_count(r); i++) {
		const struct device *d = registry_device(r, i);
		if (registry_device_unit(r, d, as_of) != line->unit ||
		    (line->device >= 0 && d->heard_day <= line->last))
			continue;
		line->device = i;
		line->last = d->heard_day;
	}
}

/* Computers above the unit may have sent a record of it, before the period. */
static enum status find_mention(struct database *db, const char *code, int32_t as_of, struct silent_line *line)
{
	struct query q = query_start(db, "SELECT max(day) FROM heard WHERE unit = ?1 AND day <= ?2");
	query_str(&q, 1, code);
	query_int(&q, 2, as_of);
	if (query_row(&q) && !query_is_null(&q, 0) && query_get_int(&q, 0) > line->last)
		line->last = (int32_t)query_get_int(&q, 0);
	return query_finish(&q);
}

static enum status find_phone(struct database *db, const struct unit *u, struct silent_line *line)
{
	struct query q = query_start(db, "SELECT phone FROM unit WHERE code = ?1 AND valid_from IS ?2");
	query_str(&q, 1, u->code);
	if (u->valid_from == DAY_UNSET)
		query_null(&q, 2);
	else
		query_int(&q, 2, u->valid_from);
	if (query_row(&q)) {
		struct slice phone = query_get_text(&q, 0);
		if (phone.len < sizeof(line->phone))
			memcpy(line->phone, phone.data, phone.len);
	}
	return query_finish(&q);
}

static enum status add_line(struct database *db, const struct registry *r, int unit, struct silent_report *report)
{
	struct silent_line line = {.unit = unit, .last = DAY_UNSET, .device = -1};
	const char *code = registry_unit(r, unit)->code;
	find_device(r, report->as_of, &line);
	enum status s = find_mention(db, code, report->as_of, &line);
	if (s == STATUS_OK)
		s = find_phone(db, registry_unit(r, unit), &line);
	if (s == STATUS_OK)
		report->lines[report->n_lines++] = line;
	return s;
}

static int compare_lines(const void *left, const void *right)
{
	const struct silent_line *a = left;
	const struct silent_line *b = right;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return (a->unit > b->unit) - (a->unit < b->unit);
}

enum status silent_compute(struct database *db, const struct registry *r, const struct silent_query *query,
			   struct silent_report *ret_report)
{
	struct silent_report report = {.query = *query};
	size_t n = (size_t)registry_unit_count(r) + 1;
	struct unit_map map = {.top = UNIT_NONE};
	bool *heard = calloc(n, sizeof(*heard));
	report.as_of = query->period.to < query->today ? query->period.to : query->today;
	report.lines = calloc(n, sizeof(*report.lines));
	enum status s = STATUS_NO_MEMORY;
	if (heard != NULL && report.lines != NULL)
		s = unit_map_new(r, report.as_of, &map);
	if (s == STATUS_OK)
		s = silence_mark_heard(db, &map, query->period, query->today, heard);
	for (int i = 0; i < map.n && s == STATUS_OK; i++) {
		if (!unit_map_is_leaf(&map, i) || !unit_map_covers(&map, map.place[query->unit], i))
			continue;
		report.expected++;
		if (!heard[i])
			s = add_line(db, r, i, &report);
	}
	free(heard);
	unit_map_free(&map);
	if (s != STATUS_OK) {
		silent_clear(&report);
		return s;
	}
	if (report.n_lines > 0)
		qsort(report.lines, report.n_lines, sizeof(*report.lines), compare_lines);
	*ret_report = report;
	return STATUS_OK;
}

void silent_clear(struct silent_report *report)
{
	free(report->lines);
	report->lines = NULL;
	report->n_lines = 0;
}

void silent_print_json(const struct silent_report *report, const struct registry *r, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	for (size_t i = 0; i < report->n_lines; i++) {
		const struct silent_line *line = &report->lines[i];
		const struct device *d = line->device < 0 ? NULL : registry_device(r, line->device);
		bool never = line->last == DAY_UNSET;
		char day[DATE_TEXT];
		char id[2 * DEVICE_ID_LEN + 1];
		json_object(&w);
		json_member_str(&w, "unit", registry_unit(r, line->unit)->code);
		json_member_str(&w, "name", registry_unit(r, line->unit)->name);
		json_member_str(&w, "last_heard", never ? NULL : date_format(line->last, day));
		json_key(&w, "days");
		if (never)
			json_null(&w);
		else
			json_int(&w, report->as_of - line->last);
		json_member_str(&w, "device", d == NULL ? NULL : hex_format(d->id, DEVICE_ID_LEN, id));
		json_member_str(&w, "state", d == NULL ? NULL : device_standing(d));
		json_member_str(&w, "phone", line->phone[0] == '\0' ? NULL : line->phone);
		json_object_end(&w);
		json_end_line(&w);
	}
}

static void put_row(const struct silent_report *report, const struct registry *r, const struct silent_line *line,
		    struct table *t)
{
	const struct device *d = line->device < 0 ? NULL : registry_device(r, line->device);
	char day[DATE_TEXT];
	char id[2 * DEVICE_ID_LEN + 1];
	table_row(t);
	table_cell(t, registry_unit(r, line->unit)->code);
	table_cell(t, registry_unit(r, line->unit)->name);
	table_cell(t, line->last == DAY_UNSET ? _("never") : date_format(line->last, day));
	if (line->last == DAY_UNSET)
		table_cell(t, "");
	else
		table_cell_int(t, report->as_of - line->last);
	table_cell(t, d == NULL ? _("none enrolled") : hex_format(d->id, DEVICE_ID_LEN, id));
	table_cell(t, d == NULL ? "" : wording_state(device_standing(d)));
	table_cell(t, line->phone);
}

enum status silent_print_text(const struct silent_report *report, const struct registry *r, FILE *out)
{
	const struct unit *asked = registry_unit(r, report->query.unit);
	const char *const headings[] = {_("Unit"),   _("Name"),  _("Last heard"), _("Days"),
					_("Device"), _("State"), _("Telephone")};
	const bool numeric[] = {false, false, false, true, false, false, false};
	char from[DATE_TEXT];
	char as_of[DATE_TEXT];
	(void)fprintf(out, "%s %s\n", asked->code, asked->name);
	(void)fprintf(out, _("Units not heard of, %s to %s: %zu of %lld expected\n"),
		      date_format(report->query.period.from, from), date_format(report->as_of, as_of),
		      report->n_lines, (long long)report->expected);
	if (report->n_lines == 0)
		return STATUS_OK;
	(void)fputc('\n', out);
	struct table *t = table_new(7, headings, numeric);
	for (size_t i = 0; i < report->n_lines; i++)
		put_row(report, r, &report->lines[i], t);
	enum status s = table_status(t);
	table_print_text(t, out);
	table_free(t);
	return s;
}
