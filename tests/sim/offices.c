#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/device_acts.h"
#include "hub/succession_file.h"
#include "sim.h"

enum {
	COMMUNES = AGENTS_MAX,
	FIRST_COMMUNE = 1800,
	RENAMED = 1900,
	DISTRICT = 63,
	ROW_TEXT = 64,
	DAYS_BACK = 30,
	DAYS_AHEAD = 10
};

static void commune_code(int number, char out[static LIMIT_UNIT + 1])
{
	(void)snprintf(out, LIMIT_UNIT + 1, "%05d", FIRST_COMMUNE + number); /* it fits */
}

static void renamed_code(int number, char out[static LIMIT_UNIT + 1])
{
	commune_code(number + RENAMED - FIRST_COMMUNE, out);
}

int offices_put(const struct sim *sim, int commune, const char *district, char *out, size_t room)
{
	const struct office *office = &sim->offices[commune];
	char code[LIMIT_UNIT + 1];
	char other[LIMIT_UNIT + 1];
	char last[DATE_TEXT];
	char first[DATE_TEXT];
	commune_code(commune, code);
	renamed_code(commune, other);
	if (!office->ended)
		return snprintf(out, room, "%s,Xa %d,commune,%s,,\n", code, commune, district);
	int len = snprintf(out, room, "%s,Xa %d,commune,%s,,%s\n", code, commune, district,
			   date_format(office->last_day, last));
	if (office->renamed && (size_t)len < room)
		len += snprintf(out + len, room - (size_t)len, "%s,Xa %d,commune,%s,%s,\n", other, commune,
				district, date_format(office->last_day + 1, first));
	return len;
}

/* Communes by number, under whichever code, then their district; 0: none that a computer works for. */
uint64_t offices_bit(struct slice unit)
{
	char code[LIMIT_UNIT + 1];
	char other[LIMIT_UNIT + 1];
	if (slice_equal(unit, slice_str("018")))
		return UINT64_C(1) << DISTRICT;
	for (int i = 0; i < COMMUNES; i++) {
		commune_code(i, code);
		renamed_code(i, other);
		if (slice_equal(unit, slice_str(code)) || slice_equal(unit, slice_str(other)))
			return UINT64_C(1) << i;
	}
	return 0;
}

/* What was merged by a day is one: who works for either may finish what the other had begun. */
static uint64_t with_merged(const struct sim *sim, uint64_t communes, int32_t day)
{
	for (uint64_t before = 0; before != communes;) {
		before = communes;
		for (int i = 0; i < COMMUNES; i++) {
			uint64_t both = UINT64_C(1) << i | UINT64_C(1) << sim->offices[i].heir;
			bool merged =
				sim->offices[i].ended && !sim->offices[i].renamed && sim->offices[i].last_day < day;
			if (merged && (communes & both) != 0)
				communes |= both;
		}
	}
	return communes;
}

/* What bears a code that begins later is judged as on its first day. */
static int32_t day_judged(const struct sim *sim, struct slice unit, int32_t day)
{
	char other[LIMIT_UNIT + 1];
	for (int i = 0; i < COMMUNES; i++) {
		renamed_code(i, other);
		if (sim->offices[i].renamed && slice_equal(unit, slice_str(other)) &&
		    sim->offices[i].last_day >= day)
			return sim->offices[i].last_day + 1;
	}
	return day;
}

bool offices_allow(const struct sim *sim, const struct party *p, struct slice unit, int32_t day)
{
	static const char *const never[] = {"01", "019", "99999"};
	const uint64_t own = with_merged(sim, sim->parties[p->like].worked_for, day_judged(sim, unit, day));
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
	SIM_REQUIRE(sim, s == STATUS_OK || s == refused || machine_excuses(&sim->hub_machine, s));
}

void offices_assign(struct sim *sim, struct party *p)
{
	char code[LIMIT_UNIT + 1];
	const int32_t from = some_day(sim);
	const int commune = (int)sim_pick(sim, COMMUNES);
	commune_code(commune, code);
	/* It may have been done although nobody was told. */
	sim->parties[p->like].worked_for |= offices_bit(slice_str(code));
	enum status s = device_assign(sim->hub, p->agent->device, code, from, "sim");
	expect(sim, s, sim->offices[commune].ended && s == STATUS_EMPTY ? STATUS_EMPTY : STATUS_REFUSED);
	if (s != STATUS_OK)
		return;
	memcpy(p->unit, code, sizeof(p->unit));
	sim->tally.assigned++;
}

static enum status succeed(struct sim *sim, const char *old, const char *heir, int32_t from, const char *kind)
{
	char day[DATE_TEXT];
	char text[2 * ROW_TEXT];
	struct units_count count;
	struct units_fault fault = {0};
	int len = snprintf(text, sizeof(text), "old,new,from,kind\n%s,%s,%s,%s\n", old, heir,
			   date_format(from, day), kind);
	FILE *file = fmemopen(text, (size_t)len, "r");
	SIM_REQUIRE(sim, file != NULL && (size_t)len < sizeof(text));
	const struct succession_plan plan = {.file = file, .who = "sim"};
	enum status s = succession_import(sim->hub, &plan, &count, &fault);
	(void)fclose(file); /* opened for reading */
	expect(sim, s, STATUS_REFUSED);
	return s;
}

/* A part of one commune is another's from a day on: both go on, and neither may write for the other. */
static void divide(struct sim *sim)
{
	char old[LIMIT_UNIT + 1];
	char heir[LIMIT_UNIT + 1];
	int from = (int)sim_pick(sim, sim->plan.n_agents);
	int to = (from + 1 + (int)sim_pick(sim, COMMUNES - 1)) % COMMUNES;
	commune_code(from, old);
	commune_code(to, heir);
	enum status s = succeed(sim, old, heir, some_day(sim), "split");
	/* Of one that has ended nothing is left to be divided. */
	bool whole = !sim->offices[from].ended && !sim->offices[to].ended;
	SIM_REQUIRE(sim, !whole || s != STATUS_REFUSED);
	sim->tally.succeeded += s == STATUS_OK;
}

/* One goes whole into another, or goes on under another code: first the list says so, then the succession. */
static void end_one(struct sim *sim)
{
	char old[LIMIT_UNIT + 1];
	char heir[LIMIT_UNIT + 1];
	int number = (int)sim_pick(sim, COMMUNES);
	struct office *office = &sim->offices[number];
	const struct office then = {.ended = true,
				    .renamed = sim_pick(sim, 3) == 0,
				    .heir = (number + 1 + (int)sim_pick(sim, COMMUNES - 1)) % COMMUNES,
				    .last_day = some_day(sim)};
	if (office->ended || sim->offices[then.heir].ended)
		return;
	*office = then;
	enum status imported = world_import_units(sim, true);
	commune_code(number, old);
	if (then.renamed)
		renamed_code(number, heir);
	else
		commune_code(then.heir, heir);
	enum status s = succeed(sim, old, heir, then.last_day + 1, then.renamed ? "rename" : "merge");
	SIM_REQUIRE(sim, s != STATUS_REFUSED || imported != STATUS_OK);
	sim->tally.ended += s == STATUS_OK;
}

void offices_succeed(struct sim *sim)
{
	if (sim_pick(sim, 2) == 0)
		divide(sim);
	else
		end_one(sim);
}
