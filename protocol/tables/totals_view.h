/*
 * Totals as they are printed (contract section 6), by the hub over its state and by an agent over its own book: the
 * document, the table for people and the table for spreadsheets. What people read comes in here translated
 * (config/totals_words.h). Pure, any thread; errors of a stream are the stream's (writer_status()).
 */
#ifndef MOTCUA_PROTOCOL_TABLES_TOTALS_VIEW_H
#define MOTCUA_PROTOCOL_TABLES_TOTALS_VIEW_H

#include <stdio.h>

#include "protocol/count.h"

struct json_writer;

/* Every number of a group: identifier, key in the document, shown to people only where the total is not zero. */
/* clang-format off */
#define TOTALS_COLUMN_TABLE(X) \
	X(RECEIVED,          "received",          false) \
	X(RECEIVED_ONLINE,   "received_online",   false) \
	X(RECEIVED_COUNTER,  "received_counter",  false) \
	X(RECEIVED_POSTAL,   "received_postal",   true) \
	X(RECEIVED_UNSTATED, "received_unstated", true) \
	X(CARRIED_IN,        "carried_in",        false) \
	X(TOTAL_IN,          "total_in",          false) \
	X(DONE,              "done",              false) \
	X(DONE_EARLY,        "done_early",        false) \
	X(DONE_ON_TIME,      "done_on_time",      false) \
	X(DONE_LATE,         "done_late",         false) \
	X(DONE_NO_DUE,       "done_no_due",       true) \
	X(OPEN,              "open",              false) \
	X(OPEN_IN_TIME,      "open_in_time",      false) \
	X(OPEN_LATE,         "open_late",         false) \
	X(OPEN_PAUSED,       "open_paused",       true) \
	X(REFUSED,           "refused",           true) \
	X(WITHDRAWN,         "withdrawn",         true) \
	X(INCOMPLETE,        "incomplete",        true) \
	X(GAP,               "gap",               true)
#define TOTALS_RATE_TABLE(X) \
	X(ONLINE,           "online") \
	X(ON_TIME,          "on_time") \
	X(INPUT_DIGITISED,  "input_digitised") \
	X(RESULT_DIGITISED, "result_digitised") \
	X(PAID_ONLINE,      "paid_online") \
	X(SATISFIED,        "satisfied")
/* clang-format on */

enum totals_column {
#define X(id, key, if_any) TOTALS_##id,
	TOTALS_COLUMN_TABLE(X)
#undef X
		TOTALS_COLUMNS
};

enum totals_rate {
#define X(id, key) TOTALS_RATE_##id,
	TOTALS_RATE_TABLE(X)
#undef X
		TOTALS_RATES
};

/* The words of the table for people, in their language. */
struct totals_labels {
	const char *key; /* heading of the groups' keys: unit, domain, month, … */
	const char *name;
	const char *columns[TOTALS_COLUMNS];
	const char *units_heard;
	const char *total;
	const char *rates[TOTALS_RATES];
	const char *of;      /* as in "3 of 8" */
	const char *decimal; /* between whole and tenth */
	const char *gap;     /* what a gap is */
	const char *span;    /* the line that says period, as_of and rule; see totals_words_span() */
};

enum { TOTALS_UNITS_UNKNOWN = -1 /* printed as null, for people not at all */ };

struct totals_group_view {
	const char *key;
	const char *name;
	const char *title; /* the name for people; NULL: name */
	/* Codes with commas between them: units among which it cannot be shared out. NULL: a group like any other.
	 */
	const char *undivided;
	const struct cells *cells;
	int64_t units_expected;
	int64_t units_reporting;
};

/* Everything is borrowed. */
struct totals_view {
	struct period period;
	int32_t as_of;
	const struct count_rule *rule;
	const char *rule_hash;   /* rule_hash_format() */
	const char *as_known_at; /* time_format(); NULL: all that is known */
	const char *subject;     /* whose totals: the first line for people */
	const char *units_of; /* the day whose units were asked for; NULL: none, and the document has no such key */
	size_t n_groups;
	const struct totals_group_view *groups;
	struct totals_group_view total;
	/* Puts further members at the end of the document; NULL: none. */
	void (*more)(const void *context, struct json_writer *w);
	const void *context;
};

/* One number, and the two of a rate. */
int64_t totals_value(const struct cells *c, enum totals_column column);
void totals_rate(const struct cells *c, enum totals_rate rate, int64_t *ret_part, int64_t *ret_of);

/* The document of contract section 6, after whose keys come rule_version and rule_hash. */
void totals_view_json(const struct totals_view *v, FILE *out);
/* STATUS_NO_MEMORY or STATUS_LIMIT: nothing was printed. */
MUST_CHECK enum status totals_view_text(const struct totals_view *v, const struct totals_labels *labels, FILE *out);
/* Columns under the names of the document, each rate as rate_NAME and rate_NAME_of, the total last; as above. */
MUST_CHECK enum status totals_view_csv(const struct totals_view *v, FILE *out);
/* The table that CSV prints, for table_free(). */
struct table *totals_view_table(const struct totals_view *v);

/* True for a column that people see: one of every report, or one in which the total has something. */
bool totals_column_shown(const struct totals_view *v, enum totals_column column);

#endif
