#include "hub/silence.h"

enum { RUNNING_DAYS = 3 /* an office closed over the weekend is not silent */ };

enum status silence_mark_heard(struct database *db, const struct registry *r, struct period period, int32_t today,
			       bool *heard)
{
	int32_t since = period.to >= today ? today - RUNNING_DAYS : period.to;
	for (int i = 0; i < registry_device_count(r); i++) {
		const struct device *d = registry_device(r, i);
		if (d->unit != UNIT_NONE && d->heard_day != DAY_UNSET && d->heard_day >= since)
			heard[d->unit] = true;
	}
	struct query q = query_start(db, "SELECT DISTINCT unit FROM heard WHERE day BETWEEN ?1 AND ?2");
	query_int(&q, 1, period.from);
	query_int(&q, 2, period.to);
	while (query_row(&q)) {
		int unit = registry_find_unit(r, query_get_text(&q, 0));
		if (unit != UNIT_NONE)
			heard[unit] = true;
	}
	return query_finish(&q);
}
