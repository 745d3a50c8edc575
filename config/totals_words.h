/*
 * What people read in printed totals (protocol/tables/totals_view.h), in the chosen language: one set of words for
 * both programs.
 */
#ifndef MOTCUA_CONFIG_TOTALS_WORDS_H
#define MOTCUA_CONFIG_TOTALS_WORDS_H

#include "protocol/tables/totals_view.h"

enum { TOTALS_SPAN = 256 };

/* Fills everything; key and span are borrowed. */
struct totals_labels totals_words(const char *key, const char *span);
/* "From … to …, as of …, rule NAME version N (HASH)", cut to fit. */
const char *totals_words_span(struct period period, int32_t as_of, const struct count_rule *rule,
			      char out[static TOTALS_SPAN]);

#endif
