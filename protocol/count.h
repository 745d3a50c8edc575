/*
 * From facts to cells (contract section 6): what one dossier adds to a report's columns under a rule, in a period.
 * Cells are sums, so groups add up to totals and the order of dossiers does not matter. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_COUNT_H
#define MOTCUA_PROTOCOL_COUNT_H

#include "protocol/calendar.h"
#include "protocol/fold.h"

/* A status and the day from which it holds. */
struct status_day {
	int32_t day;
	uint8_t status; /* enum dossier_status, 0: cleared */
};

/* The facts of one dossier, dates as local days (DAY_UNSET: none). */
struct dossier_facts {
	uint8_t status;     /* winner; 0: none */
	int32_t status_day; /* of the winner, DAY_UNSET: unset */
	int32_t submitted;
	int32_t received;
	int32_t finished;
	int32_t returned;
	int32_t due;
	int64_t status_at; /* the same four as instants, for rules that compare times; TIME_UNSET: none */
	int64_t finished_at;
	int64_t returned_at;
	int64_t due_at;
	uint8_t channel; /* 0: unstated */
	uint8_t paid;
	uint8_t rating; /* 0: none */
	bool input_digitised;
	bool result_digitised;
	bool reused;
	bool input_stated; /* yes or no was said; false above may also mean that nobody said anything */
	bool result_stated;
	bool reused_stated;
	bool fee_due;      /* fee > 0 */
	bool status_ahead; /* a status_at later than accepted_at + 1 day */
	bool taken_back;   /* void, or replaced by another code: not counted */
	size_t n_history;
	const struct status_day *history; /* ascending; borrowed */
};

/*
 * The facts that follow from a resolved dossier. days (cleared first) gets the history as an array of struct
 * status_day, which ret_facts borrows.
 */
MUST_CHECK enum status dossier_facts_of(struct slice code, const struct resolved *r, struct bytes *days,
					struct dossier_facts *ret_facts);

/*
 * A rule of counting: what the forms and indices leave open or settle differently (domain: forms count on purpose
 * otherwise than indices). Rules are files (config/rules/, config/rules.h reads them); form06 is built in as well.
 */
enum { RULE_NAME = 32, RULE_SOURCE = 255 };

enum rule_end {
	RULE_END_RETURNED_FINISHED, /* returned_at, else finished_at */
	RULE_END_FINISHED_RETURNED, /* finished_at, else returned_at */
	RULE_END_FINISHED           /* finished_at alone */
};

struct count_rule {
	char name[RULE_NAME + 1];
	int64_t version;
	char source[RULE_SOURCE + 1]; /* form, decree or program it follows */
	uint8_t hash[HASH_LEN];       /* SHA-256 of its file; zeros for the built-in one */
	enum rule_end end;
	bool compare_times;      /* end and due date as instants, else as local dates */
	bool withdrawn_compared; /* a withdrawn dossier is compared with its due date, else it counts on time */
	bool stopped_ends;       /* a stopped dossier has ended (at its end date, else status_at), else it waits */
	bool paused_late;        /* an open dossier that waits can be late, else it is in time */
	bool refused_counts; /* a refused dossier with a receipt date is received, and done on the day of refusal */
	bool waiting_subtracted; /* days in need_docs and need_payment move the due date */
	int64_t supplements_max; /* more requests for documents than this: late; 0: any number */
};
extern const struct count_rule COUNT_FORM06;
/* True if two rules count the same, whatever they are called. */
bool count_rule_same(const struct count_rule *a, const struct count_rule *b);

struct count_query {
	struct period period;
	int32_t as_of; /* min(to, today, as known at) */
	const struct count_rule *rule;
};

/* The cells, named as in the JSON. A rate is numerator over denominator. */
struct cells {
	int64_t received, received_online, received_counter, received_postal, received_unstated;
	int64_t carried_in;
	int64_t done, done_early, done_on_time, done_late, done_no_due;
	int64_t open, open_in_time, open_late, open_paused;
	int64_t refused, withdrawn, incomplete;
	int64_t rate_input_digitised, rate_result_digitised, rate_paid_online, rate_satisfied; /* numerators */
	int64_t fee_received, rated_done;                                                      /* denominators */
	/*
	 * What the indices ask besides: received with reused papers; done with papers and result digitised, rated 1
	 * or 2; and of how many it was said at all (digitised: of both; paid: of those with a fee).
	 */
	int64_t reused_received, digitised_done, dissatisfied_done;
	int64_t input_stated, result_stated, digitised_stated, reused_stated, paid_stated;
};

/* The part of a procedure's code that is the same in the whole country: "1.001612" of "1.001612.000.00.00.H48". */
struct slice count_national_code(struct slice procedure);

/* Adds what one dossier contributes. */
void count_dossier(const struct count_query *query, const struct dossier_facts *facts, struct cells *cells);

/* Why a dossier is listed as incomplete, as bits; 0 if it is complete (contract section 6). */
enum incomplete {
	INCOMPLETE_NO_RECEIPT = 1,    /* accepted or later, no receipt date */
	INCOMPLETE_END_FIRST = 2,     /* ended before it was received */
	INCOMPLETE_NO_END = 4,        /* done or returned without a date of either */
	INCOMPLETE_WITHDRAWN = 8,     /* withdrawn without any of three dates */
	INCOMPLETE_STATUS_AHEAD = 16, /* a status dated more than a day after the hub took it */
	INCOMPLETE_REOPENED = 32      /* an open status dated after the end date */
};
unsigned dossier_incomplete(const struct dossier_facts *facts, const struct count_rule *rule);

/* Days the dossier waited for the citizen (need_docs, need_payment) up to a day, and how often documents were
 * asked. */
int32_t dossier_waited(const struct dossier_facts *facts, int32_t to);
int64_t dossier_supplements(const struct dossier_facts *facts);

/* The day a dossier ended by the rule, DAY_UNSET if it has not. */
int32_t dossier_end(const struct dossier_facts *facts, const struct count_rule *rule);
/* The status on a day (fold rule 3); 0 if none was known by then. */
uint8_t dossier_status_on(const struct dossier_facts *facts, int32_t day);
void cells_add(struct cells *sum, const struct cells *part);
int64_t cells_total_in(const struct cells *c); /* received + carried_in */
int64_t cells_gap(const struct cells *c);      /* total_in - done - open */

#endif
