/* For MAP_ANONYMOUS. */
#define _DEFAULT_SOURCE

#include "many.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the processes have in common; a tally belongs to one of them. */
struct shared {
	_Atomic uint64_t next;
	_Atomic int64_t agent_days;
	_Atomic int64_t exchanges;
	_Atomic int64_t changes;
	struct tally tallies[MANY_MAX];
};

static struct shared *shared;

static double seconds_now(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* this clock is always there */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double used_by(int who)
{
	struct rusage r = {0};
	(void)getrusage(who, &r); /* of ourselves it is always known */
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

double tally_years(const struct tally *t)
{
	const double years[] = {(double)t->agent_days / YEAR_DAYS, (double)t->exchanges / YEAR_EXCHANGES,
				(double)t->changes / YEAR_CHANGES};
	double least = years[0];
	for (size_t i = 1; i < sizeof(years) / sizeof(years[0]); i++)
		least = years[i] < least ? years[i] : least;
	return least;
}

double many_years(void)
{
	if (shared == NULL)
		return 0;
	const struct tally all = {
		.agent_days = shared->agent_days, .exchanges = shared->exchanges, .changes = shared->changes};
	return tally_years(&all);
}

/* Takes the next seed until enough was played. */
static void play_some(const struct many_plan *plan, struct tally *own)
{
	const double begun = seconds_now();
	uint64_t trace = 0;
	do {
		const struct tally before = *own;
		play(atomic_fetch_add(&shared->next, 1), NULL, own, &trace);
		shared->agent_days += own->agent_days - before.agent_days;
		shared->exchanges += own->exchanges - before.exchanges;
		shared->changes += own->changes - before.changes;
	} while ((plan->seconds <= 0 || seconds_now() - begun < plan->seconds) &&
		 (plan->years <= 0 || many_years() < plan->years));
}

/* Waits for all; the first that fails ends the others. */
static bool wait_for(const pid_t *children, int n)
{
	bool well = true;
	for (int ended = 0; ended < n; ended++) {
		int status = 0;
		(void)wait(&status); /* there is one left */
		bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		for (int i = 0; well && !good && i < n; i++)
			(void)kill(children[i], SIGTERM); /* or it has ended already */
		well = well && good;
	}
	return well;
}

static bool play_beside(const struct many_plan *plan)
{
	pid_t children[MANY_MAX];
	int n = 0;
	(void)fflush(stdout); /* else each of them would print it */
	for (; n < plan->processes; n++) {
		children[n] = fork();
		if (children[n] == 0) {
			play_some(plan, &shared->tallies[n]);
			exit(EXIT_SUCCESS);
		}
		if (children[n] < 0)
			break;
	}
	return wait_for(children, n) && n == plan->processes;
}

bool many_play(const struct many_plan *plan, struct many_done *ret_done)
{
	const double begun = seconds_now();
	bool well = true;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	shared->next = plan->first;
	if (plan->processes <= 1)
		play_some(plan, &shared->tallies[0]);
	else
		well = play_beside(plan);
	*ret_done = (struct many_done){.last = shared->next - 1,
				       .took = seconds_now() - begun,
				       .processor = used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN)};
	for (int i = 0; i < MANY_MAX; i++)
		tally_add(&ret_done->tally, &shared->tallies[i]);
	return well;
}
