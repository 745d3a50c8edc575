/*
 * The one table that describes the records (contract section 3): kind, field, type, allowed words, history mark,
 * JSON name, column aliases, wire key. Intake, wire, fold, count, reports and documents read it; a new field is
 * one line in schema.c and one in its test. Constant data, any thread.
 *
 * Aliases and words are compared in folded form: NFC, lower case, blanks squeezed to one and trimmed
 * (text_fold() of protocol/tables/text.h makes it). The table itself is written in that form.
 */
#ifndef MOTCUA_PROTOCOL_SCHEMA_H
#define MOTCUA_PROTOCOL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/status.h"

enum kind { KIND_NONE = 0, KIND_DOSSIER = 1, KIND_EQUIPMENT = 2, KIND_INDICATOR = 3, KIND_COUNT = 4 };

/* The numbers are the wire keys: never reuse one, never renumber (PROTOCOL.md section 4). */
enum field {
	FIELD_UNIT = 0,
	FIELD_VOID = 1,
	/* dossier */
	FIELD_DECIDED_BY = 2,
	FIELD_PROCEDURE = 3,
	FIELD_DOMAIN = 4,
	FIELD_CHANNEL = 5,
	FIELD_RETURN_CHANNEL = 6,
	FIELD_STATUS = 7,
	FIELD_STATUS_AT = 8, /* travels as the second part of FIELD_STATUS, never alone */
	FIELD_SUBMITTED_AT = 9,
	FIELD_RECEIVED_AT = 10,
	FIELD_FINISHED_AT = 11,
	FIELD_RETURNED_AT = 12,
	FIELD_DUE_AT = 13,
	FIELD_INPUT_DIGITISED = 14,
	FIELD_RESULT_DIGITISED = 15,
	FIELD_REUSED = 16,
	FIELD_FEE = 17,
	FIELD_PAID = 18,
	FIELD_RATING = 19,
	FIELD_LINKED_TO = 20,
	FIELD_REPLACED_BY = 21,
	/* equipment */
	FIELD_TYPE = 22,
	FIELD_STATE = 23,
	FIELD_CONDITION = 24,
	FIELD_MODEL = 25,
	FIELD_SERIAL = 26,
	FIELD_INSTALLED_ON = 27,
	FIELD_IN_USE_ON = 28,
	FIELD_RETIRED_ON = 29,
	FIELD_WARRANTY_UNTIL = 30,
	FIELD_CHECKED_AT = 31,
	/* indicator */
	FIELD_VALUE = 32,
	FIELD_OF = 33,
	FIELD_COUNT = 34
};

enum field_type {
	TYPE_TEXT, /* UTF-8, 1 to max bytes, no control characters */
	TYPE_UNIT, /* a unit code: [0-9A-Za-z._-], 1 to LIMIT_UNIT bytes */
	TYPE_ENUM, /* one of words; number is the word's value */
	TYPE_BOOL, /* 0 or 1 */
	TYPE_INT,  /* within [min, max] */
	TYPE_TIME, /* instant, milliseconds since 1970 UTC */
	TYPE_DATE  /* local date, days since 1970 */
};

enum dossier_status {
	DOSSIER_SUBMITTED = 1, /* the ten national numbers, domain.md 1.1 */
	DOSSIER_ACCEPTED = 2,
	DOSSIER_REFUSED = 3,
	DOSSIER_IN_PROGRESS = 4,
	DOSSIER_NEED_DOCS = 5,
	DOSSIER_NEED_PAYMENT = 6,
	DOSSIER_WITHDRAWN = 7,
	DOSSIER_STOPPED = 8,
	DOSSIER_DONE = 9,
	DOSSIER_RETURNED = 10
};

enum channel { CHANNEL_COUNTER = 1, CHANNEL_ONLINE = 2, CHANNEL_POSTAL = 3 };
enum paid { PAID_NONE = 1, PAID_COUNTER = 2, PAID_ONLINE = 3 };
enum equipment_state {
	STATE_PLANNED = 1,
	STATE_ORDERED = 2,
	STATE_DELIVERED = 3,
	STATE_INSTALLED = 4,
	STATE_IN_USE = 5,
	STATE_RETIRED = 6
};

/* One value of an enumeration or a boolean, with every word that means it; the first word is the JSON word. */
struct word {
	int64_t value;
	const char *const *spellings; /* NULL-terminated, folded; [0] is the canonical English one */
};

struct field_spec {
	enum field field;
	unsigned kinds;       /* bit (1 << kind) for each kind that has the field */
	const char *name;     /* JSON name */
	const char *title_vi; /* heading for people */
	enum field_type type;
	bool history; /* keeps every surviving write (fold rule 3) */
	int64_t min;
	int64_t max;              /* TYPE_TEXT, TYPE_UNIT: bytes; TYPE_INT: value */
	const struct word *words; /* TYPE_ENUM, TYPE_BOOL; n_words of them */
	size_t n_words;
	const char *const *aliases; /* folded column names, NULL-terminated; may be NULL */
};

/* The row of the table for a field, never NULL for a valid field. */
const struct field_spec *schema_field(enum field field);

/* The field of a kind by its JSON name; NULL if the kind has none. */
const struct field_spec *schema_field_named(enum kind kind, const char *name, size_t len);

/*
 * What a column of a table means, by JSON name or folded alias. Besides fields there are the columns that are no
 * field of their own (kind, key, time); KEY_* of another kind than asked never match.
 */
enum column_role {
	COLUMN_IGNORED,
	COLUMN_KIND,       /* "kind" */
	COLUMN_CHANGED_AT, /* "changed_at" */
	COLUMN_KEY,        /* dossier code, asset */
	COLUMN_NAME,       /* indicator's name */
	COLUMN_PERIOD,     /* indicator's period */
	COLUMN_REPLACES,   /* dossier: input spelling of replaced_by, fold rule 7 */
	COLUMN_FIELD       /* *ret_field says which */
};
enum column_role schema_column(enum kind kind, const char *folded, size_t len, enum field *ret_field);

/* The value of a folded word; STATUS_REFUSED if the field knows none such. */
MUST_CHECK enum status schema_word(const struct field_spec *spec, const char *folded, size_t len,
				   int64_t *ret_value);
/* The canonical English word of a value, NULL if there is none. */
const char *schema_word_name(const struct field_spec *spec, int64_t value);
/* The first Vietnamese word of a value, else the English one, NULL if there is none. */
const char *schema_word_vi(const struct field_spec *spec, int64_t value);

const char *schema_kind_name(enum kind kind);          /* "dossier", …; "" for KIND_NONE */
enum kind schema_kind(const char *folded, size_t len); /* English or Vietnamese; KIND_NONE if unknown */

/* The fields of a kind as a mask of (1 << field). */
uint64_t schema_mask(enum kind kind);

/* True if the value is allowed for the field: range, length, characters (text is checked to be UTF-8 without
 * controls). */
bool schema_number_ok(const struct field_spec *spec, int64_t value);
bool schema_text_ok(const struct field_spec *spec, const char *text, size_t len);
/* True if the key of a kind is well-formed (see record.h for an indicator's). */
bool schema_key_ok(enum kind kind, const char *key, size_t len);
bool schema_unit_ok(const char *code, size_t len);

#endif
