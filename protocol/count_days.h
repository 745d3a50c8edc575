/*
 * Counting by days: what one dossier adds to reports, told day by day, so that sums over many dossiers, kept by
 * day, give the cells of every period without a look at the dossiers. The rule itself is asked of count_dossier;
 * here is only when its answer changes. Pure, any thread.
 *
 * Of the cells of a day, received… and done… and refused are what happens on it; open… is by how much more are open
 * in its evening than the evening before; incomplete those that a period can count from this day on, and
 * incomplete_gone those that one beginning after it does not.
 */
#ifndef MOTCUA_PROTOCOL_COUNT_DAYS_H
#define MOTCUA_PROTOCOL_COUNT_DAYS_H

#include "protocol/count.h"

struct day_cells {
	struct cells cells;
	int64_t incomplete_gone;
};
enum { DAY_CELLS = sizeof(struct day_cells) / sizeof(int64_t) };

/* What counts in a period whichever it is stands on a day before all. */
#define COUNT_ALWAYS INT32_MIN

/* False where the answer to a report does not follow from days: the rule moves due dates. */
bool count_days_rule(const struct count_rule *rule);
/* False for a dossier that ended before it was received: whether a period has it takes both days together. */
bool count_days_fits(const struct count_rule *rule, const struct dossier_facts *facts);

/* Calls add for each day on which a dossier that fits changes anything; a day may come twice. */
typedef enum status (*count_days_add)(void *context, int32_t day, const struct day_cells *cells);
MUST_CHECK enum status count_days(const struct count_rule *rule, const struct dossier_facts *facts,
				  count_days_add add, void *context);

/*
 * The cells of a period: `before` are the sums of the days before it, COUNT_ALWAYS among them, and `within` those
 * from its first day to as_of. A period that begins after as_of has none within, and the days up to as_of before;
 * that holds as long as nothing ended between the two.
 */
struct cells count_days_cells(const struct day_cells *before, const struct day_cells *within);

void day_cells_add(struct day_cells *sum, const struct day_cells *part);

#endif
