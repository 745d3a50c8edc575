#include <stdlib.h>

#include "hub/checkpoint.h"
#include "hub/spans.h"
#include "hub/state.h"
#include "sim.h"

enum { LOWERED_IN = 3, LOWEST = 3 };

uint64_t sim_mix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t sim_pick(struct sim *sim, int64_t n)
{
	return (int64_t)(sim_mix(&sim->random) % (uint64_t)n);
}

size_t sim_index(struct sim *sim, size_t n)
{
	return sim_mix(&sim->random) % n;
}

size_t sim_lower(void *context, enum rarely which, size_t limit)
{
	struct sim *sim = context;
	/* Only several small requests on end show what one does while another's answer is awaited. */
	const bool always = sim->plan.rarely[RARELY_SEALED_AHEAD] &&
			    (which == RARELY_SEALED_AHEAD || which == RARELY_BATCH_FULL);
	const bool now = always || sim_pick(sim, LOWERED_IN) == 0;
	if (sim->calm || !sim->plan.rarely[which] || !now)
		return limit;
	sim->tally.lowered++;
	return 1 + sim_index(sim, LOWEST);
}

void sim_note(struct sim *sim, uint64_t value)
{
	uint64_t mixed = sim->trace ^ value;
	sim->trace = sim_mix(&mixed);
}

static void rebuild(struct sim *sim)
{
	struct hub_transaction t;
	struct state state = state_of(sim->hub);
	enum status s = hub_begin(sim->hub, &t);
	if (s == STATUS_OK) {
		s = state_rebuild(&state, sim->hub->db);
		s = hub_end(&t, s);
	}
	state_clear(&state);
	SIM_REQUIRE(sim, s == STATUS_OK || machine_excuses(&sim->hub_machine, s));
}

static void take_image(struct sim *sim, struct machine *m)
{
	drive_image_free(m->image);
	m->image = drive_image(m->drive);
	m->image_said = sim->n_said;
}

static void reopen_hub(struct sim *sim)
{
	world_close_hub(sim);
	world_open_hub(sim);
}

static void happen_at_agent(struct sim *sim, const struct event *e)
{
	struct party *p = &sim->parties[e->who];
	switch ((int)e->kind) {
	case EVENT_ADD:
		typed_add(sim, e->who);
		break;
	case EVENT_IMPORT:
		typed_import(sim, e->who);
		break;
	case EVENT_SYNC:
		road_sync(sim, p);
		break;
	case EVENT_EXPORT:
		stick_export(sim, p);
		break;
	case EVENT_REOPEN:
		world_open_agent(sim, p);
		break;
	case EVENT_COMPARE:
		judge_compare_now(sim, p);
		break;
	case EVENT_IMAGE:
		take_image(sim, &p->machine);
		break;
	case EVENT_ASSIGN:
		offices_assign(sim, p);
		break;
	default:
		SIM_REQUIRE(sim, false);
	}
}

/* What a serving hub does when it is quiet. Of the sums that are empty a few are counted: others stay so. */
static void tidy_hub(struct sim *sim)
{
	enum { ROWS = 8, AT_ONCE = 3 };
	struct hub_transaction t;
	bool left = false;
	enum status s = hub_begin(sim->hub, &t);
	if (s == STATUS_OK)
		s = hub_end(&t, spans_refresh(sim->hub->db, sim->hub->registry, ROWS, AT_ONCE, &left));
	SIM_REQUIRE(sim, s != STATUS_CORRUPT && s != STATUS_NO_MEMORY);
	sim_note(sim, (uint64_t)s);
	checkpoint(sim->hub);
}

static void happen(struct sim *sim, const struct event *e)
{
	switch ((int)e->kind) {
	case EVENT_TROUBLE:
		trouble_strike(sim, e);
		break;
	case EVENT_WELL_AGAIN:
		trouble_end(sim, e);
		break;
	case EVENT_HUB_IMAGE:
		take_image(sim, &sim->hub_machine);
		break;
	case EVENT_HUB_REOPEN:
		reopen_hub(sim);
		break;
	case EVENT_CHECKPOINT:
		tidy_hub(sim);
		break;
	case EVENT_BACKUP:
		backups_make(sim);
		break;
	case EVENT_UNITS:
		(void)world_import_units(sim, true); /* it says itself what it may be */
		break;
	case EVENT_OPERATOR:
		trouble_operator(sim);
		break;
	case EVENT_REBUILD:
		rebuild(sim);
		break;
	case EVENT_VERIFY:
		judge_fold(sim);
		judge_known(sim);
		break;
	case EVENT_CLOSE:
		closings_make(sim);
		break;
	case EVENT_SUCCESSION:
		offices_succeed(sim);
		break;
	case EVENT_LATE:
	case EVENT_LATE_ENROL:
		harm_late(sim, e);
		break;
	case EVENT_STICK_IN:
		stick_ingest(sim, e);
		break;
	case EVENT_STICK_BACK:
		stick_receive(sim, e);
		break;
	default:
		happen_at_agent(sim, e);
	}
}

/* The clones of a party work as it does: its events are theirs by turns. */
static int whose_turn(struct sim *sim, int who)
{
	int like[PARTIES_MAX];
	size_t n = 0;
	for (int i = 0; who >= 0 && i < sim->n_parties; i++)
		if (sim->parties[i].like == who)
			like[n++] = i;
	return n <= 1 ? who : like[sim_index(sim, n)];
}

static void play_event(struct sim *sim, struct event *e)
{
	sim->event = e;
	sim->random = e->dice;
	seams_seed(e->dice);
	world_pass_time(sim, e->at);
	sim_note(sim, (uint64_t)e->kind << 32 ^ (uint64_t)e->at);
	if (e->kind < EVENT_LATE)
		e->who = whose_turn(sim, e->who);
	happen(sim, e);
	world_revive(sim);
	sim_note(sim, (uint64_t)sim->hub_machine.drive->operations);
	if (e->who >= 0)
		sim_note(sim, (uint64_t)sim->parties[e->who].machine.drive->operations);
	sim->tally.events++;
	sim->event = NULL;
}

void tally_add(struct tally *sum, const struct tally *t)
{
	sum->exchanges += t->exchanges;
	sum->changes += t->changes;
	sum->agent_days += t->agent_days;
	sum->events += t->events;
	sum->again += t->again;
	sum->backups += t->backups;
	sum->compared += t->compared;
	sum->differed += t->differed;
	sum->planted += t->planted;
	sum->closed += t->closed;
	sum->assigned += t->assigned;
	sum->succeeded += t->succeeded;
	sum->ended += t->ended;
	sum->retried += t->retried;
	sum->known += t->known;
	sum->forks += t->forks;
	sum->lowered += t->lowered;
	sum->meanwhile += t->meanwhile;
	for (int i = 0; i < FAULT_COUNT; i++)
		sum->faults[i] += t->faults[i];
}

void play(uint64_t seed, const uint8_t *keep, struct tally *tally, uint64_t *ret_trace)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	struct event e;
	if (sim == NULL)
		abort();
	sim->seed = seed;
	sim->random = seed;
	sim->now = SIM_START - DAY_MS;
	sim->plan = plan_draw(seed);
	seams_take(seed, sim->plan.real_keys);
	drives_clear();
	drive_locks_clear();
	plan_events(sim);
	const uint32_t planned = sim->events.planned;
	world_create(sim);
	while (events_next(&sim->events, &e)) {
		if (e.number >= planned || keep == NULL || keep[e.number])
			play_event(sim, &e);
		bytes_free(&e.load);
	}
	seams_seed(seed);
	sim->random = seed;
	trouble_settle(sim);
	judge_end(sim);
	sim->tally.changes = sim->n_said;
	tally_add(tally, &sim->tally);
	*ret_trace = sim->trace;
	world_clear(sim);
	events_clear(&sim->events);
	free(sim->said);
	free(sim);
	seams_give_back();
}
