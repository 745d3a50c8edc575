#include <stdlib.h>
#include <string.h>

#include "hub/checkpoint.h"
#include "hub/compare.h"
#include "hub/enrol.h"
#include "hub/intake.h"
#include "sim.h"

void road_keep(struct bytes *kept, struct slice data)
{
	if (kept->limit == 0)
		*kept = bytes_new(LIMIT_REQUEST);
	bytes_clear(kept);
	bytes_put(kept, data.data, data.len);
}

static enum status take(struct sim *sim, bool enrolment, struct slice body, enum ending ending,
			struct arrival *arrival, struct bytes *out)
{
	struct hub_transaction t;
	enum status s = hub_begin(sim->hub, &t);
	if (s != STATUS_OK)
		return s;
	s = enrolment ? enrol_take(sim->hub, body, out) : intake_take(sim->hub, arrival, out);
	if (s == STATUS_OK && (ending == ENDING_COMMIT || ending == ENDING_DIE_AFTER))
		return hub_commit(&t);
	hub_rollback(&t);
	return s == STATUS_OK ? STATUS_BUSY : s;
}

enum status road_serve(struct sim *sim, bool enrolment, struct slice body, enum ending ending, struct bytes *out)
{
	struct arrival *arrival = NULL;
	struct machine *machine = &sim->hub_machine;
	bytes_clear(out);
	enum status s = enrolment ? STATUS_OK : intake_open(sim->hub, body, &arrival);
	if (s == STATUS_OK)
		s = take(sim, enrolment, body, ending, arrival, out);
	intake_free(arrival);
	if (s == STATUS_OK && checkpoint_due(sim->hub))
		checkpoint(sim->hub);
	if (ending == ENDING_DIE_BEFORE || ending == ENDING_DIE_AFTER) {
		machine->cut = sim_pick(sim, 2) == 0;
		machine->drive->dead = true;
	}
	sim_note(sim, (uint64_t)s);
	if (!machine_is_down(machine)) {
		SIM_REQUIRE(sim, s != STATUS_DISK && s != STATUS_CORRUPT && s != STATUS_NO_MEMORY);
		SIM_REQUIRE(sim, s != STATUS_DISK_FULL || machine->drive->room >= 0);
		if (s != STATUS_OK)
			bytes_clear(out);
		return s;
	}
	bytes_clear(out);
	world_revive_hub(sim);
	return STATUS_UNREACHABLE;
}

static enum status answer(struct bytes *out, int *ret_http_status, int http_status, const char *text)
{
	bytes_clear(out);
	bytes_put_str(out, text);
	*ret_http_status = http_status;
	return bytes_status(out);
}

enum status road_deliver(struct sim *sim, bool enrolment, struct slice body, enum ending ending,
			 int *ret_http_status, struct bytes *out)
{
	enum status s = road_serve(sim, enrolment, body, ending, out);
	*ret_http_status = 200;
	if (s == STATUS_OK || s == STATUS_UNREACHABLE)
		return s;
	bool later = s == STATUS_BUSY || s == STATUS_DISK_FULL;
	return answer(out, ret_http_status, later ? 503 : 403, status_code(later ? STATUS_BUSY : s));
}

static enum status carry(struct road *road, const struct uplink_request *request, int *ret_http_status,
			 struct bytes *out)
{
	struct sim *sim = road->sim;
	bool enrolment = slice_equal(request->path, slice_str("/v1/enroll"));
	SIM_REQUIRE(sim, enrolment || slice_equal(request->path, slice_str("/v1/batches")));
	bool harmed = !sim->calm && (road->broken || sim_pick(sim, 1000) < sim->plan.harm);
	enum fault harm = road->broken ? FAULT_DROP : harmed ? harm_draw(sim) : FAULT_HARMS;
	harmed = harmed && harm != FAULT_HARMS;
	if (!harmed) {
		enum status s = road_deliver(sim, enrolment, request->body, ENDING_COMMIT, ret_http_status, out);
		if (s == STATUS_OK)
			road_keep(&road->last_answer, bytes_slice(out));
		road->foreign = false;
		/* It may have been its hour, or its disk is full. */
		road->harmed += s == STATUS_OK && *ret_http_status != 503 ? 0 : 1;
		return s;
	}
	road->harmed++;
	sim->tally.faults[harm]++;
	return harm_carry(road, enrolment, request->body, harm, ret_http_status, out);
}

/* As hub/compare_desk.c does it: all in one snapshot. */
static enum status look(struct hub *hub, struct slice body, struct bytes *out)
{
	struct comparison_question *question = calloc(1, sizeof(*question));
	struct compare_view *view = NULL;
	struct device device;
	enum status s = question == NULL ? STATUS_NO_MEMORY : compare_open(hub, body, &device, question);
	if (s == STATUS_OK)
		s = database_snapshot(hub->db);
	if (s == STATUS_OK) {
		const struct compare_plan plan = {.device = &device, .days = question->days, .up_to = UINT64_MAX};
		s = compare_scan(hub, &plan, &view);
		database_rollback(hub->db);
	}
	if (s == STATUS_OK)
		s = compare_answer(hub, hub->key, view, question, out);
	compare_view_free(view);
	free(question);
	return s;
}

/* A question changes nothing, so only its answer can come to harm: lost, cut short or bent. */
static enum status carry_question(const struct road *road, struct slice body, int *ret_http_status,
				  struct bytes *out)
{
	struct sim *sim = road->sim;
	bool harmed = !sim->calm && (road->broken || sim_pick(sim, 1000) < sim->plan.harm);
	enum status s = look(sim->hub, body, out);
	SIM_OK(sim, s);
	*ret_http_status = 200;
	if (!harmed)
		return STATUS_OK;
	int64_t dice = road->broken ? 0 : sim_pick(sim, 3);
	if (dice == 1)
		out->len = sim_index(sim, out->len);
	if (dice == 2)
		out->data[sim_index(sim, out->len)] ^= (uint8_t)(1U << sim_pick(sim, 8));
	return dice == 0 ? STATUS_UNREACHABLE : STATUS_OK;
}

static enum status exchange(struct transport *t, const struct uplink_request *request, int *ret_http_status,
			    int64_t *ret_retry_after_s, struct bytes *ret_body)
{
	/* The transport is the road's first member. */
	struct road *road = (struct road *)(void *)t;
	struct sim *sim = road->sim;
	struct drive *drive = sim->parties[road->party].machine.drive;
	*ret_retry_after_s = -1;
	*ret_http_status = 0;
	bytes_clear(ret_body);
	if (!drive_step(drive))
		return STATUS_UNREACHABLE;
	if (!request->post) {
		SIM_REQUIRE(sim, slice_equal(request->path, slice_str("/v1/hub")) && request->n_pins == 0);
		bytes_put(ret_body, sim->hub->identity_doc.data, sim->hub->identity_doc.len);
		*ret_http_status = 200;
		return STATUS_OK;
	}
	SIM_REQUIRE(sim, request->n_pins > 0);
	if (slice_equal(request->path, slice_str("/v1/digest"))) {
		enum status s = carry_question(road, request->body, ret_http_status, ret_body);
		return drive_step(drive) ? s : STATUS_UNREACHABLE;
	}
	sim->tally.exchanges++;
	/* The hub is quicker than what the agent does meanwhile, or slower. */
	bool first = t->meanwhile != NULL && sim_pick(sim, 2) == 0;
	sim->tally.meanwhile += t->meanwhile != NULL ? 1 : 0;
	if (first)
		transport_meanwhile(t);
	enum status s = carry(road, request, ret_http_status, ret_body);
	if (!first && drive_step(drive))
		transport_meanwhile(t);
	sim_note(sim, (uint64_t)s ^ ret_body->len << 8);
	/* The request has left, and nobody is there to hear what came of it. */
	return drive_step(drive) ? s : STATUS_UNREACHABLE;
}

static void leave_it(struct transport *t)
{
	(void)t; /* the simulator clears the road */
}

void road_lay(struct sim *sim, struct road *road, int party)
{
	*road = (struct road){.transport = {.exchange = exchange, .close = leave_it}, .sim = sim, .party = party};
}

/* What a sync may end with where something went wrong before or on the way. */
static bool is_known_ending(enum status s)
{
	static const enum status endings[] = {
		STATUS_OK,    STATUS_UNREACHABLE, STATUS_PORTAL,         STATUS_FOREIGN,   STATUS_BUSY,
		STATUS_FORK,  STATUS_CLONED,      STATUS_HUB_REGRESSED,  STATUS_DISK_FULL, STATUS_MALFORMED,
		STATUS_LIMIT, STATUS_FORGED,      STATUS_UNKNOWN_DEVICE, STATUS_VERSION,
	};
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (s == endings[i])
			return true;
	return false;
}

void road_sync(struct sim *sim, struct party *p)
{
	struct sync_report report;
	p->road.harmed = 0;
	p->road.foreign = false;
	enum status s = sync_run(p->agent, sim_pick(sim, 4) == 0, &report);
	sim_note(sim, (uint64_t)s);
	if (machine_is_down(&p->machine))
		return;
	p->stopped = s == STATUS_CLONED;
	SIM_REQUIRE(sim, is_known_ending(s));
	SIM_REQUIRE(sim, s != STATUS_DISK_FULL || p->machine.drive->room >= 0);
	/* What is not the answer to what was asked settles nothing. */
	SIM_REQUIRE(sim, !p->road.foreign || (s != STATUS_OK && s != STATUS_BUSY));
	bool one_life = !p->copied && sim->hub_lives == 0;
	/* A good road is all it takes. */
	SIM_REQUIRE(sim, !one_life || p->road.harmed > 0 || s == STATUS_DISK_FULL ||
				 (s == STATUS_OK && report.waiting == 0));
	SIM_REQUIRE(sim, !one_life || (!report.settlement.copied && !report.settlement.hub_went_back));
	judge_receipts(sim, p);
}
