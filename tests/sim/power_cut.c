/*
 * The power is cut everywhere. A story is played once and everything it changes on its disks is written down; then,
 * after each of these changes, the disk it came to is rebuilt as a cut there may leave it, by several seeds, and
 * the real opening code is let loose on it: it opens, it is sound, nothing is half there, every promise made before
 * is kept (story_check.h). From some of them the story is played to its end, which must be the same as without a
 * cut.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/log.h"
#include "config/options.h"
#include "tests/sim/story_check.h"

enum { SEEDS = 6, LATER_MS = 30000, TOTALS_BYTES = 1 << 20, SAID_MAX = 20 };
enum cut { CUT_AGENT, CUT_HUB, CUT_CHECKPOINT, CUTS };

struct run {
	struct story story; /* as it was played */
	struct disk_record *record;
	struct bytes totals;
	struct kept kept;
	int64_t every; /* one change in so many is looked at */
	int64_t on_every;
	int64_t changes;
	int64_t n_cuts;
	int64_t cuts[CUTS];
	int64_t played_on;
	int64_t lost;
	int64_t damaged;
	int64_t wrong;
};

static const char *const roots[STORY_DISKS] = {"/disk-0", "/disk-1", "/disk-hub"};

static void fail(struct run *run, const char *what, const char *where, uint64_t seed)
{
	run->lost += strncmp(what, "lost", 4) == 0;
	run->damaged += strncmp(what, "damaged", 7) == 0;
	run->wrong += strncmp(what, "lost", 4) != 0 && strncmp(what, "damaged", 7) != 0;
	if (run->lost + run->damaged + run->wrong <= SAID_MAX)
		(void)fprintf(stderr, "change %lld, in step %d (%s), %s, seed %llu: %s\n", (long long)run->changes,
			      run->kept.last_step + 1, STORY_STEPS[run->kept.last_step + 1].name, where,
			      (unsigned long long)seed, what);
}

/* To the end, with all that was said and answered. */
static const char *play_from(struct story *story, size_t step, struct bytes *out)
{
	static char text[100];
	for (size_t i = step; i < story_length(); i++) {
		enum status s = story_play(story, i);
		if (s == STATUS_OK)
			continue;
		(void)snprintf(text, sizeof(text), "step %zu (%s) fails: %s", i, STORY_STEPS[i].name,
			       status_code(s));
		return text;
	}
	enum status s = story_totals(story, out);
	return s == STATUS_OK ? NULL : status_code(s);
}

static bool play_once(struct run *run)
{
	struct disk *disks[STORY_DISKS];
	run->record = disk_record_new();
	for (int i = 0; i < STORY_DISKS; i++) {
		disks[i] = disk_new(roots[i]);
		disk_record_add(run->record, disks[i]);
	}
	story_init(&run->story, "start-1");
	run->story.record = run->record;
	run->totals = bytes_new(TOTALS_BYTES);
	const char *wrong = play_from(&run->story, 0, &run->totals);
	if (wrong == NULL)
		wrong = check_all_records(&run->story, run->story.promises, run->story.n_promises);
	run->story.record = NULL;
	disk_record_end(run->record);
	story_end_hub(&run->story);
	for (int i = 0; i < STORY_DISKS; i++)
		disk_free(disks[i]);
	if (wrong != NULL)
		(void)fprintf(stderr, "without any cut: %s\n", wrong);
	return wrong == NULL;
}

/* Nothing that was promised is missing at the end, and the sums are what they would have been. */
static void play_on(struct run *run, struct story *story, uint64_t seed)
{
	struct bytes totals = bytes_new(TOTALS_BYTES);
	const char *wrong = play_from(story, (size_t)(run->kept.last_step + 1), &totals);
	if (wrong == NULL)
		wrong = check_all_records(story, run->story.promises, run->story.n_promises);
	if (wrong == NULL && !slice_equal(bytes_slice(&totals), bytes_slice(&run->totals)))
		wrong = "the totals are others";
	if (wrong != NULL)
		fail(run, wrong, "played on", seed);
	bytes_free(&totals);
	run->played_on++;
}

/* One disk is cut off its power, the others are as they are; on: the story goes on from there. */
static void look(struct run *run, const struct disk_replay *replay, int cut, uint64_t seed, bool on)
{
	struct story story;
	struct disk *disks[STORY_DISKS] = {NULL};
	story_init(&story, seed % 2 == 0 ? "start-1" : "start-2");
	story.later_ms = LATER_MS;
	story_hand_over(&story, &run->story, run->kept.n_promises);
	for (int i = 0; i < STORY_DISKS; i++) {
		if (!on && i != cut)
			continue;
		disks[i] = disk_after_power_cut(disk_replay_disk(replay, i), i == cut ? seed : 1);
		disk_mount(disks[i]);
	}
	const char *wrong = cut == STORY_HUB ? check_hub(&story, &run->kept) : check_pc(&story, cut, &run->kept);
	if (wrong != NULL)
		fail(run, wrong, roots[cut], seed);
	else if (on)
		play_on(run, &story, seed);
	story_clear(&story);
	for (int i = 0; i < STORY_DISKS; i++)
		disk_free(disks[i]);
}

static bool shall_play_on(struct run *run)
{
	return run->on_every > 0 && ++run->n_cuts % run->on_every == 0;
}

static void st_01_power_lost_at_any_change_of_an_agents_disk(struct run *run, const struct disk_replay *replay,
							     int pc)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		look(run, replay, pc, seed, shall_play_on(run));
	run->cuts[CUT_AGENT] += SEEDS;
}

static void st_02_power_lost_at_any_change_of_the_hubs_disk(struct run *run, const struct disk_replay *replay)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		look(run, replay, STORY_HUB, seed, shall_play_on(run));
	run->cuts[CUT_HUB] += SEEDS;
}

static void st_03_power_lost_during_a_checkpoint(struct run *run, const struct disk_replay *replay)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		look(run, replay, STORY_HUB, seed, shall_play_on(run));
	run->cuts[CUT_CHECKPOINT] += SEEDS;
}

static void look_at(struct run *run, const struct disk_replay *replay, int disk)
{
	const char *step = STORY_STEPS[run->kept.last_step + 1].name;
	if (disk != STORY_HUB)
		st_01_power_lost_at_any_change_of_an_agents_disk(run, replay, disk);
	else if (strcmp(step, "checkpoint") == 0)
		st_03_power_lost_during_a_checkpoint(run, replay);
	else
		st_02_power_lost_at_any_change_of_the_hubs_disk(run, replay);
}

static void note_promise(struct run *run, int64_t mark)
{
	const struct promise *p = &run->story.promises[mark];
	run->kept.promises = run->story.promises;
	run->kept.n_promises = (size_t)mark + 1;
	if (p->kind == PROMISED_STEP)
		run->kept.last_step = (int)p->number;
}

static void replay_all(struct run *run)
{
	struct disk_replay *replay = disk_replay_new(run->record);
	struct disk_moment moment;
	run->kept = (struct kept){.last_step = -1};
	while (disk_replay_next(replay, &moment)) {
		if (moment.mark != DISK_NO_MARK)
			note_promise(run, moment.mark);
		if (moment.disk == DISK_NONE)
			continue;
		if (++run->changes % run->every == 0)
			look_at(run, replay, moment.disk);
	}
	disk_replay_free(replay);
}

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* it cannot fail here */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const struct run *run, double took_s)
{
	int64_t cuts = run->cuts[CUT_AGENT] + run->cuts[CUT_HUB] + run->cuts[CUT_CHECKPOINT];
	(void)printf("%lld power cuts after %lld changes of 3 disks (agents %lld, hub %lld, its checkpoints %lld), "
		     "%lld played to the end: %lld lost, %lld damaged, %lld wrong; %.1f s\n",
		     (long long)cuts, (long long)run->changes, (long long)run->cuts[CUT_AGENT],
		     (long long)run->cuts[CUT_HUB], (long long)run->cuts[CUT_CHECKPOINT], (long long)run->played_on,
		     (long long)run->lost, (long long)run->damaged, (long long)run->wrong, took_s);
}

/* weak: a database that does not sync what it answers for must be caught losing it. */
static bool is_right(const struct run *run, bool weak)
{
	if (run->cuts[CUT_AGENT] == 0 || run->cuts[CUT_HUB] == 0)
		return false;
	return weak ? run->lost > 0 : run->lost + run->damaged + run->wrong == 0;
}

int main(int argc, char **argv)
{
	bool weak = argc == 4 && strcmp(argv[3], "weak") == 0;
	struct run *run = calloc(1, sizeof(*run));
	double begun = seconds();
	if (run == NULL || (argc != 3 && !weak) || sign_start() != STATUS_OK) {
		(void)fprintf(stderr, "usage: power_cut EVERY ON-EVERY [weak]\n"
				      "one change in EVERY is cut at, one cut in ON-EVERY played to the end\n");
		return EXIT_WRONG_USE;
	}
	log_set_level(LOG_ERROR);
	run->every = strtoll(argv[1], NULL, 10);
	run->on_every = strtoll(argv[2], NULL, 10);
	bool whole = run->every > 0 && play_once(run);
	if (whole)
		replay_all(run);
	say(run, seconds() - begun);
	int exit_status = whole && is_right(run, weak) ? EXIT_DONE : EXIT_NO;
	story_clear(&run->story);
	disk_record_free(run->record);
	bytes_free(&run->totals);
	free(run);
	return exit_status;
}
