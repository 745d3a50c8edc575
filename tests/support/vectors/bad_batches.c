#include "vectors.h"

#include <stdlib.h>
#include <zlib.h>

#include "protocol/batch_pack.h"
#include "protocol/deflate.h"

/* The rows of two accepted dossiers, A1 and A2, of the procedure P: one part for each key of the map. */
#define R1 "01 81 84 01 18 88 00 01"
#define R2 "02 00"
#define R3 "03 39 03e7"
#define R4 "04 00"
#define R5 "05 83 81 62 4101 00 81 01"
#define R6 "06 a1 07 02"
#define R7 "07 a1 03 82 00 83 81 61 50 00 80"

enum { SOUND_COUNT = 2, MIB = 1024 * 1024, BOMB = 16 * MIB, DECLARED_BOMB = 4 * MIB };

static struct bytes sound_rows(void)
{
	struct bytes rows = bytes_new(LIMIT_BATCH_RAW);
	put_hex(&rows, "a7" R1 R2 R3 R4 R5 R6 R7);
	return rows;
}

static void bad_batch(struct vectors *v, const char *name, struct slice payload, const char *why)
{
	struct form form = form_of(MESSAGE_BATCH);
	put_envelope(vector_message(v, false, MESSAGE_BATCH, name, why), &form, payload);
}

/* --- the head --- */

/* The pairs of a heartbeat's head. */
#define B2  "02 00"
#define B3  "03 48" DEVICE_HEX
#define B4  "04 01"
#define B5  "05 48" BITS_HEX
#define B6  "06 01"
#define B7  "07 5820" ZEROS_HEX
#define B8  "08" INSTANT_HEX
#define B9  "09 83 00 00 00"
#define BA  "0a 00"
#define B36 B3 B4 B5 B6

static void heads_by_hand(struct vectors *v)
{
	static const char *const heads[][3] = {
		{"batch-head-version-0", "aa 01 00" B2 B36 B7 B8 B9 BA, "version: 0"},
		{"batch-head-version-3", "aa 01 03" B2 B36 B7 B8 B9 BA, "version: 3"},
		{"batch-head-version-3-more", "ab 01 03" B2 B36 B7 B8 B9 BA "0b 00",
		 "version: 3, with a key of that version"},
		{"batch-head-version-greatest", "aa 01 1bffffffffffffffff" B2 B36 B7 B8 B9 BA, "version: 2^64 - 1"},
		{"batch-head-key-unknown", "ab 01 01" B2 B36 B7 B8 B9 BA "0b 00", "head: key 11"},
		{"batch-head-key-twice", "ab 01 01" B2 B36 B7 B8 B8 B9 BA, "head: key 8 twice"},
		{"batch-head-key-missing", "a9 01 01" B2 B36 B7 B9 BA, "head: key 8 is missing"},
		{"batch-head-keys-unsorted", "aa 01 01" B2 B36 B8 B7 B9 BA, "head: key 8 before 7"},
		{"batch-head-indefinite", "bf 01 01" B2 B36 B7 B8 B9 BA "ff", "head: a map of indefinite length"},
		{"batch-head-long-form", "aa 01 01" B2 B3 "04 1801" B5 B6 B7 B8 B9 BA, "head: 1 in two bytes"},
		{"batch-head-float", "aa 01 01" B2 B3 "04 f93c00" B5 B6 B7 B8 B9 BA, "head: a float"},
		{"batch-head-prev-short",
		 "aa 01 01" B2 B36
		 "07 581f 00000000000000000000000000000000000000000000000000000000000000" B8 B9 BA,
		 "head: the hash of the batch before has 31 bytes"},
		{"batch-head-ordinal-0", "aa 01 01" B2 B3 "04 00" B5 B6 B7 B8 B9 BA, "head: the ordinal is 0"},
		{"batch-head-seq-0", "aa 01 01" B2 B3 B4 B5 "06 00" B7 B8 B9 BA, "head: seq 0"},
		{"batch-head-seq-2-63", "aa 01 01" B2 B3 B4 B5 "06 1b8000000000000000" B7 B8 B9 BA,
		 "head: seq 2^63"},
		{"batch-head-year-10000", "aa 01 01" B2 B36 B7 "08 1b0000e677d09f5680" B9 BA,
		 "head: sealed after 9999"},
		{"batch-head-seen-of-two", "aa 01 01" B2 B36 B7 B8 "09 82 00 00" BA, "head: key 9 has two parts"},
		{"batch-head-device-long", "aa 01 01" B2 "03 49" DEVICE_HEX "00" B4 B5 B6 B7 B8 B9 BA,
		 "head: a device id of 9 bytes"},
		{"batch-head-bomb", "9a 02000000", "head: an array of 33,554,432 items in 5 bytes"},
		{"batch-head-empty", "", "head: an empty payload"},
		{"batch-heartbeat-trailing", "aa 01 01" B2 B36 B7 B8 B9 BA "00",
		 "inflate: a byte behind a heartbeat"},
	};
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		bad_payload(v, MESSAGE_BATCH, heads[i][0], heads[i][1], heads[i][2]);
}

static void numbers(struct vectors *v)
{
	static const struct {
		const char *name;
		struct batch_form form;
		const char *why;
	} heads[] = {
		{"batch-length-0", {1, 0, 1, 1, SOUND_COUNT}, "inflate: 2 changes, but a length of 0 is declared"},
		{"batch-length-too-large",
		 {1, MIB + 1, 1, 1, SOUND_COUNT},
		 "head: a length of 1,048,577 is declared"},
		{"batch-length-2-63", {1, INT64_MAX, 1, 1, SOUND_COUNT}, "head: a length of 2^63 - 1 is declared"},
		{"batch-length-of-heartbeat", {1, -1, 1, 1, 0}, "inflate: no changes, but rows"},
		{"batch-count-4097", {1, -1, 1, 1, LIMIT_BATCH_CHANGES + 1}, "head: 4,097 changes are declared"},
		{"batch-count-1", {1, -1, 1, 1, 1}, "rows: 1 change is declared, there are 2"},
		{"batch-count-3", {1, -1, 1, 1, 3}, "rows: 3 changes are declared, there are 2"},
	};
	struct bytes rows = bytes_new(LIMIT_BATCH_RAW);
	/* References to keys as a string, so that the rows say themselves how many they are. */
	put_hex(&rows, "a7" R1 R2 R3 "04 42 0000" R5 R6 R7);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct bytes payload = bytes_new(LIMIT_BATCH_RAW);
		put_batch_payload(&payload, &heads[i].form, bytes_slice(&rows));
		bad_batch(v, heads[i].name, bytes_slice(&payload), heads[i].why);
		bytes_free(&payload);
	}
	bytes_free(&rows);
}

/* 4,097 changes in truth: one status each, of one dossier. */
static void too_many_changes(struct vectors *v)
{
	const struct batch_form form = {1, -1, 1, 1, LIMIT_BATCH_CHANGES + 1};
	struct bytes rows = bytes_new(LIMIT_BATCH_RAW);
	struct bytes payload = bytes_new(LIMIT_BATCH_RAW);
	put_hex(&rows, "a7 01 81 84 01 18 80 00 01 02 00 03 00 04 59 1001 00");
	for (int i = 0; i < LIMIT_BATCH_CHANGES; i++)
		put_hex(&rows, "02");
	put_hex(&rows, "05 83 81 61 41 00 80 06 a1 07 02 07 a0");
	put_batch_payload(&payload, &form, bytes_slice(&rows));
	bad_batch(v, "batch-changes-4097", bytes_slice(&payload), "head: 4,097 changes, and as many rows");
	bytes_free(&payload);
	bytes_free(&rows);
}

void bad_heads(struct vectors *v)
{
	heads_by_hand(v);
	numbers(v);
	too_many_changes(v);
}

/* --- the stream --- */

static void bad_stream(struct vectors *v, const char *name, int64_t raw_len, struct slice stream, const char *why)
{
	const struct batch_form form = {2, raw_len, 1, 1, SOUND_COUNT};
	struct bytes payload = bytes_new(LIMIT_BATCH_RAW);
	put_batch_head(&payload, &form, 0);
	bytes_put(&payload, stream.data, stream.len);
	must(bytes_status(&payload), name);
	bad_batch(v, name, bytes_slice(&payload), why);
	bytes_free(&payload);
}

static void bombs(struct vectors *v)
{
	struct bytes stream = bytes_new(2 * (size_t)BOMB);
	uint8_t *zeros = calloc(1, BOMB);
	if (zeros == NULL)
		die("no memory");
	must(deflate_pack(slice_of(zeros, BOMB), NULL, &stream), "bomb");
	bad_stream(v, "batch-bomb-declared-small", MIB, bytes_slice(&stream),
		   "inflate: 16 MiB of zeros, declared as 1 MiB");
	bytes_clear(&stream);
	must(deflate_pack(slice_of(zeros, DECLARED_BOMB), NULL, &stream), "bomb");
	bad_stream(v, "batch-bomb-declared", DECLARED_BOMB, bytes_slice(&stream),
		   "head: 4 MiB of zeros, declared as such");
	bytes_free(&stream);
	must(deflate_pack(slice_of(zeros, MIB), NULL, &stream), "zeros");
	bad_stream(v, "batch-zeros", MIB, bytes_slice(&stream), "rows: 1,048,576 zeros, as many as are allowed");
	bytes_free(&stream);
	free(zeros);
}

static void streams_edited(struct vectors *v)
{
	struct bytes rows = sound_rows();
	struct bytes z = bytes_new(LIMIT_BATCH_RAW);
	int64_t len = (int64_t)rows.len;
	must(deflate_pack(bytes_slice(&rows), NULL, &z), "rows");
	bad_stream(v, "batch-length-one-less", len - 1, bytes_slice(&z), "inflate: a byte more than declared");
	bad_stream(v, "batch-length-one-more", len + 1, bytes_slice(&z), "inflate: a byte less than declared");
	bad_stream(v, "batch-stream-cut", len, slice_of(z.data, z.len - 1),
		   "inflate: the stream's last byte is gone");
	bad_stream(v, "batch-stream-none", len, (struct slice){0}, "inflate: no stream");
	bad_stream(v, "batch-stream-bare", len, slice_of(z.data + 2, z.len - 6),
		   "inflate: deflate without its container");
	bad_stream(v, "batch-rows-plain", len, bytes_slice(&rows), "inflate: rows that are not compressed");
	z.data[z.len - 1] ^= 1;
	bad_stream(v, "batch-check-value-wrong", len, bytes_slice(&z), "inflate: the check value is wrong");
	z.data[z.len - 1] ^= 1;
	bytes_put_u8(&z, 0);
	bad_stream(v, "batch-stream-trailing", len, bytes_slice(&z), "inflate: a byte behind the stream");
	z.len--;
	size_t one = z.len;
	must(deflate_pack((struct slice){0}, NULL, &z), "nothing");
	bad_stream(v, "batch-stream-empty-second", len, bytes_slice(&z), "inflate: a second, empty stream");
	z.len = one;
	must(deflate_pack(bytes_slice(&rows), NULL, &z), "rows");
	bad_stream(v, "batch-stream-twice", 2 * len, bytes_slice(&z), "inflate: two streams, declared as one");
	bytes_free(&z);
	bytes_free(&rows);
}

/* What version 2 added, under the number of version 1. */
static void later_forms(struct vectors *v)
{
	const struct batch_form form = {1, -1, 1, 1, SOUND_COUNT};
	struct bytes rows = sound_rows();
	struct bytes payload = bytes_new(LIMIT_BATCH_RAW);
	put_batch_head(&payload, &form, rows.len);
	must(batch_pack(bytes_slice(&rows), &payload), "rows");
	bad_batch(v, "batch-version-1-dictionary", bytes_slice(&payload),
		  "inflate: version 1, with the dictionary");
	bytes_clear(&payload);
	bytes_clear(&rows);
	put_hex(&rows, "a7" R1 R2 "03 82 20 42 0001" R4 R5 R6 R7);
	put_batch_payload(&payload, &form, bytes_slice(&rows));
	bad_batch(v, "batch-version-1-signless", bytes_slice(&payload), "rows: version 1, with a scale below 0");
	bytes_free(&payload);
	bytes_free(&rows);
}

/* Written by hand: these hold the rows in a stored block, or none. */
static void streams_by_hand(struct vectors *v)
{
	struct bytes rows = sound_rows();
	struct bytes z = bytes_new(LIMIT_BATCH_RAW);
	uLong adler = adler32(adler32(0, NULL, 0), rows.data, (uInt)rows.len);
	uLong crc = crc32(crc32(0, NULL, 0), rows.data, (uInt)rows.len);
	const uint8_t check[] = {(uint8_t)(adler >> 24), (uint8_t)(adler >> 16), (uint8_t)(adler >> 8),
				 (uint8_t)adler};
	/* Its own check value is a CRC, least significant byte first, then the length. */
	const uint8_t gzip_end[] = {(uint8_t)crc,
				    (uint8_t)(crc >> 8),
				    (uint8_t)(crc >> 16),
				    (uint8_t)(crc >> 24),
				    (uint8_t)rows.len,
				    0,
				    0,
				    0};
	const uint8_t block[] = {1, (uint8_t)rows.len, 0, (uint8_t)~rows.len, 0xff};
	/* FDICT and the Adler-32 of a dictionary that holds "dossier". */
	put_hex(&z, "7820 0bdf02fa");
	bytes_put(&z, block, sizeof(block));
	bytes_put(&z, rows.data, rows.len);
	bytes_put(&z, check, sizeof(check));
	bad_stream(v, "batch-preset-dictionary", (int64_t)rows.len, bytes_slice(&z),
		   "inflate: another preset dictionary");
	bytes_clear(&z);
	put_hex(&z, "1f8b0800000000000203");
	bytes_put(&z, block, sizeof(block));
	bytes_put(&z, rows.data, rows.len);
	bytes_put(&z, gzip_end, sizeof(gzip_end));
	bad_stream(v, "batch-gzip", (int64_t)rows.len, bytes_slice(&z), "inflate: gzip, not zlib");
	bytes_clear(&z);
	put_hex(&z, "7802");
	bytes_put(&z, block, sizeof(block));
	bytes_put(&z, rows.data, rows.len);
	bytes_put(&z, check, sizeof(check));
	bad_stream(v, "batch-zlib-header-wrong", (int64_t)rows.len, bytes_slice(&z),
		   "inflate: the check of the stream's header is wrong");
	bytes_free(&z);
	bytes_free(&rows);
}

void bad_streams(struct vectors *v)
{
	bombs(v);
	streams_edited(v);
	streams_by_hand(v);
	later_forms(v);
}
