#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

enum { SHRINK_SECONDS = 90, PLACE_TEXT = 160, PRINTED_MAX = 80 };

/* In a trial: where to say how it went. */
static int report_to = -1;

bool shrink_is_trial(void)
{
	return report_to >= 0;
}

void shrink_report(const char *file, int line)
{
	char place[PLACE_TEXT];
	int len = snprintf(place, sizeof(place), "%s:%d", file, line);
	/* What cannot be said counts as another failure. */
	if (write(report_to, place, (size_t)len) != len)
		_exit(2);
	_exit(1);
}

/* True if the run with these events fails at that place. Each in a process of its own: a failure ends it. */
static bool fails(uint64_t seed, const uint8_t *keep, const char *place)
{
	int ends[2];
	char found[PLACE_TEXT] = "";
	if (pipe(ends) != 0)
		return false;
	pid_t child = fork();
	if (child == 0) {
		struct tally tally = {0};
		uint64_t trace = 0;
		(void)close(ends[0]);
		report_to = ends[1];
		play(seed, keep, &tally, &trace);
		_exit(0);
	}
	(void)close(ends[1]);
	ssize_t len = child < 0 ? 0 : read(ends[0], found, sizeof(found) - 1);
	(void)close(ends[0]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return len > 0 && strcmp(found, place) == 0;
}

static uint32_t count_kept(const uint8_t *keep, uint32_t n)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < n; i++)
		kept += keep[i];
	return kept;
}

/* Leaves out the events that stand from..to among those kept; true if it still fails, else they are back. */
static bool try_without(uint64_t seed, uint8_t *keep, uint32_t n, uint32_t from, uint32_t to, const char *place)
{
	uint8_t *fewer = malloc(n);
	uint32_t at = 0;
	if (fewer == NULL)
		return false;
	memcpy(fewer, keep, n);
	for (uint32_t i = 0; i < n; i++)
		if (keep[i] != 0) {
			fewer[i] = at < from || at >= to;
			at++;
		}
	bool still = fails(seed, fewer, place);
	if (still)
		memcpy(keep, fewer, n);
	free(fewer);
	return still;
}

static time_t now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* it cannot fail here */
	return t.tv_sec;
}

/* Delta debugging: ever smaller parts are left out, as long as there is time. */
static void reduce(uint64_t seed, uint8_t *keep, uint32_t n, const char *place)
{
	const time_t until = now() + SHRINK_SECONDS;
	uint32_t part = count_kept(keep, n);
	while (part >= 1 && now() < until) {
		uint32_t from = 0;
		bool any = false;
		while (from < count_kept(keep, n) && now() < until) {
			if (try_without(seed, keep, n, from, from + part, place))
				any = true;
			else
				from += part;
		}
		part = any && part > 1 && part < count_kept(keep, n) ? part : part / 2;
	}
}

static void print_event(const struct sim *sim, const struct event *e)
{
	char at[INSTANT_TEXT];
	(void)fprintf(stderr, "  %6u  %s  %s", e->number, time_format(e->at, at), event_names[e->kind]);
	if (e->kind == EVENT_TROUBLE)
		(void)fprintf(stderr, ": %s", fault_names[e->about]);
	if (e->who >= 0 && e->who < sim->plan.n_agents)
		(void)fprintf(stderr, ", agent %d", e->who);
	(void)fprintf(stderr, "\n");
}

static void print_kept(uint64_t seed, const uint8_t *keep, uint32_t n)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	struct event e;
	int printed = 0;
	if (sim == NULL)
		return;
	sim->seed = seed;
	sim->plan = plan_draw(seed);
	plan_events(sim);
	while (events_next(&sim->events, &e))
		if (e.number < n && keep[e.number] != 0 && printed++ < PRINTED_MAX)
			print_event(sim, &e);
	if (printed > PRINTED_MAX)
		(void)fprintf(stderr, "  and %d more\n", printed - PRINTED_MAX);
	events_clear(&sim->events);
	free(sim);
}

static uint32_t count_planned(uint64_t seed)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	if (sim == NULL)
		return 0;
	sim->seed = seed;
	sim->plan = plan_draw(seed);
	plan_events(sim);
	uint32_t n = sim->events.planned;
	events_clear(&sim->events);
	free(sim);
	return n;
}

void shrink(const struct sim *failed, const char *file, int line)
{
	char place[PLACE_TEXT];
	uint32_t n = count_planned(failed->seed);
	uint8_t *keep = malloc(n + 1);
	(void)snprintf(place, sizeof(place), "%s:%d", file, line); /* what does not fit is the same for all */
	if (keep == NULL)
		return;
	memset(keep, 1, n);
	if (fails(failed->seed, keep, place)) {
		reduce(failed->seed, keep, n, place);
		(void)fprintf(stderr, "%u of %u planned events fail in the same way:\n", count_kept(keep, n), n);
		print_kept(failed->seed, keep, n);
	} else {
		(void)fprintf(stderr, "the seed does not fail there when it is played again\n");
	}
	free(keep);
}
