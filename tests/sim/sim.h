/*
 * A province in one process, out of a seed: one hub and three agents over real SQLite, while clocks, randomness,
 * the road between them and what people type are made up. It is the test of laws L5 and L6, and of the seams it
 * comes in by. sim.c plays, typed.c invents what people type, road.c carries and harms, check.c and order.c judge,
 * seams.c takes the place of SQLite's VFS and libsodium's randomness. One thread.
 */
#ifndef MOTCUA_TESTS_SIM_H
#define MOTCUA_TESTS_SIM_H

#include "agent/sync.h"
#include "hub/hub.h"

enum {
	AGENTS = 3,
	KEPT_REQUESTS = 24,
	SAID_MAX = 4000,
	PATH_LEN = 200,
};
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define SIM_START INT64_C(1772411400000) /* 2026-03-02T07:30+07:00 */
#define SIM_VFS   "motcua-sim"

struct sim;

/* A machine's own idea of the time. */
struct clock {
	const struct sim *sim;
	int64_t wrong_ms;
};

/* The way from one agent to the hub; the transport is its first member. */
struct road {
	struct transport transport;
	struct sim *sim;
	struct bytes last_answer; /* of the hub to the newest request, whether it arrived or not */
	bool broken;              /* nothing gets through */
	int harmed;               /* exchanges that came to harm since this was set to 0 */
	bool foreign;             /* what the last one answered was not the hub's answer to it */
};

struct party {
	char dir[PATH_LEN];
	struct clock clock;
	struct road road;
	struct agent_world world;
	struct agent *agent;
	struct bytes typed; /* the last import of rows with times of their own, to be taken in once more */
	int64_t n_typed;
};

/* What a person was told is kept. Its place in the list stands in the record itself, as the mark. */
struct said {
	int party;
	char key[LIMIT_KEY + 1];
	int64_t changed_at; /* TIME_UNSET: not stated */
	int n_fields;       /* of a record with a stated time */
	int in_log;         /* how often it was found there */
};

struct kept_request {
	bool enrolment;
	struct bytes body;
};

struct sim {
	uint64_t seed;
	uint64_t random;
	int step;
	int64_t now;
	int64_t hub_latest; /* the hub's clock at its furthest */
	bool calm;          /* the road does no harm */
	char dir[PATH_LEN];
	struct clock hub_clock;
	struct hub_world hub_world;
	struct hub *hub;
	struct party parties[AGENTS];
	struct kept_request kept[KEPT_REQUESTS];
	int n_said;
	struct said said[SAID_MAX];
};

/* The next of a stream of numbers that follows from where it began. */
uint64_t sim_mix(uint64_t *state);
/* The run's own dice: a number below n. */
int64_t sim_pick(struct sim *sim, int64_t n);
size_t sim_index(struct sim *sim, size_t n);
/* Says which seed and step it was, and ends the program. */
#define SIM_REQUIRE(sim, condition) ((condition) ? (void)0 : sim_fail(sim, __FILE__, __LINE__, #condition))
#define SIM_OK(sim, call)           sim_expect(sim, __FILE__, __LINE__, #call, call)
void sim_fail(const struct sim *sim, const char *file, int line, const char *what) __attribute__((noreturn));
void sim_expect(const struct sim *sim, const char *file, int line, const char *what, enum status s);
void sim_open_hub(struct sim *sim);
void sim_close_hub(struct sim *sim);

/* typed.c: one record by hand; a file of several, sometimes one that was read before. */
void typed_add(struct sim *sim, int party);
void typed_import(struct sim *sim, int party);
/* The mark of a change, -1 if it has none. */
int typed_mark(const struct change *c);

/* road.c */
void road_lay(struct sim *sim, struct road *road);
void road_clear(struct sim *sim);

/* check.c: the agent counts no receipt that the hub's log does not hold. Any time. */
void check_receipts(struct sim *sim, const struct party *party);
/* State is the fold of the log (L6). Any time. */
void check_fold(struct sim *sim);
/* The rest, when everything was sent; the digest of all that the hub derives. */
void check_end(struct sim *sim, uint8_t ret_digest[static HASH_LEN]);

/* seams.c */
void seams_take(uint64_t seed);
void seams_give_back(void);
/* Databases opened through SIM_VFS since seams_take. */
long seams_opened(void);

#endif
