/* What an agent reads: receipts, heads, answers to an enrolment or a comparison, identities, and the body that
 * carries them. */
#include "fuzz.h"

#include "protocol/cbor.h"
#include "protocol/comparison.h"
#include "protocol/envelope.h"
#include "protocol/identity.h"
#include "protocol/reply.h"

static const enum message REPLIES[] = {MESSAGE_RECEIPT, MESSAGE_HEAD, MESSAGE_ENROLLED, MESSAGE_IDENTITY,
				       MESSAGE_COMPARED};
enum { COUNT = sizeof(REPLIES) / sizeof(REPLIES[0]) };

static void read_receipt(struct slice sealed, struct bytes *again)
{
	struct receipt r;
	struct verdicts v;
	const struct signing_key *key = the_key(SEED_HUB);
	if (receipt_open(sealed, the_hub(), signing_key_public(key), &r) != STATUS_OK)
		return;
	must(verdicts_read(r.verdicts, &v), "the verdicts of a receipt");
	must(receipt_seal(&r, the_hub(), key, again), "receipt");
}

static void read_head(struct slice sealed, struct bytes *again)
{
	static struct head h;
	const struct signing_key *key = the_key(SEED_HUB);
	if (head_open(sealed, the_hub(), signing_key_public(key), &h) != STATUS_OK)
		return;
	for (size_t i = 0; i < h.n_chains; i++)
		hold(h.chains[i].safe <= h.chains[i].have, "safe is at most have");
	must(head_seal(&h, the_hub(), key, again), "head");
}

static void read_enrolled(struct slice sealed, struct bytes *again)
{
	struct enrolled e;
	const struct signing_key *key = the_key(SEED_HUB);
	if (enrolled_open(sealed, the_hub(), signing_key_public(key), &e) == STATUS_OK)
		must(enrolled_seal(&e, the_hub(), key, again), "enrolled");
}

static void read_identity(struct slice sealed, struct bytes *again)
{
	struct identity d;
	if (identity_open(sealed, &d) == STATUS_OK)
		must(identity_seal(&d, the_key(SEED_HUB), again), "identity");
}

/* Only the hub writes one whole: what is read is gone through. */
static void read_compared(struct slice sealed, struct bytes *again)
{
	static struct comparison_answer a;
	struct digest_line line;
	struct digest_line before = {0};
	struct comparison_other other;
	(void)again;
	if (compared_open(sealed, the_hub(), signing_key_public(the_key(SEED_HUB)), &a) != STATUS_OK)
		return;
	for (bool first = true; compared_next_line(&a, &line); first = false) {
		hold(first || digest_line_compare(&before, &line) < 0, "lines ascend");
		hold(line.day >= a.days.from && line.day <= a.days.to, "lines are of the days asked for");
		before = line;
	}
	while (compared_next_other(&a, &other))
		hold(other.key.len <= LIMIT_KEY, "a key has its limit");
	must(cbor_status(&a.lines), "lines");
	must(cbor_status(&a.others), "others");
}

static void read_one(struct slice sealed)
{
	static void (*const readers[])(struct slice, struct bytes *) = {read_receipt, read_head, read_enrolled,
									read_identity, read_compared};
	size_t which = 0;
	bool signed_well = purpose_known(sealed, REPLIES, COUNT, &which);
	/* What is signed for one purpose goes to its reader and to another one, in turns; anything else to all. */
	size_t other = (which + 1 + sealed.len % (COUNT - 1)) % COUNT;
	for (size_t i = 0; i < COUNT; i++) {
		struct bytes again = bytes_new(FUZZ_MAX);
		if (!signed_well || i == which || i == other)
			readers[i](sealed, &again);
		hold(again.len == 0 || i == which, "a reply is read for its purpose alone");
		if (again.len > 0)
			hold_same(sealed, &again, "a reply has one form");
		bytes_free(&again);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cbor r = cbor_reader(data, len);
	size_t items = cbor_array(&r, LIMIT_ENVELOPES + 1);
	if (cbor_status(&r) != STATUS_OK) {
		read_one(slice_of(data, len));
		return 0;
	}
	for (size_t i = 0; i < items && cbor_status(&r) == STATUS_OK; i++)
		read_one(cbor_bytes(&r, len));
	return 0;
}

/* One of a body's messages, or the message itself, is put in anew. */
static bool put_message(struct slice sealed, bool change, struct bytes *out)
{
	struct envelope e;
	size_t which = 0;
	if (!change || envelope_peek(sealed, &e) != STATUS_OK || !purpose_known(sealed, REPLIES, COUNT, &which)) {
		bytes_put(out, sealed.data, sealed.len);
		return false;
	}
	seal_mutated(REPLIES[which], e.payload, out);
	return true;
}

static bool put_body(struct slice body, unsigned seed, struct bytes *out)
{
	struct cbor r = cbor_reader(body.data, body.len);
	size_t items = cbor_array(&r, LIMIT_ENVELOPES + 1);
	bool changed = false;
	cbor_put_array(out, items);
	for (size_t i = 0; i < items && cbor_status(&r) == STATUS_OK; i++) {
		struct bytes one = bytes_new(FUZZ_MAX);
		changed = put_message(cbor_bytes(&r, body.len), i == seed % items, &one) || changed;
		cbor_put_bytes(out, one.data, one.len);
		bytes_free(&one);
	}
	return changed && cbor_end(&r) == STATUS_OK;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
	struct bytes out = bytes_new(FUZZ_MAX);
	struct slice input = slice_of(data, len);
	if (seed % 16 != 0 && !put_message(input, true, &out)) {
		bytes_clear(&out);
		if (!put_body(input, seed / 16, &out))
			bytes_clear(&out);
	}
	return hand_over(&out, data, len, max);
}
