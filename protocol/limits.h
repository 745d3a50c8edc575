/*
 * Every bound that foreign bytes can meet, with its reason. Nothing untrusted is looped over or allocated for
 * without one of these.
 */
#ifndef MOTCUA_PROTOCOL_LIMITS_H
#define MOTCUA_PROTOCOL_LIMITS_H

enum {
	/* one record */
	LIMIT_TEXT = 240,      /* bytes of UTF-8 in a text field: a field of law fits, a story does not */
	LIMIT_CODE = 64,       /* dossier code, asset: the longest seen is 50 */
	LIMIT_UNIT = 32,       /* unit code: 2 to 5 digits today, agency identifiers up to 20 */
	LIMIT_PROCEDURE = 40,  /* national code plus local suffix is 24 */
	LIMIT_NAME = 64,       /* indicator name */
	LIMIT_KEY = 128,       /* key of a thing: an indicator's unit, period and name joined */

	/* one thing: a dossier sees some ten changes; without a bound one device could make every write slow */
	LIMIT_THING_CHANGES = 1000,

	/* one batch, one exchange */
	LIMIT_BATCH_CHANGES = 4096,        /* bounds decode memory and the time others wait */
	LIMIT_BATCH_RAW = 1024 * 1024,     /* inflated */
	LIMIT_BATCH_SEALED = 256 * 1024,   /* sealed: 17 minutes at 2 kbit/s */
	LIMIT_REQUEST = 1024 * 1024,       /* request and envelopes together */
	LIMIT_REPLY = 256 * 1024,          /* head and receipts */
	LIMIT_IDENTITY = 4 * 1024,         /* the only answer read without a pin */
	LIMIT_ENVELOPES = 512,             /* envelopes in one request */
	LIMIT_INCARNATIONS = 64,           /* incarnations named in one request or head */
	LIMIT_PENDING = 64,                /* batches of one device waiting for a predecessor */
	LIMIT_NESTING = 8,                 /* CBOR depth: our deepest message has 5 */
	LIMIT_ACT = 16 * 1024 * 1024,      /* one act: a unit list of the whole country is 0.5 MB */

	/* files */
	LIMIT_COURIER = 64 * 1024 * 1024,  /* one courier file: FAT sticks, old PCs; a continuation file follows */
	LIMIT_COURIER_DAMAGE = 4096,       /* frames of one courier file that do not open, before the rest is given up */
	LIMIT_COURIER_PARTS = 999,         /* continuation files of one export */
	LIMIT_COLUMNS = 256,               /* columns of a table */
	LIMIT_LINE = 64 * 1024,            /* one line or row of an import */
	LIMIT_HEADER_ROWS = 50,            /* rows among which a header is looked for: titles take fewer */
	LIMIT_SHEET_NAME = 128,            /* of a sheet; Excel allows 31 letters */
	LIMIT_SETTINGS = 64 * 1024,        /* a settings file */

	/* network, seconds */
	LIMIT_PATIENCE_S = 60,             /* for an answer, by default; a connection gets half of it */
	LIMIT_PATIENCE_MAX_S = 600,
	LIMIT_REQUEST_MAX_S = 20 * 60,
	LIMIT_SLOWEST_BYTES_S = 64, /* the slowest line that is waited for */

	/* how many changes the agent puts in a batch: the sizes of design.md's targets */
	BATCH_TAKE = 2000
};

#define LIMIT_IMPORT_BYTES (INT64_C(1) << 30) /* an import is streamed; 1 GiB is a bug or the wrong file */

/* A stamp may lie this far after the hub's time of acceptance before it is bounded (fold rule 2). */
#define CLOCK_TOLERANCE_MS (INT64_C(10) * 60 * 1000)

#endif
