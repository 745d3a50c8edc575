/*
 * Judges what devices send and answers (L8: length, version, device, signature, inflate, decode, judge, append).
 * The first half, intake_open, touches no database and may run on many threads at once; the second, intake_take,
 * belongs to the one writer inside a transaction. The answer may leave only after that transaction committed (L1).
 */
#ifndef MOTCUA_HUB_INTAKE_H
#define MOTCUA_HUB_INTAKE_H

#include "hub/arrived.h"
#include "hub/hub.h"
#include "protocol/request.h"

struct arrival; /* opaque: one exchange, verified and decoded */

/*
 * Verifies the request and its envelopes and decodes their rows. body must live as long as the arrival.
 * STATUS_MALFORMED, STATUS_VERSION, STATUS_LIMIT, STATUS_UNKNOWN_DEVICE, STATUS_SUSPENDED (revoked), STATUS_FORGED,
 * STATUS_NO_MEMORY: nothing was or will be kept.
 */
MUST_CHECK enum status intake_open(struct hub *hub, struct slice body, struct arrival **ret_arrival);
void intake_free(struct arrival *a);

/* The key a body of requests claims to be signed with, not verified. STATUS_MALFORMED, STATUS_LIMIT. Any thread. */
MUST_CHECK enum status intake_key(struct slice body, uint8_t ret_key_id[static KEY_ID_LEN]);

/*
 * Appends every batch that continues its chain, keeps the ones that came too early in `pending` and the ones that
 * contradict the chain in `evidence`, and appends the answer (head and receipts) to out. STATUS_WAITING_DEVICE,
 * STATUS_SUSPENDED: the operator has not let this device in, nothing was written.
 */
MUST_CHECK enum status intake_take(struct hub *hub, struct arrival *a, struct bytes *out);
/* What became of its batches, after intake_take. */
struct taken intake_taken(const struct arrival *a);

/*
 * One sealed message by itself, verified as this device's: its payload, which borrows from sealed. Statuses as
 * intake_open. Any thread.
 */
MUST_CHECK enum status intake_open_sealed(struct hub *hub, struct slice sealed, enum message message,
					  struct device *ret_device, struct slice *ret_payload);

/*
 * One sealed request by itself, verified: whose it is and what it says; version borrows from sealed. How the device
 * stands is not looked at. Statuses as intake_open. Any thread.
 */
MUST_CHECK enum status intake_open_request(struct hub *hub, struct slice sealed, struct device *ret_device,
					   struct request *ret_request);

#endif
