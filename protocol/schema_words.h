/*
 * The words of the record table's enumerations, kept apart from the table for their length. Only schema.c reads
 * them; everybody else asks schema_word(). Constant data, any thread.
 */
#ifndef MOTCUA_PROTOCOL_SCHEMA_WORDS_H
#define MOTCUA_PROTOCOL_SCHEMA_WORDS_H

#include "protocol/schema.h"

enum {
	BOOL_WORDS = 2,
	CHANNEL_WORDS = 3,
	STATUS_WORDS = 10,
	PAID_WORDS = 3,
	TYPE_WORDS = 11,
	STATE_WORDS = 6,
	CONDITION_WORDS = 3
};

/* In each the first spelling is the JSON word and the second the Vietnamese one shown to people. */
extern const struct word schema_bool_words[BOOL_WORDS];
extern const struct word schema_channel_words[CHANNEL_WORDS];
extern const struct word schema_status_words[STATUS_WORDS];
extern const struct word schema_paid_words[PAID_WORDS];
extern const struct word schema_type_words[TYPE_WORDS];
extern const struct word schema_state_words[STATE_WORDS];
extern const struct word schema_condition_words[CONDITION_WORDS];

#endif
