/*
 * The book: what this PC itself has said of each thing, kept for good (design section 3 rule 8). It answers whether
 * a row says anything new, and what `list` and `show` print. Things are kept in the form of protocol/fold.h; an
 * origin's seq is the number of the change (change.id), its device ours, its acceptance the time of writing until
 * the batch is sealed and has its receipt (rule 11).
 */
#ifndef MOTCUA_AGENT_BOOK_H
#define MOTCUA_AGENT_BOOK_H

#include "agent/agent.h"
#include "protocol/fold.h"

struct book_entry {
	struct thing thing;
	struct bytes stored; /* the thing's text borrows from it */
};

/* Reads what is known of a thing; one never heard of has no writes. Fills *entry also on failure: book_clear it. */
MUST_CHECK enum status book_load(const struct agent *agent, enum kind kind, struct slice key,
				 struct book_entry *entry);
/* An entry from the bytes of a thing row; as book_load. */
MUST_CHECK enum status book_read(enum kind kind, struct slice writes, struct book_entry *entry);
void book_clear(struct book_entry *entry);

/*
 * Calls each for every thing of a kind (KIND_NONE: all), in the order of kind and key. The entry lives for the
 * call. A status other than STATUS_OK ends the walk and is returned.
 */
typedef enum status (*book_each_function)(void *context, enum kind kind, struct slice key,
					  const struct thing *thing);
MUST_CHECK enum status book_each(const struct agent *agent, enum kind kind, book_each_function each, void *context);

/* What listings said again of one write of the book. */
struct book_repeat {
	int64_t change; /* number of the change that wrote it */
	uint64_t fields;
};
struct book_repeats {
	size_t n;
	struct book_repeat list[FIELD_COUNT];
};

/*
 * Takes out of the change what is no news, and answers whether anything is left. A change with a stated time is
 * known only if every field stands in the book with that value at that very time; it is kept whole otherwise. Where
 * the time was assumed (a listing) each field goes that has the value in force at that time and neither of the two
 * times lies after trusted, behind which a stamp may still move; or that stands there at that very time. What is
 * left out and was written earlier is put into *repeats.
 */
bool book_reduce(const struct thing *thing, struct change *change, int64_t trusted, struct book_repeats *repeats);

/* The write of a field in force just before an origin by rule 2, and after it; NULL if there is none. */
const struct write *book_before(const struct thing *thing, enum field field, size_t origin);
/* Where the writes of change number id stand; n_origins if nowhere. */
size_t book_origin(const struct thing *thing, int64_t id);
/* True if the write says what the field of the change says. */
bool book_same(const struct change *change, enum field field, const struct write *write);
/* Writes into a change the value a write has, a status with its own time where it has one. */
void book_repeat(struct change *change, const struct write *write);

/* The greatest effective stamp in the book, TIME_UNSET if there is none. */
int64_t book_last_stamp(const struct thing *thing);

/* Adds the writes of change number id and stores the thing, inside the caller's transaction, at agent_record_time.
 */
MUST_CHECK enum status book_write(const struct agent *agent, struct book_entry *entry, const struct change *change,
				  int64_t id, int64_t now);

/*
 * Corrects the time by which change number id was accepted, inside the caller's transaction: nothing is written
 * where its stamp does not move.
 */
MUST_CHECK enum status book_accept(const struct agent *agent, const struct change *change, int64_t id,
				   int64_t accepted_at);

/* The facts of a thing as this PC knows them: every write counts, the unit is this PC's unless one was stated. */
MUST_CHECK enum status book_resolve(const struct agent *agent, const struct thing *thing,
				    struct resolved *ret_resolved);

#endif
