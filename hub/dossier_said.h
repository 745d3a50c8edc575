/*
 * What was said of a dossier and does not stand in its row of the table `dossier`. One thread, inside the caller's
 * snapshot.
 */
#ifndef MOTCUA_HUB_DOSSIER_SAID_H
#define MOTCUA_HUB_DOSSIER_SAID_H

#include "hub/registry.h"

struct dossier_said {
	bool known;                     /* somebody wrote to it, with a say in it or not */
	int64_t received_at;            /* the instant; TIME_UNSET: none */
	char linked_to[LIMIT_CODE + 1]; /* "": nothing */
};

/* Of the code's own writes: those of a provisional code that was joined to it are not looked at. */
MUST_CHECK enum status dossier_said(struct database *db, const struct registry *r, struct slice code,
				    struct dossier_said *ret_said);

#endif
