/*
 * Comparing what two sides know of one device's work: a line for each thing the device has said anything of, day
 * sums over the lines, and a code of a month for people to read to each other (PROTOCOL.md section 12).
 *
 * A line is a function of the set of the device's writes alone: of what was said of which field as of when, not of
 * batches, numbers or times of acceptance. So both sides come to the same line whichever way the writes went, and a
 * write that was sealed twice is one. Pure, any thread; a digest belongs to one thread at a time.
 */
#ifndef MOTCUA_PROTOCOL_DIGEST_H
#define MOTCUA_PROTOCOL_DIGEST_H

#include "protocol/fold.h"

enum {
	DIGEST_MARK_LEN = 8,   /* as much of a hash as tells two writes, or two days, of one device apart */
	DIGEST_CODE_TEXT = 10, /* "7K3Q-9FXM" and its NUL */
	DIGEST_KINDS = 3,
	DIGEST_DAYS_MAX = 62, /* two months: this one and the one before fit into one courier file's question */
	DIGEST_SUMS_MAX = DIGEST_KINDS * DIGEST_DAYS_MAX
};

/* What is wrong with a thing beyond its writes. */
enum { DIGEST_UNFOUNDED = 1 /* what is counted of it does not follow from the writes */ };

struct digest_line {
	enum kind kind;
	int32_t day;
	uint8_t marks;
	struct slice key;
	size_t n_writes;
	const uint8_t *writes;  /* DIGEST_MARK_LEN of each write's hash, in the order of the hashes */
	uint8_t hash[HASH_LEN]; /* of all of this but the day */
};

/* All lines of one kind and day. */
struct digest_sum {
	enum kind kind;
	int32_t day;
	uint64_t count;
	uint8_t hash[HASH_LEN];
};

/* Which writes of a thing are compared: those of origins for which it is true. */
struct digest_choice {
	bool (*includes)(const void *context, const struct origin *origin);
	const void *context;
};

struct digest {
	struct period days; /* lines of other days are left out */
	size_t n_lines;
	size_t cap_lines;
	struct digest_line *lines; /* after digest_finish ascending by day, kind, key */
	struct bytes text;         /* keys and marks */
	size_t n_sums;
	struct digest_sum sums[DIGEST_SUMS_MAX]; /* after digest_finish, ascending by day and kind */
};

/* An empty digest of at most DIGEST_DAYS_MAX days; allocates nothing. */
struct digest digest_new(struct period days);
void digest_free(struct digest *d);

/*
 * The day a thing belongs to, by the chosen writes: of a dossier the day of receipt, else of submission, as the
 * latest word (greatest changed_at, then value) has it; of equipment in_use_on, else installed_on; of an indicator
 * the last day of its period; without these the earliest changed_at's. DAY_UNSET if no write is chosen.
 */
int32_t digest_day(const struct thing *t, struct slice key, const struct digest_choice *choice);

/* Adds the line of a thing if it has one and its day is one of the digest's; *ret_added says so. */
MUST_CHECK enum status digest_add(struct digest *d, const struct thing *t, struct slice key,
				  const struct digest_choice *choice, uint8_t marks, bool *ret_added);
/* Adds a line without writes. */
MUST_CHECK enum status digest_add_bare(struct digest *d, enum kind kind, int32_t day, struct slice key,
				       uint8_t marks);
/* The mark of one write, as lines hold it. */
MUST_CHECK enum status digest_mark(const struct write *w, const struct origin *o,
				   uint8_t ret_mark[static DIGEST_MARK_LEN]);
/* Sorts and sums; nothing is added afterwards. */
MUST_CHECK enum status digest_finish(struct digest *d);

/* Ascending by day, kind, key. */
int digest_line_compare(const struct digest_line *a, const struct digest_line *b);

/* The hash of the sums of the days of `month` among sums (ascending), for one device. */
void digest_root(const struct digest_sum *sums, size_t n_sums, struct period month,
		 const uint8_t device[static DEVICE_ID_LEN], uint8_t ret_root[static HASH_LEN]);
/* Its first 40 bits for people: "7K3Q-9FXM". Returns ret_code. */
const char *digest_code(const uint8_t root[static HASH_LEN], char ret_code[static DIGEST_CODE_TEXT]);

#endif
