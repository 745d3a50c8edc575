/*
 * Totals over this PC's own book (contract sections 4 and 6): counted by the code and the rules the hub counts
 * with, of the dossiers this PC has entered, provisional ones joined with their official ones.
 */
#ifndef MOTCUA_AGENT_TALLY_H
#define MOTCUA_AGENT_TALLY_H

#include "agent/agent.h"
#include "protocol/count.h"

enum tally_by {
	TALLY_BY_NONE,
	TALLY_BY_UNIT,
	TALLY_BY_DOMAIN,
	TALLY_BY_PROCEDURE,
	TALLY_BY_CHANNEL,
	TALLY_BY_MONTH,
	TALLY_BY_DAY
};

enum { TALLY_ROWS_MAX = 3700 /* ten years by day */, TALLY_KEY = 240 + 1 };

struct tally_query {
	struct period period;
	int32_t today;
	enum tally_by by;
	const struct count_rule *rule; /* borrowed as long as the totals live */
};

struct tally_group {
	char key[TALLY_KEY];  /* "": unstated */
	struct period period; /* its own by month and day */
	struct cells cells;
};

struct tally {
	struct tally_query query;
	int32_t as_of;
	size_t n_groups;
	size_t cap_groups;
	struct tally_group *groups; /* by month and day in time, else by key with "" last; one without a grouping */
	struct cells total;
};

/* The grouping of a word of --by; STATUS_USAGE for any other word. */
MUST_CHECK enum status tally_by_parse(const char *word, enum tally_by *ret_by);
/* The same the other way round; "unit" without a grouping. */
const char *tally_by_name(enum tally_by by);

/* STATUS_LIMIT: more than TALLY_ROWS_MAX rows by month or day. */
MUST_CHECK enum status tally_compute(const struct agent *agent, const struct tally_query *query,
				     struct tally *ret_totals);
void tally_clear(struct tally *t);

#endif
