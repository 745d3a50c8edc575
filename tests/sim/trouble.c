#include <stdlib.h>
#include <string.h>

#include "agent/queue.h"
#include "agent/repair.h"
#include "hub/device_acts.h"
#include "hub/retry.h"
#include "hub/skip.h"
#include "sim.h"

enum { ROUNDS = 12, OPERATIONS = 80 };

/* Tells the queue when it will be over. */
static void end_later(struct sim *sim, const struct event *event, int64_t longest)
{
	events_add(&sim->events, (struct event){.at = sim->now + HOUR_MS + sim_pick(sim, longest),
						.kind = EVENT_WELL_AGAIN,
						.who = event->who,
						.about = event->about,
						.dice = sim_mix(&sim->random)});
}

static void after_put_back(struct sim *sim, struct party *p, int said_before)
{
	p->copied = true;
	p->n_typed = 0;
	free(p->receipted);
	p->receipted = NULL;
	p->receipted_room = 0;
	p->receipted_below = 0;
	world_open_agent(sim, p);
	judge_put_back(sim, p, said_before);
}

/* By files, or as a block device, which tells nothing but perhaps that the system was started since. */
static void put_back(struct sim *sim, struct party *p, bool only_database)
{
	struct machine *m = &p->machine;
	if (m->image == NULL)
		return;
	agent_close(p->agent);
	p->agent = NULL;
	bool as_new = only_database || sim_pick(sim, 2) == 0;
	drive_put_back(m->drive, m->image, as_new, only_database ? AGENT_DATABASE : NULL);
	if (sim_pick(sim, 2) == 0)
		world_start_boot(p);
	sim->tally.faults[only_database ? FAULT_PUT_BACK_PART : FAULT_PUT_BACK]++;
	after_put_back(sim, p, m->image_said);
}

/* A second machine begins with a copy of the first one's disk; sometimes it is a machine of another number. */
static void clone(struct sim *sim, int who)
{
	struct party *p = &sim->parties[who];
	if (sim->n_parties == PARTIES_MAX)
		return;
	struct drive *image = drive_image(p->machine.drive);
	struct party *twin = world_add_party(sim, who);
	bool beside = sim_pick(sim, 2) == 0;
	memcpy(twin->unit, p->unit, sizeof(p->unit));
	if (beside) {
		memcpy(twin->number, p->number, sizeof(p->number));
		memcpy(twin->boot, p->boot, sizeof(p->boot));
	}
	twin->machine.clock.wrong_ms = p->machine.clock.wrong_ms;
	/* A virtual machine that was doubled while it ran cannot tell: the hub will see two of everything. */
	drive_put_back(twin->machine.drive, image, !beside || sim_pick(sim, 3) == 0, NULL);
	drive_image_free(image);
	p->copied = true;
	twin->copied = true;
	sim->tally.faults[FAULT_CLONE]++;
	world_open_agent(sim, twin);
}

/* Its whole directory is put back, and nobody says so. */
static void put_hub_back(struct sim *sim)
{
	struct machine *m = &sim->hub_machine;
	if (m->image == NULL)
		return;
	world_close_hub(sim);
	backups_keep(sim, m->image);
	world_open_hub(sim);
	sim->hub_lives++;
	sim->tally.faults[FAULT_HUB_BACK]++;
	closings_forget(sim);
	judge_put_back(sim, NULL, m->image_said);
}

static void set_clock(struct sim *sim, struct machine *m, bool hub)
{
	const int64_t wrong[] = {
		0,
		sim_pick(sim, 2 * HOUR_MS) - HOUR_MS,
		-sim_pick(sim, 20000) * DAY_MS,
		sim_pick(sim, 60000) * DAY_MS,
		-sim_pick(sim, 3 * DAY_MS),
	};
	static const int of_hub[] = {0, 1, 4};
	/* A commune's PC may think anything; the province's server is an hour off, or days behind. */
	m->clock.wrong_ms = wrong[hub ? of_hub[sim_pick(sim, 3)] : sim_pick(sim, 5)];
}

static void fill_disk(struct sim *sim, struct machine *m)
{
	m->drive->room = m->drive->used + sim_pick(sim, 64 * 1024);
}

static void arm(struct sim *sim, struct machine *m, bool cut)
{
	m->cut = cut;
	drive_die_after(m->drive, 1 + sim_pick(sim, OPERATIONS));
}

static void strike_hub(struct sim *sim, const struct event *event)
{
	struct machine *m = &sim->hub_machine;
	switch (event->about) {
	case FAULT_HUB_KILL:
	case FAULT_HUB_CUT:
		arm(sim, m, event->about == FAULT_HUB_CUT);
		break;
	case FAULT_HUB_BACK:
		put_hub_back(sim);
		break;
	case FAULT_HUB_RESTORE:
		backups_restore(sim);
		break;
	case FAULT_HUB_CLOCK:
		set_clock(sim, m, true);
		sim->tally.faults[FAULT_HUB_CLOCK]++;
		break;
	case FAULT_HUB_FULL:
		fill_disk(sim, m);
		end_later(sim, event, DAY_MS);
		sim->tally.faults[FAULT_HUB_FULL]++;
		break;
	default:
		SIM_REQUIRE(sim, false);
	}
}

void trouble_strike(struct sim *sim, const struct event *event)
{
	struct party *p = &sim->parties[event->who < 0 ? 0 : event->who];
	if (event->who < 0) {
		strike_hub(sim, event);
		return;
	}
	switch (event->about) {
	case FAULT_LINE:
		p->road.broken = true;
		end_later(sim, event, 10 * DAY_MS);
		sim->tally.faults[FAULT_LINE]++;
		break;
	case FAULT_KILL:
	case FAULT_CUT:
		arm(sim, &p->machine, event->about == FAULT_CUT);
		break;
	case FAULT_PUT_BACK:
	case FAULT_PUT_BACK_PART:
		put_back(sim, p, event->about == FAULT_PUT_BACK_PART);
		break;
	case FAULT_CLONE:
		clone(sim, event->who);
		break;
	case FAULT_CLOCK:
		set_clock(sim, &p->machine, false);
		sim->tally.faults[FAULT_CLOCK]++;
		break;
	case FAULT_FULL:
		fill_disk(sim, &p->machine);
		end_later(sim, event, 2 * DAY_MS);
		sim->tally.faults[FAULT_FULL]++;
		break;
	default:
		SIM_REQUIRE(sim, false);
	}
}

void trouble_end(struct sim *sim, const struct event *event)
{
	struct machine *m = event->who < 0 ? &sim->hub_machine : &sim->parties[event->who].machine;
	if (event->about == FAULT_LINE)
		sim->parties[event->who].road.broken = false;
	else
		m->drive->room = -1;
}

/* What was set aside is judged again, now that there may be more units, or other successions. */
static void retry(struct sim *sim)
{
	struct retry_count count;
	enum status s = retry_run(sim->hub, "sim", &count);
	SIM_REQUIRE(sim, s == STATUS_OK || machine_excuses(&sim->hub_machine, s));
	sim->tally.retried += s == STATUS_OK ? count.taken : 0;
}

/* What an operator looks at every other day: computers that contradicted themselves go on. */
void trouble_operator(struct sim *sim)
{
	for (int i = 0; i < sim->plan.n_agents; i++) {
		struct device device;
		enum status s = registry_find_device(sim->hub->registry, sim->parties[i].agent->device, &device);
		SIM_OK(sim, s);
		if (!device.held)
			continue;
		s = device_release(sim->hub, device.id, "sim");
		if (machine_is_down(&sim->hub_machine))
			return;
		SIM_REQUIRE(sim, s == STATUS_OK || machine_excuses(&sim->hub_machine, s));
	}
	if (sim_pick(sim, 10) == 0)
		retry(sim);
}

/* What is lost for good is passed over, so that what waits behind it counts. */
static void skip_all(struct sim *sim)
{
	for (int i = 0; i < sim->plan.n_agents; i++)
		for (;;) {
			struct skip_report report = {0};
			const uint8_t *device = sim->parties[i].agent->device;
			enum status s = skip_lost(sim->hub, device, 0, "sim", &report);
			if (s == STATUS_REFUSED && report.n_waiting > 0)
				s = skip_lost(sim->hub, device, report.waiting[0], "sim", &report);
			/* One that is held is released first. */
			SIM_REQUIRE(sim, s == STATUS_OK || s == STATUS_EMPTY || s == STATUS_FORK);
			if (s != STATUS_OK)
				break;
		}
}

/* A person is asked whether the computer is meant, and says yes. */
static void say_it_is_meant(struct sim *sim, struct party *p)
{
	struct repair_report report;
	SIM_OK(sim, repair_sound(p->agent, &report));
	p->stopped = false;
}

static bool bring_in(struct sim *sim)
{
	bool all = true;
	for (int i = 0; i < sim->n_parties; i++) {
		struct party *p = &sim->parties[i];
		struct queue_counts counts;
		if (p->stopped)
			say_it_is_meant(sim, p);
		road_sync(sim, p);
		SIM_OK(sim, queue_count(p->agent, &counts));
		all = all && !p->stopped && counts.waiting == 0 && counts.unsealed == 0;
	}
	return all;
}

/* Two good rounds in a row: what the second machine of a key does may concern the first. */
static void settle_down(struct sim *sim)
{
	int good = 0;
	for (int round = 0; good < 2; round++) {
		SIM_REQUIRE(sim, round < ROUNDS);
		world_pass_time(sim, sim->now + HOUR_MS);
		trouble_operator(sim);
		good = bring_in(sim) ? good + 1 : 0;
		/* What does not come by itself is lost for good. */
		if (good == 0 && round > ROUNDS / 2)
			skip_all(sim);
	}
}

void trouble_settle(struct sim *sim)
{
	sim->calm = true;
	sim->hub_machine.drive->last = 0;
	sim->hub_machine.drive->room = -1;
	sim->hub_machine.clock.wrong_ms = 0;
	for (int i = 0; i < sim->n_parties; i++) {
		sim->parties[i].road.broken = false;
		sim->parties[i].machine.drive->last = 0;
		sim->parties[i].machine.drive->room = -1;
	}
	settle_down(sim);
	/* Whoever was told to go on without a batch that its computer has receipts for would never see it again. */
	skip_all(sim);
	settle_down(sim);
	/* Nobody writes any more, and yet other writes count now. Not always: it makes all that is derived anew. */
	if (sim_pick(sim, 2) == 0)
		(void)world_import_units(sim, true);
}
