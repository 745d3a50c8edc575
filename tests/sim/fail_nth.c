/*
 * Everything fails once, and from then on. Steps of the story are played with their n-th call of the disk, or their
 * n-th allocation, failing, for every n there is: they end with a status that names the matter, nothing is half
 * there and every promise is kept; when the fault is gone the same step ends as if nothing had been, and after a
 * failed sync also a power cut changes nothing of what was promised then. Some go on to the end of the story.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/log.h"
#include "config/options.h"
#include "tests/sim/fail_memory.h"
#include "tests/sim/story_check.h"

enum {
	SCENES_MAX = 64,
	SAID_MAX = 30,
	TOTALS_BYTES = 1 << 20,
	LATER_MS = 30000,
	RARER = 24,
	FIRST = 2,
	SPARSE = 50,
	SOME = 2
};

struct fault {
	const char *name;
	unsigned calls; /* of the disk; 0: memory */
	int error;
	enum memory memory;
	enum status status;
};

enum failing { FAIL_READ, FAIL_FULL, FAIL_WRITE, FAIL_SYNC, FAIL_NAME, FAIL_OURS, FAIL_SQLITE };
static const struct fault faults[] = {
	{"a read or opening", DISK_OPEN | DISK_READ, EIO, MEMORY_NONE, STATUS_DISK},
	{"a write, full disk", DISK_WRITE, ENOSPC, MEMORY_NONE, STATUS_DISK_FULL},
	{"a write", DISK_WRITE | DISK_TRUNCATE, EIO, MEMORY_NONE, STATUS_DISK},
	{"a sync", DISK_SYNC, EIO, MEMORY_NONE, STATUS_DISK},
	{"a rename, link or unlink", DISK_NAME, EIO, MEMORY_NONE, STATUS_DISK},
	{"an allocation", 0, 0, MEMORY_OURS, STATUS_NO_MEMORY},
	{"an allocation of SQLite's", 0, 0, MEMORY_SQLITE, STATUS_NO_MEMORY},
};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* The province as it stood before a step. */
struct scene {
	size_t step;
	struct disk *disks[STORY_DISKS];
	size_t n_promises;
};

struct run {
	struct story story;
	struct scene scenes[SCENES_MAX];
	size_t n_scenes;
	struct bytes totals;
	int64_t every;
	int64_t on_every;
	const char *only; /* one step, its syncs all; NULL: every step */
	int64_t tries[FAULTS];
	int64_t played_on;
	int64_t wrong;
};

/* One try: a fault, the place it strikes, and the world it strikes in. */
struct attempt {
	struct run *run;
	const struct scene *scene;
	const struct fault *fault;
	int disk;
	int64_t nth;
	bool forever;
	struct disk *disks[STORY_DISKS];
	struct story story;
	enum status status;
};

static const char *const roots[STORY_DISKS] = {"/disk-0", "/disk-1", "/disk-hub"};

static void fail(struct attempt *t, const char *when, const char *what)
{
	if (++t->run->wrong <= SAID_MAX)
		(void)fprintf(stderr, "step %zu (%s), call %lld of %s, %s%s (ended with %s): %s: %s\n",
			      t->scene->step, STORY_STEPS[t->scene->step].name, (long long)t->nth, roots[t->disk],
			      t->fault->name, t->forever ? ", and all after it" : "", status_code(t->status), when,
			      what);
}

static void begin(struct attempt *t)
{
	story_init(&t->story, "start-1");
	story_hand_over(&t->story, &t->run->story, t->scene->n_promises);
	for (size_t i = 0; i < t->scene->n_promises; i++)
		story_promise(&t->story, &t->run->story.promises[i]);
	for (int i = 0; i < STORY_DISKS; i++) {
		t->disks[i] = disk_after_power_cut(t->scene->disks[i], 1);
		disk_mount(t->disks[i]);
	}
}

static void end(struct attempt *t)
{
	story_clear(&t->story);
	for (int i = 0; i < STORY_DISKS; i++)
		disk_free(t->disks[i]);
	if (fail_memory_held() != 0)
		fail(t, "at the end", "SQLite has not given all memory back");
}

/* True if the fault was met. */
static bool strike(struct attempt *t)
{
	const struct disk_fault on_disk = {
		.calls = t->fault->calls, .nth = t->nth, .forever = t->forever, .error = t->fault->error};
	disk_fail(t->disks[t->disk], on_disk);
	fail_memory(t->fault->memory, t->nth, t->forever);
	t->status = story_play(&t->story, t->scene->step);
	bool met = fail_memory_failed() + disk_failed(t->disks[t->disk]) > 0;
	fail_memory(MEMORY_NONE, 0, false);
	disk_fail(t->disks[t->disk], (struct disk_fault){0});
	story_end_hub(&t->story);
	return met;
}

static void check_all(struct attempt *t, const char *when)
{
	struct kept kept = {.promises = t->story.promises, .n_promises = t->story.n_promises, .last_step = -1};
	for (size_t i = 0; i < kept.n_promises; i++)
		if (kept.promises[i].kind == PROMISED_STEP)
			kept.last_step = (int)kept.promises[i].number;
	for (int pc = 0; pc < STORY_PCS; pc++) {
		const char *wrong = check_pc(&t->story, pc, &kept);
		if (wrong != NULL)
			fail(t, when, wrong);
	}
	const char *wrong = check_hub(&t->story, &kept);
	if (wrong != NULL)
		fail(t, when, wrong);
	story_end_hub(&t->story);
}

/* What the fault was is what is said; over the line the other side's trouble is that it is busy. */
static bool is_told(const struct attempt *t)
{
	bool other = STORY_STEPS[t->scene->step].pc != t->disk;
	if (t->status == STATUS_OK || t->status == t->fault->status)
		return true;
	/* Where it was SQLite's and not a file of ours. */
	if (t->fault->calls == DISK_SYNC && t->status == STATUS_DISK_SYNC)
		return true;
	if (other || t->fault->calls == 0)
		return t->status == STATUS_BUSY || t->status == STATUS_UNREACHABLE;
	return false;
}

static void play_to_the_end(struct attempt *t)
{
	struct bytes totals = bytes_new(TOTALS_BYTES);
	enum status s = STATUS_OK;
	for (size_t i = t->scene->step + 1; i < story_length() && s == STATUS_OK; i++)
		s = story_play(&t->story, i);
	if (s == STATUS_OK)
		s = story_hub(&t->story);
	if (s == STATUS_OK)
		s = story_totals(&t->story, &totals);
	if (s != STATUS_OK)
		fail(t, "played on", status_code(s));
	else if (!slice_equal(bytes_slice(&totals), bytes_slice(&t->run->totals)))
		fail(t, "played on", "the totals are others");
	bytes_free(&totals);
	t->run->played_on++;
}

static void mend(struct attempt *t, bool on)
{
	t->story.later_ms = LATER_MS;
	enum status s = story_play(&t->story, t->scene->step);
	story_end_hub(&t->story);
	if (s != STATUS_OK) {
		fail(t, "without the fault it still fails", status_code(s));
		return;
	}
	check_all(t, "done again");
	for (int i = 0; i < STORY_DISKS && t->fault->calls == DISK_SYNC; i++)
		disk_cut_power(t->disks[i], 0);
	if (t->fault->calls == DISK_SYNC)
		check_all(t, "after a power cut");
	if (on)
		play_to_the_end(t);
}

/* False when there is no n-th call any more. */
static bool try_at(struct run *run, const struct scene *scene, const struct fault *fault, int disk, int64_t nth,
		   bool forever)
{
	struct attempt t = {
		.run = run, .scene = scene, .fault = fault, .disk = disk, .nth = nth, .forever = forever};
	begin(&t);
	bool met = strike(&t);
	if (met) {
		int64_t n = ++run->tries[fault - faults];
		if (!is_told(&t))
			fail(&t, "it said", status_code(t.status));
		check_all(&t, "with the fault gone");
		mend(&t, run->on_every > 0 && n % run->on_every == 0);
	} else if (t.status != STATUS_OK) {
		fail(&t, "no fault was met", status_code(t.status));
	}
	end(&t);
	return met;
}

static void try_all(struct run *run, const struct scene *scene, const struct fault *fault)
{
	int64_t every = run->only != NULL && fault->calls == DISK_SYNC ? 1 : run->every;
	int64_t rarer = every < SPARSE ? RARER : 1;
	/* A short run takes each step with some faults and each fault with some steps. */
	if (run->every >= SPARSE && (scene - run->scenes + (fault - faults)) % SOME != 0)
		return;
	for (int disk = 0; disk < STORY_DISKS; disk++) {
		/* Memory is nobody's disk's. */
		if (fault->calls == 0 && disk != STORY_HUB)
			continue;
		for (int forever = 0; forever < 2; forever++) {
			int64_t nth = 1;
			/* The first ones all, the rest by samples, the rarer the longer it is. */
			while (try_at(run, scene, fault, disk, nth, forever == 1))
				nth += nth < FIRST || every == 1 ? 1 : every + nth / rarer;
		}
	}
}

static void st_05_any_sync_fails(struct run *run, const struct scene *scene)
{
	try_all(run, scene, &faults[FAIL_SYNC]);
}

static void st_06_any_write_finds_the_disk_full(struct run *run, const struct scene *scene)
{
	try_all(run, scene, &faults[FAIL_FULL]);
}

static void st_08_any_read_or_opening_fails(struct run *run, const struct scene *scene)
{
	try_all(run, scene, &faults[FAIL_READ]);
}

static void st_08_any_write_rename_or_unlink_fails(struct run *run, const struct scene *scene)
{
	try_all(run, scene, &faults[FAIL_WRITE]);
	try_all(run, scene, &faults[FAIL_NAME]);
}

static void rs_06_any_allocation_fails(struct run *run, const struct scene *scene)
{
	try_all(run, scene, &faults[FAIL_OURS]);
	try_all(run, scene, &faults[FAIL_SQLITE]);
}

/* Each kind of step once, and repairs each in their own case. */
static bool is_scene(const struct run *run, size_t step)
{
	const struct story_step *s = &STORY_STEPS[step];
	bool repair = strcmp(s->name, "reidentify") == 0;
	for (size_t i = 0; i < run->n_scenes; i++)
		if (!repair && STORY_STEPS[run->scenes[i].step].play == s->play)
			return false;
	return true;
}

static void keep_scene(struct run *run, struct disk *const *disks, size_t step)
{
	if (!is_scene(run, step) || run->n_scenes == SCENES_MAX)
		return;
	struct scene *scene = &run->scenes[run->n_scenes++];
	scene->step = step;
	scene->n_promises = run->story.n_promises;
	for (int i = 0; i < STORY_DISKS; i++)
		scene->disks[i] = disk_after_power_cut(disks[i], 1);
}

static bool play_once(struct run *run)
{
	struct disk *disks[STORY_DISKS];
	enum status s = STATUS_OK;
	for (int i = 0; i < STORY_DISKS; i++)
		disks[i] = disk_new(roots[i]);
	story_init(&run->story, "start-1");
	run->totals = bytes_new(TOTALS_BYTES);
	for (size_t i = 0; i < story_length() && s == STATUS_OK; i++) {
		keep_scene(run, disks, i);
		s = story_play(&run->story, i);
	}
	if (s == STATUS_OK)
		s = story_totals(&run->story, &run->totals);
	story_end_hub(&run->story);
	for (int i = 0; i < STORY_DISKS; i++)
		disk_free(disks[i]);
	if (s != STATUS_OK)
		(void)fprintf(stderr, "without any fault: %s\n", status_code(s));
	return s == STATUS_OK;
}

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* it cannot fail here */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const struct run *run, double took_s)
{
	(void)printf("%zu stories;", run->n_scenes);
	for (size_t i = 0; i < FAULTS; i++)
		(void)printf(" %s failed %lld times;", faults[i].name, (long long)run->tries[i]);
	(void)printf(" %lld played to the end: %lld wrong; %.1f s\n", (long long)run->played_on,
		     (long long)run->wrong, took_s);
}

int main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	double begun = seconds();
	fail_memory_begin();
	if (run == NULL || (argc != 3 && argc != 4) || sign_start() != STATUS_OK) {
		(void)fprintf(
			stderr,
			"usage: fail_nth EVERY ON-EVERY [STEP]\n"
			"one call in EVERY fails, of one step every sync; one failure in ON-EVERY is played to"
			" the end\n");
		return EXIT_WRONG_USE;
	}
	log_set_level(LOG_ERROR);
	run->every = strtoll(argv[1], NULL, 10);
	run->on_every = strtoll(argv[2], NULL, 10);
	run->only = argc > 3 ? argv[3] : NULL;
	bool whole = run->every > 0 && play_once(run);
	for (size_t i = 0; i < run->n_scenes && whole; i++) {
		const struct scene *scene = &run->scenes[i];
		if (run->only != NULL && strcmp(run->only, STORY_STEPS[scene->step].name) != 0)
			continue;
		st_05_any_sync_fails(run, scene);
		st_06_any_write_finds_the_disk_full(run, scene);
		st_08_any_read_or_opening_fails(run, scene);
		st_08_any_write_rename_or_unlink_fails(run, scene);
		rs_06_any_allocation_fails(run, scene);
	}
	say(run, seconds() - begun);
	int exit_status = whole && run->wrong == 0 ? EXIT_DONE : EXIT_NO;
	for (size_t i = 0; i < run->n_scenes; i++)
		for (int d = 0; d < STORY_DISKS; d++)
			disk_free(run->scenes[i].disks[d]);
	story_clear(&run->story);
	bytes_free(&run->totals);
	free(run);
	return exit_status;
}
