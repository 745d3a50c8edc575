/*
 * How much one exchange carries. It begins with little and doubles with each answer, so that a line that works soon
 * carries everything there is at once, and this is remembered; where exchanges break off in the middle, the next
 * ones carry a quarter, down to a few dozen changes. Batches are sealed no larger than a quarter of that, and no
 * earlier than they are sent: what is sealed can never be made smaller (L4).
 */
#ifndef MOTCUA_AGENT_LINE_H
#define MOTCUA_AGENT_LINE_H

#include "agent/seal.h"

enum {
	LINE_LEAST = 1024,     /* bytes: with its headers one packet, which passes wherever anything does */
	LINE_START = 8 * 1024, /* as long as nothing is known of the line: half a minute at 2 kbit/s */
	LINE_KEPT = 64 * 1024, /* what a sync begins with at most: its batches are as large as most are */
	LINE_CALM = 8          /* exchanges that must arrive after one broke off before they carry more again */
};

struct line {
	size_t bytes; /* of one request; a single batch that is larger goes alone */
	int64_t calm; /* exchanges that are still to arrive before it grows */
};

/* What is known of the line from the syncs before. */
MUST_CHECK enum status line_read(struct database *db, struct line *ret_line);
/* Keeps it for the next one; writes nothing where nothing is new. Inside the caller's transaction. */
MUST_CHECK enum status line_keep(struct database *db, const struct line *line);

/* An exchange whose request was so long broke off, or was too much for the other side. */
void line_broke_off(struct line *line, size_t body_len);
/* One was answered. */
void line_carried(struct line *line, size_t body_len);

/* How batches are to be sealed where open_bytes of them lie ready to be sent. */
struct seal_bounds line_bounds(const struct line *line, int64_t open_bytes);

#endif
