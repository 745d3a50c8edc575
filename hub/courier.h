/*
 * Courier files in (PROTOCOL.md section 11): what a file still holds of enrolments, requests and batches is
 * verified one by one, each for the device whose key signed it, and taken as from the line. A second writer process
 * beside a serving hub: it writes in groups, so that the other is not held up. One thread.
 */
#ifndef MOTCUA_HUB_COURIER_H
#define MOTCUA_HUB_COURIER_H

#include "hub/arrived.h"

/* What is wrong with a file as a whole: nothing of it was taken. */
enum ingest_fault {
	INGEST_NO_FAULT,
	INGEST_UNFINISHED,  /* the name ends in ".part": a copy that was not finished */
	INGEST_MISSING,     /* no such file */
	INGEST_NOT_A_FILE,  /* a folder, a device */
	INGEST_TOO_LARGE,   /* over LIMIT_COURIER */
	INGEST_READ,        /* it cannot be read: status says why */
	INGEST_NOT_COURIER, /* it does not begin as one, and no frame of it opens */
	INGEST_VERSION,     /* of a later version */
	INGEST_OTHER_HUB,   /* it says so, and no frame of it opens */
	INGEST_FOR_DEVICE,  /* receipts on their way to a device */
	INGEST_ALL_DAMAGED  /* it says it is for this hub, and no frame of it opens */
};

struct ingested {
	enum ingest_fault fault;
	enum status status; /* the gravest of what was found; STATUS_OK: all of the file was taken */
	bool has_device;    /* of the last envelope that verified, else of the file's start, which is not signed */
	uint8_t device[DEVICE_ID_LEN];
	int64_t enrolled;              /* enrolments of computers that were not known */
	enum device_state enrolled_as; /* of the last of them */
	struct taken taken;
	int64_t refused_frames; /* envelopes that were not taken, and why the first of them was not: */
	enum status refused_status; /* STATUS_UNKNOWN_DEVICE, …_WAITING_DEVICE, …_SUSPENDED, …_FORK, or its form */
	int64_t damaged;            /* places where a frame stood that does not open */
	int64_t missing; /* frames that the last one counts, or the last one itself, and that are not there */
	int64_t part;    /* number of this file of an export, 0 if its end is lost */
	bool more;       /* a continuation file follows */
};

struct ingest; /* opaque: one run over several files */

/* hub must be open for writing and outlive it. NULL on no memory. */
struct ingest *ingest_new(struct hub *hub);
void ingest_free(struct ingest *run);

/*
 * Takes one file. STATUS_OK with *out filled, whatever stood in it; anything else is trouble of this machine (disk,
 * lock, memory): groups before it are kept, *out says what they held, and the run cannot go on.
 */
MUST_CHECK enum status ingest_file(struct ingest *run, const char *path, struct ingested *out);
/* The same from memory. */
MUST_CHECK enum status ingest_bytes(struct ingest *run, struct slice file, struct ingested *out);

/* How many of the batches that this run kept waiting still wait. */
MUST_CHECK enum status ingest_waiting(struct ingest *run, int64_t *ret_count);

#endif
