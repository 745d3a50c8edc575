/*
 * A report under way: what every report asks of its command line, then the hub in one snapshot. Each call says on
 * stderr what is wrong.
 */
#ifndef MOTCUA_HUB_READING_H
#define MOTCUA_HUB_READING_H

#include "config/options.h"
#include "hub/hub.h"
#include "hub/output.h"
#include "hub/unit_map.h"

struct reading {
	struct hub *hub;
	int32_t today;
	int32_t units_day;   /* by whose units the report goes; today unless set before reading_open */
	int unit;            /* index of a line of that day (unit_map.h); UNIT_NONE before reading_open */
	struct unit_map map; /* of units_day, from reading_open to reading_close */
	int64_t as_known_at; /* --as-known-at; TIME_UNSET: all that is known */
	char as_known_text[INSTANT_TEXT]; /* the same for a document; "" without */
	bool dossiers;                    /* the report is on dossiers, and on who was heard of, alone */
};

/* Says what is wrong with the command line: STATUS_USAGE. */
MUST_CHECK enum status reading_misused(const char *problem);

/* Settings, and what of the line can be judged without a hub. EXIT_DONE, or the exit status. */
int reading_start(struct invocation *inv, struct reading *ret_reading);

/*
 * Everything is read in one snapshot, the list of units too; --unit, else the province. With --as-known-at the
 * hub's tables are those of then (hub/as_known.h), and today is not after it. EXIT_DONE with a hub to close, or the
 * exit status.
 */
int reading_open(struct invocation *inv, struct reading *reading);
/* The same and the stream of the report. EXIT_DONE with both to close, or the exit status with nothing left open.
 */
int reading_open_output(struct invocation *inv, struct reading *reading, struct output *output);
void reading_close(struct reading *reading);

/* After printing: the exit status of what became of the report and of the stream. */
int reading_end(enum status s);

/* The lines of an option table. */
/* clang-format off */
#define UNIT_OPTION {"unit", "CODE", N_("the unit and all below it (default: the province)")}
#define KNOWN_OPTION {"as-known-at", "TIME", N_("count only what the hub had accepted by then; a day means its end")}
#define UNITS_DAY_OPTION {"as-units-of", "YYYY-MM-DD", N_("by the units of that day (default: those of the last day)")}
/* clang-format on */

#endif
