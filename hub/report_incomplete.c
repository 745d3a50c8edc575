#include "hub/report_incomplete.h"

#include <string.h>

#include "config/messages.h"
#include "hub/dossier_table.h"
#include "hub/report_paper.h"
#include "protocol/tables/writer.h"

static const struct {
	unsigned bit;
	const char *word;
	const char *title;
} REASONS[INCOMPLETE_REASONS] = {
	{INCOMPLETE_NO_RECEIPT, "no-receipt-date", N_("no receipt date")},
	{INCOMPLETE_END_FIRST, "end-before-receipt", N_("ended before it was received")},
	{INCOMPLETE_NO_END, "closed-without-date", N_("closed without a date")},
	{INCOMPLETE_WITHDRAWN, "withdrawn-without-date", N_("withdrawn without a date")},
	{INCOMPLETE_STATUS_AHEAD, "status-in-future", N_("status dated in the future")},
	{INCOMPLETE_REOPENED, "reopened", N_("open again after its end")},
};

enum { REASONS_TEXT = 256 };

struct listing {
	const struct registry *registry;
	const struct totals_query *query;
	struct count_query counted;
	enum report_format format;
	FILE *out;
	struct table *table; /* NULL for JSON */
	int64_t n;
	int64_t n_of[INCOMPLETE_REASONS];
	char rule_hash[RULE_HASH_TEXT];
	struct unit_map map;
};

const char *incomplete_word(int reason)
{
	return REASONS[reason].word;
}

const char *incomplete_title(int reason)
{
	return _(REASONS[reason].title);
}

/* The reasons of a dossier that the totals count as incomplete, else 0. */
static unsigned reasons_of(const struct listing *l, const struct dossier_row *row)
{
	struct cells cells = {0};
	int unit = unit_map_find_stated(&l->map, row->unit, row->unit_day, row->units);
	if (unit == UNIT_NONE || !unit_map_covers(&l->map, l->map.place[l->query->unit], unit))
		return 0;
	count_dossier(&l->counted, &row->facts, &cells);
	return cells.incomplete == 0 ? 0 : dossier_incomplete(&row->facts, l->query->rule);
}

static void put_date(struct json_writer *w, const char *key, int32_t day)
{
	char date[DATE_TEXT];
	json_member_str(w, key, day == DAY_UNSET ? NULL : date_format(day, date));
}

static void put_line(const struct listing *l, const struct dossier_row *row, unsigned reasons)
{
	struct json_writer w = json_writer_new(l->out);
	json_object(&w);
	json_key(&w, "code");
	json_text(&w, row->code);
	json_key(&w, "unit");
	json_text(&w, row->unit);
	json_member_str(&w, "status", schema_word_name(schema_field(FIELD_STATUS), row->facts.status));
	json_key(&w, "reasons");
	json_array(&w);
	for (int i = 0; i < INCOMPLETE_REASONS; i++)
		if ((reasons & REASONS[i].bit) != 0)
			json_str(&w, REASONS[i].word);
	json_array_end(&w);
	put_date(&w, "status_at", row->facts.status_day);
	put_date(&w, "submitted_at", row->facts.submitted);
	put_date(&w, "received_at", row->facts.received);
	put_date(&w, "due_at", row->facts.due);
	put_date(&w, "finished_at", row->facts.finished);
	put_date(&w, "returned_at", row->facts.returned);
	json_member_str(&w, "rule", l->query->rule->name);
	json_member_int(&w, "rule_version", l->query->rule->version);
	json_member_str(&w, "rule_hash", l->rule_hash);
	json_object_end(&w);
	json_end_line(&w);
}

static void put_text(struct table *table, struct slice text)
{
	char copy[LIMIT_KEY + 1];
	(void)snprintf(copy, sizeof(copy), "%.*s", (int)text.len, text.len == 0 ? "" : (const char *)text.data);
	table_cell(table, copy);
}

static const char *status_title(uint8_t status)
{
	const struct field_spec *spec = schema_field(FIELD_STATUS);
	return strcmp(messages_language(), "vi") == 0 ? schema_word_vi(spec, status)
						      : schema_word_name(spec, status);
}

/* People read sentences, spreadsheets the stable words. */
static void put_reasons(const struct listing *l, unsigned reasons)
{
	char text[REASONS_TEXT] = "";
	size_t len = 0;
	for (int i = 0; i < INCOMPLETE_REASONS; i++) {
		if ((reasons & REASONS[i].bit) == 0)
			continue;
		const char *reason = l->format == REPORT_CSV ? REASONS[i].word : incomplete_title(i);
		int n = snprintf(text + len, sizeof(text) - len, "%s%s", len == 0 ? "" : ", ", reason);
		if (n < 0 || (size_t)n >= sizeof(text) - len)
			break;
		len += (size_t)n;
	}
	table_cell(l->table, text);
}

static void put_row(const struct listing *l, const struct dossier_row *row, unsigned reasons)
{
	const struct dossier_facts *f = &row->facts;
	const int32_t days[] = {f->status_day, f->submitted, f->received, f->due, f->finished, f->returned};
	bool words = l->format == REPORT_CSV;
	table_row(l->table);
	put_text(l->table, row->code);
	put_text(l->table, row->unit);
	table_cell(l->table,
		   words ? schema_word_name(schema_field(FIELD_STATUS), f->status) : status_title(f->status));
	put_reasons(l, reasons);
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		char date[DATE_TEXT];
		table_cell(l->table, date_format(days[i], date));
	}
	if (!words)
		return;
	table_cell(l->table, l->query->rule->name);
	table_cell_int(l->table, l->query->rule->version);
	table_cell(l->table, l->rule_hash);
}

static enum status take(void *context, const struct dossier_row *row)
{
	struct listing *l = context;
	unsigned reasons = reasons_of(l, row);
	if (reasons == 0)
		return STATUS_OK;
	l->n++;
	for (int i = 0; i < INCOMPLETE_REASONS; i++)
		l->n_of[i] += (reasons & REASONS[i].bit) != 0;
	if (l->format == REPORT_JSON)
		put_line(l, row, reasons);
	else
		put_row(l, row, reasons);
	return table_status(l->table) == STATUS_LIMIT ? STATUS_LIMIT : STATUS_OK;
}

static struct table *new_table(enum report_format format)
{
	static const char *const words[] = {
		"code",   "unit",        "status",      "reasons", "status_at",    "submitted_at", "received_at",
		"due_at", "finished_at", "returned_at", "rule",    "rule_version", "rule_hash"};
	const char *const titles[] = {_("code"),         _("unit"),      _("status"),      _("reason"),
				      _("status since"), _("submitted"), _("received on"), _("due"),
				      _("finished"),     _("returned")};
	static const bool numeric[sizeof(words) / sizeof(words[0])];
	return format == REPORT_CSV ? table_new(sizeof(words) / sizeof(words[0]), words, numeric)
				    : table_new(sizeof(titles) / sizeof(titles[0]), titles, numeric);
}

static void print_table(const struct listing *l)
{
	const struct unit *u = registry_unit(l->registry, l->query->unit);
	char span[TOTALS_SPAN];
	(void)fprintf(l->out, "%s %s\n%s\n\n", u->code, u->name, totals_span(l->query, l->counted.as_of, span));
	(void)fprintf(l->out, _("Incomplete dossiers: %lld\n"), (long long)l->n);
	for (int i = 0; i < INCOMPLETE_REASONS; i++)
		if (l->n_of[i] != 0)
			(void)fprintf(l->out, "  %s: %lld\n", incomplete_title(i), (long long)l->n_of[i]);
	if (l->n == 0)
		return;
	(void)fputc('\n', l->out);
	table_print_text(l->table, l->out);
}

static enum status print_paper(const struct listing *l)
{
	struct paper *p = report_paper(l->registry, l->query->unit, _("Incomplete dossiers"));
	report_paper_period(p, l->query->period);
	paper_line(p, PAPER_UNIT, _("Unit of count: dossiers"));
	paper_figure(p, _("Incomplete dossiers"), l->n, NULL, l->n == 0 ? PAPER_GOOD : PAPER_WATCH);
	const char *const series[] = {_("dossiers")};
	paper_chart(p, PAPER_AMOUNTS, _("Why they are incomplete"), 1, series);
	for (int i = 0; i < INCOMPLETE_REASONS; i++)
		if (l->n_of[i] != 0)
			paper_point(p, incomplete_title(i), &l->n_of[i], PAPER_WATCH);
	paper_take(p, PAPER_PAGES, NULL, l->table);
	report_paper_rule(p, l->counted.as_of, l->query->rule);
	report_paper_known(p, l->query->as_known_at);
	enum status s = report_paper_write(p, l->format, l->out);
	paper_free(p);
	return s;
}

enum status incomplete_print(struct database *db, const struct registry *r, const struct totals_query *query,
			     enum report_format format, FILE *out)
{
	int32_t as_of = query->period.to < query->today ? query->period.to : query->today;
	struct listing l = {
		.registry = r,
		.query = query,
		.counted = {.period = query->period, .as_of = as_of, .rule = query->rule},
		.format = format,
		.out = out,
		.table = format == REPORT_JSON ? NULL : new_table(format),
	};
	rule_hash_format(query->rule, l.rule_hash);
	enum status s = unit_map_new(r, totals_units_day(query), &l.map);
	if (s == STATUS_OK)
		s = dossier_scan(db, query->period, take, &l);
	if (s == STATUS_OK && format != REPORT_JSON)
		s = table_status(l.table);
	if (s == STATUS_OK && format == REPORT_CSV)
		table_print_csv(l.table, out);
	else if (s == STATUS_OK && format == REPORT_TABLE)
		print_table(&l);
	else if (s == STATUS_OK && format != REPORT_JSON)
		s = print_paper(&l);
	table_free(l.table);
	unit_map_free(&l.map);
	return s;
}
