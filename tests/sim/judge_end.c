#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/verify.h"
#include "reading.h"

void judge_fold(struct sim *sim)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	SIM_REQUIRE(sim, report != NULL);
	enum status s = verify_run(sim->hub, true, report);
	if (s != STATUS_OK && !shrink_is_trial())
		(void)fprintf(stderr, "%lld findings, the first: %s\n", (long long)report->n_findings,
			      report->findings[0].where);
	SIM_OK(sim, s);
	free(report);
}

/* Another machine lives with this one's key. */
static bool has_twin(const struct sim *sim, int number)
{
	int n = 0;
	for (int i = 0; i < sim->n_parties; i++)
		n += sim->parties[i].like == sim->parties[number].like;
	return n > 1;
}

/*
 * Known: a machine doubled while it runs, and a hub put back to before what one of both sent. The other may send
 * first then and take its number; whoever has the hub's old receipt keeps the record and does not send it again.
 */
static bool is_excused(const struct sim *sim, const struct said *said, bool hub)
{
	return said->gone || (hub && has_twin(sim, said->party));
}

/* Which of all that was said stands in the log; a byte for each. */
struct held {
	struct sim *sim;
	uint8_t *said;
};

static enum status hold_entry(void *context, const struct log_entry *entry)
{
	struct held *held = context;
	struct sim *sim = held->sim;
	struct envelope e;
	struct batch *batch = NULL;
	struct change c;
	if (entry->type == LOG_ACT)
		return STATUS_OK;
	SIM_OK(sim, envelope_peek(entry->body, &e));
	SIM_OK(sim, batch_read(e.payload, &batch));
	while (batch_next(batch, &c)) {
		int mark = typed_mark(&c);
		SIM_REQUIRE(sim, mark < sim->n_said);
		if (mark >= 0)
			held->said[mark] = 1;
	}
	batch_free(batch);
	return STATUS_OK;
}

void judge_put_back(struct sim *sim, const struct party *party, int said_before)
{
	struct held held = {.sim = sim, .said = calloc(1, (size_t)sim->n_said + 1)};
	SIM_REQUIRE(sim, held.said != NULL);
	for (int i = said_before; party != NULL && i < sim->n_said; i++)
		if (&sim->parties[sim->said[i].party] == party)
			sim->said[i].gone = true;
	SIM_OK(sim, log_walk(sim->hub->db, 1, hold_entry, &held));
	for (int i = 0; i < sim->n_said; i++)
		if (held.said[i] == 0 && is_excused(sim, &sim->said[i], party == NULL))
			sim->said[i].lost = true;
	free(held.said);
}

void judge_end(struct sim *sim)
{
	struct reading r;
	uint8_t digest[HASH_LEN];
	uint64_t part = 0;
	reading_take(sim, &r);
	closings_check(sim);
	chains_check(&r);
	said_check(&r);
	dates_check(&r);
	compare_check(&r);
	/* The shuffled fold below judges the same tables but one. */
	if (sim->seed % 4 == 0)
		judge_fold(sim);
	if (sim->seed % 4 == 1)
		judge_known(sim);
	order_check_things(&r);
	order_check_tables(&r, digest);
	memcpy(&part, digest, sizeof(part));
	sim_note(sim, part);
	reading_clear(&r);
}
