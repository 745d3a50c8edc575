/*
 * What closings say about totals that are printed: of a closed period what was reported, where it is not what is
 * counted now; of the period that follows a closed one, how what it carries in comes from what that one carried
 * over, and from the corrections since. One thread, inside the snapshot the totals were counted in.
 */
#ifndef MOTCUA_HUB_CLOSING_NOTES_H
#define MOTCUA_HUB_CLOSING_NOTES_H

#include "hub/periods.h"
#include "hub/totals.h"
#include "protocol/tables/paper.h"
#include "protocol/tables/writer.h"

struct closing_notes {
	/* the period itself, by the rule it is counted by; not for rows of days, which are periods of their own */
	bool closed;
	struct closing closing;
	struct totals reported; /* its numbers in the groups of the totals */
	/* the period that ends the day before */
	bool follows;
	struct closing before;
	struct totals carried; /* carried_in is what it carried over, open and the rest what was reported of it */
	/* why that changed since; where it was worked out (closing_notes_explain) */
	bool explained;
	struct correction_sum causes[CORRECTION_CAUSES];
};
void closing_notes_clear(struct closing_notes *notes);

/* Of totals that were computed from these tables; borrows the rule of their query. */
MUST_CHECK enum status closing_notes_read(struct database *db, const struct registry *r,
					  const struct totals *totals, struct closing_notes *ret_notes);

/*
 * Works out why what the period carries in has changed, by folding what was known when the one before was closed
 * (periods.h). The snapshot that is open ends, another one begins, and the registry is read anew: to be called
 * before the totals are computed. Does nothing where no such period was closed or nothing came since.
 */
MUST_CHECK enum status closing_notes_explain(struct hub *hub, const struct totals_query *query, const char *data,
					     struct closing_notes *notes);

/* The members "closed" and "carried" of a document, null where there is nothing to say. */
void closing_notes_json(const struct closing_notes *notes, const struct totals *t, struct json_writer *w);
/* For people: nothing where there is nothing to say. */
MUST_CHECK enum status closing_notes_text(const struct closing_notes *notes, const struct totals *t, FILE *out);
/* The same as footnotes and a table; failures are the paper's. */
void closing_notes_paper(const struct closing_notes *notes, const struct totals *t, struct paper *p);

#endif
