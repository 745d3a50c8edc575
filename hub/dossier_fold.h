/*
 * From the writes of dossiers to their rows in the derived tables: provisional codes joined with their official
 * ones (fold rule 7), what an operator has split off (rule 6), conflicts. Called for every dossier whose writes
 * changed, and for all of them after units, devices or acts changed. Inside the caller's transaction.
 */
#ifndef MOTCUA_HUB_DOSSIER_FOLD_H
#define MOTCUA_HUB_DOSSIER_FOLD_H

#include "hub/state.h"
#include "protocol/conflict.h"

enum { DOSSIER_SPLITS = 16 }; /* devices split off one code */

/* Looks whether there are links, splits and conflicts at all; done by itself when first needed. */
MUST_CHECK enum status dossier_fold_start(struct state *state);

/* Recomputes the rows of a dossier whose own writes are `thing`, and of the official ones it was or is joined to.
 */
MUST_CHECK enum status dossier_fold(struct state *state, struct slice code, const struct thing *thing);

/* Whether the rows are those that dossier_fold would write. Writes nothing: also over a hub opened for reading. */
MUST_CHECK enum status dossier_fold_agrees(struct state *state, struct slice code, const struct thing *thing,
					   bool *ret_agrees);

/* As dossier_fold, reading the writes from the table: after an act about this code. */
MUST_CHECK enum status dossier_fold_code(struct state *state, struct slice code);

/*
 * The code under which the words about a dossier were said: that of one split off is "CODE@device". A code that
 * only looks so is its own: what was split off stands in the table `split` of db.
 */
MUST_CHECK enum status dossier_fold_said(struct database *db, struct slice code, struct slice *ret_said);

/* Recomputes everything: links, rows, conflicts. */
MUST_CHECK enum status dossier_fold_all(struct state *state);

#endif
