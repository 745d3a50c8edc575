#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

/* A run is about two device-years, however many share it. */
enum {
	AGENT_DAYS = 500,
	EXCHANGES_A_DAY = 4,
	ADDS_A_DAY = 4,
	IMPORTS_A_DAY = 2,
	PER_DAYS = 100000,
	WORKING_DAYS = 5
};

const char *const fault_names[FAULT_COUNT] = {
#define X(name, text) text,
	FAULT_TABLE(X)
#undef X
};

static int64_t pick(uint64_t *dice, int64_t n)
{
	return (int64_t)(sim_mix(dice) % (uint64_t)n);
}

/* Swarm testing: half of the kinds do not occur in a run, the others rarely or often. */
static int64_t some_rate(uint64_t *dice, int64_t often)
{
	if (pick(dice, 2) == 0)
		return 0;
	return often >> pick(dice, 4);
}

/* How often in 100,000 days each may befall an agent, or the hub. */
static const int64_t often[FAULT_COUNT] = {
	[FAULT_LINE] = 6000,         [FAULT_KILL] = 40000,        [FAULT_CUT] = 20000,
	[FAULT_PUT_BACK] = 2000,     [FAULT_CLONE] = 1000,        [FAULT_PUT_BACK_PART] = 1000,
	[FAULT_CLOCK] = 4000,        [FAULT_FULL] = 3000,         [FAULT_HUB_KILL] = 60000,
	[FAULT_HUB_CUT] = 60000,     [FAULT_HUB_BACK] = 10000,    [FAULT_HUB_CLOCK] = 20000,
	[FAULT_HUB_FULL] = 10000,    [FAULT_HUB_RESTORE] = 10000, [FAULT_STICK_LOST] = 15000,
	[FAULT_STICK_TWICE] = 20000, [FAULT_STICK_BAD] = 15000,
};

struct plan plan_draw(uint64_t seed)
{
	uint64_t dice = seed ^ UINT64_C(0x706c616e);
	struct plan plan = {.real_keys = seed % 10 == 0};
	int64_t size = pick(&dice, 10);
	plan.n_agents = AGENTS_MIN + (int)pick(&dice, size < 7 ? 6 : size < 9 ? 20 : AGENTS_MAX - AGENTS_MIN + 1);
	plan.backups = pick(&dice, 4) != 0;
	plan.days = AGENT_DAYS / plan.n_agents;
	plan.harm = pick(&dice, 5) == 0 ? 0 : 20 << pick(&dice, 6);
	for (int i = 0; i < FAULT_HARMS; i++)
		plan.weight[i] = some_rate(&dice, 8);
	for (int i = FAULT_HARMS; i < FAULT_COUNT; i++)
		plan.rate[i] = some_rate(&dice, often[i]);
	for (int i = 0; i < RARELY_COUNT; i++)
		plan.rarely[i] = pick(&dice, 3) == 0;
	for (int i = 0; i < plan.n_agents; i++)
		plan.by_stick[i] = pick(&dice, 12) == 0;
	return plan;
}

static void add_at(struct sim *sim, uint64_t *dice, enum event_kind kind, int who, int64_t at)
{
	events_add(&sim->events, (struct event){.at = at, .kind = kind, .who = who, .dice = sim_mix(dice)});
}

/* Between half past seven and five in the afternoon. */
static int64_t working_hour(uint64_t *dice, int64_t morning)
{
	return morning + pick(dice, 9 * HOUR_MS + 30 * MINUTE_MS);
}

static int64_t morning_of(int day)
{
	return SIM_START + (int64_t)(day / WORKING_DAYS * 7 + day % WORKING_DAYS) * DAY_MS;
}

static void plan_trouble(struct sim *sim, uint64_t *dice, int day, int who, enum fault fault)
{
	if (pick(dice, PER_DAYS) >= sim->plan.rate[fault])
		return;
	events_add(&sim->events, (struct event){.at = working_hour(dice, morning_of(day)),
						.kind = EVENT_TROUBLE,
						.who = who,
						.about = (int)fault,
						.dice = sim_mix(dice)});
}

static void plan_agent_day(struct sim *sim, uint64_t *dice, int day, int who)
{
	const int64_t morning = morning_of(day);
	bool by_stick = sim->plan.by_stick[who];
	for (int i = 0; i < ADDS_A_DAY; i++)
		add_at(sim, dice, EVENT_ADD, who, working_hour(dice, morning));
	for (int i = 0; i < IMPORTS_A_DAY; i++)
		add_at(sim, dice, EVENT_IMPORT, who, working_hour(dice, morning));
	for (int i = 0; i < EXCHANGES_A_DAY; i++) {
		bool carried = by_stick || pick(dice, 200) == 0;
		add_at(sim, dice, carried ? EVENT_EXPORT : EVENT_SYNC, who, working_hour(dice, morning));
	}
	if (pick(dice, 10) == 0)
		add_at(sim, dice, EVENT_REOPEN, who, working_hour(dice, morning));
	if (pick(dice, 30) == 0)
		add_at(sim, dice, EVENT_COMPARE, who, working_hour(dice, morning));
	if (pick(dice, 8) == 0)
		add_at(sim, dice, EVENT_IMAGE, who, working_hour(dice, morning));
	if (pick(dice, 80) == 0)
		add_at(sim, dice, EVENT_ASSIGN, who, working_hour(dice, morning));
	for (int fault = FAULT_LINE; fault <= FAULT_FULL; fault++)
		plan_trouble(sim, dice, day, who, (enum fault)fault);
}

static void plan_hub_day(struct sim *sim, uint64_t *dice, int day)
{
	static const struct {
		enum event_kind kind;
		int64_t every;
	} daily[] = {{EVENT_HUB_IMAGE, 4}, {EVENT_HUB_REOPEN, 20}, {EVENT_CHECKPOINT, 2}, {EVENT_BACKUP, 3},
		     {EVENT_UNITS, 30},    {EVENT_OPERATOR, 2},    {EVENT_REBUILD, 200},  {EVENT_VERIFY, 100},
		     {EVENT_CLOSE, 12},    {EVENT_SUCCESSION, 25}};
	for (size_t i = 0; i < sizeof(daily) / sizeof(daily[0]); i++)
		if (pick(dice, daily[i].every) == 0)
			add_at(sim, dice, daily[i].kind, -1, working_hour(dice, morning_of(day)));
	for (int fault = FAULT_HUB_KILL; fault <= FAULT_HUB_FULL; fault++)
		plan_trouble(sim, dice, day, -1, (enum fault)fault);
}

void plan_events(struct sim *sim)
{
	uint64_t dice = sim->seed ^ UINT64_C(0x6576656e74);
	for (int day = 0; day < sim->plan.days; day++) {
		for (int who = 0; who < sim->plan.n_agents; who++)
			plan_agent_day(sim, &dice, day, who);
		plan_hub_day(sim, &dice, day);
	}
	sim->tally.agent_days += (int64_t)sim->plan.days * sim->plan.n_agents;
}

void plan_print(const struct plan *plan)
{
	(void)printf("%d agents, %d days, %s keys, %lld of 1,000 exchanges come to harm\n", plan->n_agents,
		     plan->days, plan->real_keys ? "real" : "quick", (long long)plan->harm);
	for (int i = 0; i < FAULT_COUNT; i++) {
		int64_t weight = i < FAULT_HARMS ? plan->weight[i] : plan->rate[i];
		if (weight > 0)
			(void)printf("  %s: %lld%s\n", fault_names[i], (long long)weight,
				     i < FAULT_HARMS ? " parts" : " in 100,000 days");
	}
}
