/* How the findings of the checks are printed. */
#include <inttypes.h>
#include <string.h>

#include "config/messages.h"
#include "hub/checks.h"
#include "hub/report_paper.h"
#include "protocol/tables/writer.h"

enum { SCHEMA = 1, SHORT_HASH = 6, HASH_TEXT = 16, SENTENCE = 400 };

static const char *hash_text(const struct check_list *list, char out[static HASH_TEXT])
{
	char hex[2 * SHORT_HASH + 1];
	(void)snprintf(out, HASH_TEXT, "%s", hex_format(list->hash, SHORT_HASH, hex));
	return out;
}

/* --- the document --- */

static const char *severity_word(enum finding_kind kind)
{
	static const char *const words[] = {
		[SEVERITY_CONTRADICTION] = "contradiction", [SEVERITY_NOTE] = "note", [SEVERITY_AGREES] = "agrees"};
	return words[finding_severity(kind)];
}

static void put_finding(struct json_writer *w, const struct registry *r, const struct finding *f)
{
	const struct unit *u = registry_unit(r, f->unit);
	json_object(w);
	json_member_str(w, "unit", u->code);
	json_member_str(w, "name", u->name);
	json_member_str(w, "figure", f->figure);
	json_member_str(w, "finding", finding_word(f->kind));
	json_member_str(w, "severity", severity_word(f->kind));
	json_key(w, "stated");
	json_decimal(w, f->stated, f->stated_places);
	json_key(w, "computed");
	if (f->computes)
		json_decimal(w, f->computed, f->computed_places);
	else
		json_null(w);
	json_member_str(w, "fits", f->fits[0] == '\0' ? NULL : f->fits);
	if (f->fits_to > 0) {
		json_key(w, "fits_denominator");
		json_array(w);
		json_int(w, f->fits_from);
		json_int(w, f->fits_to);
		json_array_end(w);
	}
	json_object_end(w);
}

static void put_unchecked(struct json_writer *w, const struct checks_report *report, const struct registry *r)
{
	json_key(w, "unchecked");
	json_array(w);
	for (size_t i = 0; i < report->n_unchecked; i++) {
		json_object(w);
		json_member_str(w, "unit", registry_unit(r, report->unchecked[i].unit)->code);
		json_member_str(w, "figure", report->unchecked[i].figure);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_json(const struct checks_report *report, const struct registry *r, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	char date[DATE_TEXT];
	char hash[HASH_TEXT];
	json_object(&w);
	json_member_int(&w, "schema", SCHEMA);
	json_member_str(&w, "checks", report->list->name);
	json_member_str(&w, "checks_hash", hash_text(report->list, hash));
	json_member_str(&w, "from", date_format(report->period.from, date));
	json_member_str(&w, "to", date_format(report->period.to, date));
	json_member_str(&w, "as_of", date_format(report->as_of, date));
	json_member_int(&w, "checked", report->n_checked);
	json_member_int(&w, "contradictions", (int64_t)checks_count(report, SEVERITY_CONTRADICTION));
	json_member_int(&w, "notes", (int64_t)checks_count(report, SEVERITY_NOTE));
	json_key(&w, "findings");
	json_array(&w);
	for (size_t i = 0; i < report->n; i++)
		put_finding(&w, r, &report->findings[i]);
	json_array_end(&w);
	put_unchecked(&w, report, r);
	json_object_end(&w);
	json_end_line(&w);
}

/* --- paper --- */

static const char *kind_sentence(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_GAP:
		return _("is not what is done and open: dossiers closed without a date, see 'report incomplete'");
	case FINDING_TOTAL:
		return _("is not what its parts add up to");
	case FINDING_RATE:
		return _("is not what numerator and denominator give");
	case FINDING_BASE:
		return _("is the rate of another denominator than the one it is said to have");
	case FINDING_IMPOSSIBLE:
		return _("is a rate that no number of cases of this denominator can have");
	case FINDING_OUTSIDE:
		return _("does not lie between the rates it is made of");
	case FINDING_ROUNDING:
		return _("is the plain mean of the rates it is made of, rounded wrongly");
	case FINDING_ABOVE:
		return _("is above what it is a part of: these are not the same persons or things");
	case FINDING_CHILDREN:
		return _("is not what the units below reported in sum");
	case FINDING_MEAN:
		return _("is the plain mean of rates, which does not weigh them by what they count");
	case FINDING_SAME:
		return _("is another base than the one given for the same thing");
	case FINDING_AGREES:
	case FINDING_KINDS:
		break;
	}
	return "";
}

/* What would explain a finding; "" if nothing does. */
static const char *hint_of(const struct finding *f, char out[static SENTENCE])
{
	out[0] = '\0';
	if (f->fits[0] != '\0' && f->kind == FINDING_TOTAL)
		(void)snprintf(out, SENTENCE, _("the difference is as large as %s"), f->fits);
	else if (f->fits[0] != '\0')
		(void)snprintf(out, SENTENCE, _("the rate fits the denominator %s"), f->fits);
	else if (f->fits_to > 0)
		(void)snprintf(out, SENTENCE, _("a denominator from %lld to %lld would give it"),
			       (long long)f->fits_from, (long long)f->fits_to);
	return out;
}

static const char *severity_title(enum finding_kind kind)
{
	switch (finding_severity(kind)) {
	case SEVERITY_CONTRADICTION:
		break;
	case SEVERITY_NOTE:
		return _("note");
	case SEVERITY_AGREES:
		return _("agrees");
	}
	return _("contradiction");
}

static void put_computed(struct paper *p, const struct finding *f)
{
	if (f->computes)
		paper_decimal(p, f->computed, f->computed_places);
	else
		paper_empty(p);
}

static void put_finding_row(struct paper *p, const struct registry *r, const struct finding *f)
{
	const struct unit *u = registry_unit(r, f->unit);
	char hint[SENTENCE];
	paper_row(p, PAPER_ROW);
	paper_text(p, u->code);
	paper_text(p, u->name);
	paper_text(p, f->figure);
	paper_decimal(p, f->stated, f->stated_places);
	put_computed(p, f);
	paper_text(p, f->is_rate ? "%" : "");
	paper_text(p, severity_title(f->kind));
	paper_text(p, kind_sentence(f->kind));
	paper_text(p, hint_of(f, hint));
}

static void put_findings(struct paper *p, const struct checks_report *report, const struct registry *r)
{
	const struct paper_column columns[] = {{.key = "unit", .title = _("unit")},
					       {.key = "name", .title = _("name")},
					       {.key = "figure", .title = _("figure")},
					       {.key = "stated", .title = _("stated"), .kind = PAPER_DECIMAL},
					       {.key = "computed", .title = _("computed"), .kind = PAPER_DECIMAL},
					       {.key = "rate", .title = ""},
					       {.key = "verdict", .title = _("verdict")},
					       {.key = "finding", .title = _("finding")},
					       {.key = "explanation", .title = _("explanation")}};
	if (report->n == 0)
		return;
	paper_table(p, PAPER_EVERYWHERE, NULL, sizeof(columns) / sizeof(columns[0]), columns);
	for (size_t i = 0; i < report->n; i++)
		put_finding_row(p, r, &report->findings[i]);
}

/* For spreadsheets, under the names of the document. */
static void put_data(struct paper *p, const struct checks_report *report, const struct registry *r)
{
	static const struct paper_column columns[] = {
		{.key = "unit"},
		{.key = "name"},
		{.key = "figure"},
		{.key = "finding"},
		{.key = "severity"},
		{.key = "stated", .kind = PAPER_DECIMAL},
		{.key = "computed", .kind = PAPER_DECIMAL},
		{.key = "fits"},
		{.key = "from", .kind = PAPER_DATE},
		{.key = "to", .kind = PAPER_DATE},
	};
	paper_table(p, PAPER_DATA, NULL, sizeof(columns) / sizeof(columns[0]), columns);
	for (size_t i = 0; i < report->n; i++) {
		const struct finding *f = &report->findings[i];
		const struct unit *u = registry_unit(r, f->unit);
		paper_row(p, PAPER_ROW);
		paper_text(p, u->code);
		paper_text(p, u->name);
		paper_text(p, f->figure);
		paper_text(p, finding_word(f->kind));
		paper_text(p, severity_word(f->kind));
		paper_decimal(p, f->stated, f->stated_places);
		put_computed(p, f);
		paper_text(p, f->fits);
		paper_day(p, report->period.from);
		paper_day(p, report->period.to);
	}
}

static void put_unknown(struct paper *p, const struct checks_report *report, const struct registry *r)
{
	const struct paper_column columns[] = {{.key = "unit", .title = _("unit")},
					       {.key = "name", .title = _("name")},
					       {.key = "figure", .title = _("figure")}};
	if (report->n_unchecked == 0)
		return;
	paper_table(p, PAPER_EVERYWHERE, _("Not to be checked, because figures behind them are not known"), 3,
		    columns);
	for (size_t i = 0; i < report->n_unchecked; i++) {
		const struct unit *u = registry_unit(r, report->unchecked[i].unit);
		paper_row(p, PAPER_ROW);
		paper_text(p, u->code);
		paper_text(p, u->name);
		paper_text(p, report->unchecked[i].figure);
	}
}

static struct paper *checks_paper(const struct checks_report *report, const struct registry *r)
{
	const size_t contradictions = checks_count(report, SEVERITY_CONTRADICTION);
	const size_t notes = checks_count(report, SEVERITY_NOTE);
	char hash[HASH_TEXT];
	struct paper *p = report_paper(r, report->unit, _("Figures that contradict each other"));
	report_paper_period(p, report->period);
	paper_figure(p, _("checked"), report->n_checked, NULL, PAPER_PLAIN);
	paper_figure(p, _("contradictions"), (int64_t)contradictions, NULL,
		     contradictions > 0 ? PAPER_BAD : PAPER_GOOD);
	paper_figure(p, _("notes"), (int64_t)notes, NULL, notes > 0 ? PAPER_WATCH : PAPER_GOOD);
	put_findings(p, report, r);
	put_unknown(p, report, r);
	put_data(p, report, r);
	paper_note(p, _("Checked: %lld; contradictions: %zu; notes: %zu"), (long long)report->n_checked,
		   contradictions, notes);
	paper_note(p, _("By the checks %s (%s)."), report->list->name, hash_text(report->list, hash));
	return p;
}

enum status checks_print(const struct checks_report *report, const struct registry *r, enum report_format format,
			 FILE *out)
{
	if (format == REPORT_JSON) {
		put_json(report, r, out);
		return STATUS_OK;
	}
	struct paper *p = checks_paper(report, r);
	enum status s = report_paper_write(p, format, out);
	paper_free(p);
	return s;
}
