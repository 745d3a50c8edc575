#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(sign_start(), "libsodium");
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

void seal_mutated(enum message message, struct slice payload, struct bytes *out)
{
	struct bytes other = mutated(payload);
	must(envelope_seal(message, the_hub(), signer_of(message), bytes_slice(&other), out), "sealing");
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
