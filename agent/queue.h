/*
 * The queue: every change of this PC in its order, from the moment it was typed or read until a receipt of the hub
 * names the batch that carried it. What may enter is checked by the caller (change_check).
 */
#ifndef MOTCUA_AGENT_QUEUE_H
#define MOTCUA_AGENT_QUEUE_H

#include "agent/agent.h"
#include "protocol/record.h"
#include "protocol/reply.h"

struct queue_source {
	int64_t import;   /* number of the import, 0: none */
	bool time_is_now; /* changed_at is the present, assumed: it is kept above the thing's own last stamp */
	const int64_t *hub_time; /* agent_hub_time() as this transaction has it; NULL: not asked for yet */
};

/* What became of a change that was handed in. */
struct queue_outcome {
	bool queued;  /* false: the book knew all of it */
	bool on_void; /* it concerns a thing that is taken back, and says nothing about that itself */
};

/*
 * Queues what is new in a change and writes it into the book, inside the caller's transaction. What a listing
 * repeats is confirmed instead; a confirmation travels at once behind a write that comes to stand before it (rule
 * 8).
 */
MUST_CHECK enum status queue_put(const struct agent *agent, const struct queue_source *source,
				 const struct change *change, struct queue_outcome *ret_outcome);
/* The same where only *ret_queued is asked for. */
MUST_CHECK enum status queue_append(const struct agent *agent, const struct queue_source *source,
				    const struct change *change, bool *ret_queued);

/* What was taken from the queue for one batch. */
struct queue_taken {
	size_t count;
	int64_t last;   /* the number of the last one */
	int64_t newest; /* the latest changed_at; INT64_MIN of none */
};

/*
 * Fills a batch with the oldest changes that are in none yet, at most limit; fewer than there are if the writer is
 * full. STATUS_CORRUPT if a record is not what was stored.
 */
MUST_CHECK enum status queue_take(const struct agent *agent, struct batch_writer *writer, size_t limit,
				  struct queue_taken *ret_taken);
/* Marks the changes up to number last as carried by batch seq, sealed at a time, inside the caller's transaction.
 */
MUST_CHECK enum status queue_seal(const struct agent *agent, uint64_t seq, int64_t last, int64_t sealed_at);

/*
 * Settles the changes of a batch by its verified receipt, inside the caller's transaction: they are acknowledged,
 * and those the hub refused stand in `rejected`. *ret_refused counts these. STATUS_MALFORMED if the verdicts name
 * changes the batch has not.
 */
MUST_CHECK enum status queue_settle(const struct agent *agent, const struct receipt *receipt, int64_t *ret_refused);

/*
 * Queues a change once more as it is, though the book knows it: what the hub lost is said again with its own time.
 * import is that of the change it repeats. Inside the caller's transaction.
 */
MUST_CHECK enum status queue_again(const struct agent *agent, int64_t import, const struct change *change);

struct queue_counts {
	int64_t waiting;       /* no receipt yet */
	int64_t unsealed;      /* of these, in no batch yet */
	int64_t first_waiting; /* number of the oldest without a receipt, INT64_MAX if none */
};
MUST_CHECK enum status queue_count(const struct agent *agent, struct queue_counts *ret_counts);
/* The first of these alone. */
MUST_CHECK enum status queue_count_waiting(const struct agent *agent, int64_t *ret_waiting);

/* The numbers of all changes the hub refused, ascending, as int64_t; out is cleared first. */
MUST_CHECK enum status queue_refused(const struct agent *agent, struct bytes *out);

/* Where one change stands. */
enum queue_place { QUEUE_UNKNOWN, QUEUE_WAITING, QUEUE_SEALED, QUEUE_TAKEN, QUEUE_REFUSED };
MUST_CHECK enum status queue_find(const struct agent *agent, int64_t id, enum queue_place *ret_place);

/* The check value of a stored form, kept beside it: a record the disk changed must not be signed. */
int64_t queue_digest(struct slice record);

/* A change's stored form put into out (cleared first); STATUS_EMPTY if there is no such number. */
MUST_CHECK enum status queue_record(const struct agent *agent, int64_t id, struct bytes *out);

#endif
