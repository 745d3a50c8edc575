#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/device_acts.h"
#include "hub/succession_file.h"
#include "sim.h"

enum { COMMUNES = AGENTS_MAX, FIRST_COMMUNE = 1800, DISTRICT = 63, ROW_TEXT = 64, DAYS_BACK = 30, DAYS_AHEAD = 10 };

static void commune_code(int number, char out[static LIMIT_UNIT + 1])
{
	(void)snprintf(out, LIMIT_UNIT + 1, "%05d", FIRST_COMMUNE + number); /* it fits */
}

/* Communes by number, then their district; 0: none that a computer works for. */
uint64_t offices_bit(struct slice unit)
{
	char code[LIMIT_UNIT + 1];
	if (slice_equal(unit, slice_str("018")))
		return UINT64_C(1) << DISTRICT;
	for (int i = 0; i < COMMUNES; i++) {
		commune_code(i, code);
		if (slice_equal(unit, slice_str(code)))
			return UINT64_C(1) << i;
	}
	return 0;
}

bool offices_allow(const struct sim *sim, const struct party *p, struct slice unit)
{
	static const char *const never[] = {"01", "019", "99999"};
	const uint64_t own = sim->parties[p->like].worked_for;
	bool below = (own >> DISTRICT & 1U) != 0;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		below = below && !slice_equal(unit, slice_str(never[i]));
	return below || (own & offices_bit(unit)) != 0;
}

/* Of weeks ago, or to be soon. */
static int32_t some_day(struct sim *sim)
{
	return date_of(sim->now) - DAYS_BACK + (int32_t)sim_pick(sim, DAYS_BACK + DAYS_AHEAD);
}

static void expect(struct sim *sim, enum status s, enum status refused)
{
	sim_note(sim, (uint64_t)s);
	SIM_REQUIRE(sim, s == STATUS_OK || s == refused || machine_is_down(&sim->hub_machine) ||
				 (s == STATUS_DISK_FULL && sim->hub_machine.drive->room >= 0));
}

void offices_assign(struct sim *sim, struct party *p)
{
	char code[LIMIT_UNIT + 1];
	const int32_t from = some_day(sim);
	commune_code((int)sim_pick(sim, COMMUNES), code);
	/* It may have been done although nobody was told. */
	sim->parties[p->like].worked_for |= offices_bit(slice_str(code));
	enum status s = device_assign(sim->hub, p->agent->device, code, from, "sim");
	expect(sim, s, STATUS_REFUSED);
	if (s != STATUS_OK)
		return;
	memcpy(p->unit, code, sizeof(p->unit));
	sim->tally.assigned++;
}

/* A part of one commune is another's from a day on: both go on, and neither may write for the other. */
void offices_succeed(struct sim *sim)
{
	char old[LIMIT_UNIT + 1];
	char heir[LIMIT_UNIT + 1];
	char day[DATE_TEXT];
	char text[2 * ROW_TEXT];
	struct units_count count;
	struct units_fault fault = {0};
	int from = (int)sim_pick(sim, sim->plan.n_agents);
	int to = (from + 1 + (int)sim_pick(sim, COMMUNES - 1)) % COMMUNES;
	commune_code(from, old);
	commune_code(to, heir);
	int len = snprintf(text, sizeof(text), "old,new,from,kind\n%s,%s,%s,split\n", old, heir,
			   date_format(some_day(sim), day));
	FILE *file = fmemopen(text, (size_t)len, "r");
	SIM_REQUIRE(sim, file != NULL && (size_t)len < sizeof(text));
	const struct succession_plan plan = {.file = file, .who = "sim"};
	enum status s = succession_import(sim->hub, &plan, &count, &fault);
	(void)fclose(file); /* opened for reading */
	expect(sim, s, STATUS_OK);
	sim->tally.succeeded += s == STATUS_OK;
}
