#include "protocol/deflate.h"

/* zlib then takes const input. */
#define ZLIB_CONST
#include <zlib.h>

enum {
	WINDOW_BITS = 15,
	MEMORY_LEVEL = 8,
	BLOCK_BOUND = 16,
	NOISY_LEVEL = 6 /* 0.1 % more bytes than 9, in two thirds of the time */
};

/* Packs a part of the data and ends its block; false if the room was too small for that. */
static bool feed(z_stream *z, struct slice part, int flush)
{
	z->next_in = (z_const Bytef *)part.data;
	z->avail_in = (uInt)part.len;
	int end = deflate(z, flush);
	/* Z_BUF_ERROR: there was nothing to do. */
	return flush == Z_FINISH ? end == Z_STREAM_END : (end == Z_OK || end == Z_BUF_ERROR) && z->avail_out > 0;
}

static enum status pack(z_stream *z, struct slice data, const struct deflate_hints *hints, struct bytes *out)
{
	struct slice dictionary = hints->dictionary;
	if (dictionary.len > 0 && deflateSetDictionary(z, dictionary.data, (uInt)dictionary.len) != Z_OK)
		return STATUS_NO_MEMORY;
	size_t start = out->len;
	uLong bound = deflateBound(z, (uLong)data.len) + (uLong)(BLOCK_BOUND * hints->n_cuts);
	uint8_t *room = bytes_grow(out, bound);
	if (room == NULL)
		return bytes_status(out);
	z->next_out = room;
	z->avail_out = (uInt)bound;
	bool fed = true;
	struct slice rest = data;
	for (size_t i = 0; fed && i < hints->n_cuts; i++) {
		size_t len = hints->cuts[i] - (data.len - rest.len);
		fed = feed(z, slice_of(rest.data, len), Z_BLOCK);
		rest = slice_of(rest.data + len, rest.len - len);
	}
	fed = fed && feed(z, rest, Z_FINISH);
	out->len = fed ? start + z->total_out : start;
	return fed ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status deflate_pack(struct slice data, const struct deflate_hints *hints, struct bytes *out)
{
	static const struct deflate_hints none;
	z_stream z = {0};
	if (hints == NULL)
		hints = &none;
	int strategy = hints->noisy ? Z_FILTERED : Z_DEFAULT_STRATEGY;
	int level = hints->noisy ? NOISY_LEVEL : Z_BEST_COMPRESSION;
	if (deflateInit2(&z, level, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, strategy) != Z_OK)
		return STATUS_NO_MEMORY;
	enum status s = pack(&z, data, hints, out);
	(void)deflateEnd(&z); /* repeats what is known already */
	return s;
}

/* inflate() with the dictionary, where the stream asks for one. */
static int inflate_all(z_stream *z, struct slice dictionary)
{
	int end = inflate(z, Z_FINISH);
	if (end != Z_NEED_DICT)
		return end;
	if (dictionary.len == 0 || inflateSetDictionary(z, dictionary.data, (uInt)dictionary.len) != Z_OK)
		return Z_DATA_ERROR;
	return inflate(z, Z_FINISH);
}

enum status deflate_unpack(struct slice packed, struct slice dictionary, size_t raw_len, struct bytes *out)
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
	int end = inflate_all(&z, dictionary);
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
