/*
 * The payload of a batch taken apart where its head ends (PROTOCOL.md section 4), for those who look at the stream
 * by itself.
 */
#ifndef MOTCUA_TESTS_BATCH_SPLIT_H
#define MOTCUA_TESTS_BATCH_SPLIT_H

#include "protocol/cbor.h"

/* False if the head is not as long as it should be; slices borrow from payload. */
static inline bool batch_split(struct slice payload, struct slice *ret_head, struct slice *ret_stream,
			       uint64_t *ret_raw_len)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	size_t left = cbor_map(&r, 10);
	uint64_t raw_len = 0;
	for (uint64_t key = 1; key <= 10; key++) {
		cbor_need(&r, &left, key);
		if (key == 9)
			cbor_array_of(&r, 3);
		for (int items = key == 9 ? 3 : 1; items > 0; items--) {
			if (cbor_next_is_bytes(&r))
				(void)cbor_bytes(&r, 32);
			else if (key == 2)
				raw_len = cbor_uint(&r, INT64_MAX);
			else
				(void)cbor_int(&r, INT64_MIN, INT64_MAX);
		}
	}
	if (cbor_status(&r) != STATUS_OK)
		return false;
	*ret_head = slice_of(payload.data, (size_t)(r.next - payload.data));
	*ret_stream = slice_of(r.next, (size_t)(r.end - r.next));
	*ret_raw_len = raw_len;
	return true;
}

#endif
