#include "hub/totals.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/rules.h"
#include "config/wording.h"
#include "hub/closing_notes.h"
#include "hub/totals_paper.h"
#include "hub/unit_title.h"

enum { SILENT_SHOWN = 20, SUBJECT = LIMIT_UNIT + UNIT_NAME + 80, GROUP_NAME = TOTALS_KEY };
static_assert((int)UNIT_NAME < (int)GROUP_NAME, "a unit's name is a group's name");

/* What is said of a group. */
struct group_text {
	char name[GROUP_NAME];
	char title[UNIT_TITLE];   /* by unit */
	char may_be[UNIT_MAY_BE]; /* of what cannot be divided */
};

/* A view and what it borrows. */
struct sheet {
	struct totals_view view;
	struct totals_group_view *groups;
	struct group_text *texts;
	char hash[RULE_HASH_TEXT];
	char subject[SUBJECT];
	char units_of[DATE_TEXT];
};

/* The name in the document: of a unit its own, of a month its days, else the key. */
static void name_group(const struct totals *t, const struct registry *r, const struct totals_group *g,
		       char name[static GROUP_NAME])
{
	char from[DATE_TEXT];
	char to[DATE_TEXT];
	if (g->unit != UNIT_NONE)
		(void)snprintf(name, GROUP_NAME, "%s", registry_unit(r, g->unit)->name);
	else if (t->query.by == TOTALS_BY_MONTH)
		(void)snprintf(name, GROUP_NAME, "%s/%s", date_format(g->period.from, from),
			       date_format(g->period.to, to));
	else
		(void)snprintf(name, GROUP_NAME, "%s", g->key[0] == '\0' ? "unstated" : g->key);
}

/* The name for people, NULL if it is that of the document. */
static const char *title_of(const struct totals *t, const struct totals_group *g)
{
	if (t->query.by == TOTALS_BY_UNIT && g->unit == t->query.unit)
		return _("its own records");
	if (t->query.by == TOTALS_BY_LEVEL)
		return wording_level(g->key);
	if (g->key[0] == '\0')
		return _("unstated");
	bool vietnamese = t->query.by == TOTALS_BY_CHANNEL && strcmp(messages_language(), "vi") == 0;
	int64_t channel = 0;
	const struct field_spec *spec = schema_field(FIELD_CHANNEL);
	if (vietnamese && schema_word(spec, g->key, strlen(g->key), &channel) == STATUS_OK)
		return schema_word_vi(spec, channel);
	bool twice = t->query.by == TOTALS_BY_DOMAIN || t->query.by == TOTALS_BY_PROCEDURE ||
		     t->query.by == TOTALS_BY_DAY;
	return twice ? "" : NULL; /* the key says it already */
}

static struct totals_group_view view_of(const struct totals_group *g, const char *name, const char *title)
{
	return (struct totals_group_view){
		.key = g->key,
		.name = name,
		.title = title,
		.cells = &g->cells,
		.units_expected = g->units_expected,
		.units_reporting = g->units_reporting,
	};
}

static void put_notes(const void *context, struct json_writer *w)
{
	const struct totals *t = context;
	closing_notes_json(t->notes, t, w);
}

/* What cannot be divided says so, whoever reads it. */
static void name_undivided(const struct totals *t, const struct totals_group *g, struct group_text *text,
			   struct totals_group_view *view)
{
	if (g->unit == UNIT_NONE || g->unit == t->query.unit || !unit_map_undivided(&t->map, g->unit))
		return;
	view->title = unit_title(&t->map, g->unit, text->title);
	view->undivided = unit_may_be(&t->map, g->unit, text->may_be);
}

static enum status make_sheet(const struct totals *t, const struct registry *r, struct sheet *sheet)
{
	const struct unit *u = registry_unit(r, t->query.unit);
	sheet->groups = calloc(t->n_groups + 1, sizeof(*sheet->groups));
	sheet->texts = calloc(t->n_groups + 1, sizeof(*sheet->texts));
	if (sheet->groups == NULL || sheet->texts == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < t->n_groups; i++) {
		name_group(t, r, &t->groups[i], sheet->texts[i].name);
		sheet->groups[i] = view_of(&t->groups[i], sheet->texts[i].name, title_of(t, &t->groups[i]));
		name_undivided(t, &t->groups[i], &sheet->texts[i], &sheet->groups[i]);
	}
	rule_hash_format(t->query.rule, sheet->hash);
	(void)date_format(t->map.day, sheet->units_of);
	if (t->query.units_given)
		(void)snprintf(sheet->subject, sizeof(sheet->subject), _("%s %s, by the units of %s"), u->code,
			       u->name, sheet->units_of);
	else
		(void)snprintf(sheet->subject, sizeof(sheet->subject), "%s %s", u->code, u->name);
	sheet->view = (struct totals_view){
		.period = t->query.period,
		.as_of = t->as_of,
		.rule = t->query.rule,
		.rule_hash = sheet->hash,
		.as_known_at = t->query.as_known_at,
		.subject = sheet->subject,
		.units_of = t->query.units_given ? sheet->units_of : NULL,
		.n_groups = t->n_groups,
		.groups = sheet->groups,
		.total = view_of(&t->total, u->name, NULL),
		.more = t->notes == NULL ? NULL : put_notes,
		.context = t,
	};
	return STATUS_OK;
}

void totals_print_silent(const struct totals *t, const struct registry *r, FILE *out)
{
	if (t->n_silent == 0)
		return;
	(void)fprintf(out, _("Silent units (%zu), which are not zero but unknown:\n"), t->n_silent);
	for (size_t i = 0; i < t->n_silent && i < SILENT_SHOWN; i++) {
		const struct unit *u = registry_unit(r, t->silent[i]);
		(void)fprintf(out, "  %s %s\n", u->code, u->name);
	}
	if (t->n_silent > SILENT_SHOWN)
		(void)fprintf(out, _("  and %zu more\n"), t->n_silent - SILENT_SHOWN);
}

static const char *heading_of(enum totals_by by)
{
	switch (by) {
	case TOTALS_BY_NONE:
	case TOTALS_BY_UNIT:
		break;
	case TOTALS_BY_LEVEL:
		return _("level");
	case TOTALS_BY_DOMAIN:
	case TOTALS_BY_LEVEL_AND_DOMAIN:
		return _("domain");
	case TOTALS_BY_PROCEDURE:
		return _("procedure");
	case TOTALS_BY_CHANNEL:
		return _("channel");
	case TOTALS_BY_MONTH:
		return _("month");
	case TOTALS_BY_DAY:
		return _("day");
	}
	return _("unit");
}

const char *totals_span(const struct totals_query *query, int32_t as_of, char out[static TOTALS_SPAN])
{
	(void)totals_words_span(query->period, as_of, query->rule, out);
	size_t len = strlen(out);
	if (query->as_known_at != NULL)
		(void)snprintf(out + len, TOTALS_SPAN - len, _(", as known at %s"), query->as_known_at);
	return out;
}

static enum status put_text(const struct totals *t, const struct registry *r, const struct totals_view *v,
			    FILE *out)
{
	char span[TOTALS_SPAN];
	struct totals_labels labels = totals_words(heading_of(t->query.by), totals_span(&t->query, v->as_of, span));
	enum status s = totals_view_text(v, &labels, out);
	if (s == STATUS_OK)
		totals_print_silent(t, r, out);
	return s == STATUS_OK ? closing_notes_text(t->notes, t, out) : s;
}

static enum status put_paper(const struct totals *t, const struct registry *r, const struct totals_view *v,
			     enum report_format format, FILE *out)
{
	const struct totals_labels labels = totals_words(heading_of(t->query.by), "");
	return totals_paper_print(t, r, v, &labels, format, out);
}

static enum status print_sheet(const struct totals *t, const struct registry *r, const struct totals_view *v,
			       enum report_format format, FILE *out)
{
	switch (format) {
	case REPORT_TABLE:
		return put_text(t, r, v, out);
	case REPORT_CSV:
		return totals_view_csv(v, out);
	case REPORT_JSON:
		totals_view_json(v, out);
		break;
	case REPORT_XLSX:
	case REPORT_HTML:
		return put_paper(t, r, v, format, out);
	}
	return STATUS_OK;
}

enum status totals_print(const struct totals *t, const struct registry *r, enum report_format format, FILE *out)
{
	struct sheet sheet;
	enum status s = make_sheet(t, r, &sheet);
	if (s == STATUS_OK)
		s = print_sheet(t, r, &sheet.view, format, out);
	free(sheet.groups);
	free(sheet.texts);
	return s;
}
