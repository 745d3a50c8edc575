#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/log.h"
#include "sim.h"

/* A device-year: 250 working days, 4 exchanges and 20 changes on each. What is scarcest counts. */
enum { YEAR_DAYS = 250, YEAR_EXCHANGES = 1000, YEAR_CHANGES = 5000, PLANNED_MAX = 1 << 16 };

struct options {
	uint64_t first;
	bool one;
	bool quick; /* a failure is not made small */
	double seconds;
	double years;
	const char *keep;  /* numbers of the planned events that happen, NULL: all */
	const char *tally; /* a file for the first line of what is printed */
};

/* For sim_fail, which ends the program wherever it is. */
static struct {
	bool quick;
	struct tally tally;
} run;

static double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t); /* these clocks are always there */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double years_of(const struct tally *t)
{
	const double years[] = {(double)t->agent_days / YEAR_DAYS, (double)t->exchanges / YEAR_EXCHANGES,
				(double)t->changes / YEAR_CHANGES};
	double least = years[0];
	for (size_t i = 1; i < sizeof(years) / sizeof(years[0]); i++)
		least = years[i] < least ? years[i] : least;
	return least;
}

void sim_fail(const struct sim *sim, const char *file, int line, const char *what)
{
	char at[INSTANT_TEXT];
	if (shrink_is_trial())
		shrink_report(file, line);
	(void)fprintf(stderr, "%s:%d: not so: %s\nseed %" PRIu64 ", %s, event", file, line, what, sim->seed,
		      time_format(sim->now, at));
	if (sim->event == NULL)
		(void)fprintf(stderr, ": none, all is over\n");
	else
		(void)fprintf(stderr, " %u: %s, party %d\n", sim->event->number, event_names[sim->event->kind],
			      sim->event->who);
	(void)fprintf(stderr, "found after %.1f device-years; again: sim --seed %" PRIu64 "\n",
		      years_of(&run.tally) + (double)sim->tally.exchanges / YEAR_EXCHANGES, sim->seed);
	if (!run.quick)
		shrink(sim, file, line);
	exit(EXIT_NO);
}

void sim_expect(const struct sim *sim, const char *file, int line, const char *what, enum status s)
{
	if (s == STATUS_OK)
		return;
	if (!shrink_is_trial())
		(void)fprintf(stderr, "%s: ", status_code(s));
	sim_fail(sim, file, line, what);
}

static void print_tally(FILE *file, uint64_t first, uint64_t last, double took)
{
	const struct tally *t = &run.tally;
	const double years = years_of(t);
	int64_t faults = 0;
	for (int i = 0; i < FAULT_COUNT; i++)
		faults += t->faults[i];
	(void)fprintf(file,
		      "seeds %" PRIu64 " to %" PRIu64
		      ": %.1f device-years in %.1f s (%.0f a minute, %.0f a minute of"
		      " processor), %" PRId64 " exchanges, %" PRId64 " changes, %" PRId64 " faults, 0 violations\n",
		      first, last, years, took, years * 60 / took, years * 60 / seconds(CLOCK_PROCESS_CPUTIME_ID),
		      t->exchanges, t->changes, faults);
}

static void print_all(const struct options *o, uint64_t last, double took)
{
	FILE *file = o->tally == NULL ? NULL : fopen(o->tally, "we");
	print_tally(stdout, o->first, last, took);
	for (int i = 0; i < FAULT_COUNT; i++)
		if (run.tally.faults[i] > 0)
			(void)printf("  %-28s %10" PRId64 "\n", fault_names[i], run.tally.faults[i]);
	(void)printf("  %-28s %10" PRId64 "\n", "(limits lowered)", run.tally.lowered);
	(void)printf("  %-28s %10" PRId64 "\n", "(sealed while waiting)", run.tally.meanwhile);
	(void)printf("  %-28s %10" PRId64 "\n", "(batches kept as evidence)", run.tally.forks);
	(void)printf("  %-28s %10" PRId64 "\n", "(backups made)", run.tally.backups);
	(void)printf("  %-28s %10" PRId64 "\n", "(batches with old receipts)", run.tally.again);
	(void)printf("  %-28s %10" PRId64 ", %" PRId64 " differ, %" PRId64 " with a planted difference\n",
		     "(months compared)", run.tally.compared, run.tally.differed, run.tally.planted);
	if (file != NULL) {
		print_tally(file, o->first, last, took);
		(void)fclose(file); /* for reading along; nothing hangs on it */
	}
}

static void say_usage(void)
{
	(void)fprintf(stderr,
		      "usage: sim [--seed N] [--from N] [--years Y] [--seconds S] [--quick] [--tally FILE]\n"
		      "  --seed N     this seed alone, twice, and what is planned for it\n"
		      "  --from N     begins with this seed (1)\n"
		      "  --years Y    until so many device-years are simulated\n"
		      "  --seconds S  for so long (10)\n"
		      "  --quick      a failure is told and not made small\n"
		      "  --tally FILE writes the line of figures there as well\n");
	exit(EXIT_WRONG_USE);
}

static struct options read_options(int argc, char **argv)
{
	struct options o = {.first = 1};
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		char *end = NULL;
		if (strcmp(argv[i], "--quick") == 0) {
			o.quick = true;
			continue;
		}
		if (value == NULL)
			say_usage();
		if (strcmp(argv[i], "--tally") == 0 || strcmp(argv[i], "--keep") == 0) {
			*(argv[i][2] == 't' ? &o.tally : &o.keep) = value;
			i++;
			continue;
		}
		if (strcmp(argv[i], "--seed") == 0 || strcmp(argv[i], "--from") == 0) {
			o.one = o.one || strcmp(argv[i], "--seed") == 0;
			o.first = strtoull(value, &end, 10);
		} else if (strcmp(argv[i], "--years") == 0) {
			o.years = strtod(value, &end);
		} else if (strcmp(argv[i], "--seconds") == 0) {
			o.seconds = strtod(value, &end);
		}
		if (end == NULL || end == value || *end != '\0')
			say_usage();
		i++;
	}
	if (o.years <= 0 && o.seconds <= 0)
		o.seconds = 10;
	return o;
}

/* One byte for each event that may be planned; NULL where all happen. */
static uint8_t *read_keep(const char *numbers)
{
	uint8_t *keep = numbers == NULL ? NULL : calloc(1, PLANNED_MAX);
	while (keep != NULL && *numbers != '\0') {
		char *end = NULL;
		unsigned long number = strtoul(numbers, &end, 10);
		if (end == numbers || number >= PLANNED_MAX)
			say_usage();
		keep[number] = 1;
		numbers = *end == ',' ? end + 1 : end;
	}
	return keep;
}

/* The same seed is the same run, event by event. */
static int play_twice(uint64_t seed, const uint8_t *keep, struct tally *tally)
{
	struct tally other = {0};
	uint64_t first = 0;
	uint64_t second = 0;
	play(seed, keep, tally, &first);
	play(seed, keep, &other, &second);
	if (first == second)
		return EXIT_DONE;
	(void)fprintf(stderr, "seed %" PRIu64 " is another run when it is played again\n", seed);
	return EXIT_NO;
}

int main(int argc, char **argv)
{
	const struct options o = read_options(argc, argv);
	struct tally *tally = &run.tally;
	uint64_t trace = 0;
	uint64_t seed = o.first;
	run.quick = o.quick;
	log_set_level((enum log_level) - 1); /* nothing at all: trouble is meant here */
	memory_take();
	if (sign_start() != STATUS_OK)
		return EXIT_DISK;
	hashing_take();
	const double begun = seconds(CLOCK_MONOTONIC);
	if (o.one) {
		const struct plan plan = plan_draw(seed);
		plan_print(&plan);
	}
	int outcome = EXIT_DONE;
	if (o.one) {
		uint8_t *keep = read_keep(o.keep);
		outcome = play_twice(seed, keep, tally);
		free(keep);
	}
	for (bool more = !o.one; more; seed += more) {
		play(seed, NULL, tally, &trace);
		more = (o.seconds <= 0 || seconds(CLOCK_MONOTONIC) - begun < o.seconds) &&
		       (o.years <= 0 || years_of(tally) < o.years);
	}
	if (outcome == EXIT_DONE)
		print_all(&o, seed, seconds(CLOCK_MONOTONIC) - begun);
	return outcome;
}
