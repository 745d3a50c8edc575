/*
 * A province in one process, out of one seed: a hub and 3 to 50 agents, the real cores of both over real SQLite on
 * disks in memory (drive.h), while time, randomness, what people type, roads, sticks and misfortunes are made up.
 * many.c plays many runs, plan.c draws what one will be, events.c keeps what is to happen in the order of time,
 * play.c has it happen, world.c starts and stops machines, typed.c invents what people type, road.c and harm.c
 * carry and harm, stick.c carries by hand, trouble.c is what befalls machines, judge_*.c say whether all is well,
 * shrink.c makes a failing run small, seams.c takes the place of libsodium's randomness, signatures and boxes and
 * of GnuTLS's keys, hashing.c of its SHA-256. One thread.
 */
#ifndef MOTCUA_TESTS_SIM_H
#define MOTCUA_TESTS_SIM_H

#include "agent/sync.h"
#include "drive.h"
#include "events.h"
#include "hub/hub.h"

enum {
	AGENTS_MIN = 3,
	AGENTS_MAX = 50,
	PARTIES_MAX = AGENTS_MAX + 10, /* with clones */
	CODE_LEN = 24,
	NUMBER_TEXT = 24,
	CLOSED_MAX = 64,
};
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define SIM_START INT64_C(1772411400000) /* 2026-03-02T07:30+07:00 */

struct sim;

/* What can go wrong, as it is counted. The first are what a road does to an exchange. */
#define FAULT_TABLE(X)                                                                                             \
	X(DROP, "request lost")                                                                                    \
	X(DROP_ANSWER, "answer lost")                                                                              \
	X(TWICE, "delivered twice")                                                                                \
	X(DELAY, "delayed past its turn")                                                                          \
	X(REORDER, "envelopes out of order")                                                                       \
	X(TRUNCATE, "cut short")                                                                                   \
	X(PAGE, "login page")                                                                                      \
	X(REDIRECT, "redirect")                                                                                    \
	X(OLD_ANSWER, "old answer")                                                                                \
	X(OTHERS_ANSWER, "another's answer")                                                                       \
	X(BENT, "byte changed")                                                                                    \
	X(TWIN, "receipts for others")                                                                             \
	X(ROLLBACK, "hub could not commit")                                                                        \
	X(CRASH_BEFORE, "hub crash before commit")                                                                 \
	X(CRASH_AFTER, "hub crash before the reply")                                                               \
	X(HARMS, "")                                                                                               \
	X(LINE, "line down for days")                                                                              \
	X(KILL, "agent killed")                                                                                    \
	X(CUT, "agent power cut")                                                                                  \
	X(PUT_BACK, "agent put back from a copy")                                                                  \
	X(PUT_BACK_PART, "agent database put back")                                                                \
	X(CLONE, "agent cloned")                                                                                   \
	X(CLOCK, "agent clock set")                                                                                \
	X(FULL, "agent disk full")                                                                                 \
	X(HUB_KILL, "hub killed")                                                                                  \
	X(HUB_CUT, "hub power cut")                                                                                \
	X(HUB_BACK, "hub put back from a copy")                                                                    \
	X(HUB_RESTORE, "hub restored from a backup")                                                               \
	X(HUB_CLOCK, "hub clock set")                                                                              \
	X(HUB_FULL, "hub disk full")                                                                               \
	X(BACKUP_CUT, "backup cut off")                                                                            \
	X(STICK_LOST, "stick lost")                                                                                \
	X(STICK_TWICE, "stick read twice")                                                                         \
	X(STICK_BAD, "stick damaged")
enum fault {
#define X(name, text) FAULT_##name,
	FAULT_TABLE(X)
#undef X
		FAULT_COUNT
};
extern const char *const fault_names[FAULT_COUNT];

/* What a run will be like; drawn by plan.c. */
struct plan {
	int n_agents;
	int days;
	bool real_keys;              /* Ed25519 itself, else a stand-in that costs little */
	int64_t harm;                /* of 1,000 exchanges so many come to harm */
	int64_t weight[FAULT_HARMS]; /* of each kind among them */
	int64_t rate[FAULT_COUNT];   /* of the others: in 100,000 days of an agent, or of the hub */
	bool rarely[RARELY_COUNT];   /* limits that are lowered at times */
	bool backups;                /* the hub makes them, and tells its agents so from the beginning */
	bool by_stick[AGENTS_MAX];   /* no line at all */
};

/* A machine's own idea of the time. */
struct clock {
	const struct sim *sim;
	int64_t wrong_ms;
};

struct machine {
	char name[DRIVE_NAME];
	char dir[DRIVE_NAME + 1];
	struct drive *drive;
	struct drive *image; /* an older copy of the disk, NULL: none */
	int image_said;      /* what had been said by then */
	bool cut;            /* it will lose its power, else its program is killed */
	struct clock clock;
};

/* The way from one agent to the hub; the transport is its first member. */
struct road {
	struct transport transport;
	struct sim *sim;
	int party;
	struct bytes last_answer; /* of the hub to the newest request, whether it arrived or not */
	bool broken;              /* nothing gets through */
	int harmed;               /* exchanges that came to harm since this was set to 0 */
	bool foreign;             /* what the last one answered was not the hub's answer to it */
};

struct party {
	struct machine machine;
	int like;                  /* party whose disk this one began with; itself if it is no clone */
	char unit[LIMIT_UNIT + 1]; /* what people write for here */
	uint64_t worked_for; /* units this device was ever given, as offices_bit has them; of the first like it */
	struct road road;
	struct agent_world world;
	struct agent *agent;
	char number[NUMBER_TEXT]; /* of the machine */
	char boot[NUMBER_TEXT];
	int n_boots;
	bool copied;        /* it has lived more than once, or beside another of its key */
	bool strayed;       /* after the hub was put back something came late, or apart from its receipts */
	bool stopped;       /* it asks a person whether it is meant */
	struct bytes typed; /* the last import of rows with times of their own, to be taken in once more */
	int64_t n_typed;
	uint8_t *receipted; /* batches whose receipts were looked at, by id */
	int64_t receipted_room;
	int64_t receipted_below; /* all with a smaller id */
};

/* What a person was told is kept. Its place in the list stands in the record itself, as the mark. */
struct said {
	int party;
	bool acknowledged; /* else the machine stopped before anybody was told */
	bool gone;         /* its machine's disk was put back to before it */
	bool lost;         /* there was no other place where it was */
	char key[LIMIT_KEY + 1];
	int64_t changed_at; /* TIME_UNSET: not stated */
	int n_fields;       /* of a record with a stated time */
	int in_log;         /* how often it was found there */
};

/* A closing as it was made: it stands so for ever. */
struct closed {
	struct period period;
	int64_t revision;
	uint8_t hash[HASH_LEN]; /* of its body */
};

struct tally {
	int64_t exchanges;
	int64_t changes;
	int64_t agent_days;
	int64_t events;
	int64_t backups;
	int64_t again;    /* batches that a hub which was put back took with their receipts */
	int64_t compared; /* months, the differing ones, and those with a difference put there */
	int64_t differed;
	int64_t planted;
	int64_t closed; /* periods */
	int64_t assigned;
	int64_t succeeded;
	int64_t ended;
	int64_t retried;
	int64_t known;
	int64_t lowered;   /* limits */
	int64_t meanwhile; /* exchanges during whose answer the agent sealed */
	int64_t forks;     /* batches that contradicted others of their key, kept as evidence */
	int64_t faults[FAULT_COUNT];
};

/* What became of a commune. */
struct office {
	bool ended;
	bool renamed;
	int heir;         /* it was merged into this one */
	int32_t last_day; /* of its own code */
};

struct sim {
	uint64_t seed;
	uint64_t random; /* of the event that is happening */
	uint64_t trace;  /* of all that happened */
	struct plan plan;
	struct events events;
	const struct event *event;
	int64_t now;
	int64_t hub_latest; /* the hub's clock at its furthest */
	bool calm;          /* nothing does harm any more */
	struct machine hub_machine;
	struct hub_world hub_world;
	struct hub *hub;
	int hub_lives;    /* how often it was put back */
	bool backed_up;   /* to the end, at least once: acts stand beside the backup since */
	bool copied_back; /* by a copy of its directory, at least once */
	int n_parties;
	struct party parties[PARTIES_MAX];
	int n_said;
	int said_room;
	struct said *said;
	int n_closed;
	struct closed closed[CLOSED_MAX];
	struct office offices[AGENTS_MAX];
	struct tally tally;
};

/* The next of a stream of numbers that follows from where it began. */
uint64_t sim_mix(uint64_t *state);
/* The event's dice: a number below n. */
int64_t sim_pick(struct sim *sim, int64_t n);
size_t sim_index(struct sim *sim, size_t n);
/* Lowers a limit now and then where the plan has it (protocol/rarely.h); the context is the simulation. */
size_t sim_lower(void *context, enum rarely which, size_t limit);
/* Adds to the trace, which two runs of a seed have in common. */
void sim_note(struct sim *sim, uint64_t value);
/* Says which seed and event it was, makes the run small, and ends the program. */
#define SIM_REQUIRE(sim, condition) ((condition) ? (void)0 : sim_fail(sim, __FILE__, __LINE__, #condition))
#define SIM_OK(sim, call)           sim_expect(sim, __FILE__, __LINE__, #call, call)
void sim_fail(const struct sim *sim, const char *file, int line, const char *what) __attribute__((noreturn));
void sim_expect(const struct sim *sim, const char *file, int line, const char *what, enum status s);

/* plan.c */
struct plan plan_draw(uint64_t seed);
/* All that will happen, whatever comes of it. */
void plan_events(struct sim *sim);
void plan_print(const struct plan *plan);

/* play.c: a whole run; keep: which of the planned events happen, NULL: all. What it was like is added up. */
void play(uint64_t seed, const uint8_t *keep, struct tally *tally, uint64_t *ret_trace);
void tally_add(struct tally *sum, const struct tally *tally);

/* world.c */
void world_create(struct sim *sim);
void world_clear(struct sim *sim);
enum status world_import_units(struct sim *sim, bool more);
void world_open_agent(struct sim *sim, struct party *p);
void world_open_hub(struct sim *sim);
void world_close_hub(struct sim *sim);
/* A new place for a machine like that of `like`. */
struct party *world_add_party(struct sim *sim, int like);
void world_start_boot(struct party *p);
/* Starts what has stopped meanwhile: the hub; the hub and all agents. */
void world_revive_hub(struct sim *sim);
void world_revive(struct sim *sim);
/* After a kill, or after its power was cut. */
void machine_start(struct sim *sim, struct machine *m);
bool machine_is_down(const struct machine *m);
/* What a machine may answer besides STATUS_OK: it went down meanwhile, or its disk is a full one. */
bool machine_excuses(const struct machine *m, enum status s);
/* It is so late now, or as late as it was already. */
void world_pass_time(struct sim *sim, int64_t to);

/* typed.c: one record by hand; a file of several, sometimes one that was read before. */
void typed_add(struct sim *sim, int party);
void typed_import(struct sim *sim, int party);
/* The mark of a change, -1 if it has none. */
int typed_mark(const struct change *c);

/* road.c */
void road_lay(struct sim *sim, struct road *road, int party);
/* What the hub's front and writer do with a body: an answer leaves only after the commit. */
enum ending { ENDING_COMMIT, ENDING_ROLL_BACK, ENDING_DIE_BEFORE, ENDING_DIE_AFTER };
enum status road_serve(struct sim *sim, bool enrolment, struct slice body, enum ending ending, struct bytes *out);
enum status road_deliver(struct sim *sim, bool enrolment, struct slice body, enum ending ending,
			 int *ret_http_status, struct bytes *out);
void road_keep(struct bytes *kept, struct slice data);
/* An exchange that the sync asked for, and what must hold after it. */
void road_sync(struct sim *sim, struct party *p);
/* harm.c */
enum fault harm_draw(struct sim *sim);
enum status harm_carry(struct road *road, bool enrolment, struct slice body, enum fault harm, int *ret_http_status,
		       struct bytes *out);
void harm_late(struct sim *sim, const struct event *event);

/* stick.c: out of the agent, into the hub, and back. */
void stick_export(struct sim *sim, struct party *p);
void stick_ingest(struct sim *sim, const struct event *event);
void stick_receive(struct sim *sim, const struct event *event);

/* trouble.c: one planned misfortune. */
void trouble_strike(struct sim *sim, const struct event *event);
/* It ends. */
void trouble_end(struct sim *sim, const struct event *event);
void trouble_operator(struct sim *sim);
/* Everything is well again, and all is brought in. */
void trouble_settle(struct sim *sim);

/* backups.c: the hub's own backup, and its restore from the last one. */
void backups_make(struct sim *sim);
void backups_restore(struct sim *sim);
/* Puts an image in the place of the hub's directory, but not of its backups: they lie elsewhere. */
void backups_keep(struct sim *sim, const struct drive *image);

/* closings.c: a period is closed. */
void closings_make(struct sim *sim);
/* Every one that was told to be made is there as it was. Any time. */
void closings_check(struct sim *sim);
/* The hub was put back: it need not have those any more that it has not now. */
void closings_forget(struct sim *sim);

/* offices.c: a computer is given to another commune; a commune is divided, merged into another or renamed. */
void offices_assign(struct sim *sim, struct party *p);
void offices_succeed(struct sim *sim);
/* Its lines of the province's list, as snprintf. */
int offices_put(const struct sim *sim, int commune, const char *district, char *out, size_t room);
uint64_t offices_bit(struct slice unit);
/* Whether a computer may have written for this unit by a day: it was given it at any time, or one above it. */
bool offices_allow(const struct sim *sim, const struct party *p, struct slice unit, int32_t day);

/* judge_receipts.c: the agent counts no receipt that the hub's log does not hold. After every sync. */
void judge_receipts(struct sim *sim, struct party *party);
/* judge_end.c: state is the fold of the log (L6). Any time. */
void judge_fold(struct sim *sim);
/* judge_known.c: what was known at some instant, looking only at what was said since, is what the whole log gives.
 */
void judge_known(struct sim *sim);
/* The rest, when everything was sent. */
void judge_end(struct sim *sim);
/* judge_compare.c: at any time, over whatever road there is. */
void judge_compare_now(struct sim *sim, struct party *p);
/* judge_end.c: after a disk was put back: what was said since, of this party (-1: of all), may be gone from it. */
void judge_put_back(struct sim *sim, const struct party *party, int said_before);

/* shrink.c: of the planned events of a failing run the fewest that still fail in the same way, printed. */
void shrink(const struct sim *failed, const char *file, int line);
/* True in a run that shrinking has started: it says nothing, and where it failed goes to the one who asks. */
bool shrink_is_trial(void);
void shrink_report(const char *file, int line) __attribute__((noreturn));

/* memory.c: before SQLite is used for the first time. */
void memory_take(void);

/* hashing.c: once, when libsodium has started. */
void hashing_take(void);

/* seams.c */
void seams_take(uint64_t seed, bool real_keys);
void seams_give_back(void);
/* Randomness goes on from here. */
void seams_seed(uint64_t seed);

#endif
