#include <stdio.h>
#include <stdlib.h>

#include "hub/as_known.h"
#include "reading.h"

enum { RECENT_MS = 2 * DAY_MS, TEXT_BYTES = 1 << 20 };

typedef enum status (*way_to_then)(struct hub *hub, int64_t at, struct as_known *ret_known);

void judge_put_totals(struct sim *sim, struct database *db, const struct registry *registry, enum totals_by by,
		      int64_t at, struct bytes *out)
{
	const struct totals_query query = {.period = {.from = date_from(2026, 1, 1), .to = date_from(2026, 12, 31)},
					   .today = date_of(at),
					   .unit = registry_province(registry),
					   .by = by,
					   .rule = &COUNT_FORM06};
	struct totals totals;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	SIM_REQUIRE(sim, file != NULL);
	SIM_OK(sim, totals_compute(db, registry, &query, &totals));
	SIM_OK(sim, totals_print(&totals, registry, REPORT_JSON, file));
	SIM_REQUIRE(sim, fclose(file) == 0 && len > 0);
	totals_clear(&totals);
	bytes_put(out, text, len);
	free(text);
}

/* The totals of a hub as it was known at an instant, by one way; before it had any units there are none. */
static struct bytes totals_known(struct sim *sim, int64_t at, way_to_then way)
{
	struct hub *hub = NULL;
	struct as_known known;
	struct bytes text = bytes_new(TEXT_BYTES);
	SIM_OK(sim, hub_open(sim->hub_machine.dir, &sim->hub_world, false, &hub));
	SIM_OK(sim, way(hub, at, &known));
	as_known_enter(hub, &known);
	if (registry_province(hub->registry) != UNIT_NONE)
		judge_put_totals(sim, hub->db, hub->registry, TOTALS_BY_MONTH, at, &text);
	SIM_OK(sim, bytes_status(&text));
	hub_close(hub);
	return text;
}

void judge_known(struct sim *sim)
{
	/* Mostly a short while ago: many an act since has the whole log folded by either way. */
	const int64_t ago = sim_pick(sim, 4) == 0 ? sim->now - SIM_START : RECENT_MS;
	const int64_t at = sim->now - sim_pick(sim, ago + 1);
	struct bytes expected = totals_known(sim, at, as_known_at);
	struct bytes found = totals_known(sim, at, as_known_dossiers_at);
	SIM_REQUIRE(sim, slice_equal(bytes_slice(&found), bytes_slice(&expected)));
	bytes_free(&expected);
	bytes_free(&found);
	sim->tally.known++;
}
