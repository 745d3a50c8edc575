#include "hub/equipment_charts.h"

#include "config/messages.h"

static const char *title_of(enum field field, int64_t value)
{
	const struct field_spec *spec = schema_field(field);
	if (value == 0)
		return _("unstated");
	return messages_language()[0] == 'v' ? schema_word_vi(spec, value) : schema_word_name(spec, value);
}

static void put_units(const struct equipment_report *report, struct paper *p)
{
	const char *const series[] = {_("units")};
	paper_figure(p, _("units"), report->units, NULL, PAPER_PLAIN);
	paper_figure_rate(p, _("with all that is required"), report->complete, report->units, PAPER_PLAIN);
	bool all = report->not_reporting == 0;
	paper_figure(p, _("not reporting"), report->not_reporting, all ? NULL : _("unknown, not without equipment"),
		     all ? PAPER_GOOD : PAPER_UNKNOWN);
	paper_chart(p, PAPER_PARTS, _("Units by what they have"), 1, series);
	paper_point(p, _("with all that is required"), &report->complete, PAPER_GOOD);
	paper_point(p, _("with a part of it"), &report->partial, PAPER_WATCH);
	paper_point(p, _("with nothing of it"), &report->none, PAPER_BAD);
	paper_point(p, _("not reporting"), &report->not_reporting, PAPER_UNKNOWN);
}

static enum paper_tone tone_of(int64_t condition)
{
	switch (condition) {
	case CONDITION_OK:
		return PAPER_GOOD;
	case CONDITION_FAULTY:
		return PAPER_BAD;
	case CONDITION_REPAIR:
		return PAPER_WATCH;
	default:
		return PAPER_UNKNOWN;
	}
}

static void put_assets(const struct asset_list *assets, struct paper *p)
{
	enum { WORDS = 16 /* states and conditions have fewer */ };
	const char *const series[] = {_("equipment")};
	int64_t by_state[WORDS] = {0};
	int64_t by_condition[WORDS] = {0};
	for (size_t i = 0; i < assets->count; i++) {
		by_state[assets->lines[i].state % WORDS]++;
		by_condition[assets->lines[i].condition % WORDS]++;
	}
	paper_chart(p, PAPER_AMOUNTS, _("Equipment by state"), 1, series);
	for (int i = 0; i < WORDS; i++)
		if (by_state[i] > 0)
			paper_point(p, title_of(FIELD_STATE, i), &by_state[i], PAPER_PLAIN);
	paper_chart(p, PAPER_PARTS, _("Equipment by condition"), 1, series);
	for (int i = 1; i <= WORDS; i++) /* what nobody stated comes last */
		if (by_condition[i % WORDS] > 0)
			paper_point(p, title_of(FIELD_CONDITION, i % WORDS), &by_condition[i % WORDS],
				    tone_of(i % WORDS));
}

static void put_types(const struct equipment_report *report, struct paper *p)
{
	const char *const series[] = {_("present")};
	paper_chart(p, PAPER_AMOUNTS, _("Equipment by type"), 1, series);
	for (int i = 0; i < EQUIPMENT_TYPES; i++)
		if (report->by_type[i] != 0 || report->query.required[i] != 0)
			paper_point(p, equipment_type_title(i), &report->by_type[i], PAPER_PLAIN);
}

void equipment_charts_put(const struct equipment_report *report, const struct asset_list *assets, struct paper *p)
{
	put_units(report, p);
	if (assets == NULL)
		return;
	put_assets(assets, p);
	put_types(report, p);
}
