#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/enroll.h"
#include "hub/backup_note.h"
#include "hub/enrol.h"
#include "hub/units_file.h"
#include "sim.h"

enum { UNITS_BYTES = 16384, TRIES = 200 };

static int64_t tell_time(void *context)
{
	const struct clock *clock = context;
	return time_bounded(clock->sim->now + clock->wrong_ms);
}

void world_pass_time(struct sim *sim, int64_t to)
{
	sim->now = to > sim->now ? to : sim->now;
	int64_t hub_now = tell_time(&sim->hub_machine.clock);
	sim->hub_latest = hub_now > sim->hub_latest ? hub_now : sim->hub_latest;
}

static void make_machine(struct sim *sim, struct machine *m, const char *name)
{
	(void)snprintf(m->name, sizeof(m->name), "%s", name); /* names are short */
	(void)snprintf(m->dir, sizeof(m->dir), "/%s", name);
	m->drive = drive_new(m->name);
	m->clock = (struct clock){.sim = sim};
}

bool machine_is_down(const struct machine *m)
{
	return m->drive->dead;
}

bool machine_excuses(const struct machine *m, enum status s)
{
	return machine_is_down(m) || (s == STATUS_DISK_FULL && m->drive->room >= 0);
}

void machine_start(struct sim *sim, struct machine *m)
{
	if (m->cut)
		drive_cut_power(m->drive, sim_mix(&sim->random));
	else
		drive_start(m->drive);
}

/* Whatever it was stopped in, it opens; it may be stopped in that as well. */
void world_open_hub(struct sim *sim)
{
	long before = drive_sqlite_opened();
	enum status s = hub_open(sim->hub_machine.dir, &sim->hub_world, true, &sim->hub);
	if (s != STATUS_OK && machine_is_down(&sim->hub_machine)) {
		machine_start(sim, &sim->hub_machine);
		world_open_hub(sim);
		return;
	}
	SIM_OK(sim, s);
	SIM_REQUIRE(sim, drive_sqlite_opened() == before + 1);
}

void world_close_hub(struct sim *sim)
{
	hub_close(sim->hub);
	sim->hub = NULL;
}

/* Communes change their district, some have ended, and sometimes there is one more. */
enum status world_import_units(struct sim *sim, bool more)
{
	static const char *const districts[] = {"018", "019"};
	char *text = malloc(UNITS_BYTES);
	int64_t count = 0;
	struct units_fault fault = {0};
	SIM_REQUIRE(sim, text != NULL);
	int len = snprintf(text, UNITS_BYTES,
			   "code,name,level,parent,valid_from,valid_to\n01,Tinh,province,,,\n"
			   "018,Huyen A,district,01,,\n019,Huyen B,district,01,,\n");
	for (int i = 0; i < AGENTS_MAX; i++)
		len += offices_put(sim, i, districts[more && sim_pick(sim, 10) == 0 ? sim_pick(sim, 2) : i % 2],
				   text + len, UNITS_BYTES - (size_t)len);
	if (more && sim_pick(sim, 2) == 0)
		len += snprintf(text + len, UNITS_BYTES - (size_t)len, "01890,Xa C,commune,018,,\n");
	FILE *file = fmemopen(text, (size_t)len, "r");
	SIM_REQUIRE(sim, file != NULL && len < UNITS_BYTES);
	enum status s = units_import(sim->hub, file, "sim", &count, &fault);
	SIM_REQUIRE(sim, s == STATUS_OK || machine_is_down(&sim->hub_machine) || s == STATUS_DISK_FULL);
	(void)fclose(file); /* opened for reading */
	free(text);
	return s;
}

/* Nothing is safe before the first one. */
static void expect_backups(struct sim *sim)
{
	struct hub_transaction t;
	SIM_OK(sim, hub_begin(sim->hub, &t));
	SIM_OK(sim, hub_end(&t, backup_note_expect(sim->hub, true)));
}

static void create_hub(struct sim *sim)
{
	const struct hub_plan plan = {.province = "01", .name = "Tinh", .url = "https://hub.test:8443"};
	make_machine(sim, &sim->hub_machine, "hub");
	sim->hub_world = (struct hub_world){.now_ms = tell_time,
					    .context = &sim->hub_machine.clock,
					    .vfs = DRIVE_VFS,
					    .rarely = {sim_lower, sim}};
	SIM_OK(sim, hub_create(sim->hub_machine.dir, &sim->hub_world, &plan));
	world_open_hub(sim);
	if (sim->plan.backups)
		expect_backups(sim);
	SIM_OK(sim, world_import_units(sim, false));
}

void world_start_boot(struct party *p)
{
	(void)snprintf(p->boot, sizeof(p->boot), "%d-%d", p->road.party, ++p->n_boots); /* it fits */
}

struct party *world_add_party(struct sim *sim, int like)
{
	int number = sim->n_parties++;
	struct party *p = &sim->parties[number];
	char name[DRIVE_NAME];
	(void)snprintf(name, sizeof(name), "a%d", number); /* it fits */
	make_machine(sim, &p->machine, name);
	p->like = like < 0 ? number : sim->parties[like].like;
	p->typed = bytes_new(LIMIT_REQUEST);
	(void)snprintf(p->number, sizeof(p->number), "machine-%d", number); /* it fits */
	road_lay(sim, &p->road, number);
	world_start_boot(p);
	p->world = (struct agent_world){.now_ms = tell_time,
					.context = &p->machine.clock,
					.vfs = DRIVE_VFS,
					.transport = &p->road.transport,
					.proxy = slice_str(""),
					.machine = p->number,
					.boot = p->boot,
					.rarely = {sim_lower, sim}};
	return p;
}

void world_open_agent(struct sim *sim, struct party *p)
{
	agent_close(p->agent);
	p->agent = NULL;
	long before = drive_sqlite_opened();
	enum status s = agent_open(p->machine.dir, &p->world, &p->agent);
	if (s != STATUS_OK && machine_is_down(&p->machine)) {
		machine_start(sim, &p->machine);
		world_open_agent(sim, p);
		return;
	}
	SIM_OK(sim, s);
	SIM_REQUIRE(sim, drive_sqlite_opened() == before + 1);
}

/* Asked again and again over a road that does harm, until it has worked. */
static void enrol(struct sim *sim, int number)
{
	struct party *p = world_add_party(sim, -1);
	struct invite_plan plan = {.unit = p->unit,
				   .host = "hub.test",
				   .port = 8443,
				   .hours = 24,
				   .confirm = sim_pick(sim, 3) == 0,
				   .who = "sim"};
	char code[INVITATION_TEXT];
	int64_t expires = 0;
	struct enroll_report report;
	struct device device;
	/* One of them is the district's own. */
	if (number == 2)
		(void)snprintf(p->unit, sizeof(p->unit), "018");
	else
		(void)snprintf(p->unit, sizeof(p->unit), "%05d", 1800 + number);
	p->worked_for = offices_bit(slice_str(p->unit));
	const int64_t wrong[] = {0, 0, sim_pick(sim, 2 * HOUR_MS) - HOUR_MS, (sim_pick(sim, 800) - 400) * DAY_MS};
	p->machine.clock.wrong_ms = wrong[sim_pick(sim, 4)];
	SIM_OK(sim, enrol_invite(sim->hub, &plan, code, &expires));
	int tries = 0;
	while (enroll_run(p->machine.dir, &p->world, code, NULL, &report) != STATUS_OK)
		SIM_REQUIRE(sim, ++tries < TRIES);
	if (plan.confirm)
		SIM_OK(sim, enrol_confirm(sim->hub, report.fingerprint, "sim", device.id));
	world_open_agent(sim, p);
}

void world_create(struct sim *sim)
{
	(void)drive_new("stick");
	create_hub(sim);
	sim->hub_latest = sim->now;
	for (int i = 0; i < sim->plan.n_agents; i++) {
		sim->random = sim->seed ^ (uint64_t)i << 32;
		enrol(sim, i);
	}
}

void world_clear(struct sim *sim)
{
	for (int i = 0; i < sim->n_parties; i++) {
		struct party *p = &sim->parties[i];
		agent_close(p->agent);
		drive_image_free(p->machine.image);
		bytes_free(&p->typed);
		bytes_free(&p->road.last_answer);
		free(p->receipted);
	}
	world_close_hub(sim);
	drive_image_free(sim->hub_machine.image);
	drives_clear();
	drive_locks_clear();
}

void world_revive_hub(struct sim *sim)
{
	if (!machine_is_down(&sim->hub_machine))
		return;
	world_close_hub(sim);
	machine_start(sim, &sim->hub_machine);
	sim->tally.faults[sim->hub_machine.cut ? FAULT_HUB_CUT : FAULT_HUB_KILL]++;
	world_open_hub(sim);
}

void world_revive(struct sim *sim)
{
	world_revive_hub(sim);
	for (int i = 0; i < sim->n_parties; i++) {
		struct party *p = &sim->parties[i];
		if (!machine_is_down(&p->machine))
			continue;
		agent_close(p->agent);
		p->agent = NULL;
		machine_start(sim, &p->machine);
		if (p->machine.cut)
			world_start_boot(p);
		sim->tally.faults[p->machine.cut ? FAULT_CUT : FAULT_KILL]++;
		world_open_agent(sim, p);
	}
}
