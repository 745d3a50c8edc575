/*
 * One batch that came, by whatever road: opened and verified, then given its place in its chain (PROTOCOL.md
 * section 5). Opening touches no database; taking belongs to the one writer inside a transaction.
 */
#ifndef MOTCUA_HUB_ARRIVED_H
#define MOTCUA_HUB_ARRIVED_H

#include "hub/hub.h"
#include "protocol/batch.h"

/* What the hub said of a batch before it lost it: it stands (design.md section 3, rule 2). */
struct said_before {
	struct slice sealed; /* the receipt; borrowed, empty if there is none */
	int64_t accepted_at;
	struct slice verdicts; /* borrowed */
};

struct arrived {
	struct slice sealed; /* borrowed */
	uint8_t hash[HASH_LEN];
	struct batch_head head;
	struct batch *batch; /* NULL where the rows cannot be read */
	struct said_before before;
};

/* Whether an envelope says it is this hub's own: what comes in beside batches and is a receipt. */
bool arrived_is_receipt(const struct hub *hub, struct slice sealed);

/*
 * L7: the batch is the device's whose key signed it, whatever its head says. receipt: one that came with it, or
 * empty; only one that this hub signed for this very batch is taken, any other is as none. Both must live as long
 * as what comes of them. STATUS_LIMIT, STATUS_MALFORMED, STATUS_VERSION, STATUS_FORGED, STATUS_NO_MEMORY.
 */
MUST_CHECK enum status arrived_open(struct hub *hub, const struct device *device, struct slice sealed,
				    struct slice receipt, struct arrived *ret_arrived);
void arrived_clear(struct arrived *in);

/* What became of a batch. */
enum fate {
	FATE_JOINED,
	FATE_LATE,     /* it joined though the operator had the chain go on without it */
	FATE_KNOWN,    /* the chain has it, or it waits already */
	FATE_WAITS,    /* kept until the ones before it have come */
	FATE_NOT_KEPT, /* too many wait, or another one waits in its place: its device sends it again */
	FATE_EVIDENCE  /* it contradicts its chain (L3); its device is held from now on */
};

/* Sums over batches: what came of them. */
struct taken {
	int64_t joined;  /* late ones, and those that waited for one of them, too */
	int64_t changes; /* in the joined ones */
	int64_t refused; /* of these, set aside with a verdict */
	int64_t known;
	int64_t waiting; /* kept */
	int64_t not_kept;
	int64_t evidence;
};

/* Inside a transaction, before any of a request is taken: what waits here already gets the receipt it had. */
MUST_CHECK enum status arrived_add_receipt(struct hub *hub, const struct arrived *in);

/* Gives a batch its place, and after it those that waited for it; adds to taken. */
MUST_CHECK enum status arrived_take(struct hub *hub, const struct device *device, const struct arrived *in,
				    struct taken *taken, enum fate *ret_fate);

/* Those that wait right behind a place, now that it is taken or passed over. */
MUST_CHECK enum status arrived_take_waiting(struct hub *hub, const struct device *device,
					    const struct batch_head *after, struct taken *taken);

#endif
