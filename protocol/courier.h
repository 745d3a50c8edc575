/*
 * Courier files: the same envelopes as on the line, carried by hand (PROTOCOL.md section 11). A file is a start,
 * which only says what it is and for whom, and frames, each sealed by itself to the receiver's box key: nobody on
 * the way reads it, and what damage leaves of it can still be taken. Nothing in a file acknowledges or is believed
 * but the signed envelopes inside. Pure, any thread.
 *
 *   start  magic (11 bytes), version 1, direction, hub id (16), device (8)
 *   frame  mark (8 bytes), length of the box (4, big-endian), box
 *   box    sealed box (sign.h) of: kind (1 byte), content
 */
#ifndef MOTCUA_PROTOCOL_COURIER_H
#define MOTCUA_PROTOCOL_COURIER_H

#include "protocol/limits.h"
#include "protocol/sign.h"

enum courier_direction { COURIER_TO_HUB = 1, COURIER_TO_DEVICE = 2 };

enum courier_kind {
	COURIER_REQUEST = 1, /* envelope of a request: where the device stands */
	COURIER_BATCH = 2,
	COURIER_HEAD = 3,
	COURIER_RECEIPT = 4,
	COURIER_END = 5,     /* the last frame: struct courier_end */
	COURIER_ENROL = 6,   /* the body of POST /v1/enroll, to the hub */
	COURIER_ENROLLED = 7, /* and its answer */
	COURIER_COMPARE = 8, /* envelope of a comparison's question, to the hub */
	COURIER_COMPARED = 9 /* and its answer */
};

enum {
	COURIER_START_LEN = 37,
	COURIER_FRAME_HEAD = 12,
	COURIER_CONTENT_MAX = LIMIT_BATCH_SEALED, /* the largest content of a frame */
	COURIER_FRAME_EXTRA = COURIER_FRAME_HEAD + BOX_OVERHEAD + 1,
	COURIER_END_LEN = 24 + COURIER_FRAME_EXTRA /* room the last frame needs at most */
};

struct courier_start {
	enum courier_direction direction;
	uint8_t hub_id[HUB_ID_LEN];
	uint8_t device[DEVICE_ID_LEN]; /* who wrote the file, or whom it is for */
};

struct courier_end {
	uint64_t frames; /* before this one */
	uint32_t part;   /* from 1 */
	bool more;       /* a continuation file follows */
};

/* --- writing: errors stick in out --- */
void courier_put_start(struct bytes *out, const struct courier_start *start);
/* Appends a frame sealed to public_key. STATUS_LIMIT (the file is full), STATUS_NO_MEMORY, STATUS_MALFORMED (key).
 */
MUST_CHECK enum status courier_put(struct bytes *out, const uint8_t public_key[static PUBLIC_KEY_LEN],
				   enum courier_kind kind, struct slice content);
MUST_CHECK enum status courier_put_end(struct bytes *out, const uint8_t public_key[static PUBLIC_KEY_LEN],
				       const struct courier_end *end);

/* --- reading --- */

/* What a file says of itself, unproven. STATUS_MALFORMED: it does not begin as one; STATUS_VERSION. */
MUST_CHECK enum status courier_start_read(struct slice file, struct courier_start *ret_start);

struct courier_reader {
	struct slice file; /* borrowed */
	size_t at;
	const struct box_key *key; /* borrowed */
	struct bytes plain;        /* of the frame last read */
	uint64_t frames;           /* that opened, the last one not counted */
	uint64_t damaged;          /* places that look like a frame and do not open */
	uint64_t lost;             /* bytes outside of frames that were read */
	bool ended;                /* the last frame was found */
	bool beyond;               /* and a frame behind it */
	struct courier_end end;
};

/* A reader behind the start, or at the beginning where there is none. Free it with courier_reader_free. */
struct courier_reader courier_reader_new(struct slice file, const struct box_key *key);
void courier_reader_free(struct courier_reader *r);

struct courier_frame {
	enum courier_kind kind;
	struct slice content; /* until the next call */
};
/*
 * The next frame that opens, damage before it skipped and counted; the end frame is read into r->end and not handed
 * out. STATUS_EMPTY when there is no more, STATUS_NO_MEMORY. After LIMIT_COURIER_DAMAGE failures the rest is
 * damage.
 */
MUST_CHECK enum status courier_next(struct courier_reader *r, struct courier_frame *ret_frame);

/* True if every frame of the file was read and nothing was lost. After courier_next said STATUS_EMPTY. */
bool courier_is_whole(const struct courier_reader *r);

#endif
