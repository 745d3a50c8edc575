/*
 * The state as it was known: a fold of those entries of the log that were accepted by an instant, by the code that
 * also intake, rebuild and verify use (L6), into a scratch database that SQLite keeps in a file of its own without
 * a name. What a hub counts from it is what it would have counted then. One thread.
 */
#ifndef MOTCUA_HUB_AS_KNOWN_H
#define MOTCUA_HUB_AS_KNOWN_H

#include "hub/closing.h"
#include "hub/state.h"

/* A state beside that of the hub. The units and computers of the registry are those of then. */
struct as_known {
	struct database *db; /* inside a transaction that is never committed */
	struct registry *registry;
	bool partly; /* only dossiers of which something was said since are there (as_known_changed) */
};

/*
 * Of batches the time of acceptance counts, of acts their own; both inclusive. A batch of a computer that nobody
 * had let in by then was not known. Leaves a snapshot of the hub's database open (database_rollback ends it), which
 * has all that was folded; there must be none before. Time and space grow with the log.
 */
MUST_CHECK enum status as_known_at(struct hub *hub, int64_t at, struct as_known *ret_known);

/*
 * The same for reports on dossiers: the hub's own tables but for those of which anything was said since, which are
 * folded alone. That takes a look at every thing and the words of those, unless an act since makes old words count
 * otherwise; then everything is folded. Only dossiers, units, computers and who was heard of; as_known_enter puts
 * the two together.
 */
MUST_CHECK enum status as_known_dossiers_at(struct hub *hub, int64_t at, struct as_known *ret_known);

/* What of a closing's set is not in the log, as after the hub was put back: until it has come again. */
struct as_known_missing {
	uint64_t batches;
	int64_t acts;    /* fewer than there were, or more if negative */
	bool other_act;  /* the last one before the closing was another */
	uint64_t retold; /* came again without the receipts they had, so with other times and verdicts */
	uint64_t again;  /* came again with one, which may be of a life before the one that was counted */
};
/*
 * The same with the set behind a closing instead of an instant: its batches wherever they stand in the log, and the
 * acts before it. STATUS_EMPTY: there is no such closing in the log.
 */
MUST_CHECK enum status as_known_closing(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
					struct as_known_missing *ret_missing);
/*
 * The same, but of dossiers only those of which anything was said since, with all that is joined to them: what is
 * not there is now as it was then. That takes the words since instead of the whole log, unless an act since makes
 * old words count otherwise; then everything is there. No equipment and no indicators.
 */
MUST_CHECK enum status as_known_changed(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
					struct as_known_missing *ret_missing);
/* Whether a dossier of now may have been another then; code as in its table. */
MUST_CHECK enum status as_known_may_differ(const struct as_known *known, struct slice code, bool *ret_may);

/* Nothing is missing; what was told again may still count otherwise than it did. */
bool as_known_complete(const struct as_known_missing *missing);

void as_known_clear(struct as_known *known);

/*
 * From now on the hub's tables are those known then; whoever reads it sees no others. Of what is there only partly,
 * dossier_scan reads the rest from the hub's own, below. Takes known.
 */
void as_known_enter(struct hub *hub, struct as_known *known);

#endif
