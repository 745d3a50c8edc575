/* Envelopes of any purpose: what verifies has one form only, and taking one apart never needs more than its bytes.
 */
#include "fuzz.h"

static const enum message ALL[] = {MESSAGE_BATCH,   MESSAGE_REQUEST,  MESSAGE_ENROL,    MESSAGE_RECEIPT,
				   MESSAGE_HEAD,    MESSAGE_ENROLLED, MESSAGE_IDENTITY, MESSAGE_ACT,
				   MESSAGE_COMPARE, MESSAGE_COMPARED};
enum { COUNT = sizeof(ALL) / sizeof(ALL[0]) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice sealed = slice_of(data, len);
	struct envelope e;
	struct slice payload;
	enum message message;
	if (envelope_peek(sealed, &e) != STATUS_OK)
		return 0;
	hold(e.payload.len + e.protected_header.len + SIGNATURE_LEN < len, "its parts are within it");
	if (!purpose_under(sealed, ALL, COUNT, &message, &payload))
		return 0;
	struct bytes again = bytes_new(FUZZ_MAX);
	must(envelope_seal(message, the_hub(), signer_of(message), payload, &again), "sealing");
	hold_same(sealed, &again, "an envelope has one form");
	for (size_t i = 0; i < COUNT; i++) {
		const uint8_t *key = signing_key_public(signer_of(ALL[i]));
		bool opens = envelope_open(sealed, ALL[i], the_hub(), key, &payload) == STATUS_OK;
		hold(opens == (ALL[i] == message), "a signature is good for one purpose");
		hold(envelope_open(sealed, ALL[i], another_hub(), key, &payload) != STATUS_OK, "and for one hub");
	}
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
	struct envelope e;
	struct bytes out = bytes_new(FUZZ_MAX);
	/* Mostly the form itself; now and then another payload or purpose, well signed. */
	if (seed % 4 != 0 || envelope_peek(slice_of(data, len), &e) != STATUS_OK)
		return LLVMFuzzerMutate(data, len, max);
	seal_mutated(ALL[seed / 4 % COUNT], e.payload, &out);
	return hand_over(&out, data, len, max);
}
