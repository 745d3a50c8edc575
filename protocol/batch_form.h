/*
 * What writer and reader of a batch share: the message keys of PROTOCOL.md section 4 and how a value stands in a
 * column. Private to batch_write.c and batch_read.c.
 */
#ifndef MOTCUA_PROTOCOL_BATCH_FORM_H
#define MOTCUA_PROTOCOL_BATCH_FORM_H

#include "protocol/batch.h"

enum { SHAPES_MAX = 256, FLAG_TIME_STATED = 1 };

/* The forms that not every version of a batch may have. */
struct batch_forms {
	bool dictionary; /* a stream with the preset dictionary */
	bool signless;   /* columns of a scale below 0 */
};
/* What a version allows; NULL if it is not known here. */
const struct batch_forms *batch_forms_of(uint64_t version);

/* The head, in the clear before the compressed rows. */
enum batch_head_key {
	HEAD_VERSION = 1,
	HEAD_RAW_LEN,
	HEAD_DEVICE,
	HEAD_ORDINAL,
	HEAD_BITS,
	HEAD_SEQ,
	HEAD_PREV,
	HEAD_SEALED_AT,
	HEAD_SEEN,
	HEAD_COUNT
};

/* The rows. */
enum batch_rows_key {
	ROWS_SHAPES = 1,
	ROWS_SHAPE_COLUMN,
	ROWS_TIME_COLUMN,
	ROWS_KEY_COLUMN,
	ROWS_KEY_WORDS,
	ROWS_NUMBER_COLUMNS,
	ROWS_TEXT_COLUMNS,
	ROWS_DAY_COLUMNS /* only where a batch has such a column */
};

struct shape {
	uint64_t mask;  /* fields present, cleared ones included */
	uint64_t nulls; /* of these, the cleared ones */
	uint8_t kind;
	uint8_t flags;
};

bool batch_field_is_text(enum field field);
/*
 * Instants travel relative to changed_at, or, by day, to the start of its local date; dates to its local date;
 * everything else as it is.
 */
int64_t batch_field_base(enum field field, int64_t changed_at, bool by_day);

void bits_put(uint64_t bits, uint8_t out[static 8]);
uint64_t bits_take(const uint8_t in[static 8]);

#endif
