#include <stdlib.h>
#include <string.h>

#include "agent/compare_ask.h"
#include "both_sides.h"
#include "hub/checkpoint.h"

enum { AGENTS_ASKED = 3, MONTHS_ASKED = 2, ROUNDS = 2, PLANTS = 4, PLANT_IN = 3 };

static struct period month_of(int32_t day)
{
	struct period month = {.to = date_month_end(day)};
	int year = 0;
	int number = 0;
	int any = 0;
	date_split(day, &year, &number, &any);
	month.from = date_from(year, number, 1);
	return month;
}

/* --- where both differ --- */

static bool is_same(const struct group *a, const struct group *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (token_compare(&a->first[i], &b->first[i]) != 0)
			return false;
	return true;
}

static bool is_in(const struct group *g, struct period month)
{
	int32_t day = g->n == 0 ? DAY_UNSET : sides_day(g);
	return day != DAY_UNSET && day >= month.from && day <= month.to;
}

/* The next thing that differs, of either side; *ret_here or *ret_there is empty where it is not. False: no more. */
static bool next_difference(const struct sides *s, size_t *here, size_t *there, struct group *ret_here,
			    struct group *ret_there)
{
	while (*here < s->here.n || *there < s->there.n) {
		struct group a = {0};
		struct group b = {0};
		if (*here < s->here.n)
			a = sides_group(&s->here, *here);
		if (*there < s->there.n)
			b = sides_group(&s->there, *there);
		int order = a.n == 0 ? 1 : b.n == 0 ? -1 : token_compare_things(a.first, b.first);
		a.n = order <= 0 ? a.n : 0;
		b.n = order >= 0 ? b.n : 0;
		*here += a.n;
		*there += b.n;
		*ret_here = a;
		*ret_there = b;
		if (!is_same(&a, &b))
			return true;
	}
	return false;
}

static bool is_named(const struct compare_result *result, enum kind kind, struct slice key)
{
	for (size_t i = 0; i < result->n_differences; i++)
		if (result->differences[i].kind == kind && slice_equal(slice_str(result->differences[i].key), key))
			return true;
	return false;
}

/* --- asking --- */

static enum status ask(const struct party *p, struct period month, struct compare_heard *heard,
		       struct compare_result *result)
{
	struct compare_own own;
	enum status s = compare_sum(p->agent, month, COMPARE_ACKNOWLEDGED, NULL, &own);
	for (int round = 0; s == STATUS_OK && round < ROUNDS; round++) {
		compare_heard_free(heard);
		compare_result_free(result);
		s = compare_ask(p->agent, &own, heard);
		compare_own_free(&own);
		if (s == STATUS_OK)
			s = compare_sum(p->agent, month, COMPARE_AS_OF, &heard->answer, &own);
		if (s == STATUS_OK)
			s = compare_lay(p->agent, &own, &heard->answer, month, result);
	}
	compare_own_free(&own);
	return s;
}

static void ask_well(struct sim *sim, const struct party *p, struct period month, struct compare_result *result)
{
	struct compare_heard *heard = calloc(1, sizeof(*heard));
	SIM_REQUIRE(sim, heard != NULL);
	*result = (struct compare_result){0};
	SIM_OK(sim, ask(p, month, heard, result));
	SIM_REQUIRE(sim, !heard->answer.cut);
	compare_heard_free(heard);
	free(heard);
}

/* What the hub has more of is all from this PC too, and waits there for the word that the hub has it: both have the
 * same, by another life of the same device. */
static bool is_waiting(const struct sides *s, const struct group *here, const struct group *there,
		       struct period month)
{
	const struct group listed = is_in(here, month) ? *here : (struct group){0};
	for (size_t i = 0; i < listed.n; i++)
		if (!token_is_among(&listed.first[i], there->first, there->n))
			return false;
	for (size_t i = 0; i < there->n; i++)
		if (!token_is_among(&there->first[i], listed.first, listed.n) &&
		    !token_is_among(&there->first[i], s->waiting.list, s->waiting.n))
			return false;
	return is_in(there, month) && there->n > listed.n;
}

/* It says that both match if and only if they do, and names each thing that differs, and no other. */
static void check_month(const struct sides *s, struct period month)
{
	struct sim *sim = s->r->sim;
	struct compare_result *result = malloc(sizeof(*result));
	struct group here;
	struct group there;
	size_t at_here = 0;
	size_t at_there = 0;
	size_t n = 0;
	size_t waiting = 0;
	SIM_REQUIRE(sim, result != NULL);
	ask_well(sim, s->p, month, result);
	while (next_difference(s, &at_here, &at_there, &here, &there)) {
		const struct group *any = here.n > 0 ? &here : &there;
		if (!is_in(&here, month) && !is_in(&there, month))
			continue;
		bool waits = is_waiting(s, &here, &there, month);
		SIM_REQUIRE(sim, is_named(result, any->first->kind, any->first->key) == !waits);
		n += !waits;
		waiting += waits;
	}
	SIM_REQUIRE(sim, result->n_differences == n);
	SIM_REQUIRE(sim, result->unacknowledged == waiting);
	SIM_REQUIRE(sim, compare_agrees(result) == (n == 0));
	sim->tally.compared++;
	sim->tally.differed += n > 0;
	compare_result_free(result);
	free(result);
}

/* --- a difference put there --- */

/* Into the hub's tables, behind its back: false where there was nothing to change. */
static bool plant(const struct sides *s, int how, const struct token *w)
{
	static const char *const changes[PLANTS] = {
		"UPDATE dossier SET rating = rating + 1 WHERE code = ?1 AND ?2 = 1",
		"UPDATE dossier SET returned = coalesce(returned, 0) + 1 WHERE code = ?1 AND ?2 = 1",
		"DELETE FROM thing WHERE key = ?1 AND kind = ?2",
		"UPDATE thing SET writes = (SELECT writes FROM thing o WHERE o.kind = ?2 AND o.key <> ?1 LIMIT 1)"
		" WHERE key = ?1 AND kind = ?2 AND EXISTS (SELECT 1 FROM thing o WHERE o.kind = ?2 AND o.key <> "
		"?1)"};
	struct sim *sim = s->r->sim;
	struct query q = query_start(sim->hub->db, changes[how]);
	query_text(&q, 1, w->key);
	query_int(&q, 2, w->kind);
	SIM_OK(sim, query_run(&q));
	return database_changes(sim->hub->db) == 1;
}

/* One value of the hub's tables is another in a copy: that thing is named. Then the copy goes. */
static void check_planted(const struct sides *s)
{
	struct sim *sim = s->r->sim;
	struct compare_result *result = malloc(sizeof(*result));
	struct group here = sides_group(&s->here, sim_index(sim, s->here.n));
	const struct period month = month_of(sides_day(&here));
	SIM_REQUIRE(sim, result != NULL);
	checkpoint(sim->hub);
	struct drive *image = drive_image(sim->hub_machine.drive);
	if (plant(s, (int)sim_pick(sim, PLANTS), here.first)) {
		ask_well(sim, s->p, month, result);
		SIM_REQUIRE(sim, !compare_agrees(result));
		SIM_REQUIRE(sim, is_named(result, here.first->kind, here.first->key));
		sim->tally.planted++;
		compare_result_free(result);
		world_close_hub(sim);
		drive_put_back(sim->hub_machine.drive, image, false, NULL);
		world_open_hub(sim);
	}
	drive_image_free(image);
	free(result);
}

static void check_party(struct reading *r, struct party *p)
{
	struct sides s;
	struct sim *sim = r->sim;
	struct group here;
	struct group there;
	size_t at_here = 0;
	size_t at_there = 0;
	sides_read(r, p, &s);
	for (int i = 0; i < MONTHS_ASKED; i++) {
		const struct tokens *side = s.here.n == 0 || sim_pick(sim, 4) == 0 ? &s.there : &s.here;
		if (side->n == 0)
			continue;
		struct group any = sides_group(side, sim_index(sim, side->n));
		check_month(&s, month_of(sides_day(&any)));
	}
	if (next_difference(&s, &at_here, &at_there, &here, &there))
		check_month(&s, month_of(sides_day(here.n > 0 ? &here : &there)));
	if (s.here.n > 0 && sim_pick(sim, PLANT_IN) == 0)
		check_planted(&s);
	sides_clear(&s);
}

void compare_check(struct reading *r)
{
	struct sim *sim = r->sim;
	for (int i = 0; i < AGENTS_ASKED; i++)
		check_party(r, &sim->parties[sim_index(sim, (size_t)sim->n_parties)]);
}

/* The hub may have it, and it may stand on another day by it: who asks for real fetches the receipts first. */
static bool has_unreceipted(struct sim *sim, const struct party *p)
{
	struct query q = query_start(p->agent->db, "SELECT 1 FROM batch WHERE accepted_at IS NULL LIMIT 1");
	bool has = query_row(&q);
	SIM_OK(sim, query_finish(&q));
	return has;
}

void judge_compare_now(struct sim *sim, struct party *p)
{
	struct compare_heard *heard = calloc(1, sizeof(*heard));
	struct compare_result *result = calloc(1, sizeof(*result));
	SIM_REQUIRE(sim, heard != NULL && result != NULL);
	int32_t today = date_of(sim->now - sim_pick(sim, 40) * DAY_MS);
	enum status s = ask(p, month_of(today), heard, result);
	sim_note(sim, (uint64_t)s);
	bool one_life = !p->copied && sim->hub_lives == 0 && (s != STATUS_OK || !has_unreceipted(sim, p));
	/* Whatever was not sent yet: what both have spoken of is the same. */
	SIM_REQUIRE(sim, s != STATUS_OK || !one_life || compare_agrees(result));
	sim->tally.compared += s == STATUS_OK;
	compare_result_free(result);
	compare_heard_free(heard);
	free(result);
	free(heard);
}
