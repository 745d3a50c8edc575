/*
 * The table `dossier`: one row of facts for each dossier that counts somewhere, recomputed from the thing whenever
 * its writes change and never incremented (L6). Reports read it through dossier_scan.
 */
#ifndef MOTCUA_HUB_DOSSIER_TABLE_H
#define MOTCUA_HUB_DOSSIER_TABLE_H

#include "config/database.h"
#include "hub/registry.h"
#include "protocol/count.h"

/* Writes the row of a resolved dossier, or removes it if no write counts. days is scratch. */
MUST_CHECK enum status dossier_table_put(struct database *db, const struct registry *registry, struct slice code,
					 const struct resolved *r, struct bytes *days);

/* Whether the row, or its absence, is what dossier_table_put would leave behind. Writes nothing. */
MUST_CHECK enum status dossier_table_agrees(struct database *db, const struct registry *registry, struct slice code,
					    const struct resolved *r, struct bytes *days, bool *ret_agrees);

/* One row; text and history are borrowed until the next one. */
struct dossier_row {
	struct slice code;
	struct slice unit;
	int32_t unit_day;   /* when it was stated, DAY_UNSET where nobody knows */
	struct slice units; /* dossier_units.h */
	struct slice procedure;
	struct slice domain;
	struct dossier_facts facts;
};

/*
 * Calls each(context, row) for every dossier that can matter to a period: received by `to` and not ended long
 * before, refused ones, and those without a receipt date; in the order of codes. Stops at the first status that is
 * not STATUS_OK.
 */
MUST_CHECK enum status dossier_scan(struct database *db, struct period period,
				    enum status (*each)(void *context, const struct dossier_row *row),
				    void *context);

/* The same for every dossier from one code on up to another one, in their order; `next` empty: to the end. */
MUST_CHECK enum status dossier_scan_codes(struct database *db, struct slice first, struct slice next,
					  enum status (*each)(void *context, const struct dossier_row *row),
					  void *context);

/* Calls each(context, row) for the one of a code; STATUS_EMPTY if there is none. */
MUST_CHECK enum status dossier_find(struct database *db, struct slice code,
				    enum status (*each)(void *context, const struct dossier_row *row),
				    void *context);

#endif
