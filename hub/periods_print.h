/*
 * A closed period as it is printed: one JSON object, or text for people. Errors of the stream are the stream's.
 */
#ifndef MOTCUA_HUB_PERIODS_PRINT_H
#define MOTCUA_HUB_PERIODS_PRINT_H

#include <stdio.h>

#include "hub/periods.h"
#include "protocol/tables/writer.h"

/*
 * Prints it with its corrections, which are worked out meanwhile. With dossiers, text lists those behind every
 * correction too; a document always has them.
 */
MUST_CHECK enum status period_print_json(struct hub *hub, struct period_state *state, FILE *out);
MUST_CHECK enum status period_print_text(struct hub *hub, struct period_state *state, bool dossiers, FILE *out);

/* A closing alone: the members of a document that say what was reported, inside an object. */
void closing_print_members(struct json_writer *w, const struct closing *closing);
/* "2024-05-01 to 2024-05-31, rule form06 version 1 (HASH): closed on …", and a line about who was silent. */
void closing_print_heading(const struct closing *closing, FILE *out);

/* What a cause is called for people. */
const char *correction_cause_title(enum correction_cause cause);

/* The numbers that differ from zero, under the names of the totals, as an object. */
void correction_print_change(struct json_writer *w, const struct closing_row *change);

#endif
