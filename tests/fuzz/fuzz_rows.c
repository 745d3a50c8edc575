/* The rows of a batch as they are behind zlib, without a signature around them: many more a second. */
#include "fuzz.h"

#include <string.h>

#include "protocol/cbor.h"
#include "protocol/deflate.h"
#include "tests/support/batch_split.h"

enum { STORED_MAX = 65535, ADLER = 65521, BEFORE_LENGTH = 4 };

static struct {
	struct bytes before; /* the head of a batch up to the length of its rows */
	struct bytes behind; /* and from there on */
} head;

/* The head of any batch: what it says of itself is not looked at here. */
static void learn_head(void)
{
	struct batch_writer *w = batch_writer_new();
	struct change c = change_new(KIND_DOSSIER);
	const struct batch_head of = {.incarnation = {.ordinal = 1, .bits = 1}, .seq = 1, .sealed_at = SEALED_AT};
	struct bytes sealed = bytes_new(FUZZ_MAX);
	struct bytes length = bytes_new(16);
	struct envelope e;
	struct slice stream;
	struct slice whole;
	uint64_t raw_len = 0;
	c.key = slice_str("A");
	c.changed_at = SEALED_AT;
	change_set_number(&c, FIELD_FEE, 1);
	hold(w != NULL, "memory for a batch");
	must(batch_writer_add(w, &c), "a change");
	must(batch_seal(w, &of, the_hub(), the_key(SEED_DEVICE), &sealed), "sealing");
	must(envelope_peek(bytes_slice(&sealed), &e), "an envelope");
	hold(batch_split(e.payload, &whole, &stream, &raw_len), "a head");
	cbor_put_uint(&length, raw_len);
	head.before = bytes_new(FUZZ_MAX);
	head.behind = bytes_new(FUZZ_MAX);
	bytes_put(&head.before, whole.data, BEFORE_LENGTH);
	bytes_put(&head.behind, whole.data + BEFORE_LENGTH + length.len, whole.len - BEFORE_LENGTH - length.len);
	batch_writer_free(w);
	bytes_free(&sealed);
	bytes_free(&length);
}

/* zlib's form with one block that is not compressed (RFC 1950, RFC 1951 section 3.2.4): cheap to make. */
static void put_stored(struct bytes *out, const uint8_t *data, size_t len)
{
	const uint8_t start[] = {
		0x78, 0x01, 0x01, (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)~len, (uint8_t)(~len >> 8)};
	uint32_t a = 1;
	uint32_t b = 0;
	for (size_t i = 0; i < len; i++) {
		a = (a + data[i]) % ADLER;
		b = (b + a) % ADLER;
	}
	const uint8_t check[] = {(uint8_t)(b >> 8), (uint8_t)b, (uint8_t)(a >> 8), (uint8_t)a};
	bytes_put(out, start, sizeof(start));
	bytes_put(out, data, len);
	bytes_put(out, check, sizeof(check));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct batch *batch = NULL;
	struct bytes payload = bytes_new(FUZZ_MAX);
	struct change c;
	size_t n = 0;
	if (len == 0 || len > STORED_MAX)
		return 0;
	if (head.before.len == 0)
		learn_head();
	bytes_put(&payload, head.before.data, head.before.len);
	cbor_put_uint(&payload, len);
	bytes_put(&payload, head.behind.data, head.behind.len);
	put_stored(&payload, data, len);
	enum status s = batch_read(bytes_slice(&payload), &batch);
	hold(s == STATUS_OK || s == STATUS_MALFORMED, "what rows can be");
	while (s == STATUS_OK && batch_next(batch, &c))
		n++;
	hold(s != STATUS_OK || n == batch_get_head(batch)->count, "as many changes as announced");
	batch_free(batch);
	bytes_free(&payload);
	return 0;
}
