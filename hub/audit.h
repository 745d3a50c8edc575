/*
 * How the last `verify --full` ended, in a small file beside the database ("verified"), so that it can be told even
 * where the database cannot be written or read: for `status` and for monitoring. A file that is missing or spoilt
 * never reads as "all is well" (L9).
 */
#ifndef MOTCUA_HUB_AUDIT_H
#define MOTCUA_HUB_AUDIT_H

#include "hub/verify.h"

struct audit {
	int64_t at; /* when it ended, by the hub's clock */
	int64_t entries;
	int64_t differences;
	char code[24]; /* of the status it ended with: "OK", "E-DIFFERENT", … */
};

/* Writes the result of verify_run(hub, true, report) into the hub's folder, and a line into the journal. */
MUST_CHECK enum status audit_note(const struct hub *hub, const struct verify_report *report, enum status outcome);

/* STATUS_EMPTY: it was never done; STATUS_CORRUPT: the file is spoilt. Any thread. */
MUST_CHECK enum status audit_read(const char *dir, struct audit *ret_audit);
/* True if it was done to its end and found no difference. */
bool audit_is_good(const struct audit *audit);

#endif
