/*
 * The hub's tables. `log` is the truth. The derived tables follow from it (state.h) and can be made again at any
 * time. The local tables hold what is neither: open invitations, batches waiting for a predecessor, when a device
 * was last seen.
 *
 *   log(n, type, accepted_at, body, verdicts, chain)
 *   derived: unit, succession, assignment, device, batch, chain, skipped, epoch, heard, thing(kind, key, writes),
 *            dossier(code, unit, …facts), link, split, accepted, conflict
 *   local:   note(name, value), invitation, pending, evidence, seen, safe
 *   cache:   span(first, sums), of dossier (spans.h)
 *
 * thing.writes is the canonical set of protocol/fold.h (thing_put). dossier is a cache of dossier_facts with the
 * winners a report groups by; submitted and received are days since 1970, status_at, finished, returned and due
 * instants (rules may compare times), NULL where there is none. unit_day is the day on which its unit was stated,
 * and units what was stated of it at other times (dossier_units.h).
 */
#ifndef MOTCUA_HUB_STORE_H
#define MOTCUA_HUB_STORE_H

#include "config/database.h"

/* "MCHB"; and "MCBK" of a backup, which is no database to work on until it was restored. */
enum { HUB_APPLICATION_ID = 0x4D434842, BACKUP_APPLICATION_ID = 0x4D43424B };

/* The plan to open hub.db at path in the given mode. */
struct database_plan store_plan(const char *path, const char *vfs, enum database_mode mode, bool create);

/* The derived tables, NULL-terminated, and the columns they are compared and ordered by. */
struct derived_table {
	const char *name;
	const char *columns; /* all, the key first: "kind, key, writes" */
	const char *select;  /* SELECT columns FROM name ORDER BY key */
	const char *clear;   /* DELETE FROM name */
};
extern const struct derived_table DERIVED_TABLES[];

#endif
