#include <stdlib.h>
#include <string.h>

#include "agent/courier.h"
#include "hub/courier.h"
#include "hub/courier_out.h"
#include "sim.h"

enum { STICK_BYTES = 4 << 20 };
#define STICK_OUT  "/stick/out.mcs"
#define STICK_BACK "/stick/back.mcs"

static void take_off(struct sim *sim, const char *path, struct bytes *ret_content)
{
	struct drive *stick = drive_find(path);
	*ret_content = bytes_new(STICK_BYTES);
	SIM_OK(sim, file_read(path, ret_content));
	drive_name(stick, path, NULL, false);
	drive_names_synced(stick);
}

/* It may be lost, damaged, and read more than once, now and much later. */
static void send_on(struct sim *sim, enum event_kind kind, int who, struct bytes content)
{
	struct event trip = {.at = sim->now + HOUR_MS + sim_pick(sim, 3 * DAY_MS), .kind = kind, .who = who};
	trip.dice = sim_mix(&sim->random);
	const int64_t *rate = sim->plan.rate;
	bool lost = sim_pick(sim, 100000) < rate[FAULT_STICK_LOST];
	bool twice = sim_pick(sim, 100000) < rate[FAULT_STICK_TWICE];
	bool bad = sim_pick(sim, 100000) < rate[FAULT_STICK_BAD] && content.len > 0;
	sim->tally.faults[FAULT_STICK_LOST] += lost;
	if (lost) {
		bytes_free(&content);
		return;
	}
	sim->tally.faults[FAULT_STICK_TWICE] += twice;
	sim->tally.faults[FAULT_STICK_BAD] += bad;
	if (twice) {
		struct event again = trip;
		again.at += 1 + sim_pick(sim, sim_pick(sim, 4) == 0 ? 30 * DAY_MS : HOUR_MS);
		again.load = bytes_new(STICK_BYTES);
		bytes_put(&again.load, content.data, content.len);
		events_add(&sim->events, again);
	}
	if (bad && sim_pick(sim, 2) == 0)
		content.len = sim_index(sim, content.len);
	else if (bad)
		content.data[sim_index(sim, content.len)] ^= (uint8_t)(1U << sim_pick(sim, 8));
	trip.load = content;
	events_add(&sim->events, trip);
}

void stick_export(struct sim *sim, struct party *p)
{
	struct courier_export done;
	struct bytes content;
	enum status s = courier_export(p->agent, STICK_OUT, &done);
	sim_note(sim, (uint64_t)s);
	if (machine_is_down(&p->machine))
		return;
	p->stopped = s == STATUS_CLONED;
	SIM_REQUIRE(sim, s == STATUS_OK || s == STATUS_CLONED || machine_excuses(&p->machine, s));
	if (s != STATUS_OK)
		return;
	for (unsigned part = 1; part <= done.files; part++) {
		char *path = path_numbered(STICK_OUT, part);
		SIM_REQUIRE(sim, path != NULL);
		take_off(sim, path, &content);
		free(path);
		send_on(sim, EVENT_STICK_IN, (int)(p - sim->parties), content);
	}
}

void stick_ingest(struct sim *sim, const struct event *event)
{
	struct party *p = &sim->parties[event->who];
	struct ingest *run = ingest_new(sim->hub);
	struct ingested done;
	struct receipts_plan plan = {.path = STICK_BACK};
	struct receipts_done written;
	struct bytes content;
	SIM_REQUIRE(sim, run != NULL);
	p->strayed = p->strayed || sim->hub_lives > 0;
	enum status s = ingest_bytes(run, bytes_slice(&event->load), &done);
	ingest_free(run);
	sim_note(sim, (uint64_t)s);
	sim->tally.exchanges++;
	if (machine_is_down(&sim->hub_machine)) {
		world_revive_hub(sim);
		return;
	}
	SIM_REQUIRE(sim, s == STATUS_OK || machine_excuses(&sim->hub_machine, s));
	memcpy(plan.device, p->agent->device, DEVICE_ID_LEN);
	if (s == STATUS_OK)
		s = courier_write_receipts(sim->hub, &plan, &written);
	if (machine_is_down(&sim->hub_machine)) {
		world_revive_hub(sim);
		return;
	}
	SIM_REQUIRE(sim, s == STATUS_OK || machine_excuses(&sim->hub_machine, s));
	if (s != STATUS_OK)
		return;
	take_off(sim, STICK_BACK, &content);
	send_on(sim, EVENT_STICK_BACK, event->who, content);
}

void stick_receive(struct sim *sim, const struct event *event)
{
	struct party *p = &sim->parties[event->who];
	struct courier_receipts receipts;
	struct drive *stick = drive_find(STICK_BACK);
	/* It may bring receipts of the life before the one that the batches have come again in. */
	p->strayed = p->strayed || sim->hub_lives > 0;
	SIM_OK(sim, file_write(STICK_BACK, bytes_slice(&event->load), 0644));
	enum status s = courier_receive(p->agent, STICK_BACK, &receipts);
	drive_name(stick, STICK_BACK, NULL, false);
	sim_note(sim, (uint64_t)s);
	if (machine_is_down(&p->machine))
		return;
	/* One that was cut before its first frame is no courier file any more. */
	SIM_REQUIRE(sim, s == STATUS_OK || s == STATUS_MALFORMED || s == STATUS_FOREIGN || s == STATUS_VERSION ||
				 s == STATUS_USAGE || machine_excuses(&p->machine, s));
	judge_receipts(sim, p);
}
