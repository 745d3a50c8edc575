/*
 * The question of a device whether the hub knows of its work what the device knows, and the hub's signed answer
 * (PROTOCOL.md section 12): day sums both ways, and of the days whose sums differ every line there is. One
 * exchange finds every differing thing; the answer is what the device keeps as proof. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_COMPARISON_H
#define MOTCUA_PROTOCOL_COMPARISON_H

#include "protocol/digest.h"

/* A day's sum as the device has it, as short as tells whether it differs. */
struct comparison_mark {
	enum kind kind;
	int32_t day;
	uint64_t count;
	uint8_t mark[DIGEST_MARK_LEN];
};

struct comparison_question {
	uint8_t device[DEVICE_ID_LEN];
	uint8_t nonce[NONCE_LEN];
	struct period days; /* at most DIGEST_DAYS_MAX */
	int64_t asked_at;   /* the device's clock */
	size_t n_marks;
	struct comparison_mark marks[DIGEST_SUMS_MAX]; /* ascending by day and kind */
};
/* Appends the sealed question about a finished digest. */
MUST_CHECK enum status compare_seal(const struct comparison_question *question,
				    const uint8_t hub_id[static HUB_ID_LEN], const struct signing_key *key,
				    struct bytes *out);
/* Reads the payload of a verified question. STATUS_MALFORMED, STATUS_VERSION. */
MUST_CHECK enum status compare_read(struct slice payload, struct comparison_question *ret_question);
/* The marks of the sums of a digest. */
void compare_put_sums(struct comparison_question *question, const struct digest *d);

/* Up to which batch of each incarnation the hub's word holds. */
struct comparison_chain {
	struct incarnation incarnation;
	uint64_t have;
};

/* A thing of this device of which another device's word holds now in some fields. */
struct comparison_other {
	enum kind kind;
	struct slice key;
	uint64_t fields; /* mask of (1 << field) */
};

struct comparison_answer {
	uint8_t device[DEVICE_ID_LEN];
	uint8_t nonce[NONCE_LEN]; /* the question's */
	uint64_t epoch;
	int64_t hub_time;
	struct period days;
	size_t n_chains;
	struct comparison_chain chains[LIMIT_INCARNATIONS];
	size_t n_sums;
	struct digest_sum sums[DIGEST_SUMS_MAX]; /* ascending by day and kind */
	size_t n_lines;
	struct cbor lines; /* reader for compared_next_line(), of differing days; ascending by day, kind, key */
	size_t n_others;
	struct cbor others; /* reader for compared_next_other() */
	bool cut;           /* there are more lines or others than an answer holds */
};
enum { COMPARISON_OTHERS_MAX = 500, COMPARISON_LINES_MAX = 32768 };

/* What only the hub can fill in: the lines it holds against the question's marks, and others. */
struct comparison_content {
	const struct digest *digest;
	const struct comparison_question *question;
	size_t n_others;
	const struct comparison_other
		*others; /* ascending by kind and key; the first COMPARISON_OTHERS_MAX are sent */
};
/*
 * Appends the sealed answer: device, nonce, epoch, hub_time, chains of *answer, the rest from content. Lines that
 * would not fit into a reply are left out, whole days at a time, and `cut` says so.
 */
MUST_CHECK enum status compared_seal(const struct comparison_answer *answer,
				     const struct comparison_content *content,
				     const uint8_t hub_id[static HUB_ID_LEN], const struct signing_key *hub_key,
				     struct bytes *out);
/* Verifies and reads; the readers borrow from sealed and are well-formed. STATUS_FORGED, STATUS_MALFORMED,
 * STATUS_VERSION. */
MUST_CHECK enum status compared_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
				     const uint8_t hub_key[static PUBLIC_KEY_LEN],
				     struct comparison_answer *ret_answer);
/* The next line, its hash not filled in; false at the end. Slices borrow. */
bool compared_next_line(struct comparison_answer *answer, struct digest_line *ret_line);
bool compared_next_other(struct comparison_answer *answer, struct comparison_other *ret_other);

#endif
