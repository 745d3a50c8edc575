#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/log.h"
#include "many.h"

enum { PLANNED_MAX = 1 << 16 };

struct options {
	struct many_plan many;
	bool one;
	bool quick;        /* a failure is not made small */
	const char *keep;  /* numbers of the planned events that happen, NULL: all */
	const char *tally; /* a file for the first line of what is printed */
};

/* For sim_fail, which ends the program wherever it is. */
static bool fails_quickly;

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
		      many_years() + (double)sim->tally.exchanges / YEAR_EXCHANGES, sim->seed);
	if (!fails_quickly)
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

static void print_tally(FILE *file, const struct options *o, const struct many_done *done)
{
	const struct tally *t = &done->tally;
	const double years = tally_years(t);
	int64_t faults = 0;
	for (int i = 0; i < FAULT_COUNT; i++)
		faults += t->faults[i];
	(void)fprintf(file,
		      "seeds %" PRIu64 " to %" PRIu64
		      ": %.1f device-years in %.1f s (%.0f a minute, %.0f a minute of"
		      " processor), %" PRId64 " exchanges, %" PRId64 " changes, %" PRId64 " faults, 0 violations\n",
		      o->many.first, done->last, years, done->took, years * 60 / done->took,
		      years * 60 / done->processor, t->exchanges, t->changes, faults);
}

static void print_all(const struct options *o, const struct many_done *done)
{
	const struct tally *t = &done->tally;
	FILE *file = o->tally == NULL ? NULL : fopen(o->tally, "we");
	print_tally(stdout, o, done);
	for (int i = 0; i < FAULT_COUNT; i++)
		if (t->faults[i] > 0)
			(void)printf("  %-28s %10" PRId64 "\n", fault_names[i], t->faults[i]);
	(void)printf("  %-28s %10" PRId64 "\n", "(limits lowered)", t->lowered);
	(void)printf("  %-28s %10" PRId64 "\n", "(sealed while waiting)", t->meanwhile);
	(void)printf("  %-28s %10" PRId64 "\n", "(batches kept as evidence)", t->forks);
	(void)printf("  %-28s %10" PRId64 "\n", "(backups made)", t->backups);
	(void)printf("  %-28s %10" PRId64 "\n", "(periods closed)", t->closed);
	(void)printf("  %-28s %10" PRId64 "\n", "(computers moved)", t->assigned);
	(void)printf("  %-28s %10" PRId64 "\n", "(communes divided)", t->succeeded);
	(void)printf("  %-28s %10" PRId64 "\n", "(communes merged, renamed)", t->ended);
	(void)printf("  %-28s %10" PRId64 "\n", "(records taken by a retry)", t->retried);
	(void)printf("  %-28s %10" PRId64 "\n", "(instants looked back to)", t->known);
	(void)printf("  %-28s %10" PRId64 "\n", "(batches with old receipts)", t->again);
	(void)printf("  %-28s %10" PRId64 ", %" PRId64 " differ, %" PRId64 " with a planted difference\n",
		     "(months compared)", t->compared, t->differed, t->planted);
	if (file != NULL) {
		print_tally(file, o, done);
		(void)fclose(file); /* for reading along; nothing hangs on it */
	}
}

static void say_usage(void)
{
	(void)fprintf(stderr,
		      "usage: sim [--seed N] [--from N] [--years Y] [--seconds S] [--processes N] [--quick]\n"
		      "           [--tally FILE]\n"
		      "  --seed N     this seed alone, twice, and what is planned for it\n"
		      "  --from N     begins with this seed (1)\n"
		      "  --years Y    until so many device-years are simulated\n"
		      "  --seconds S  for so long (10)\n"
		      "  --processes N  seeds are shared by so many processes (1)\n"
		      "  --quick      a failure is told and not made small\n"
		      "  --tally FILE writes the line of figures there as well\n");
	exit(EXIT_WRONG_USE);
}

static struct options read_options(int argc, char **argv)
{
	struct options o = {.many = {.first = 1, .processes = 1}};
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
			o.many.first = strtoull(value, &end, 10);
		} else if (strcmp(argv[i], "--years") == 0) {
			o.many.years = strtod(value, &end);
		} else if (strcmp(argv[i], "--seconds") == 0) {
			o.many.seconds = strtod(value, &end);
		} else if (strcmp(argv[i], "--processes") == 0) {
			o.many.processes = (int)strtol(value, &end, 10);
		}
		if (end == NULL || end == value || *end != '\0')
			say_usage();
		i++;
	}
	if (o.many.processes < 1 || o.many.processes > MANY_MAX)
		say_usage();
	if (o.many.years <= 0 && o.many.seconds <= 0)
		o.many.seconds = 10;
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
static bool play_twice(const struct options *o, struct many_done *done)
{
	const uint64_t seed = o->many.first;
	const struct plan plan = plan_draw(seed);
	uint8_t *keep = read_keep(o->keep);
	struct tally other = {0};
	uint64_t first = 0;
	uint64_t second = 0;
	plan_print(&plan);
	play(seed, keep, &done->tally, &first);
	play(seed, keep, &other, &second);
	free(keep);
	done->processor = (double)clock() / CLOCKS_PER_SEC;
	done->took = done->processor;
	if (first != second)
		(void)fprintf(stderr, "seed %" PRIu64 " is another run when it is played again\n", seed);
	return first == second;
}

int main(int argc, char **argv)
{
	const struct options o = read_options(argc, argv);
	struct many_done done = {.last = o.many.first};
	fails_quickly = o.quick;
	log_set_level((enum log_level) - 1); /* nothing at all: trouble is meant here */
	memory_take();
	if (sign_start() != STATUS_OK)
		return EXIT_DISK;
	hashing_take();
	if (!(o.one ? play_twice(&o, &done) : many_play(&o.many, &done)))
		return EXIT_NO;
	print_all(&o, &done);
	return EXIT_DONE;
}
