/*
 * The road without a line: what waits goes into sealed files on a stick, and the hub's receipts come back the same
 * way (protocol/courier.h). Writing a file acknowledges nothing; a stick may be lost, delivered twice or late.
 */
#ifndef MOTCUA_AGENT_COURIER_H
#define MOTCUA_AGENT_COURIER_H

#include "agent/settle.h"

struct courier_export {
	unsigned files; /* continuation files included */
	int64_t batches;
	int64_t bytes;
	int64_t sealed; /* batches sealed for it */
};
/*
 * Seals what waits (a heartbeat where nothing is to be sent) and writes everything above `have` of the last head
 * into path and its continuation files, behind the enrolment where that was not answered yet (pending.h). Each file
 * is written aside, synced, renamed and read back: STATUS_DIFFERENT means that the stick returned other bytes.
 * STATUS_EXISTS: another kind of file stands at path. STATUS_CLONED as in seal.h. What was sealed stays so in any
 * case.
 */
MUST_CHECK enum status courier_export(struct agent *agent, const char *path, struct courier_export *ret_export);

struct courier_receipts {
	struct settlement settlement;
	bool compared;   /* the answer to a comparison came with it: `compare` works from it */
	bool enrolled;   /* the answer to the enrolment came with it */
	uint64_t frames; /* that could be read */
	uint64_t damaged;
	bool whole; /* nothing of the file is missing */
	bool more;  /* a continuation file follows */
};
/*
 * Takes receipts, head and, where it was waited for, the answer to the enrolment (pending.h) out of a file, all
 * that is undamaged, in one transaction. STATUS_MALFORMED if it is no courier file, STATUS_USAGE if it is one for
 * the hub, STATUS_FOREIGN if it is for another computer or from another hub, STATUS_BUSY if its name says that it
 * was not finished, STATUS_VERSION, STATUS_LIMIT; STATUS_EMPTY if there is no such file.
 */
MUST_CHECK enum status courier_receive(struct agent *agent, const char *path,
				       struct courier_receipts *ret_receipts);

#endif
