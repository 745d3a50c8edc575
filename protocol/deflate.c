#include "protocol/deflate.h"

/* zlib then takes const input. */
#define ZLIB_CONST
#include <zlib.h>

enum { WINDOW_BITS = 15, MEMORY_LEVEL = 8 };

enum status deflate_pack(struct slice data, struct bytes *out)
{
	z_stream z = {0};
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return STATUS_NO_MEMORY;
	size_t start = out->len;
	uLong bound = deflateBound(&z, (uLong)data.len);
	enum status s = STATUS_OK;
	uint8_t *room = bytes_grow(out, bound);
	if (room == NULL) {
		s = bytes_status(out);
		goto out;
	}
	z.next_in = (z_const Bytef *)data.data;
	z.avail_in = (uInt)data.len;
	z.next_out = room;
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
		s = STATUS_NO_MEMORY;
		goto out;
	}
	out->len = start + z.total_out;
out:
	if (s != STATUS_OK)
		out->len = start;
	(void)deflateEnd(&z);
	return s;
}

enum status deflate_unpack(struct slice packed, size_t raw_len, struct bytes *out)
{
	z_stream z = {0};
	if (inflateInit2(&z, WINDOW_BITS) != Z_OK)
		return STATUS_NO_MEMORY;
	size_t start = out->len;
	enum status s = STATUS_OK;
	/* One byte of room beyond the declared size tells a stream that is longer than it says. */
	uint8_t *room = bytes_grow(out, raw_len + 1);
	if (room == NULL) {
		s = bytes_status(out);
		goto out;
	}
	z.next_in = (z_const Bytef *)packed.data;
	z.avail_in = (uInt)packed.len;
	z.next_out = room;
	z.avail_out = (uInt)(raw_len + 1);
	int end = inflate(&z, Z_FINISH);
	if (end == Z_MEM_ERROR)
		s = STATUS_NO_MEMORY;
	else if (end != Z_STREAM_END || z.avail_in != 0 || z.total_out != raw_len)
		s = STATUS_MALFORMED;
	out->len = start + raw_len;
out:
	if (s != STATUS_OK)
		out->len = start;
	(void)inflateEnd(&z);
	return s;
}
