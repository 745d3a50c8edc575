#include "hub/periods_print.h"

#include <inttypes.h>
#include <string.h>

#include "config/messages.h"
#include "config/rules.h"
#include "config/totals_words.h"
#include "config/wording.h"

enum { SCHEMA = 1, NUMBER_TEXT = 48, CHANGES_TEXT = 600, NAME_TEXT = 40 };

static const char *const COLUMN_KEYS[TOTALS_COLUMNS] = {
#define X(id, key, if_any) key,
	TOTALS_COLUMN_TABLE(X)
#undef X
};

static const char *const RATE_KEYS[TOTALS_RATES] = {
#define X(id, key) key,
	TOTALS_RATE_TABLE(X)
#undef X
};

/* Causes for people, in the order of enum correction_cause. */
static const char *const TITLES[CORRECTION_CAUSES] = {
	N_("not known until later"),
	N_("taken back"),
	N_("no longer taken back"),
	N_("code replaced"),
	N_("conflict decided"),
	N_("units or computers changed"),
	N_("in another unit"),
	N_("other procedure or domain"),
	N_("other channel"),
	N_("other status"),
	N_("other date"),
	N_("other due date"),
	N_("fee, rating or digitised"),
	N_("rule changed"),
};

const char *correction_cause_title(enum correction_cause cause)
{
	return _(TITLES[cause]);
}

/* --- documents --- */

static void put_number(struct json_writer *w, const char *key, int64_t value)
{
	if (value != 0)
		json_member_int(w, key, value);
}

void correction_print_change(struct json_writer *w, const struct closing_row *change)
{
	json_object(w);
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		put_number(w, COLUMN_KEYS[i], totals_value(&change->cells, (enum totals_column)i));
	put_number(w, "carried_over", change->carried_over);
	for (int i = 0; i < TOTALS_RATES; i++) {
		char key[NAME_TEXT];
		int64_t part = 0;
		int64_t of = 0;
		totals_rate(&change->cells, (enum totals_rate)i, &part, &of);
		(void)snprintf(key, sizeof(key), "rate_%s", RATE_KEYS[i]);
		put_number(w, key, part);
		(void)snprintf(key, sizeof(key), "rate_%s_of", RATE_KEYS[i]);
		put_number(w, key, of);
	}
	json_object_end(w);
}

static void member_change(struct json_writer *w, const char *key, const struct closing_row *change)
{
	json_key(w, key);
	correction_print_change(w, change);
}

static void member_slice(struct json_writer *w, const char *key, struct slice text)
{
	json_key(w, key);
	json_text(w, text);
}

void closing_print_members(struct json_writer *w, const struct closing *c)
{
	char text[INSTANT_TEXT];
	json_member_str(w, "from", date_format(c->period.from, text));
	json_member_str(w, "to", date_format(c->period.to, text));
	json_member_str(w, "rule", c->rule.name);
	json_member_int(w, "rule_version", c->rule.version);
	rule_hash_format(&c->rule, text);
	json_member_str(w, "rule_hash", text);
	json_member_int(w, "revision", c->revision);
	json_member_str(w, "closed_at", time_format(c->at, text));
	json_member_str(w, "who", c->who);
	json_key(w, "silent");
	json_array(w);
	for (size_t i = 0; i < c->n_silent; i++)
		json_text(w, c->silent[i]);
	json_array_end(w);
}

static enum status put_dossier(void *context, const struct correction *c)
{
	struct json_writer *w = context;
	json_object(w);
	member_slice(w, "code", c->code);
	json_member_str(w, "cause", correction_cause_name(c->cause));
	member_slice(w, "unit", c->change.unit);
	member_slice(w, "procedure", c->change.procedure);
	member_slice(w, "domain", c->change.domain);
	json_member_str(w, "channel",
			c->change.channel == 0 ? NULL
					       : schema_word_name(schema_field(FIELD_CHANNEL), c->change.channel));
	member_change(w, "change", &c->change);
	json_object_end(w);
	return STATUS_OK;
}

static void put_sums(struct json_writer *w, const struct correction_sum *sums, const char *unit)
{
	for (int i = 0; i < CORRECTION_CAUSES; i++) {
		if (sums[i].dossiers == 0)
			continue;
		json_object(w);
		if (unit != NULL)
			json_member_str(w, "unit", unit);
		json_member_str(w, "cause", correction_cause_name((enum correction_cause)i));
		json_member_int(w, "dossiers", sums[i].dossiers);
		member_change(w, "change", &sums[i].change);
		json_object_end(w);
	}
}

static void put_missing(struct json_writer *w, const struct period_state *state)
{
	json_key(w, "complete");
	json_bool(w, as_known_complete(&state->missing));
	json_key(w, "missing");
	json_object(w);
	json_member_int(w, "batches", (int64_t)state->missing.batches);
	json_member_int(w, "acts", state->missing.acts);
	json_member_int(w, "retold", (int64_t)state->missing.retold);
	json_member_int(w, "again", (int64_t)state->missing.again);
	json_object_end(w);
	member_change(w, "unexplained", &state->unexplained);
	json_key(w, "rule_gone");
	json_bool(w, state->rule_gone);
}

enum status period_print_json(struct hub *hub, struct period_state *state, FILE *out)
{
	struct json_writer w = json_writer_new(out);
	json_object(&w);
	json_member_int(&w, "schema", SCHEMA);
	closing_print_members(&w, &state->closing);
	member_change(&w, "reported", &state->reported);
	member_change(&w, "now", &state->now);
	json_key(&w, "dossiers");
	json_array(&w);
	enum status s = period_state_correct(hub, state, put_dossier, &w);
	json_array_end(&w);
	json_key(&w, "corrections");
	json_array(&w);
	put_sums(&w, state->causes, NULL);
	json_array_end(&w);
	json_key(&w, "units");
	json_array(&w);
	for (size_t i = 0; i < state->n_units && s == STATUS_OK; i++)
		put_sums(&w, &state->units[i * CORRECTION_CAUSES], registry_unit(hub->registry, (int)i)->code);
	json_array_end(&w);
	put_missing(&w, state);
	json_object_end(&w);
	json_end_line(&w);
	return s;
}

/* --- for people --- */

/* Columns: those always shown, and what changed. The last is what the next period carries in. */
enum { COLUMN_CARRIED_OVER = TOTALS_COLUMNS, COLUMNS };

static int64_t value_of(const struct closing_row *row, int column)
{
	return column == COLUMN_CARRIED_OVER ? row->carried_over
					     : totals_value(&row->cells, (enum totals_column)column);
}

static const char *label_of(const struct totals_labels *labels, int column)
{
	return column == COLUMN_CARRIED_OVER ? _("carried over") : labels->columns[column];
}

static bool is_shown(const struct period_state *state, int column)
{
	if (column == TOTALS_RECEIVED || column == TOTALS_CARRIED_IN || column == TOTALS_DONE ||
	    column == TOTALS_OPEN || column == COLUMN_CARRIED_OVER)
		return true;
	bool any = value_of(&state->unexplained, column) != 0;
	for (int i = 0; i < CORRECTION_CAUSES && !any; i++)
		any = value_of(&state->causes[i].change, column) != 0;
	return any;
}

/* A row of changes has signs and no zeros. */
static void put_cell(struct table *t, int64_t value, bool change)
{
	char text[NUMBER_TEXT];
	(void)snprintf(text, sizeof(text), "%+" PRId64, value);
	if (change)
		table_cell(t, value == 0 ? "" : text);
	else
		table_cell_int(t, value);
}

static void put_row(struct table *t, const struct period_state *state, const char *title, int64_t dossiers,
		    const struct closing_row *row)
{
	table_row(t);
	table_cell(t, title);
	if (dossiers > 0)
		table_cell_int(t, dossiers);
	else
		table_cell(t, "");
	for (int i = 0; i < COLUMNS; i++)
		if (is_shown(state, i))
			put_cell(t, value_of(row, i), row != &state->reported && row != &state->now);
}

static enum status put_summary(const struct period_state *state, FILE *out)
{
	const char *headings[COLUMNS + 2] = {"", _("dossiers")};
	bool numeric[COLUMNS + 2] = {false, true};
	struct totals_labels labels = totals_words("", "");
	size_t n = 2;
	for (int i = 0; i < COLUMNS; i++)
		if (is_shown(state, i)) {
			numeric[n] = true;
			headings[n++] = label_of(&labels, i);
		}
	struct table *t = table_new(n, headings, numeric);
	put_row(t, state, _("reported"), 0, &state->reported);
	for (int i = 0; i < CORRECTION_CAUSES; i++)
		if (state->causes[i].dossiers > 0)
			put_row(t, state, correction_cause_title((enum correction_cause)i),
				state->causes[i].dossiers, &state->causes[i].change);
	if (!corrections_none(&state->unexplained))
		put_row(t, state, _("not explained"), 0, &state->unexplained);
	put_row(t, state, _("counted now"), 0, &state->now);
	enum status s = table_status(t);
	if (s == STATUS_OK)
		table_print_text(t, out);
	table_free(t);
	return s;
}

static void put_text(struct table *t, struct slice text)
{
	char copy[LIMIT_KEY + 2 * DEVICE_ID_LEN + 2];
	(void)snprintf(copy, sizeof(copy), "%.*s", (int)text.len, text.len == 0 ? "" : (const char *)text.data);
	table_cell(t, copy);
}

static enum status list_dossier(void *context, const struct correction *c)
{
	struct table *t = context;
	struct totals_labels labels = totals_words("", "");
	char changes[CHANGES_TEXT] = "";
	size_t len = 0;
	for (int i = 0; i < COLUMNS; i++) {
		int64_t value = value_of(&c->change, i);
		if (value == 0)
			continue;
		int n = snprintf(changes + len, sizeof(changes) - len, "%s%s %+" PRId64, len == 0 ? "" : ", ",
				 label_of(&labels, i), value);
		if (n < 0 || (size_t)n >= sizeof(changes) - len)
			break;
		len += (size_t)n;
	}
	table_row(t);
	put_text(t, c->code);
	put_text(t, c->change.unit);
	table_cell(t, correction_cause_title(c->cause));
	table_cell(t, changes);
	return table_status(t);
}

void closing_print_heading(const struct closing *c, FILE *out)
{
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	char hash[RULE_HASH_TEXT];
	char at[WORDING_TIME];
	rule_hash_format(&c->rule, hash);
	(void)fprintf(out, _("From %s to %s, rule %s version %lld (%s): closed on %s by %s, revision %lld\n"),
		      date_format(c->period.from, from), date_format(c->period.to, to), c->rule.name,
		      (long long)c->rule.version, hash, wording_time(c->at, at), c->who, (long long)c->revision);
	if (c->n_silent > 0)
		(void)fprintf(out, _("Units that had not been heard of: %zu\n"), c->n_silent);
}

static void put_warnings(const struct period_state *state, FILE *out)
{
	const struct as_known_missing *m = &state->missing;
	const unsigned long long again = m->retold + m->again;
	if (m->batches > 0)
		(void)fprintf(out,
			      _("%llu of the batches behind it have not come back yet since the hub was put back; "
				"until then the corrections do not add up.\n"),
			      (unsigned long long)m->batches);
	if (m->acts != 0 || m->other_act)
		(void)fputs(_("Acts of operators behind it are missing since the hub was put back; the corrections "
			      "may not add up.\n"),
			    out);
	if (again > 0 && !corrections_none(&state->unexplained))
		(void)fprintf(
			out,
			_("%llu batches came again after the hub was put back, without their receipts or with "
			  "earlier ones, and may count otherwise than they did.\n"),
			again);
	if (state->rule_gone)
		(void)fputs(_("The rule of this name is gone or cannot be read; it is counted by the one that was "
			      "frozen.\n"),
			    out);
}

enum status period_print_text(struct hub *hub, struct period_state *state, bool dossiers, FILE *out)
{
	const char *const headings[] = {_("code"), _("unit"), _("why"), _("change")};
	struct table *list = dossiers ? table_new(4, headings, NULL) : NULL;
	enum status s = period_state_correct(hub, state, dossiers ? list_dossier : NULL, list);
	if (s == STATUS_OK) {
		closing_print_heading(&state->closing, out);
		put_warnings(state, out);
		s = put_summary(state, out);
	}
	bool any = false;
	for (int i = 0; i < CORRECTION_CAUSES; i++)
		any = any || state->causes[i].dossiers > 0;
	if (s == STATUS_OK && !any && corrections_none(&state->unexplained))
		(void)fputs(_("Nothing has changed since.\n"), out);
	if (s == STATUS_OK && dossiers && any) {
		(void)fputc('\n', out);
		table_print_text(list, out);
	}
	table_free(list);
	return s;
}
