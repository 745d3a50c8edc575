#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/as_known.h"
#include "hub/totals.h"
#include "sim.h"

enum { RECENT_MS = 2 * DAY_MS };

typedef enum status (*way_to_then)(struct hub *hub, int64_t at, struct as_known *ret_known);

/* The totals of a hub as it was known at an instant, by one way; nothing before it had any units. */
static char *totals_known(struct sim *sim, int64_t at, way_to_then way)
{
	struct hub *hub = NULL;
	struct as_known known;
	struct totals totals;
	char *text = NULL;
	size_t len = 0;
	SIM_OK(sim, hub_open(sim->hub_machine.dir, &sim->hub_world, false, &hub));
	SIM_OK(sim, way(hub, at, &known));
	as_known_enter(hub, &known);
	const struct totals_query query = {.period = {.from = date_from(2026, 1, 1), .to = date_from(2026, 12, 31)},
					   .today = date_of(at),
					   .unit = registry_province(hub->registry),
					   .by = TOTALS_BY_MONTH,
					   .rule = &COUNT_FORM06};
	FILE *file = open_memstream(&text, &len);
	SIM_REQUIRE(sim, file != NULL);
	if (query.unit != UNIT_NONE) {
		SIM_OK(sim, totals_compute(hub->db, hub->registry, &query, &totals));
		SIM_OK(sim, totals_print(&totals, hub->registry, REPORT_JSON, file));
		totals_clear(&totals);
	}
	SIM_REQUIRE(sim, fclose(file) == 0);
	hub_close(hub);
	return text;
}

void judge_known(struct sim *sim)
{
	/* Mostly a short while ago: many an act since has the whole log folded by either way. */
	const int64_t ago = sim_pick(sim, 4) == 0 ? sim->now - SIM_START : RECENT_MS;
	const int64_t at = sim->now - sim_pick(sim, ago + 1);
	char *expected = totals_known(sim, at, as_known_at);
	char *found = totals_known(sim, at, as_known_dossiers_at);
	SIM_REQUIRE(sim, strcmp(found, expected) == 0);
	free(expected);
	free(found);
	sim->tally.known++;
}
