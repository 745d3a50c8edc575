#include <stdlib.h>
#include <string.h>

#include "hub/close.h"
#include "sim.h"

enum { LONGEST_DAYS = 60 };

static bool is_kept(const struct closed *kept, const struct closing_ref *ref)
{
	return kept->revision == ref->revision && kept->period.from == ref->period.from &&
	       kept->period.to == ref->period.to;
}

static void hash_closing(struct sim *sim, const struct closing *closing, uint8_t ret_hash[static HASH_LEN])
{
	struct bytes body = bytes_new(LIMIT_ACT);
	SIM_OK(sim, closing_put(closing, &body));
	hash_bytes(bytes_slice(&body), ret_hash);
	bytes_free(&body);
}

static void keep(struct sim *sim, const struct closing *closing)
{
	if (sim->n_closed == CLOSED_MAX)
		return;
	struct closed *kept = &sim->closed[sim->n_closed++];
	*kept = (struct closed){.period = closing->period, .revision = closing->revision};
	hash_closing(sim, closing, kept->hash);
	sim_note(sim, (uint64_t)closing->revision << 32 ^ closing->n_rows);
	sim->tally.closed++;
}

/* Some weeks up to today, or a period that was closed before, once more. */
void closings_make(struct sim *sim)
{
	struct closing closing;
	struct close_plan plan = {.rule = &COUNT_FORM06, .again = sim_pick(sim, 3) == 0};
	plan.period.to = date_of(hub_now(sim->hub));
	plan.period.from = plan.period.to - (int32_t)sim_pick(sim, LONGEST_DAYS);
	if (sim->n_closed > 0 && sim_pick(sim, 2) == 0)
		plan.period = sim->closed[sim_index(sim, (size_t)sim->n_closed)].period;
	enum status s = close_period(sim->hub, "sim", &plan, &closing);
	sim_note(sim, (uint64_t)s);
	if (s == STATUS_OK)
		keep(sim, &closing);
	if (s == STATUS_OK || s == STATUS_EXISTS)
		closing_clear(&closing);
	/* The hub's clock may have gone back since. */
	SIM_REQUIRE(sim, s == STATUS_OK || s == STATUS_USAGE || (s == STATUS_EXISTS && !plan.again) ||
				 machine_excuses(&sim->hub_machine, s));
}

/* Those that the hub has not, or has otherwise, are lost; the others are kept in their order. */
static int count_lost(struct sim *sim)
{
	struct closing_ref *refs = NULL;
	size_t n = 0;
	int found = 0;
	SIM_OK(sim, closing_list(sim->hub->db, &refs, &n));
	for (int i = 0; i < sim->n_closed; i++) {
		struct closed kept = sim->closed[i];
		bool same = false;
		for (size_t k = 0; k < n && !same; k++) {
			struct closing closing;
			uint8_t hash[HASH_LEN];
			if (!is_kept(&kept, &refs[k]))
				continue;
			SIM_OK(sim, closing_load(sim->hub->db, &refs[k], &closing));
			hash_closing(sim, &closing, hash);
			same = memcmp(hash, kept.hash, HASH_LEN) == 0;
			closing_clear(&closing);
		}
		if (same)
			sim->closed[found++] = kept;
	}
	int lost = sim->n_closed - found;
	sim->n_closed = found;
	free(refs);
	return lost;
}

void closings_check(struct sim *sim)
{
	SIM_REQUIRE(sim, count_lost(sim) == 0);
}

void closings_forget(struct sim *sim)
{
	(void)count_lost(sim);
}
