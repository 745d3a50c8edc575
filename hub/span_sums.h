/*
 * The sums by day (protocol/count_days.h) of the dossiers of one span (spans.h): for each unit, channel and day
 * what the dossiers there add to reports by the default rule. At rest in few bytes, which are the same for the
 * same dossiers; read straight into the sums of a report. A dossier whose unit was stated several times, or that
 * does not fit into days, is named instead, and counted by itself.
 *
 * At rest, a byte for the form, then numbers in groups of seven bits, the lowest first: units [count, {length,
 * code, day}], dossiers apart [count, {length, code}], then for each unit, channel and day, ascending: {unit,
 * channel, day, mask, the members of struct day_cells that are not 0}. Signed ones are doubled, and their
 * complement where negative. One thread.
 */
#ifndef MOTCUA_HUB_SPAN_SUMS_H
#define MOTCUA_HUB_SPAN_SUMS_H

#include "hub/dossier_table.h"
#include "protocol/count_days.h"

enum { SPAN_CHANNELS = CHANNEL_POSTAL + 1 /* 0: unstated */ };
/* Another one with every change of what is at rest or of what a dossier adds to it (count_days.h, the rule). */
enum { SPAN_SUMS_FORM = 0xA1 };

struct span_sums; /* opaque: being made */

/* NULL on no memory. Borrows the registry. */
struct span_sums *span_sums_new(const struct registry *registry);
void span_sums_free(struct span_sums *sums);
/* A row of the table; those of units that are not in the list count nowhere. */
MUST_CHECK enum status span_sums_add(struct span_sums *sums, const struct dossier_row *row);
/* Appends what was added; never nothing. */
MUST_CHECK enum status span_sums_put(struct span_sums *sums, struct bytes *out);

/*
 * Who reads. A unit is a code and a day on which it is meant; each is told before the first sums. apart: a dossier
 * to be counted by itself. sums: where to add those of a unit, by its number, a channel and a day (or
 * COUNT_ALWAYS); NULL: they are not asked for.
 */
struct span_visitor {
	enum status (*unit)(void *context, size_t number, struct slice code, int32_t day);
	enum status (*apart)(void *context, struct slice code);
	struct day_cells *(*sums)(void *context, size_t number, unsigned channel, int32_t day);
};
/* False where there are none, or those of another program: whoever needs them counts the rows. */
bool span_sums_are_here(struct slice at_rest);
/* STATUS_CORRUPT for what span_sums_put cannot have written; else the first status of the visitor. */
MUST_CHECK enum status span_sums_read(struct slice at_rest, const struct span_visitor *visitor, void *context);

#endif
