/*
 * What succeeded what, from a table old, new, from, kind (merge, split, rename, transfer), header in the first row.
 * Both units must be in the list already, the old one on the day before and the new one on the day itself. The
 * whole file is taken or nothing.
 */
#ifndef MOTCUA_HUB_SUCCESSION_FILE_H
#define MOTCUA_HUB_SUCCESSION_FILE_H

#include "hub/units_file.h"

struct succession_plan {
	FILE *file;
	const char *who;
	bool known_only; /* leaves out rows with a unit that is not in the list, as a file of the whole country has
			  */
};

/*
 * Records the file as one act. What it states of an old unit for a day takes the place of what was stated before.
 * STATUS_REFUSED with ret_fault filled: nothing was taken. Reasons: "succession-code", "succession-kind",
 * "succession-date", "succession-unknown", "succession-not-before" (the old unit was not valid the day before),
 * "succession-not-after" (the new one not on the day), "succession-same" (both are one unit),
 * "succession-not-ended" (merged, renamed or transferred, and valid still), "succession-several" (it went whole
 * into more than one), "succession-twice", "succession-too-many".
 */
MUST_CHECK enum status succession_import(struct hub *hub, const struct succession_plan *plan,
					 struct units_count *ret_count, struct units_fault *ret_fault);

#endif
