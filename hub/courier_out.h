/*
 * Courier files out (PROTOCOL.md section 11): what the hub would answer a device over the line, sealed to the
 * device's box key. Each file stands for itself. One thread; beside a serving hub.
 */
#ifndef MOTCUA_HUB_COURIER_OUT_H
#define MOTCUA_HUB_COURIER_OUT_H

#include "hub/hub.h"

struct receipts_plan {
	uint8_t device[DEVICE_ID_LEN];
	const char *path;  /* of the first file; the others are numbered (path_numbered) */
	size_t file_limit; /* bytes of one file; 0: LIMIT_COURIER */
};
struct receipts_done {
	unsigned files;
	int64_t receipts;
};

/*
 * Writes a head and the receipts above what the device's last request, by whichever road, called receipted; all
 * there are if it never asked. Each file is read back after writing. STATUS_UNKNOWN_DEVICE, STATUS_WAITING_DEVICE,
 * STATUS_SUSPENDED (a held one is answered); STATUS_DIFFERENT: the medium gave other bytes back; STATUS_LIMIT: too
 * many files; the disk's.
 */
MUST_CHECK enum status courier_write_receipts(struct hub *hub, const struct receipts_plan *plan,
					      struct receipts_done *ret_done);

#endif
