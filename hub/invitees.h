/*
 * Who is to be invited, from a table with a column `code`: further columns are named and not read. Rows that cannot
 * be taken are handed out one by one with their reason and hold up nothing. One thread.
 */
#ifndef MOTCUA_HUB_INVITEES_H
#define MOTCUA_HUB_INVITEES_H

#include <stdio.h>

#include "hub/hub.h"

enum { INVITEES_MAX = 20000 /* there are 3,321 communes in the country */ };

struct invitee {
	char unit[LIMIT_UNIT + 1];
	int64_t row; /* in the file; the header is 1 */
};

struct invitees {
	size_t count;
	struct invitee *list; /* owned */
	struct bytes ignored; /* names of the columns that were not read, joined by ", " */
	const char *reason;   /* why the file as a whole was refused: a stable word (config/wording.h) */
};

/* A row that is not taken: its reason, a stable word. What stands in the cell is not told (L15). */
typedef void (*invitee_refused)(void *context, int64_t row, const char *reason);

/*
 * Reads the list; units that the province's list does not have, or that stood there before, are refused.
 * STATUS_REFUSED with reason filled: there is no such column, or the file is no table. Free it in any case.
 */
MUST_CHECK enum status invitees_read(const struct registry *registry, FILE *file, invitee_refused refused,
				     void *context, struct invitees *ret_invitees);
void invitees_free(struct invitees *invitees);

#endif
