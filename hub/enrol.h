/*
 * Invitations and enrolment (PROTOCOL.md section 7). An invitation is an act in the log without its secret; the key
 * that proves the secret stays in a local table until it is used or has expired. Wrong tries burn nothing: an
 * outsider cannot use up an invitation.
 */
#ifndef MOTCUA_HUB_ENROL_H
#define MOTCUA_HUB_ENROL_H

#include "hub/hub.h"
#include "protocol/request.h"

enum { INVITE_HOURS_MAX = 24 * 30, INVITE_HOURS_UNCONFIRMED = 24 };

struct invite_plan {
	const char *unit;
	const char *host; /* as agents reach the hub */
	uint16_t port;
	int64_t hours; /* how long it is open */
	bool confirm;  /* devices wait until the operator confirms their fingerprint */
	const char *who;
	bool replaces; /* a computer of this unit, which is shut out once the new one is let in */
	uint8_t replaced[DEVICE_ID_LEN];
};

/* Opens an invitation. STATUS_EMPTY: no such unit; STATUS_UNKNOWN_DEVICE, STATUS_DIFFERENT: the replaced computer
 * is not known, or of another unit. Fills the code to hand out and when it ends. */
MUST_CHECK enum status enrol_invite(struct hub *hub, const struct invite_plan *plan,
				    char ret_code[static INVITATION_TEXT], int64_t *ret_expires);

/* The same inside the caller's transaction: the code opens nothing before its commit. */
MUST_CHECK enum status enrol_invite_within(struct hub *hub, const struct invite_plan *plan,
					   char ret_code[static INVITATION_TEXT], int64_t *ret_expires);

/*
 * Judges the body of POST /v1/enroll inside the writer's transaction and appends the sealed answer to out. A device
 * that asks again with the same key gets the same answer. STATUS_INVITATION: no open invitation with this proof; a
 * second computer that knows the code of a used one is a line in the journal, as the first may have been a thief.
 * STATUS_MALFORMED, STATUS_FORGED, STATUS_VERSION.
 */
MUST_CHECK enum status enrol_take(struct hub *hub, struct slice body, struct bytes *out);

/*
 * The same body out of a courier file, in a transaction of its own; the answer goes out with the device's receipts
 * (enrol_answer_carried). A device that is enrolled already (*ret_fresh is false) is answered again, whichever
 * invitation its file names.
 * Statuses as enrol_take, and what goes wrong on this machine.
 */
MUST_CHECK enum status enrol_take_carried(struct hub *hub, struct slice body, struct device *ret_device,
					  bool *ret_fresh);

/* Appends the sealed answer for a device that enrolled by stick. STATUS_EMPTY: it did not. */
MUST_CHECK enum status enrol_answer_carried(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
					    struct bytes *out);

/* Confirms the device whose fingerprint this is (digits; blanks do not matter). STATUS_EMPTY if none waits. */
MUST_CHECK enum status enrol_confirm(struct hub *hub, const char *fingerprint, const char *who,
				     uint8_t ret_device[static DEVICE_ID_LEN]);

#endif
