#include "sim.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/enroll.h"
#include "agent/queue.h"
#include "config/datadir.h"
#include "config/log.h"
#include "hub/checkpoint.h"
#include "hub/enrol.h"
#include "hub/state.h"
#include "hub/units_file.h"

enum { STEPS = 60, SEEDS_MIN = 20, SECONDS = 8 };

uint64_t sim_mix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t sim_pick(struct sim *sim, int64_t n)
{
	return (int64_t)(sim_mix(&sim->random) % (uint64_t)n);
}

size_t sim_index(struct sim *sim, size_t n)
{
	return sim_mix(&sim->random) % n;
}

void sim_fail(const struct sim *sim, const char *file, int line, const char *what)
{
	(void)fprintf(stderr,
		      "%s:%d: seed %llu, step %d: not so: %s\nagain: sim --seed %llu; its files are in %s\n", file,
		      line, (unsigned long long)sim->seed, sim->step, what, (unsigned long long)sim->seed,
		      sim->dir);
	exit(1);
}

void sim_expect(const struct sim *sim, const char *file, int line, const char *what, enum status s)
{
	if (s == STATUS_OK)
		return;
	(void)fprintf(stderr, "%s: ", status_code(s));
	sim_fail(sim, file, line, what);
}

static int64_t tell_time(void *context)
{
	const struct clock *clock = context;
	return clock->sim->now + clock->wrong_ms;
}

static void path_in(const struct sim *sim, const char *name, char out[static PATH_LEN])
{
	(void)snprintf(out, PATH_LEN, "%.120s/%s", sim->dir, name); /* names are short */
}

/* In memory where the system has such a place: tens of thousands of fsyncs prove nothing here. */
static void make_dir(struct sim *sim)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
	(void)snprintf(sim->dir, PATH_LEN, "%.100s/motcua-sim-XXXXXX", base == NULL ? "/tmp" : base);
	SIM_REQUIRE(sim, mkdtemp(sim->dir) != NULL);
}

static void remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	if (d == NULL)
		return;
	for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
		char *path = path_join(dir, entry->d_name);
		if (path != NULL && entry->d_name[0] != '.' && unlink(path) != 0)
			remove_dir(path);
		free(path);
	}
	(void)closedir(d);
	(void)rmdir(dir); /* what is left over is left over */
}

void sim_open_hub(struct sim *sim)
{
	char dir[PATH_LEN];
	path_in(sim, "hub", dir);
	long before = seams_opened();
	SIM_OK(sim, hub_open(dir, &sim->hub_world, true, &sim->hub));
	SIM_REQUIRE(sim, seams_opened() == before + 1);
}

void sim_close_hub(struct sim *sim)
{
	hub_close(sim->hub);
	sim->hub = NULL;
}

/* Communes change their district, and in the end there is one more. */
static void import_units(struct sim *sim, bool more)
{
	char text[600];
	const char *const districts[] = {"018", "019"};
	int64_t count = 0;
	struct units_fault fault = {0};
	int len = snprintf(text, sizeof(text),
			   "code,name,level,parent\n01,Tinh,province,\n018,Huyen A,district,01\n"
			   "019,Huyen B,district,01\n01834,Xa A,commune,%s\n01837,Xa B,commune,%s\n%s",
			   districts[more ? sim_pick(sim, 2) : 0], districts[more ? sim_pick(sim, 2) : 0],
			   more && sim_pick(sim, 2) == 0 ? "01840,Xa C,commune,018\n" : "");
	FILE *file = fmemopen(text, (size_t)len, "r");
	SIM_REQUIRE(sim, file != NULL);
	SIM_OK(sim, units_import(sim->hub, file, "sim", &count, &fault));
	(void)fclose(file); /* opened for reading */
}

static void create_hub(struct sim *sim)
{
	char dir[PATH_LEN];
	const struct hub_plan plan = {.province = "01", .name = "Tinh", .url = "https://hub.test:8443"};
	sim->hub_clock = (struct clock){.sim = sim};
	sim->hub_world = (struct hub_world){.now_ms = tell_time, .context = &sim->hub_clock, .vfs = SIM_VFS};
	path_in(sim, "hub", dir);
	SIM_OK(sim, hub_create(dir, &sim->hub_world, &plan));
	SIM_REQUIRE(sim, seams_opened() == 1);
	sim_open_hub(sim);
	import_units(sim, false);
}

static void open_agent(struct sim *sim, struct party *p)
{
	agent_close(p->agent);
	p->agent = NULL;
	long before = seams_opened();
	SIM_OK(sim, agent_open(p->dir, &p->world, &p->agent));
	SIM_REQUIRE(sim, seams_opened() == before + 1);
}

/* Asked again and again over a road that does harm, until it has worked. */
static void enrol(struct sim *sim, int number)
{
	static const char *const units[AGENTS] = {"01834", "01837", "018"};
	struct party *p = &sim->parties[number];
	const int64_t wrong[AGENTS] = {0, sim_pick(sim, 2 * HOUR_MS) - HOUR_MS,
				       (sim_pick(sim, 800) - 400) * DAY_MS};
	const struct invite_plan plan = {.unit = units[number],
					 .host = "hub.test",
					 .port = 8443,
					 .hours = 24,
					 .confirm = number == 1,
					 .who = "sim"};
	char name[] = {'a', (char)('0' + number), '\0'};
	char code[INVITATION_TEXT];
	int64_t expires = 0;
	struct enroll_report report;
	struct device device;
	path_in(sim, name, p->dir);
	p->clock = (struct clock){.sim = sim, .wrong_ms = wrong[number]};
	p->typed = bytes_new(LIMIT_REQUEST);
	road_lay(sim, &p->road);
	p->world = (struct agent_world){.now_ms = tell_time,
					.context = &p->clock,
					.vfs = SIM_VFS,
					.transport = &p->road.transport,
					.proxy = slice_str("")};
	SIM_OK(sim, enrol_invite(sim->hub, &plan, code, &expires));
	long before = seams_opened();
	int tries = 0;
	while (enroll_run(p->dir, &p->world, code, NULL, &report) != STATUS_OK)
		SIM_REQUIRE(sim, ++tries < 100);
	SIM_REQUIRE(sim, seams_opened() > before);
	if (plan.confirm)
		SIM_OK(sim, enrol_confirm(sim->hub, report.fingerprint, "sim", device.id));
	open_agent(sim, p);
}

static void sync_agent(struct sim *sim, struct party *p)
{
	struct sync_report report;
	p->road.harmed = 0;
	enum status s = sync_run(p->agent, sim_pick(sim, 4) == 0, &report);
	/* A good road is all it takes, and nothing but the answer to what was asked settles anything. */
	SIM_REQUIRE(sim, p->road.harmed > 0 || (s == STATUS_OK && report.waiting == 0));
	SIM_REQUIRE(sim, !p->road.foreign || (s != STATUS_OK && s != STATUS_BUSY));
	SIM_REQUIRE(sim, s == STATUS_OK || s == STATUS_UNREACHABLE || s == STATUS_BROKEN_OFF ||
				 s == STATUS_PORTAL || s == STATUS_FOREIGN || s == STATUS_BUSY);
	SIM_REQUIRE(sim, !report.settlement.copied && !report.settlement.hub_went_back);
	check_receipts(sim, p);
}

static void pass_time(struct sim *sim)
{
	sim->now += sim_pick(sim, sim_pick(sim, 4) == 0 ? 3 * DAY_MS : HOUR_MS);
	if (sim_pick(sim, 6) == 0)
		sim->hub_clock.wrong_ms = -sim_pick(sim, 3 * DAY_MS);
	int64_t hub_now = sim->now + sim->hub_clock.wrong_ms;
	sim->hub_latest = hub_now > sim->hub_latest ? hub_now : sim->hub_latest;
}

static void rebuild(struct sim *sim)
{
	struct hub_transaction t;
	struct state state = state_of(sim->hub);
	SIM_OK(sim, hub_begin(sim->hub, &t));
	SIM_OK(sim, state_rebuild(&state, sim->hub->db));
	SIM_OK(sim, hub_commit(&t));
	state_clear(&state);
}

static void reopen_hub(struct sim *sim)
{
	sim_close_hub(sim);
	sim_open_hub(sim);
}

static void play_step(struct sim *sim)
{
	int number = (int)sim_pick(sim, AGENTS);
	struct party *p = &sim->parties[number];
	int64_t dice = sim_pick(sim, 100);
	pass_time(sim);
	/* Days without a connection leave many batches for one request. */
	if (sim_pick(sim, 12) == 0)
		p->road.broken = !p->road.broken;
	if (dice < 30)
		typed_add(sim, number);
	else if (dice < 45)
		typed_import(sim, number);
	else if (dice < 84)
		sync_agent(sim, p);
	else if (dice < 88)
		open_agent(sim, p);
	else if (dice < 91)
		checkpoint(sim->hub);
	else if (dice < 92)
		reopen_hub(sim);
	else if (dice < 97)
		import_units(sim, true);
	else if (dice < 98)
		rebuild(sim);
	else
		check_fold(sim);
}

/* Now nothing is lost any more, and one sync must be enough for each. */
static void play_end(struct sim *sim)
{
	sim->calm = true;
	for (int i = 0; i < AGENTS; i++) {
		struct sync_report report;
		struct queue_counts counts;
		SIM_OK(sim, sync_run(sim->parties[i].agent, true, &report));
		SIM_OK(sim, queue_count(sim->parties[i].agent, &counts));
		SIM_REQUIRE(sim, counts.waiting == 0 && counts.unsealed == 0);
	}
	/* Nobody writes any more, and yet other writes count now. */
	import_units(sim, true);
}

static void play(uint64_t seed, uint8_t ret_digest[static HASH_LEN])
{
	struct sim *sim = calloc(1, sizeof(*sim));
	if (sim == NULL)
		exit(1);
	sim->seed = seed;
	sim->random = seed;
	sim->now = SIM_START;
	sim->hub_latest = SIM_START;
	seams_take(seed);
	make_dir(sim);
	create_hub(sim);
	for (int i = 0; i < AGENTS; i++)
		enrol(sim, i);
	for (sim->step = 1; sim->step <= STEPS; sim->step++)
		play_step(sim);
	play_end(sim);
	check_end(sim, ret_digest);
	for (int i = 0; i < AGENTS; i++) {
		agent_close(sim->parties[i].agent);
		bytes_free(&sim->parties[i].typed);
	}
	sim_close_hub(sim);
	road_clear(sim);
	remove_dir(sim->dir);
	seams_give_back();
	free(sim);
}

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* it cannot fail here */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say_usage(void)
{
	(void)fprintf(stderr, "usage: sim [--seed N | --seeds K]\n");
	exit(EXIT_WRONG_USE);
}

int main(int argc, char **argv)
{
	uint8_t first[HASH_LEN];
	uint8_t digest[HASH_LEN];
	char text[2 * HASH_LEN + 1];
	bool one = argc == 3 && strcmp(argv[1], "--seed") == 0;
	bool some = argc == 3 && strcmp(argv[1], "--seeds") == 0;
	if (argc != 1 && !one && !some)
		say_usage();
	uint64_t number = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	double begun = seconds();
	uint64_t seed = one ? number : 1;
	log_set_level(LOG_ERROR);
	if (sign_start() != STATUS_OK)
		return EXIT_DISK;
	play(seed, first);
	play(seed, digest);
	if (memcmp(first, digest, HASH_LEN) != 0) {
		(void)fprintf(stderr, "seed %llu gives another state when it is played again\n",
			      (unsigned long long)seed);
		return EXIT_NO;
	}
	while (!one && (some ? seed < number : seed < SEEDS_MIN || seconds() - begun < SECONDS))
		play(++seed, digest);
	(void)printf("%llu seeds, %.1f s; the last, %llu, gives %s\n", (unsigned long long)(one ? 1 : seed),
		     seconds() - begun, (unsigned long long)seed, hex_format(digest, 8, text));
	return EXIT_DONE;
}
