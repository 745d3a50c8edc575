/*
 * One change: a kind, the key of a thing, and only the fields that changed (contract section 3). The form in
 * memory between intake and queue, between a decoded batch and the fold; and its encoding at rest in the agent's
 * queue (deterministic CBOR). Text is borrowed: whoever fills a change says from which buffer.
 *
 * The key of an indicator is "unit|period|name".
 */
#ifndef MOTCUA_PROTOCOL_RECORD_H
#define MOTCUA_PROTOCOL_RECORD_H

#include "protocol/bytes.h"
#include "protocol/cbor.h"
#include "protocol/calendar.h"
#include "protocol/limits.h"
#include "protocol/schema.h"

enum value_state {
	VALUE_ABSENT = 0, /* writes nothing */
	VALUE_NULL,       /* writes "cleared" (a tombstone) */
	VALUE_NUMBER,     /* TYPE_ENUM, TYPE_BOOL, TYPE_INT, TYPE_TIME, TYPE_DATE */
	VALUE_TEXT        /* TYPE_TEXT, TYPE_UNIT */
};

struct value {
	enum value_state state;
	int64_t number;
	struct slice text;
};

struct change {
	enum kind kind;
	bool time_stated; /* changed_at was stated or comes from `add`, not assumed from a file's time (fold rule 9)
			   */
	int64_t changed_at; /* instant */
	struct slice key;
	struct value fields[FIELD_COUNT];
};

/* An empty change of a kind. */
struct change change_new(enum kind kind);

void change_set_number(struct change *c, enum field field, int64_t number);
void change_set_text(struct change *c, enum field field, struct slice text);
void change_set_null(struct change *c, enum field field);

/* The fields that are not absent, and those that are null, as masks of (1 << field). */
uint64_t change_mask(const struct change *c);
uint64_t change_nulls(const struct change *c);

/*
 * STATUS_OK if the change may enter a queue or a batch: known kind, well-formed key, only fields of its kind, each
 * value allowed, status_at only beside a status, changed_at within the calendar, at least one field.
 * STATUS_REFUSED otherwise; ret_field (may be NULL) then names the offending field, FIELD_COUNT for key or time.
 */
MUST_CHECK enum status change_check(const struct change *c, enum field *ret_field);

/* The unit the record states: field unit, or the unit in an indicator's key. Empty slice if none. */
struct slice change_unit(const struct change *c);

/* The parts of an indicator's key. STATUS_REFUSED if it has not the form. Slices borrow from key. */
struct indicator_key {
	struct slice unit;
	struct slice period;
	struct slice name;
};
MUST_CHECK enum status indicator_key_split(struct slice key, struct indicator_key *ret_parts);

/* Appends the change in its form at rest. */
void change_encode(const struct change *c, struct bytes *out);
/* Reads that form; text borrows from data. STATUS_MALFORMED. */
MUST_CHECK enum status change_decode(struct slice data, struct change *ret_change);

bool value_equal(const struct value *a, const struct value *b);
/* One value as CBOR: null, integer or text by its type. VALUE_ABSENT must not be put. */
void value_put(struct bytes *out, const struct value *v);
void value_take(struct cbor *r, const struct field_spec *spec, struct value *ret_value);

#endif
