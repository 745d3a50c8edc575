#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(sign_start(), "libsodium");
	remembered_hold();
	return 0;
}

void hold(bool promise, const char *what)
{
	if (promise)
		return;
	(void)fprintf(stderr, "not kept: %s\n", what);
	abort();
}

struct bytes mutated(struct slice content)
{
	enum { ROOM = 64 };
	size_t room = 2 * content.len + ROOM;
	struct bytes out = bytes_new(room);
	uint8_t *copy = bytes_grow(&out, room);
	if (copy == NULL)
		die("no memory");
	if (content.len > 0)
		memcpy(copy, content.data, content.len);
	out.len = LLVMFuzzerMutate(copy, content.len, room);
	return out;
}

/* Under which purpose bytes verified, or were sealed here: asking for each of the others is a third of a run's
 * time. */
enum { KNOWN = 4096, MARK_LEN = 16 };
static struct known {
	uint8_t mark[MARK_LEN];
	bool is;
	enum message message;
} known[KNOWN];

static struct known *known_of(struct slice sealed, uint8_t ret_mark[static HASH_LEN])
{
	hash_bytes(sealed, ret_mark);
	return &known[(ret_mark[MARK_LEN] << 8 | ret_mark[MARK_LEN + 1]) % KNOWN];
}

static void learn(struct slice sealed, enum message message)
{
	uint8_t mark[HASH_LEN];
	struct known *k = known_of(sealed, mark);
	memcpy(k->mark, mark, MARK_LEN);
	k->is = true;
	k->message = message;
}

bool purpose_known(struct slice sealed, const enum message *messages, size_t count, size_t *ret_which)
{
	uint8_t mark[HASH_LEN];
	struct slice payload;
	enum message found = messages[0];
	const struct known *k = known_of(sealed, mark);
	bool is = k->is && memcmp(k->mark, mark, MARK_LEN) == 0;
	if (is)
		found = k->message;
	else if (purpose_under(sealed, messages, count, &found, &payload))
		learn(sealed, found);
	else
		return false;
	for (size_t i = 0; i < count; i++)
		if (messages[i] == found) {
			*ret_which = i;
			return true;
		}
	return false;
}

void seal_mutated(enum message message, struct slice payload, struct bytes *out)
{
	struct bytes other = mutated(payload);
	size_t start = out->len;
	must(envelope_seal(message, the_hub(), signer_of(message), bytes_slice(&other), out), "sealing");
	learn(slice_of(out->data + start, out->len - start), message);
	bytes_free(&other);
}

size_t hand_over(struct bytes *out, uint8_t *data, size_t len, size_t max)
{
	bool fits = bytes_status(out) == STATUS_OK && out->len > 0 && out->len <= max;
	if (fits)
		memcpy(data, out->data, out->len);
	size_t new_len = fits ? out->len : LLVMFuzzerMutate(data, len, max);
	bytes_free(out);
	return new_len;
}

bool purpose_under(struct slice sealed, const enum message *messages, size_t count, enum message *ret_message,
		   struct slice *ret_payload)
{
	for (size_t i = 0; i < count; i++) {
		const uint8_t *key = signing_key_public(signer_of(messages[i]));
		if (envelope_open(sealed, messages[i], the_hub(), key, ret_payload) == STATUS_OK) {
			*ret_message = messages[i];
			return true;
		}
	}
	return false;
}

void hold_same(struct slice sealed, struct bytes *again, const char *what)
{
	must(bytes_status(again), what);
	hold(slice_equal(sealed, bytes_slice(again)), what);
	bytes_free(again);
}
