/* How the index is printed for people. */
#include <inttypes.h>
#include <string.h>

#include "config/messages.h"
#include "config/totals_words.h"
#include "config/wording.h"
#include "hub/index766.h"
#include "protocol/tables/writer.h"

enum { SHOWN_PLACES = 2, HEARD_TEXT = 48, ENGLISH = 1 };

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

/* A share of 1 as percent with two decimals. */
static const char *percent(int64_t share, char out[static DECIMAL_TEXT])
{
	int64_t hundredths = (share + INDEX_ONE / 20000) / (INDEX_ONE / 10000);
	return decimal_format(hundredths, SHOWN_PLACES, is_vietnamese() ? ',' : '.', out);
}

static void cell_known(struct table *t, bool known, int64_t value)
{
	if (known)
		table_cell_int(t, value);
	else
		table_cell(t, "");
}

static void add_component(struct table *t, const struct index_definition *d, size_t i,
			  const struct index_score *score)
{
	char text[DECIMAL_TEXT];
	const struct index_component *c = &d->components[i];
	table_row(t);
	table_cell(t, c->title[is_vietnamese() ? 0 : ENGLISH]);
	cell_known(t, score->counted, score->part);
	cell_known(t, score->counted, score->whole);
	table_cell(t, score->state == INDEX_SCORED ? percent(score->share, text) : "");
	table_cell(t, index_available(d, score) ? points(score->score, text) : _("not available"));
	table_cell(t, points(score->max, text));
	table_cell(t, state_title(score));
}

static struct table *components_table(const struct index_report *report)
{
	const char *const headings[] = {_("component"), _("numerator"), _("denominator"), _("percent"),
					_("score"),     _("maximum"),   _("remark")};
	const bool numeric[] = {false, true, true, true, true, true, false};
	const struct index_definition *d = report->query.definition;
	struct table *t = table_new(sizeof(headings) / sizeof(headings[0]), headings, numeric);
	for (size_t i = 0; i < d->n; i++)
		add_component(t, d, i, &report->total.scores[i]);
	return t;
}

static void add_ranked(struct table *t, const struct registry *r, const struct index_row *row)
{
	const struct unit *u = registry_unit(r, row->unit);
	char text[DECIMAL_TEXT];
	char heard[HEARD_TEXT];
	bool any = row->available > 0;
	table_row(t);
	cell_known(t, row->rank > 0, row->rank);
	table_cell(t, u->code);
	table_cell(t, u->name);
	table_cell(t, any ? points(row->score, text) : _("not available"));
	table_cell(t, points(row->available, text));
	table_cell(t, any ? percent(row->share, text) : "");
	table_cell(t, any ? band_title(row->band) : "");
	(void)snprintf(heard, sizeof(heard), "%" PRId64 "/%" PRId64, row->units.reporting, row->units.expected);
	table_cell(t, heard);
}

static struct table *ranking_table(const struct index_report *report, const struct registry *r)
{
	const char *const headings[] = {_("rank"),           _("unit"),    _("name"), _("score"),
					_("of what counts"), _("percent"), _("band"), _("units heard of")};
	const bool numeric[] = {true, false, false, true, true, true, false, false};
	struct table *t = table_new(sizeof(headings) / sizeof(headings[0]), headings, numeric);
	for (size_t i = 0; i < report->n; i++)
		add_ranked(t, r, &report->rows[i]);
	return t;
}

/* How many units of each level are in each band. */
static void put_bands(const struct index_report *report, const struct registry *r, FILE *out)
{
	for (int level = LEVEL_PROVINCE; level <= LEVEL_COMMUNE; level++) {
		int64_t counts[INDEX_BANDS] = {0};
		int64_t units = 0;
		for (size_t i = 0; i < report->n; i++) {
			const struct index_row *row = &report->rows[i];
			bool counts_here = (int)registry_unit(r, row->unit)->level == level && row->rank > 0;
			units += counts_here ? 1 : 0;
			counts[row->band] += counts_here ? 1 : 0;
		}
		if (units == 0)
			continue;
		(void)fprintf(out, "%s (%" PRId64 "):", wording_level(unit_level_name((enum unit_level)level)),
			      units);
		for (int band = BAND_EXCELLENT; band < INDEX_BANDS; band++)
			if (counts[band] > 0)
				(void)fprintf(out, " %s %" PRId64 ";", band_title((enum index_band)band),
					      counts[band]);
		(void)fputc('\n', out);
	}
}

static void put_above(const struct index_report *report, const struct registry *r, FILE *out)
{
	const struct index_definition *d = report->query.definition;
	const struct unit *u = registry_unit(r, report->query.unit);
	char span[TOTALS_SPAN];
	char hash[INDEX_HASH_TEXT];
	(void)fprintf(out, _("Index of Quyết định 766/QĐ-TTg: %s version %lld (%s)\n"), d->name,
		      (long long)d->version, index_hash_format(d, hash));
	(void)fprintf(out, "%s %s\n%s\n\n", u->code, u->name,
		      totals_words_span(report->query.period, report->as_of, report->query.rule, span));
}

static void put_sum(const struct index_row *row, FILE *out)
{
	char score[DECIMAL_TEXT];
	char available[DECIMAL_TEXT];
	char missing[DECIMAL_TEXT];
	if (row->available == 0)
		(void)fputs(_("Nothing of the index is available.\n"), out);
	else if (row->available == row->max)
		(void)fprintf(out, _("Total: %s of %s points, %s\n"), points(row->score, score),
			      points(row->available, available), band_title(row->band));
	else
		(void)fprintf(
			out,
			_("Total: %s of the %s points that are available (%s of what is available); %s points "
			  "are not available, so this is no score of the whole index.\n"),
			points(row->score, score), points(row->available, available), band_title(row->band),
			points(row->max - row->available, missing));
}

/* What the reader has to know of the definition. */
static void put_footnotes(const struct index_report *report, FILE *out)
{
	const struct index_definition *d = report->query.definition;
	(void)fputc('\n', out);
	if (!d->confirmed)
		(void)fprintf(out,
			      _("The definition (%s), its limits of bands included, is not confirmed against the "
				"decision's text.\n"),
			      d->source);
	(void)fprintf(out, _("Bands are from %lld, %lld, %lld and %lld percent on.\n"),
		      (long long)d->band_from[BAND_EXCELLENT], (long long)d->band_from[BAND_GOOD],
		      (long long)d->band_from[BAND_FAIR], (long long)d->band_from[BAND_AVERAGE]);
	(void)fputs(d->left_out ? _("What does not apply to a level is left out of the maximum.\n")
				: _("A unit gets the full points for what does not apply to its level.\n"),
		    out);
	for (size_t i = 0; i < d->n; i++) {
		const struct index_component *c = &d->components[i];
		const char *note = c->note[is_vietnamese() ? 0 : ENGLISH];
		if (note[0] != '\0')
			(void)fprintf(out, "%s: %s\n", c->title[is_vietnamese() ? 0 : ENGLISH], note);
	}
	if (!report->alike && report->n > 0)
		(void)fputs(
			_("Not the same components are available for every unit: ranks are by the share of what "
			  "is.\n"),
			out);
}

enum status index_print_text(const struct index_report *report, const struct registry *r, FILE *out)
{
	struct table *t = report->query.by_unit ? ranking_table(report, r) : components_table(report);
	enum status s = table_status(t);
	if (s == STATUS_OK) {
		put_above(report, r, out);
		table_print_text(t, out);
		(void)fputc('\n', out);
		if (report->query.by_unit)
			put_bands(report, r, out);
		put_sum(&report->total, out);
		put_footnotes(report, out);
	}
	table_free(t);
	return s;
}
