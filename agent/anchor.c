#include "agent/anchor.h"
#include "config/datadir.h"

enum { ANCHOR_VERSION = 1, ANCHOR_MAX = 256, ANCHOR_ITEMS = 5 };

enum status anchor_write(const char *dir, const struct anchor *anchor)
{
	struct bytes out = bytes_new(ANCHOR_MAX);
	cbor_put_array(&out, ANCHOR_ITEMS);
	cbor_put_uint(&out, ANCHOR_VERSION);
	cbor_put_uint(&out, anchor->incarnation.ordinal);
	cbor_put_uint(&out, anchor->incarnation.bits);
	cbor_put_uint(&out, anchor->seq);
	cbor_put_bytes(&out, anchor->hash, HASH_LEN);
	enum status s = bytes_status(&out);
	if (s == STATUS_OK)
		s = dir_write(dir, ANCHOR_FILE, bytes_slice(&out), 0600);
	bytes_free(&out);
	return s;
}

enum status anchor_read(const char *dir, struct anchor *ret_anchor)
{
	struct bytes content = bytes_new(ANCHOR_MAX);
	struct anchor anchor = {0};
	enum status s = dir_read(dir, ANCHOR_FILE, &content);
	if (s == STATUS_OK) {
		struct cbor r = cbor_reader(content.data, content.len);
		cbor_array_of(&r, ANCHOR_ITEMS);
		if (cbor_uint(&r, ANCHOR_VERSION) != ANCHOR_VERSION)
			cbor_fail(&r);
		anchor.incarnation.ordinal = cbor_uint(&r, INT64_MAX);
		anchor.incarnation.bits = cbor_uint(&r, UINT64_MAX);
		anchor.seq = cbor_uint(&r, INT64_MAX);
		cbor_fixed(&r, anchor.hash, HASH_LEN);
		s = cbor_end(&r) == STATUS_OK ? STATUS_OK : STATUS_CORRUPT;
	} else if (s == STATUS_LIMIT) {
		s = STATUS_CORRUPT;
	}
	if (s == STATUS_OK)
		*ret_anchor = anchor;
	bytes_free(&content);
	return s;
}
