/* An explanation as an official reads it: the difference in words, the numbers, the causes by size, the dossiers.
 */
#include <string.h>

#include "config/messages.h"
#include "config/rules.h"
#include "config/wording.h"
#include "hub/explain_print.h"
#include "protocol/tables/writer.h"

enum { EFFECT_TEXT = 512 };

/* Both sides of all numbers, and which of them differ. */
struct sides {
	int64_t here[DIFFERENCE_CELLS];
	int64_t there[DIFFERENCE_CELLS];
	int n_different;
};

static struct sides sides_of(const struct explain *e)
{
	struct sides sides = {.n_different = 0};
	difference_values(&e->here, sides.here);
	difference_values(&e->there, sides.there);
	for (int i = 0; i < DIFFERENCE_CELLS; i++)
		sides.n_different += sides.here[i] != sides.there[i];
	return sides;
}

static void append(char text[static EFFECT_TEXT], const char *separator, const char *title, const char *amount)
{
	size_t len = strlen(text);
	(void)snprintf(text + len, EFFECT_TEXT - len, "%s%s %s", len == 0 ? "" : separator, title, amount);
}

static void append_difference(char text[static EFFECT_TEXT], enum difference_cell cell, int64_t more)
{
	char amount[64];
	(void)snprintf(amount, sizeof(amount), more > 0 ? _("%lld more") : _("%lld fewer"),
		       (long long)(more > 0 ? more : -more));
	append(text, "; ", explain_cell_title(cell), amount);
}

/* What an official looks at first, else the first number that differs at all. */
static void describe(const struct sides *s, char text[static EFFECT_TEXT])
{
	static const enum difference_cell first[] = {CELL_RECEIVED,  CELL_CARRIED_IN, CELL_DONE,
						     CELL_DONE_LATE, CELL_OPEN,       CELL_OPEN_LATE};
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (s->here[first[i]] != s->there[first[i]])
			append_difference(text, first[i], s->here[first[i]] - s->there[first[i]]);
	for (int i = 0; i < DIFFERENCE_CELLS && text[0] == '\0'; i++)
		if (s->here[i] != s->there[i])
			append_difference(text, (enum difference_cell)i, s->here[i] - s->there[i]);
}

static void print_headline(const struct explain *e, const struct sides *s, FILE *out)
{
	char text[EFFECT_TEXT];
	describe(s, text);
	if (e->n_dossiers == 0 && s->n_different == 0)
		(void)fputs(_("Nothing differs: every number is the same on both sides.\n"), out);
	else if (s->n_different == 0)
		(void)fprintf(out, _("Every number is the same, but %lld dossiers are counted differently.\n"),
			      (long long)e->n_dossiers);
	else if (e->has_list)
		(void)fprintf(out, _("Here, compared with the list: %s. Dossiers counted differently: %lld.\n"),
			      text, (long long)e->n_dossiers);
	else
		(void)fprintf(out,
			      _("By rule %s, compared with rule %s: %s. Dossiers counted differently: %lld.\n"),
			      e->query.rule->name, e->query.against->name, text, (long long)e->n_dossiers);
}

static void print_rule(const struct count_rule *rule, FILE *out)
{
	char hash[RULE_HASH_TEXT];
	rule_hash_format(rule, hash);
	(void)fprintf(out, _("rule %s version %lld (%s), after %s\n"), rule->name, (long long)rule->version, hash,
		      rule->source);
}

static void print_subject(const struct explain *e, const struct registry *r, FILE *out)
{
	const struct unit *u = registry_unit(r, e->query.unit);
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	char as_of[DATE_TEXT];
	(void)fprintf(out, "\n%s %s\n", u->code, u->name);
	(void)fprintf(out, _("From %s to %s, as of %s\n"), date_format(e->query.period.from, from),
		      date_format(e->query.period.to, to), date_format(e->as_of, as_of));
	if (e->has_list)
		(void)fprintf(out, "%s: ", _("here"));
	print_rule(e->query.rule, out);
	if (e->has_list)
		(void)fprintf(out, "%s: ", _("in the list"));
	print_rule(e->query.against, out);
}

/* The heading over what moves. */
static void head_effects(const struct explain *e, char ret_heading[static EFFECT_TEXT])
{
	if (e->has_list)
		(void)snprintf(ret_heading, EFFECT_TEXT, "%s", _("more (+) or fewer (-) here"));
	else
		(void)snprintf(ret_heading, EFFECT_TEXT, _("more (+) or fewer (-) by %s"), e->query.rule->name);
}

static enum status print_and_free(struct table *t, FILE *out)
{
	enum status s = table_status(t);
	if (s == STATUS_OK) {
		(void)fputc('\n', out);
		table_print_text(t, out);
	}
	table_free(t);
	return s;
}

static enum status print_numbers(const struct explain *e, const struct sides *s, FILE *out)
{
	const char *const headings[] = {_("number of dossiers"), e->has_list ? _("here") : e->query.rule->name,
					e->has_list ? _("in the list") : e->query.against->name, _("difference")};
	static const bool numeric[] = {false, true, true, true};
	struct table *t = table_new(sizeof(headings) / sizeof(headings[0]), headings, numeric);
	for (int i = 0; i < DIFFERENCE_CELLS; i++) {
		if (s->here[i] == s->there[i])
			continue;
		table_row(t);
		table_cell(t, explain_cell_title((enum difference_cell)i));
		table_cell_int(t, s->here[i]);
		table_cell_int(t, s->there[i]);
		table_cell_int(t, s->here[i] - s->there[i]);
	}
	return print_and_free(t, out);
}

/* What moves, without what follows from it: "received -8, open -8". */
static void tell_effect(const int64_t *more, const int64_t *less, char text[static EFFECT_TEXT])
{
	text[0] = '\0';
	for (int i = 0; i < DIFFERENCE_CELLS; i++) {
		enum difference_cell whole = explain_cell_whole((enum difference_cell)i);
		char amount[64];
		int64_t net = more[i] + less[i];
		if (more[i] == 0 && less[i] == 0)
			continue;
		if ((int)whole != i && (more[whole] != 0 || less[whole] != 0))
			continue;
		if (i == CELL_TOTAL_IN && (more[CELL_CARRIED_IN] != 0 || less[CELL_CARRIED_IN] != 0))
			continue;
		if (more[i] != 0 && less[i] != 0)
			(void)snprintf(amount, sizeof(amount), "+%lld/%lld", (long long)more[i],
				       (long long)less[i]);
		else
			(void)snprintf(amount, sizeof(amount), "%+lld", (long long)net);
		append(text, "; ", explain_cell_title((enum difference_cell)i), amount);
	}
}

static enum status print_causes(const struct explain *e, const enum difference_cause *causes, size_t n, FILE *out)
{
	char effects[EFFECT_TEXT];
	const char *const headings[] = {_("cause"), _("dossiers"), effects};
	static const bool numeric[] = {false, true, false};
	head_effects(e, effects);
	struct table *t = table_new(sizeof(headings) / sizeof(headings[0]), headings, numeric);
	for (size_t i = 0; i < n; i++) {
		char effect[EFFECT_TEXT];
		tell_effect(e->more[causes[i]], e->less[causes[i]], effect);
		table_row(t);
		table_cell(t, explain_cause_title(causes[i]));
		table_cell_int(t, e->of_cause[causes[i]]);
		table_cell(t, effect);
	}
	enum status s = print_and_free(t, out);
	if (s == STATUS_OK)
		(void)fputs(_("--format csv lists every number with its causes.\n"), out);
	return s;
}

/* What the causes leave over: only where they are wrong. */
static void print_rest(const struct explain *e, FILE *out)
{
	for (int i = 0; i < DIFFERENCE_CELLS; i++) {
		int64_t rest = explain_rest(e, (enum difference_cell)i);
		if (rest != 0)
			(void)fprintf(out, "%s: %s %+lld\n", explain_cause_title(CAUSE_UNEXPLAINED),
				      explain_cell_title((enum difference_cell)i), (long long)rest);
	}
}

struct naming {
	struct table *table;
	enum difference_cause cause;
};

static enum status name_dossier(void *context, struct slice code, const int64_t *more)
{
	const struct naming *n = context;
	static const int64_t none[DIFFERENCE_CELLS];
	char text[LIMIT_KEY + 1];
	char effect[EFFECT_TEXT];
	(void)snprintf(text, sizeof(text), "%.*s", (int)code.len, (const char *)code.data);
	tell_effect(more, none, effect);
	table_row(n->table);
	table_cell(n->table, text);
	table_cell(n->table, explain_cause_title(n->cause));
	table_cell(n->table, effect);
	return table_status(n->table) == STATUS_LIMIT ? STATUS_LIMIT : STATUS_OK;
}

static enum status print_dossiers(const struct explain *e, const enum difference_cause *causes, size_t n,
				  int64_t limit, FILE *out)
{
	char effects[EFFECT_TEXT];
	const char *const headings[] = {_("code"), _("cause"), effects};
	static const bool numeric[sizeof(headings) / sizeof(headings[0])];
	head_effects(e, effects);
	struct table *t = table_new(sizeof(headings) / sizeof(headings[0]), headings, numeric);
	bool left_out = false;
	enum status s = STATUS_OK;
	for (size_t i = 0; i < n && s == STATUS_OK; i++) {
		struct naming naming = {.table = t, .cause = causes[i]};
		s = explain_dossiers(e, causes[i], limit, name_dossier, &naming);
		left_out = left_out || e->of_cause[causes[i]] > limit;
	}
	if (s != STATUS_OK) {
		table_free(t);
		return s;
	}
	s = print_and_free(t, out);
	if (left_out)
		(void)fprintf(out,
			      _("At most %lld of each cause are listed; --dossiers N lists more, --json all.\n"),
			      (long long)limit);
	return s;
}

static const char *field_title(enum field field)
{
	const struct field_spec *spec = schema_field(field);
	return strcmp(messages_language(), "vi") == 0 ? spec->title_vi : spec->name;
}

static void print_faults(const struct foreign_report *l, int64_t limit, FILE *out)
{
	int64_t shown = limit < (int64_t)l->n_faults ? limit : (int64_t)l->n_faults;
	for (int64_t i = 0; i < shown; i++) {
		const struct foreign_fault *f = &l->faults[i];
		const char *reason = wording_reason(f->reason);
		if (f->field == FIELD_COUNT)
			(void)fprintf(out, _("  row %lld: %s\n"), (long long)f->line, reason);
		else
			(void)fprintf(out, _("  row %lld, %s: %s\n"), (long long)f->line, field_title(f->field),
				      reason);
	}
	if (l->refused + l->unread > shown)
		(void)fprintf(out, "  %s\n", _("and more"));
}

/* What the list is and is not. */
static void print_list(const struct foreign_report *l, int64_t limit, FILE *out)
{
	const char *separator = "";
	(void)fprintf(out,
		      _("\nThe list: %lld rows counted, %lld rows without a readable code, %lld cells wrong or "
			"unreadable\n"),
		      (long long)l->rows, (long long)l->refused, (long long)l->unread);
	print_faults(l, limit, out);
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (!explain_not_stated(l, (enum field)i))
			continue;
		(void)fprintf(out, "%s%s", separator[0] == '\0' ? _("It does not state: ") : separator,
			      field_title((enum field)i));
		separator = ", ";
	}
	if (separator[0] != '\0')
		(void)fputs(".\n", out);
}

enum status explain_print_text(const struct explain *e, const struct registry *r, int64_t dossiers, FILE *out)
{
	struct sides sides = sides_of(e);
	enum difference_cause causes[DIFFERENCE_CAUSES];
	size_t n = explain_causes(e, causes);
	enum status s = STATUS_OK;
	print_headline(e, &sides, out);
	print_subject(e, r, out);
	if (sides.n_different > 0)
		s = print_numbers(e, &sides, out);
	if (s == STATUS_OK && n > 0)
		s = print_causes(e, causes, n, out);
	if (s == STATUS_OK)
		print_rest(e, out);
	if (s == STATUS_OK && n > 0 && dossiers > 0)
		s = print_dossiers(e, causes, n, dossiers, out);
	if (s == STATUS_OK && e->has_list)
		print_list(&e->list, dossiers, out);
	return s;
}
