/*
 * What the enrolment settled, as named values of the database and once more in a file beside it: from the file a
 * lost database begins again without a new invitation (L9).
 */
#ifndef MOTCUA_AGENT_ENROLMENT_H
#define MOTCUA_AGENT_ENROLMENT_H

#include "agent/agent.h"

#define ENROLMENT_FILE "enrolment"

struct enrolment {
	char host[INVITATION_HOST + 1]; /* "", and port 0, where none is known */
	uint16_t port;
	char unit[LIMIT_UNIT + 1]; /* "" until the hub has answered (pending.h) */
	char unit_name[LIMIT_TEXT + 1];
	int64_t enrolled_at;
};

/* From and to the database; storing is inside the caller's transaction. */
MUST_CHECK enum status enrolment_load(const struct agent *agent, struct enrolment *ret_enrolment);
MUST_CHECK enum status enrolment_store(struct database *db, const struct enrolment *enrolment);
/*
 * Stores once more what is stored: after an attempt whose last sync failed it stands in the system's memory and
 * perhaps not on the disk, and whoever is told that it is enrolled relies on it (L1).
 */
MUST_CHECK enum status enrolment_confirm(const struct agent *agent);

/* From and to the file: [1, host, port, unit, name of the unit, enrolled at] in CBOR. STATUS_EMPTY, STATUS_CORRUPT.
 */
MUST_CHECK enum status enrolment_read(const char *dir, struct enrolment *ret_enrolment);
MUST_CHECK enum status enrolment_write(const char *dir, const struct enrolment *enrolment);
/* Writes the file from the database where it is missing. */
MUST_CHECK enum status enrolment_keep(const struct agent *agent);

#endif
