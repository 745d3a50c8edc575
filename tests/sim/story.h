/*
 * A scripted story of a small province, with the real agent core and hub core, each machine on a simulated disk of
 * its own. Every step may be done again from its beginning, as a person or a service does who was interrupted: what
 * it does twice counts once. What was promised on the way (a record saved, a batch sent, a receipt given, an entry
 * of the log answered) is written down, so that it can be asked for after whatever befalls the disks. One thread.
 */
#ifndef MOTCUA_TESTS_STORY_H
#define MOTCUA_TESTS_STORY_H

#include "agent/agent.h"
#include "hub/hub.h"
#include "tests/sim/disk.h"

enum {
	STORY_PCS = 2,
	STORY_DISKS = STORY_PCS + 1,
	STORY_HUB = STORY_PCS,
	STORY_KEY = INVITATION_TEXT,
	STORY_PATH = 64
};

struct story;

/* The line from one PC to the hub; the transport is its first member. */
struct story_road {
	struct transport transport;
	struct story *story;
	int pc;
};

struct story_pc {
	char dir[STORY_PATH];
	struct agent_world world;
	struct story_road road;
	char code[INVITATION_TEXT];
	struct bytes copy; /* of its database, made by a person */
};

enum promise_kind {
	PROMISED_RECORD,  /* somebody was told that it is saved */
	PROMISED_SENT,    /* a batch left the machine under this number */
	PROMISED_RECEIPT, /* a receipt left the hub */
	PROMISED_ENTRY,   /* the hub answered after this entry of its log */
	PROMISED_HEAD,    /* a head of this epoch and counter left the hub */
	PROMISED_CODE,    /* an invitation for this PC, in key */
	PROMISED_STEP,    /* it was done */
	/* No promises: what a person does to a machine makes those to it before void. */
	STORY_PUT_BACK, /* an older copy was put in place */
	STORY_SETTLED,  /* it goes on in a new life */
};

struct promise {
	enum promise_kind kind;
	int pc;
	int64_t number; /* step, entry */
	char key[STORY_KEY];
	uint8_t device[DEVICE_ID_LEN];
	struct incarnation incarnation; /* for a head: epoch and counter */
	uint64_t seq;
	uint8_t hash[HASH_LEN]; /* of the batch, or the chain's at the entry */
};

struct story {
	struct disk *disks[STORY_DISKS]; /* the caller's; the hub's is the last */
	int64_t now;
	int64_t later_ms; /* than the step's own time: what is done again takes place later */
	struct hub_world hub_world;
	struct hub *hub; /* open while its process runs */
	struct story_pc pcs[STORY_PCS];
	int step;
	struct disk_record *record; /* the caller's; NULL: nothing is written down */
	size_t n_promises;
	size_t room;
	struct promise *promises; /* a mark of the record is an index into them */
};

/* Makes no disks; boot tells one start of the machines from another. */
void story_init(struct story *story, const char *boot);
/* Ends the hub's process, frees what is the story's own. */
void story_clear(struct story *story);
/* What people keep in drawers: the codes of the first n promises of another story, and its copies. */
void story_hand_over(struct story *to, const struct story *from, size_t n_promises);
void story_promise(struct story *story, const struct promise *promise);

/* What people write down as the time of this step, whenever they do it. */
int64_t story_step_time(const struct story *story);

/* The hub's process: begins when it is needed, ends when it must. */
MUST_CHECK enum status story_hub(struct story *story);
void story_end_hub(struct story *story);
MUST_CHECK enum status story_open(struct story *story, int pc, struct agent **ret_agent);

struct story_step {
	const char *name;
	int pc; /* STORY_HUB: only the hub's disk is written */
	enum status (*play)(struct story *story, int pc);
};
extern const struct story_step STORY_STEPS[];
size_t story_length(void);
/* Plays a step; done is promised where it ended well. */
MUST_CHECK enum status story_play(struct story *story, size_t step);

/* story_road.c */
void story_lay_road(struct story *story, int pc);
#define STORY_CODE "https://hub.test:8443"

/* The province's totals, as JSON, put into out. The hub's process runs. */
MUST_CHECK enum status story_totals(struct story *story, struct bytes *out);

#endif
