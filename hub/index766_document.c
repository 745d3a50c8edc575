/* The index for other programs: the document, and rows for spreadsheets. */
#include "hub/index766.h"
#include "hub/index766_paper.h"
#include "protocol/tables/writer.h"

enum { SCHEMA = 1, SCORE_PLACES = 4, SHARE_PLACES = 6, SHORT_TEXT = 32 };

static const char *state_key(enum index_state state)
{
	static const char *const keys[] = {
		[INDEX_SCORED] = "scored",
		[INDEX_FULL] = "nothing-to-count-full",
		[INDEX_NOT_APPLICABLE] = "not-applicable",
		[INDEX_NOT_REPORTED] = "not-reported",
		[INDEX_NOTHING] = "nothing-to-count",
		[INDEX_ABOVE] = "numerator-above",
	};
	return keys[state];
}

static void put_known(struct json_writer *w, const char *key, bool known, int64_t value, unsigned places)
{
	json_key(w, key);
	if (known)
		json_decimal(w, value, places);
	else
		json_null(w);
}

static void put_component(struct json_writer *w, const struct index_definition *d, size_t i,
			  const struct index_score *score)
{
	bool available = index_available(d, score);
	json_object(w);
	json_member_str(w, "component", d->components[i].key);
	json_member_str(w, "group", d->components[i].group);
	put_known(w, "numerator", score->counted, score->part, 0);
	put_known(w, "denominator", score->counted, score->whole, 0);
	put_known(w, "ratio", score->state == INDEX_SCORED, (score->share + 500) / 1000, SHARE_PLACES);
	put_known(w, "score", available, score->score, SCORE_PLACES);
	put_known(w, "max", true, score->max, SCORE_PLACES);
	json_member_str(w, "state", state_key(score->state));
	if (score->alone)
		json_member_str(w, "not_multiplied_by", d->components[d->components[i].times].key);
	json_object_end(w);
}

static void put_before(struct json_writer *w, const struct index_before *before)
{
	json_key(w, "before");
	json_object(w);
	put_known(w, "score", before->known, before->score, SCORE_PLACES);
	put_known(w, "available_max", true, before->available, SCORE_PLACES);
	put_known(w, "share", before->known, (before->share + 500) / 1000, SHARE_PLACES);
	put_known(w, "rank", before->rank > 0, before->rank, 0);
	json_key(w, "alike");
	json_bool(w, before->alike);
	json_object_end(w);
}

static void put_row(struct json_writer *w, const struct index_report *report, const struct registry *r,
		    const struct index_row *row)
{
	const struct index_definition *d = report->query.definition;
	const struct unit *u = registry_unit(r, row->unit);
	bool any = row->available > 0;
	json_object(w);
	json_member_str(w, "key", u->code);
	json_member_str(w, "name", u->name);
	json_member_str(w, "level", unit_level_name(u->level));
	put_known(w, "score", any, row->score, SCORE_PLACES);
	put_known(w, "available_max", true, row->available, SCORE_PLACES);
	put_known(w, "max", true, row->max, SCORE_PLACES);
	put_known(w, "share", any, (row->share + 500) / 1000, SHARE_PLACES);
	json_member_str(w, "band", any ? index_band_key(row->band) : NULL);
	put_known(w, "rank", row->rank > 0, row->rank, 0);
	if (report->compared)
		put_before(w, &row->before);
	json_member_int(w, "units_expected", row->units.expected);
	json_member_int(w, "units_reporting", row->units.reporting);
	json_key(w, "components");
	json_array(w);
	for (size_t i = 0; i < d->n; i++)
		put_component(w, d, i, &row->scores[i]);
	json_array_end(w);
	json_object_end(w);
}

static void put_head(struct json_writer *w, const struct index_report *report)
{
	const struct index_definition *d = report->query.definition;
	char text[SHORT_TEXT];
	json_member_int(w, "schema", SCHEMA);
	json_member_str(w, "index", d->name);
	json_member_int(w, "index_version", d->version);
	json_member_str(w, "index_hash", index_hash_format(d, text));
	json_member_str(w, "source", d->source);
	json_key(w, "confirmed");
	json_bool(w, d->confirmed);
	json_member_str(w, "not_applicable", d->left_out ? "left_out" : "max");
	json_member_str(w, "from", date_format(report->query.period.from, text));
	json_member_str(w, "to", date_format(report->query.period.to, text));
	json_member_str(w, "as_of", date_format(report->as_of, text));
	if (report->compared) {
		json_member_str(w, "against_from", date_format(report->against.from, text));
		json_member_str(w, "against_to", date_format(report->against.to, text));
	}
	json_member_str(w, "rule", report->query.rule->name);
	json_member_int(w, "rule_version", report->query.rule->version);
	rule_hash_format(report->query.rule, text);
	json_member_str(w, "rule_hash", text);
	json_key(w, "alike");
	json_bool(w, report->alike || report->n == 0);
}

static void put_json(const struct index_report *report, const struct registry *r, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	json_object(&w);
	put_head(&w, report);
	json_key(&w, "groups");
	json_array(&w);
	for (size_t i = 0; i < report->n; i++)
		put_row(&w, report, r, &report->rows[i]);
	json_array_end(&w);
	json_key(&w, "total");
	put_row(&w, report, r, &report->total);
	json_object_end(&w);
	json_end_line(&w);
}

static void put_points(struct paper *p, bool known, int64_t value)
{
	if (known)
		paper_decimal(p, value, SCORE_PLACES);
	else
		paper_empty(p);
}

static void put_data_row(struct paper *p, const struct index_report *report, const struct registry *r,
			 const struct index_row *row)
{
	const struct index_definition *d = report->query.definition;
	const struct unit *u = registry_unit(r, row->unit);
	char text[SHORT_TEXT];
	for (size_t i = 0; i < d->n; i++) {
		const struct index_score *score = &row->scores[i];
		paper_row(p, PAPER_ROW);
		paper_text(p, u->code);
		paper_text(p, u->name);
		paper_text(p, d->components[i].key);
		index_put_known(p, score->counted, score->part);
		index_put_known(p, score->counted, score->whole);
		put_points(p, index_available(d, score), score->score);
		put_points(p, true, score->max);
		paper_text(p, state_key(score->state));
		paper_day(p, report->query.period.from);
		paper_day(p, report->query.period.to);
		paper_text(p, d->name);
		paper_count(p, d->version);
		paper_text(p, index_hash_format(d, text));
	}
}

void index_put_data(struct paper *p, const struct index_report *report, const struct registry *r)
{
	static const struct paper_column columns[] = {
		{.key = "key"},
		{.key = "name"},
		{.key = "component"},
		{.key = "numerator", .kind = PAPER_COUNT},
		{.key = "denominator", .kind = PAPER_COUNT},
		{.key = "score", .kind = PAPER_DECIMAL},
		{.key = "max", .kind = PAPER_DECIMAL},
		{.key = "state"},
		{.key = "from", .kind = PAPER_DATE},
		{.key = "to", .kind = PAPER_DATE},
		{.key = "index"},
		{.key = "index_version", .kind = PAPER_COUNT},
		{.key = "index_hash"},
	};
	paper_table(p, PAPER_DATA, NULL, sizeof(columns) / sizeof(columns[0]), columns);
	for (size_t i = 0; i < report->n; i++)
		put_data_row(p, report, r, &report->rows[i]);
	put_data_row(p, report, r, &report->total);
}

enum status index_print(const struct index_report *report, const struct registry *r, enum report_format format,
			FILE *out)
{
	if (format != REPORT_JSON)
		return index_print_paper(report, r, format, out);
	put_json(report, r, out);
	return STATUS_OK;
}
