/*
 * How much one exchange carries. It begins with little and doubles with each answer up to a size beyond which
 * nothing is gained, and this is remembered; where exchanges break off in the middle, the next ones carry a
 * quarter, down to a few dozen changes. Batches are sealed no larger than a quarter of that, and no earlier than
 * while the request before is under way: what is sealed can never be made smaller (L4).
 */
#ifndef MOTCUA_AGENT_LINE_H
#define MOTCUA_AGENT_LINE_H

#include "agent/seal.h"

enum {
	LINE_LEAST = 1024,     /* bytes: with its headers one packet, which passes wherever anything does */
	LINE_START = 8 * 1024, /* as long as nothing is known of the line: half a minute at 2 kbit/s */
	LINE_MOST = 64 * 1024, /* some ten thousand changes: the next is made while the hub is at work on them */
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

/*
 * The same while a request of body_len is under way, for the one after it, where open_bytes of batches lie ready
 * beside those under way: as much as that carries once this one has arrived, in batches that still go singly if it
 * does not.
 */
struct seal_bounds line_bounds_ahead(const struct line *line, size_t body_len, int64_t open_bytes);

#endif
