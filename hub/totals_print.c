#include "hub/totals.h"

#include <stdlib.h>

#include "config/messages.h"
#include "config/rules.h"
#include "config/totals_words.h"

enum { SILENT_SHOWN = 20, SUBJECT = LIMIT_UNIT + UNIT_NAME + 2 };

/* A view and what it borrows. */
struct sheet {
	struct totals_view view;
	struct totals_group_view *groups;
	char hash[RULE_HASH_TEXT];
	char subject[SUBJECT];
};

static struct totals_group_view view_of(const struct totals *t, const struct registry *r,
					const struct totals_group *g)
{
	const struct unit *u = registry_unit(r, g->unit);
	bool own = t->query.by == TOTALS_BY_UNIT && g->unit == t->query.unit && g != &t->total;
	return (struct totals_group_view){
		.key = u->code,
		.name = u->name,
		.title = own ? _("its own records") : NULL,
		.cells = &g->cells,
		.units_expected = g->units_expected,
		.units_reporting = g->units_reporting,
	};
}

static enum status make_sheet(const struct totals *t, const struct registry *r, struct sheet *sheet)
{
	const struct unit *u = registry_unit(r, t->query.unit);
	sheet->groups = calloc(t->n_groups + 1, sizeof(*sheet->groups));
	if (sheet->groups == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < t->n_groups; i++)
		sheet->groups[i] = view_of(t, r, &t->groups[i]);
	rule_hash_format(t->query.rule, sheet->hash);
	(void)snprintf(sheet->subject, sizeof(sheet->subject), "%s %s", u->code, u->name);
	sheet->view = (struct totals_view){
		.period = t->query.period,
		.as_of = t->as_of,
		.rule = t->query.rule,
		.rule_hash = sheet->hash,
		.subject = sheet->subject,
		.n_groups = t->n_groups,
		.groups = sheet->groups,
		.total = view_of(t, r, &t->total),
	};
	return STATUS_OK;
}

static void put_silent(const struct totals *t, const struct registry *r, FILE *out)
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

static enum status put_text(const struct totals *t, const struct registry *r, const struct totals_view *v,
			    FILE *out)
{
	char span[TOTALS_SPAN];
	struct totals_labels labels =
		totals_words(_("unit"), totals_words_span(v->period, v->as_of, v->rule, span));
	enum status s = totals_view_text(v, &labels, out);
	if (s == STATUS_OK)
		put_silent(t, r, out);
	return s;
}

enum status totals_print(const struct totals *t, const struct registry *r, enum report_format format, FILE *out)
{
	struct sheet sheet;
	enum status s = make_sheet(t, r, &sheet);
	if (s != STATUS_OK)
		return s;
	switch (format) {
	case REPORT_TABLE:
		s = put_text(t, r, &sheet.view, out);
		break;
	case REPORT_CSV:
		s = totals_view_csv(&sheet.view, out);
		break;
	case REPORT_JSON:
		totals_view_json(&sheet.view, out);
		break;
	}
	free(sheet.groups);
	return s;
}
