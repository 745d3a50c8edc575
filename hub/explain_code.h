/*
 * One code of another program's list against our dossier of it: a part of explain. One thread.
 */
#ifndef MOTCUA_HUB_EXPLAIN_CODE_H
#define MOTCUA_HUB_EXPLAIN_CODE_H

#include "hub/dossier_table.h"
#include "hub/explain.h"

/* An explanation in the making. */
struct explaining {
	struct explain *explain;
	struct database *db;
	const struct registry *registry;
	bool any_conflict;   /* is there any at all */
	bool set_aside_read; /* the codes of refused records stand in set_aside */
};

/* What was found of one code. */
struct findings {
	bool any[DIFFERENCE_CAUSES];
	int64_t more[DIFFERENCE_CAUSES][DIFFERENCE_CELLS];
};
void findings_add(struct findings *f, const struct difference *d);
/* Adds them to the sums and keeps them. */
MUST_CHECK enum status explain_note(struct explain *e, struct slice code, const struct findings *f);

/* How the one side or the other counts. */
struct count_query explain_count(const struct explain *e, bool there);
/* True if a dossier of ours, or the unit a row of theirs names, is not of the unit asked for nor below it. */
bool explain_is_outside(const struct explaining *x, const struct dossier_row *row);
bool explain_names_outside(const struct explaining *x, const struct foreign_row *row);

/* Looks once for what most hubs have none of. */
MUST_CHECK enum status explain_code_start(struct explaining *x);
/* context: struct explaining. Compares all rows of a code. */
MUST_CHECK enum status explain_code(void *context, struct slice code);

#endif
