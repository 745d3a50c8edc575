#include <stdio.h>

#include "hub/acts_log.h"
#include "hub/backup.h"
#include "hub/restore.h"
#include "protocol/batch_form.h"
#include "sim.h"

/* They lie on the hub's drive, which goes with its machine, but no copy of its directory has them. */
#define BACKUP_FILE "backup.db"
#define BACKUP      "/hub/" BACKUP_FILE
#define ACTS        "/hub/" ACTS_LOG_FILE

enum { BACKUP_STEPS = 800, TRIES = 8 };

static bool has_backup(const struct sim *sim)
{
	return drive_lookup(sim->hub_machine.drive, BACKUP_FILE) != NULL;
}

/* Beside the hub that serves. It may be cut off anywhere: what stood there stands there. */
void backups_make(struct sim *sim)
{
	const struct backup_plan plan = {.path = BACKUP};
	struct backup_note note;
	struct machine *m = &sim->hub_machine;
	if (!sim->plan.backups)
		return;
	if (m->drive->last == 0 && sim_pick(sim, 4) == 0) {
		m->cut = sim_pick(sim, 2) == 0;
		drive_die_after(m->drive, 1 + sim_pick(sim, BACKUP_STEPS));
	}
	enum status s = backup_run(m->dir, &sim->hub_world, &plan, &note);
	sim_note(sim, (uint64_t)s);
	if (machine_is_down(m)) {
		sim->tally.faults[FAULT_BACKUP_CUT]++;
		return;
	}
	SIM_REQUIRE(sim, s == STATUS_OK || machine_excuses(m, s));
	SIM_REQUIRE(sim, s != STATUS_OK || has_backup(sim));
	sim->tally.backups += s == STATUS_OK;
	sim->backed_up = sim->backed_up || s == STATUS_OK;
}

void backups_keep(struct sim *sim, const struct drive *image)
{
	struct drive *drive = sim->hub_machine.drive;
	struct drive *now = drive_image(drive);
	drive_put_back(drive, image, true, NULL);
	drive_put_back(drive, now, false, BACKUP_FILE);
	drive_put_back(drive, now, false, ACTS_LOG_FILE);
	drive_image_free(now);
	sim->copied_back = true;
}

static void forget(struct sim *sim, const char *path)
{
	if (drive_lookup(sim->hub_machine.drive, path) != NULL)
		drive_name(sim->hub_machine.drive, path, NULL, false);
}

/* The database is gone; the keys, the backup and most often the acts since are there. */
static void lose_database(struct sim *sim, bool acts)
{
	static const char *const database[] = {"hub.db", "hub.db-wal", "hub.db-shm", "hub.db-journal"};
	for (size_t i = 0; i < sizeof(database) / sizeof(database[0]); i++)
		forget(sim, database[i]);
	for (int i = 1; i < DRIVE_NAMES; i++) {
		char aside[DRIVE_NAME];
		(void)snprintf(aside, sizeof(aside), "%s.%d", ACTS_LOG_FILE, i); /* it fits */
		forget(sim, aside);
	}
	if (!acts)
		forget(sim, ACTS);
	drive_names_synced(sim->hub_machine.drive);
}

/* Again and again, whatever it was cut off in: until then there is no database. */
static void restore(struct sim *sim, struct restored *ret_restored)
{
	const struct restore_plan plan = {.path = BACKUP};
	struct machine *m = &sim->hub_machine;
	m->drive->room = -1;
	if (sim_pick(sim, 3) == 0) {
		m->cut = sim_pick(sim, 2) == 0;
		drive_die_after(m->drive, 1 + sim_pick(sim, BACKUP_STEPS));
	} else {
		drive_die_after(m->drive, 0);
	}
	for (int i = 0; i < TRIES; i++) {
		enum status s = restore_run(m->dir, &sim->hub_world, &plan, ret_restored);
		if (!machine_is_down(m)) {
			bool done = i > 0 && s == STATUS_EXISTS;
			SIM_REQUIRE(sim, s == STATUS_OK || done);
			return;
		}
		machine_start(sim, m);
		/* Done, and the last word about it was lost. */
		if (drive_lookup(m->drive, "hub.db") != NULL)
			return;
	}
	SIM_REQUIRE(sim, false);
}

/* What an agent was told to be safe is there (L4): no agent may keep it any longer. */
static void judge_safe(struct sim *sim, const struct party *p)
{
	struct query q = query_start(p->agent->db, "SELECT ordinal, bits, safe FROM incarnation WHERE safe > 0");
	while (query_row(&q)) {
		uint8_t bits[8];
		bits_put((uint64_t)query_get_int(&q, 1), bits);
		struct query h = query_start(
			sim->hub->db, "SELECT have FROM chain WHERE device = ?1 AND ordinal = ?2 AND bits = ?3");
		query_blob(&h, 1, slice_of(p->agent->device, DEVICE_ID_LEN));
		query_int(&h, 2, query_get_int(&q, 0));
		query_blob(&h, 3, slice_of(bits, sizeof(bits)));
		bool held = query_row(&h) && query_get_int(&h, 0) >= query_get_int(&q, 2);
		SIM_OK(sim, query_finish(&h));
		SIM_REQUIRE(sim, held);
	}
	SIM_OK(sim, query_finish(&q));
}

void backups_restore(struct sim *sim)
{
	struct restored restored = {0};
	bool acts = sim_pick(sim, 3) != 0;
	uint64_t epoch = sim->hub->epoch;
	if (!has_backup(sim))
		return;
	world_close_hub(sim);
	lose_database(sim, acts);
	restore(sim, &restored);
	world_open_hub(sim);
	sim->hub_lives++;
	sim->tally.faults[FAULT_HUB_RESTORE]++;
	/* Without the acts, or from a backup of another life, epochs since the backup are not known of. */
	SIM_REQUIRE(sim, sim->hub->epoch > 1 && (!acts || sim->copied_back || sim->hub->epoch > epoch));
	for (int i = 0; !sim->copied_back && i < sim->n_parties; i++)
		judge_safe(sim, &sim->parties[i]);
	/* Acts are written beside the backup, closings among them: from the first on that the hub knows is made. */
	if (acts && sim->backed_up && !sim->copied_back)
		closings_check(sim);
	else
		closings_forget(sim);
	sim->backed_up = true;
	judge_put_back(sim, NULL, sim->n_said);
}
