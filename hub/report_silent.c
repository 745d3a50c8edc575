#include "hub/report_silent.h"

#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/mentions.h"
#include "hub/paper_words.h"
#include "hub/report_paper.h"
#include "hub/silence.h"

enum { TITLE_TEXT = 256 };

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

/* Computers above the unit may have sent a record of it, before the period: mentioned. */
static enum status add_line(struct database *db, const struct registry *r, int unit, int32_t mentioned,
			    struct silent_report *report)
{
	struct silent_line line = {.unit = unit, .last = DAY_UNSET, .device = -1};
	find_device(r, report->as_of, &line);
	if (mentioned != DAY_UNSET && mentioned > line.last)
		line.last = mentioned;
	enum status s = find_phone(db, registry_unit(r, unit), &line);
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
	int32_t *mentioned = calloc(n, sizeof(*mentioned));
	report.as_of = query->period.to < query->today ? query->period.to : query->today;
	report.lines = calloc(n, sizeof(*report.lines));
	enum status s = STATUS_NO_MEMORY;
	if (heard != NULL && mentioned != NULL && report.lines != NULL)
		s = unit_map_new(r, report.as_of, &map);
	if (s == STATUS_OK)
		s = silence_mark_heard(db, &map, query->period, query->today, heard);
	if (s == STATUS_OK)
		s = mentions_last(db, &map, (struct period){.from = INT32_MIN, .to = report.as_of}, mentioned);
	for (int i = 0; i < map.n && s == STATUS_OK; i++) {
		if (!unit_map_is_leaf(&map, i) || !unit_map_covers(&map, map.place[query->unit], i))
			continue;
		report.expected++;
		if (!heard[i])
			s = add_line(db, r, i, mentioned[i], &report);
	}
	free(mentioned);
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

static void silent_print_json(const struct silent_report *report, const struct registry *r, FILE *out)
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
		    struct paper *p)
{
	const struct device *d = line->device < 0 ? NULL : registry_device(r, line->device);
	char id[2 * DEVICE_ID_LEN + 1];
	paper_row(p, PAPER_ROW);
	paper_text(p, registry_unit(r, line->unit)->code);
	paper_text(p, registry_unit(r, line->unit)->name);
	if (line->last == DAY_UNSET) {
		paper_word(p, "", _("never"));
		paper_empty(p);
	} else {
		paper_day(p, line->last);
		paper_count(p, report->as_of - line->last);
	}
	if (d == NULL) {
		paper_word(p, "", _("none enrolled"));
		paper_empty(p);
	} else {
		paper_text(p, hex_format(d->id, DEVICE_ID_LEN, id));
		paper_word(p, device_standing(d), wording_state(device_standing(d)));
	}
	paper_text(p, line->phone);
}

static void put_charts(const struct silent_report *report, struct paper *p)
{
	int64_t silent = (int64_t)report->n_lines;
	int64_t heard = report->expected - silent;
	paper_figure(p, _("Units expected"), report->expected, NULL, PAPER_PLAIN);
	paper_figure(p, _("Units heard of"), heard, NULL, PAPER_PLAIN);
	paper_figure(p, _("Units not heard of"), silent,
		     silent == 0 ? NULL : _("their numbers are unknown, not zero"),
		     silent == 0 ? PAPER_GOOD : PAPER_BAD);
	const char *const series[] = {_("units")};
	paper_chart(p, PAPER_PARTS, _("Who was heard of"), 1, series);
	paper_point(p, _("heard of"), &heard, PAPER_GOOD);
	paper_point(p, _("not heard of"), &silent, PAPER_UNKNOWN);
}

enum status silent_print(const struct silent_report *report, const struct registry *r, enum report_format format,
			 FILE *out)
{
	const struct paper_column columns[] = {
		{.key = "unit", .title = _("Unit")},
		{.key = "name", .title = _("Name")},
		{.key = "last_heard", .title = _("Last heard"), .kind = PAPER_DATE},
		{.key = "days", .title = _("Days"), .kind = PAPER_COUNT},
		{.key = "device", .title = _("Device")},
		{.key = "state", .title = _("State")},
		{.key = "phone", .title = _("Telephone")},
	};
	const struct paper_words words = paper_words();
	char from[PAPER_NUMBER];
	char as_of[PAPER_NUMBER];
	char title[TITLE_TEXT];
	if (format == REPORT_JSON) {
		silent_print_json(report, r, out);
		return STATUS_OK;
	}
	(void)snprintf(title, sizeof(title), _("Units not heard of, %s to %s: %zu of %lld expected"),
		       paper_format_day(&words, report->query.period.from, from),
		       paper_format_day(&words, report->as_of, as_of), report->n_lines,
		       (long long)report->expected);
	struct paper *p = report_paper(r, report->query.unit, title);
	paper_date(p, report->as_of);
	put_charts(report, p);
	paper_table(p, PAPER_EVERYWHERE, NULL, sizeof(columns) / sizeof(columns[0]), columns);
	for (size_t i = 0; i < report->n_lines; i++)
		put_row(report, r, &report->lines[i], p);
	enum status s = report_paper_write(p, format, out);
	paper_free(p);
	return s;
}
