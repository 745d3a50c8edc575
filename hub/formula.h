/*
 * Sums of figures as definitions of indices and declared checks write them: "a + b - c", signs between blanks. A
 * figure is a named indicator's value, "of NAME" its denominator, "dossiers.COUNT" a count of totals. Pure, any
 * thread.
 */
#ifndef MOTCUA_HUB_FORMULA_H
#define MOTCUA_HUB_FORMULA_H

#include <stdbool.h>

#include "protocol/bytes.h"
#include "protocol/count.h"
#include "protocol/limits.h"

enum { FORMULA_TERMS = 12 /* a plan's tasks by state have nine */ };

enum figure_kind { FIGURE_VALUE, FIGURE_OF, FIGURE_DOSSIERS };

struct formula_term {
	bool minus;
	enum figure_kind kind;
	int count;                 /* FIGURE_DOSSIERS */
	char name[LIMIT_NAME + 1]; /* of the indicator, or of the count without "dossiers." */
};

struct formula {
	size_t n; /* 0: none */
	struct formula_term terms[FORMULA_TERMS];
};

/* STATUS_REFUSED: empty, too many terms, a name that is none, or no such count; STATUS_NO_MEMORY. */
MUST_CHECK enum status formula_parse(struct slice text, struct formula *ret_formula);

/* A figure as it is written: "of NAME", "dossiers.COUNT" or NAME. Returns ret_text. */
enum { FIGURE_TEXT = LIMIT_NAME + 16 };
const char *formula_figure(const struct formula_term *term, char ret_text[static FIGURE_TEXT]);

/*
 * The counts behind "dossiers.": every column of totals (protocol/tables/totals_view.h), and input_digitised,
 * result_digitised, digitised (done with both), reused, fee (received with one), paid_online, rated, satisfied and
 * dissatisfied (1 or 2), and of how many something was said: input_stated, result_stated, digitised_stated,
 * reused_stated, paid_stated.
 */
int formula_count_total(void);
const char *formula_count_name(int count);
int64_t formula_count_value(const struct cells *c, int count);

#endif
