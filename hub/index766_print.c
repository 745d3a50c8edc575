/* How the index is printed for people. */
#include <inttypes.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/index766_paper.h"
#include "hub/paper_words.h"

enum { SHOWN_PLACES = 2, HEARD_TEXT = 48, ENGLISH = 1, BARS = 40 };

static bool is_vietnamese(void)
{
	return strcmp(messages_language(), "vi") == 0;
}

static const char *band_title(enum index_band band)
{
	switch (band) {
	case BAND_EXCELLENT:
		return _("excellent");
	case BAND_GOOD:
		return _("good");
	case BAND_FAIR:
		return _("fair");
	case BAND_AVERAGE:
		return _("average");
	case BAND_WEAK:
	case INDEX_BANDS:
		break;
	}
	return _("weak");
}

static const char *state_title(const struct index_score *score)
{
	switch (score->state) {
	case INDEX_SCORED:
		return score->alone ? _("without the rate it is multiplied by") : "";
	case INDEX_FULL:
		return _("nothing to count: full points");
	case INDEX_NOT_APPLICABLE:
		return _("does not apply to this level");
	case INDEX_NOT_REPORTED:
		return _("not reported");
	case INDEX_NOTHING:
		return _("nothing to count");
	case INDEX_ABOVE:
		return _("numerator above denominator: check the figures");
	}
	return "";
}

/* Points with two decimals; kept with four. */
static const char *points(int64_t score, char out[static DECIMAL_TEXT])
{
	return decimal_format((score + 50) / 100, SHOWN_PLACES, is_vietnamese() ? ',' : '.', out);
}

/* Of a percent, from a share of 1. */
static int64_t hundredths(int64_t share)
{
	return (share + INDEX_ONE / 20000) / (INDEX_ONE / 10000);
}

void index_put_known(struct paper *p, bool known, int64_t value)
{
	if (known)
		paper_count(p, value);
	else
		paper_empty(p);
}

static void put_points(struct paper *p, bool available, int64_t score)
{
	if (available)
		paper_decimal(p, (score + 50) / 100, SHOWN_PLACES);
	else
		paper_text(p, _("not available"));
}

static void put_percent(struct paper *p, bool known, int64_t share)
{
	if (known)
		paper_decimal(p, hundredths(share), SHOWN_PLACES);
	else
		paper_empty(p);
}

static void put_component(struct paper *p, const struct index_definition *d, size_t i,
			  const struct index_score *score)
{
	const struct index_component *c = &d->components[i];
	paper_row(p, PAPER_ROW);
	paper_text(p, c->title[is_vietnamese() ? 0 : ENGLISH]);
	index_put_known(p, score->counted, score->part);
	index_put_known(p, score->counted, score->whole);
	put_percent(p, score->state == INDEX_SCORED, score->share);
	put_points(p, index_available(d, score), score->score);
	put_points(p, true, score->max);
	paper_text(p, state_title(score));
}

static void put_components(struct paper *p, const struct index_report *report)
{
	const struct paper_column columns[] = {
		{.key = "component", .title = _("component")},
		{.key = "numerator", .title = _("numerator"), .kind = PAPER_COUNT},
		{.key = "denominator", .title = _("denominator"), .kind = PAPER_COUNT},
		{.key = "percent", .title = _("percent"), .kind = PAPER_DECIMAL},
		{.key = "score", .title = _("score"), .kind = PAPER_DECIMAL},
		{.key = "max", .title = _("maximum"), .kind = PAPER_DECIMAL},
		{.key = "remark", .title = _("remark")}};
	const struct index_definition *d = report->query.definition;
	paper_table(p, PAPER_EVERYWHERE, NULL, sizeof(columns) / sizeof(columns[0]), columns);
	for (size_t i = 0; i < d->n; i++)
		put_component(p, d, i, &report->total.scores[i]);
}

/* "+3": three places up. Nothing where not the same was scored. */
static void put_change(struct paper *p, const struct index_row *row)
{
	char text[HEARD_TEXT];
	bool comparable = row->before.alike && row->rank > 0 && row->before.rank > 0;
	(void)snprintf(text, sizeof(text), "%+d", row->before.rank - row->rank);
	paper_text(p, comparable ? text : "");
}

static void put_ranked(struct paper *p, const struct registry *r, const struct index_row *row, bool compared)
{
	const struct unit *u = registry_unit(r, row->unit);
	char heard[HEARD_TEXT];
	bool any = row->available > 0;
	paper_row(p, PAPER_ROW);
	index_put_known(p, row->rank > 0, row->rank);
	paper_text(p, u->code);
	paper_text(p, u->name);
	put_points(p, any, row->score);
	put_points(p, true, row->available);
	put_percent(p, any, row->share);
	paper_text(p, any ? band_title(row->band) : "");
	(void)snprintf(heard, sizeof(heard), "%" PRId64 "/%" PRId64, row->units.reporting, row->units.expected);
	paper_text(p, heard);
	if (!compared)
		return;
	put_percent(p, row->before.known, row->before.share);
	index_put_known(p, row->before.rank > 0, row->before.rank);
	put_change(p, row);
}

static void put_ranking(struct paper *p, const struct index_report *report, const struct registry *r)
{
	const struct paper_column columns[] = {
		{.key = "rank", .title = _("rank"), .kind = PAPER_COUNT},
		{.key = "unit", .title = _("unit")},
		{.key = "name", .title = _("name")},
		{.key = "score", .title = _("score"), .kind = PAPER_DECIMAL},
		{.key = "available", .title = _("of what counts"), .kind = PAPER_DECIMAL},
		{.key = "percent", .title = _("percent"), .kind = PAPER_DECIMAL},
		{.key = "band", .title = _("band")},
		{.key = "units", .title = _("units heard of")},
		{.key = "percent_before", .title = _("percent before"), .kind = PAPER_DECIMAL},
		{.key = "rank_before", .title = _("rank before"), .kind = PAPER_COUNT},
		{.key = "places_up", .title = _("places up")}};
	enum { COMPARED = 3, COLUMNS = sizeof(columns) / sizeof(columns[0]) };
	paper_table(p, PAPER_EVERYWHERE, NULL, report->compared ? COLUMNS : COLUMNS - COMPARED, columns);
	for (size_t i = 0; i < report->n; i++)
		put_ranked(p, r, &report->rows[i], report->compared);
}

/* The best and the last, as bars. */
static void put_bars(struct paper *p, const struct index_report *report, const struct registry *r)
{
	const char *const series[] = {_("score"), _("of what counts")};
	size_t n = 0;
	while (n < report->n && report->rows[n].rank > 0)
		n++;
	if (n < 2)
		return;
	paper_chart(p, PAPER_RANKING, _("Points of those that are available, in hundredths of a point"), 2, series);
	for (size_t i = 0; i < n && i < BARS; i++) {
		const struct index_row *row = &report->rows[i];
		const int64_t values[] = {(row->score + 50) / 100, (row->available + 50) / 100};
		paper_point(p, registry_unit(r, row->unit)->name, values, PAPER_PLAIN);
	}
	if (n > BARS)
		paper_remark(p, _("Only the first units are drawn; all stand in the table."));
}

/* How many units of each level are in each band. */
static void put_bands(struct paper *p, const struct index_report *report, const struct registry *r)
{
	const struct paper_column columns[] = {{.key = "level", .title = _("level")},
					       {.key = "units", .title = _("units"), .kind = PAPER_COUNT},
					       {.key = "excellent", .title = _("excellent"), .kind = PAPER_COUNT},
					       {.key = "good", .title = _("good"), .kind = PAPER_COUNT},
					       {.key = "fair", .title = _("fair"), .kind = PAPER_COUNT},
					       {.key = "average", .title = _("average"), .kind = PAPER_COUNT},
					       {.key = "weak", .title = _("weak"), .kind = PAPER_COUNT}};
	paper_table(p, PAPER_EVERYWHERE, _("Units in each band"), sizeof(columns) / sizeof(columns[0]), columns);
	for (int level = LEVEL_PROVINCE; level <= LEVEL_COMMUNE; level++) {
		int64_t counts[INDEX_BANDS] = {0};
		int64_t units = 0;
		for (size_t i = 0; i < report->n; i++) {
			const struct index_row *row = &report->rows[i];
			bool here = (int)registry_unit(r, row->unit)->level == level && row->rank > 0;
			units += here ? 1 : 0;
			counts[row->band] += here ? 1 : 0;
		}
		if (units == 0)
			continue;
		paper_row(p, PAPER_ROW);
		paper_text(p, wording_level(unit_level_name((enum unit_level)level)));
		paper_count(p, units);
		for (int band = BAND_EXCELLENT; band < INDEX_BANDS; band++)
			paper_count(p, counts[band]);
	}
}

static void put_sum(struct paper *p, const struct index_row *row)
{
	char score[DECIMAL_TEXT];
	char available[DECIMAL_TEXT];
	char missing[DECIMAL_TEXT];
	if (row->available == 0)
		paper_note(p, "%s", _("Nothing of the index is available."));
	else if (row->available == row->max)
		paper_note(p, _("Total: %s of %s points, %s"), points(row->score, score),
			   points(row->available, available), band_title(row->band));
	else
		paper_note(p,
			   _("Total: %s of the %s points that are available (%s of what is available); %s points "
			     "are not available, so this is no score of the whole index."),
			   points(row->score, score), points(row->available, available), band_title(row->band),
			   points(row->max - row->available, missing));
}

static void put_before(struct paper *p, const struct index_report *report)
{
	const struct index_before *before = &report->total.before;
	const struct paper_words words = paper_words();
	char from[PAPER_NUMBER];
	char to[PAPER_NUMBER];
	char score[DECIMAL_TEXT];
	char available[DECIMAL_TEXT];
	if (!report->compared)
		return;
	paper_note(p, _("Compared with %s to %s: %s of %s points then."),
		   paper_format_day(&words, report->against.from, from),
		   paper_format_day(&words, report->against.to, to), points(before->score, score),
		   points(before->available, available));
	if (!before->alike)
		paper_note(p, "%s",
			   _("Not the same components were available then: the two scores do not compare."));
}

/* What the reader has to know of the definition. */
static void put_footnotes(struct paper *p, const struct index_report *report)
{
	const struct index_definition *d = report->query.definition;
	char hash[INDEX_HASH_TEXT];
	paper_note(p, _("By the definition %s, version %lld (%s)."), d->name, (long long)d->version,
		   index_hash_format(d, hash));
	if (!d->confirmed)
		paper_note(p,
			   _("The definition (%s), its limits of bands included, is not confirmed against the "
			     "decision's text."),
			   d->source);
	paper_note(p, _("Bands are from %lld, %lld, %lld and %lld percent on."),
		   (long long)d->band_from[BAND_EXCELLENT], (long long)d->band_from[BAND_GOOD],
		   (long long)d->band_from[BAND_FAIR], (long long)d->band_from[BAND_AVERAGE]);
	paper_note(p, "%s",
		   d->left_out ? _("What does not apply to a level is left out of the maximum.")
			       : _("A unit gets the full points for what does not apply to its level."));
	for (size_t i = 0; i < d->n; i++) {
		const struct index_component *c = &d->components[i];
		const char *note = c->note[is_vietnamese() ? 0 : ENGLISH];
		if (note[0] != '\0')
			paper_note(p, "%s: %s", c->title[is_vietnamese() ? 0 : ENGLISH], note);
	}
	if (!report->alike && report->n > 0)
		paper_note(p, "%s",
			   _("Not the same components are available for every unit: ranks are by the share of "
			     "what is."));
}

enum status index_print_paper(const struct index_report *report, const struct registry *r,
			      enum report_format format, FILE *out)
{
	struct paper *p = report_paper(r, report->query.unit, _("Index of Quyết định 766/QĐ-TTg"));
	report_paper_period(p, report->query.period);
	if (report->query.by_unit) {
		put_bars(p, report, r);
		put_ranking(p, report, r);
		put_bands(p, report, r);
	} else {
		put_components(p, report);
	}
	index_put_data(p, report, r);
	put_sum(p, &report->total);
	put_before(p, report);
	put_footnotes(p, report);
	report_paper_rule(p, report->as_of, report->query.rule);
	enum status s = report_paper_write(p, format, out);
	paper_free(p);
	return s;
}
