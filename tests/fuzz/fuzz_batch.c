/* Batches, validly signed: the mutator changes the head, the stream or the rows behind it. */
#include "fuzz.h"

#include <string.h>

#include "protocol/batch_pack.h"
#include "protocol/cbor.h"
#include "tests/support/batch_split.h"

static const enum message PURPOSE[] = {MESSAGE_BATCH};

static void hold_same_changes(struct batch *a, struct batch *b)
{
	struct change x;
	struct change y;
	while (batch_next(a, &x)) {
		hold(batch_next(b, &y), "a change is lost in writing");
		hold(x.kind == y.kind && x.time_stated == y.time_stated && x.changed_at == y.changed_at &&
			     slice_equal(x.key, y.key),
		     "a change is another after writing");
		for (size_t f = 0; f < FIELD_COUNT; f++)
			hold(value_equal(&x.fields[f], &y.fields[f]), "a value is another after writing");
	}
	hold(!batch_next(b, &y), "a change came up in writing");
}

/* Written by our own writer and read again, the sound changes are the same. */
static void write_again(struct batch *batch)
{
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	struct batch_writer *w = batch_writer_new();
	struct batch *again = NULL;
	struct slice payload;
	struct change c;
	bool all = true;
	if (w == NULL)
		die("no memory");
	while (all && batch_next(batch, &c))
		all = change_check(&c, NULL) == STATUS_OK && batch_writer_add(w, &c) == STATUS_OK;
	batch_rewind(batch);
	if (all && batch_seal(w, batch_get_head(batch), the_hub(), the_key(SEED_DEVICE), &sealed) == STATUS_OK) {
		must(envelope_open(bytes_slice(&sealed), MESSAGE_BATCH, the_hub(),
				   signing_key_public(the_key(SEED_DEVICE)), &payload),
		     "opening what was sealed");
		must(batch_read(payload, &again), "reading what was written");
		hold_same_changes(batch, again);
	}
	batch_free(again);
	batch_writer_free(w);
	bytes_free(&sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum message message;
	struct slice payload;
	struct batch *batch = NULL;
	struct batch_head head;
	if (!purpose_under(slice_of(data, len), PURPOSE, 1, &message, &payload))
		return 0;
	enum status peeked = batch_peek(payload, &head);
	enum status s = batch_read(payload, &batch);
	hold(s == STATUS_OK || s == STATUS_MALFORMED || s == STATUS_VERSION, "what a batch can be");
	hold(peeked == STATUS_OK || s == peeked, "a head that does not read is no batch");
	if (s == STATUS_OK)
		write_again(batch);
	batch_free(batch);
	return 0;
}

/* The payload with other rows: packed as version 2, and their length in the head. */
static bool with_rows(struct slice payload, bool right_length, struct bytes *out)
{
	/* The map's head, key 1 and the version, key 2: then the length. */
	enum { VERSION = 2, BEFORE_LENGTH = 4 };
	struct slice head;
	struct slice stream;
	uint64_t raw_len = 0;
	struct bytes rows = bytes_new(LIMIT_BATCH_RAW + 1);
	struct bytes length = bytes_new(16);
	bool done = batch_split(payload, &head, &stream, &raw_len) && raw_len < LIMIT_BATCH_RAW / 4 &&
		    head.data[VERSION] <= BATCH_VERSION &&
		    batch_unpack(stream, true, (size_t)raw_len, &rows) == STATUS_OK;
	if (done) {
		struct bytes other = mutated(bytes_slice(&rows));
		cbor_put_uint(&length, raw_len);
		bytes_put(out, head.data, VERSION);
		bytes_put_u8(out, BATCH_VERSION);
		bytes_put(out, head.data + VERSION + 1, BEFORE_LENGTH - VERSION - 1);
		cbor_put_uint(out, right_length ? other.len : raw_len);
		bytes_put(out, head.data + BEFORE_LENGTH + length.len, head.len - BEFORE_LENGTH - length.len);
		done = batch_pack(bytes_slice(&other), out) == STATUS_OK;
		bytes_free(&other);
	}
	bytes_free(&length);
	bytes_free(&rows);
	return done;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
	struct envelope e;
	struct bytes out = bytes_new(FUZZ_MAX);
	struct bytes payload = bytes_new(FUZZ_MAX);
	unsigned choice = seed % 16;
	if (choice == 0 || envelope_peek(slice_of(data, len), &e) != STATUS_OK)
		return LLVMFuzzerMutate(data, len, max);
	if (choice > 2 && with_rows(e.payload, choice > 3, &payload))
		must(envelope_seal(MESSAGE_BATCH, the_hub(), the_key(SEED_DEVICE), bytes_slice(&payload), &out),
		     "sealing");
	else
		seal_mutated(MESSAGE_BATCH, e.payload, &out);
	bytes_free(&payload);
	return hand_over(&out, data, len, max);
}
