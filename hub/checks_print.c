/* How the findings of the checks are printed. */
#include <inttypes.h>
#include <string.h>

#include "config/messages.h"
#include "hub/checks.h"
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

/* --- tables --- */

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

static void number_cell(struct table *t, int64_t value, unsigned places, char point)
{
	char text[DECIMAL_TEXT];
	if (places == 0)
		table_cell_int(t, value);
	else
		table_cell(t, decimal_format(value, places, point, text));
}

static void add_finding(struct table *t, const struct registry *r, const struct finding *f, char point)
{
	const struct unit *u = registry_unit(r, f->unit);
	char hint[SENTENCE];
	table_row(t);
	table_cell(t, u->code);
	table_cell(t, u->name);
	table_cell(t, f->figure);
	number_cell(t, f->stated, f->stated_places, point);
	if (f->computes)
		number_cell(t, f->computed, f->computed_places, point);
	else
		table_cell(t, "");
	table_cell(t, f->is_rate ? "%" : "");
	table_cell(t, severity_title(f->kind));
	table_cell(t, kind_sentence(f->kind));
	table_cell(t, hint_of(f, hint));
}

static struct table *findings_table(const struct checks_report *report, const struct registry *r, char point)
{
	const char *const headings[] = {_("unit"), _("name"),    _("figure"),  _("stated"),     _("computed"),
					"",        _("verdict"), _("finding"), _("explanation")};
	static const bool numeric[] = {false, false, false, true, true, false, false, false, false};
	struct table *t = table_new(sizeof(headings) / sizeof(headings[0]), headings, numeric);
	for (size_t i = 0; i < report->n; i++)
		add_finding(t, r, &report->findings[i], point);
	return t;
}

/* For spreadsheets, under the names of the document. */
static struct table *csv_table(const struct checks_report *report, const struct registry *r)
{
	static const char *const headings[] = {"unit",   "name",     "figure", "finding", "severity",
					       "stated", "computed", "fits",   "from",    "to"};
	static const bool numeric[] = {false, false, false, false, false, true, true, false, false, false};
	struct table *t = table_new(sizeof(headings) / sizeof(headings[0]), headings, numeric);
	for (size_t i = 0; i < report->n; i++) {
		const struct finding *f = &report->findings[i];
		const struct unit *u = registry_unit(r, f->unit);
		char text[DECIMAL_TEXT];
		table_row(t);
		table_cell(t, u->code);
		table_cell(t, u->name);
		table_cell(t, f->figure);
		table_cell(t, finding_word(f->kind));
		table_cell(t, severity_word(f->kind));
		table_cell(t, decimal_format(f->stated, f->stated_places, '.', text));
		table_cell(t, f->computes ? decimal_format(f->computed, f->computed_places, '.', text) : "");
		table_cell(t, f->fits);
		table_cell(t, date_format(report->period.from, text));
		table_cell(t, date_format(report->period.to, text));
	}
	return t;
}

static void put_above(const struct checks_report *report, const struct registry *r, FILE *out)
{
	const struct unit *u = registry_unit(r, report->unit);
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	char hash[HASH_TEXT];
	(void)fprintf(out, "%s %s\n", u->code, u->name);
	(void)fprintf(out, _("From %s to %s, checks %s (%s)\n\n"), date_format(report->period.from, from),
		      date_format(report->period.to, to), report->list->name, hash_text(report->list, hash));
}

static void put_below(const struct checks_report *report, const struct registry *r, FILE *out)
{
	(void)fprintf(out, _("Checked: %lld; contradictions: %zu; notes: %zu\n"), (long long)report->n_checked,
		      checks_count(report, SEVERITY_CONTRADICTION), checks_count(report, SEVERITY_NOTE));
	if (report->n_unchecked == 0)
		return;
	(void)fprintf(out, _("Not to be checked (%zu), because figures behind them are not known:\n"),
		      report->n_unchecked);
	for (size_t i = 0; i < report->n_unchecked; i++)
		(void)fprintf(out, "  %s %s\n", registry_unit(r, report->unchecked[i].unit)->code,
			      report->unchecked[i].figure);
}

static enum status put_csv(const struct checks_report *report, const struct registry *r, FILE *out)
{
	struct table *t = csv_table(report, r);
	enum status s = table_status(t);
	if (s == STATUS_OK)
		table_print_csv(t, out);
	table_free(t);
	return s;
}

static enum status put_text(const struct checks_report *report, const struct registry *r, FILE *out)
{
	struct table *t = findings_table(report, r, strcmp(messages_language(), "vi") == 0 ? ',' : '.');
	enum status s = table_status(t);
	if (s == STATUS_OK) {
		put_above(report, r, out);
		if (report->n > 0) {
			table_print_text(t, out);
			(void)fputc('\n', out);
		}
		put_below(report, r, out);
	}
	table_free(t);
	return s;
}

enum status checks_print(const struct checks_report *report, const struct registry *r, enum report_format format,
			 FILE *out)
{
	switch (format) {
	case REPORT_TABLE:
		return put_text(report, r, out);
	case REPORT_CSV:
		return put_csv(report, r, out);
	case REPORT_JSON:
		put_json(report, r, out);
		break;
	}
	return STATUS_OK;
}
