/* One item, and the readers that take a payload without a signature around it. */
#include "fuzz.h"

#include "protocol/reply.h"
#include "protocol/request.h"
#include "tests/support/cbor_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct request request;
	struct bytes again = bytes_new(FUZZ_MAX);
	struct cbor r = cbor_reader(data, len);
	struct batch_head head;
	struct verdicts verdicts;
	struct change change;
	walk_item(&r, LIMIT_NESTING, &again);
	if (cbor_end(&r) == STATUS_OK)
		hold(slice_equal(slice_of(data, len), bytes_slice(&again)), "an item has one form");
	bytes_clear(&again);
	if (change_decode(slice_of(data, len), &change) == STATUS_OK) {
		change_encode(&change, &again);
		hold(slice_equal(slice_of(data, len), bytes_slice(&again)), "a change at rest has one form");
	}
	bytes_free(&again);
	if (verdicts_read(slice_of(data, len), &verdicts) == STATUS_OK) {
		uint32_t index = 0;
		enum verdict verdict = VERDICT_TAKEN;
		for (size_t left = verdicts.count; left > 0; left--)
			hold(verdict_next(&verdicts, &index, &verdict), "as many verdicts as announced");
		hold(!verdict_next(&verdicts, &index, &verdict), "no more verdicts than announced");
	}
	enum status s = batch_peek(slice_of(data, len), &head);
	hold(s == STATUS_OK || s == STATUS_MALFORMED || s == STATUS_VERSION, "what a head can be");
	s = request_read(slice_of(data, len), &request);
	hold(s == STATUS_OK || s == STATUS_MALFORMED || s == STATUS_VERSION, "what a request can be");
	return 0;
}
