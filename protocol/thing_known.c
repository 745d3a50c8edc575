#include "protocol/thing_known.h"

enum { ORIGIN_ITEMS = 6, SOURCE_ITEMS = 3, SOURCES_MAX = LIMIT_THING_CHANGES, BITS_LEN = 8 };

/* The device of a source, read again for each change: nearly every thing has one source, and few changes. */
static const uint8_t *device_of(struct cbor sources, size_t n, uint64_t source)
{
	struct slice device = {0};
	if (source >= n)
		return NULL;
	for (uint64_t i = 0; i <= source; i++) {
		device = cbor_bytes(&sources, DEVICE_ID_LEN);
		(void)cbor_uint(&sources, INT64_MAX);
		(void)cbor_bytes(&sources, BITS_LEN);
	}
	return cbor_status(&sources) == STATUS_OK && device.len == DEVICE_ID_LEN ? device.data : NULL;
}

static size_t take_list(struct cbor *r, size_t max, size_t items_each)
{
	size_t items = cbor_array(r, max * items_each);
	if (items % items_each != 0)
		cbor_fail(r);
	return cbor_status(r) == STATUS_OK ? items / items_each : 0;
}

enum status thing_each_origin(struct slice data, origin_each each, void *context)
{
	struct cbor r = cbor_reader(data.data, data.len);
	cbor_array_of(&r, 4);
	(void)cbor_uint(&r, KIND_COUNT - 1);
	size_t n_sources = take_list(&r, SOURCES_MAX, SOURCE_ITEMS);
	const struct cbor sources = r;
	for (size_t i = 0; i < n_sources; i++) {
		(void)cbor_bytes(&r, DEVICE_ID_LEN);
		(void)cbor_uint(&r, INT64_MAX);
		(void)cbor_bytes(&r, BITS_LEN);
	}
	size_t n_origins = take_list(&r, SOURCES_MAX, ORIGIN_ITEMS);
	enum status s = cbor_status(&r);
	for (size_t i = 0; s == STATUS_OK && i < n_origins; i++) {
		const uint8_t *device = device_of(sources, n_sources, cbor_uint(&r, INT64_MAX));
		(void)cbor_uint(&r, INT64_MAX);
		(void)cbor_uint(&r, UINT32_MAX);
		int64_t changed_at = cbor_int(&r, TIME_MIN, TIME_MAX);
		int64_t accepted_at = changed_at + cbor_int(&r, TIME_MIN - TIME_MAX, TIME_MAX - TIME_MIN);
		(void)cbor_uint(&r, 1);
		s = device == NULL ? STATUS_MALFORMED : cbor_status(&r);
		if (s == STATUS_OK)
			s = each(context, device, accepted_at);
	}
	return s;
}
