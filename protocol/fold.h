/*
 * Which write wins (design section 3): the set of writes known of one thing, kept whole, and the facts that follow
 * from it. The set is canonical: the same writes in any order, any number of times, give the same bytes (L5).
 * Pure, any thread; a thing belongs to one thread at a time.
 */
#ifndef MOTCUA_PROTOCOL_FOLD_H
#define MOTCUA_PROTOCOL_FOLD_H

#include "protocol/batch.h"
#include "protocol/record.h"

/* Where a write comes from. Ordered by rule 2: (stamp, changed_at, device, incarnation, seq, index). */
struct origin {
	uint8_t device[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t seq;
	uint32_t index;
	bool time_stated;
	int64_t changed_at;
	int64_t accepted_at;
};
/* min(changed_at, accepted_at + 10 min): the effective stamp. */
int64_t origin_stamp(const struct origin *o);
int origin_compare(const struct origin *a, const struct origin *b);

struct write {
	enum field field;   /* never FIELD_STATUS_AT */
	uint32_t origin;    /* index into thing.origins */
	struct value value; /* text borrows from the bytes the thing was read from, or from the change added */
	int64_t status_at;  /* FIELD_STATUS: the second part, TIME_UNSET if none */
};

struct thing {
	enum kind kind;
	size_t n_origins;
	size_t cap_origins;
	struct origin *origins; /* ascending by rule 2 */
	size_t n_writes;
	size_t cap_writes;
	struct write *writes; /* ascending by field, then origin */
};

struct thing thing_new(enum kind kind);
void thing_free(struct thing *t);
/* Empties it; the room stays for what is read or added next. */
void thing_clear(struct thing *t, enum kind kind);

/*
 * Adds the writes of one change. *ret_new is false if this very origin was there already (nothing happens). The
 * change's text must live as long as the thing. STATUS_NO_MEMORY leaves the thing as it was.
 */
MUST_CHECK enum status thing_add(struct thing *t, const struct origin *origin, const struct change *c,
				 bool *ret_new);

/* Appends the canonical bytes. */
void thing_put(const struct thing *t, struct bytes *out);
/* Reads them in the place of what was in t, and in its room; text borrows from data. STATUS_MALFORMED and
 * STATUS_NO_MEMORY leave it empty. */
MUST_CHECK enum status thing_read(struct slice data, struct thing *t);

/*
 * For whoever looks at very many things at rest and needs few of them: calls each(context, device, accepted_at) for
 * every change that one consists of, without reading the writes, until one does not answer STATUS_OK.
 * STATUS_MALFORMED: its head does not read.
 */
typedef enum status (*origin_each)(void *context, const uint8_t device[static DEVICE_ID_LEN], int64_t accepted_at);
MUST_CHECK enum status thing_each_origin(struct slice data, origin_each each, void *context);

/*
 * What the fold must know of devices and units: the registry at the place it runs. Unit codes are text; an empty
 * slice is "none". Days are local dates: a device may work for one unit after another.
 */
struct unit_word { /* what one device says */
	const uint8_t *device;
	struct slice unit;
};

struct scope {
	const void *context;
	/* The unit a device works for on a day; empty if unknown. */
	struct slice (*device_unit)(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day);
	/* Rule 5's test: True if the device may write for the unit, by what is so up to a day. */
	bool (*covers)(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day,
		       struct slice unit);
	/* Rule 6: True if two devices may state these different units: one stands above the other, or succeeds it.
	 */
	bool (*may_differ)(const void *context, const struct unit_word *a, const struct unit_word *b);
};

/* The writes of a thing that count, by rules 4 and 5; made by fold_resolve for one thing and one scope. */
struct resolved {
	const struct thing *thing;
	bool known;        /* false: no write counts */
	struct slice unit; /* the winning unit, else that of the device with the earliest write */
	int32_t unit_day;  /* the effective stamp's date of the one or the other; DAY_UNSET without a write */
	bool *counts;      /* per origin; owned, see resolved_free */
	const struct write *winner[FIELD_COUNT]; /* NULL: never written; its value may be VALUE_NULL */
};
MUST_CHECK enum status fold_resolve(const struct thing *t, const struct scope *scope,
				    struct resolved *ret_resolved);
void resolved_free(struct resolved *r);

/* The winning number or text of a field, or the default where absent or cleared. */
int64_t resolved_number(const struct resolved *r, enum field field, int64_t otherwise);
struct slice resolved_text(const struct resolved *r, enum field field);
/* True if the thing was taken back (field void). */
bool resolved_void(const struct resolved *r);
/*
 * The winning status's own time: status_at, else the write's stamp where its time was stated, else that of the
 * write before it, as long as that says the same status: a listing that repeats a status takes no time away from
 * it. Else TIME_UNSET.
 */
int64_t resolved_status_at(const struct resolved *r);

/*
 * The history of a field that keeps one (rule 3): calls each(context, day, write) for every write that counts, in
 * the order in which they take effect: by date (FIELD_STATUS: status_at, else the effective stamp's local date),
 * ties by rule 2. The value on day D is the last one called with day <= D.
 */
struct history_entry {
	int32_t day;
	const struct write *write;
	const struct origin *origin;
};
MUST_CHECK enum status fold_history(const struct resolved *r, enum field field, struct history_entry **ret_entries,
				    size_t *ret_count); /* caller frees */

#endif
