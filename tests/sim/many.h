/*
 * Many seeds, one after the other, in several processes at once: each takes the next one, so that they are without
 * a gap whichever process is the faster.
 */
#ifndef MOTCUA_TESTS_MANY_H
#define MOTCUA_TESTS_MANY_H

#include "sim.h"

enum { MANY_MAX = 64 };

/* A device-year: 250 working days, 4 exchanges and 20 changes on each. What is scarcest counts. */
enum { YEAR_DAYS = 250, YEAR_EXCHANGES = 1000, YEAR_CHANGES = 5000 };

struct many_plan {
	uint64_t first;
	double seconds; /* no further seed after so long, 0: no end */
	double years;   /* nor after so many device-years, 0: no end */
	int processes;  /* 1: this one alone; up to MANY_MAX */
};

struct many_done {
	uint64_t last;
	double took;      /* seconds */
	double processor; /* seconds of all processes */
	struct tally tally;
};

/* False if a seed failed, which has said so. */
bool many_play(const struct many_plan *plan, struct many_done *ret_done);
/* Device-years that all processes have played to their end so far. */
double many_years(void);
double tally_years(const struct tally *tally);

#endif
