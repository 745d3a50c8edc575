#include "protocol/courier.h"

#include <string.h>

#include "protocol/cbor.h"

enum { MAGIC_LEN = 11, MARK_LEN = 8, FORMAT_VERSION = 1, END_ITEMS = 3, END_MAX = 24, BOX_MIN = BOX_OVERHEAD + 1 };

/* As in PNG (RFC 2083 section 3.1): a copy that treats it as text, or stops at a control character, shows at once.
 */
static const uint8_t MAGIC[MAGIC_LEN] = {0x89, 'M', 'O', 'T', 'C', 'U', 'A', '\r', '\n', 0x1A, '\n'};
static const uint8_t MARK[MARK_LEN] = {0xF5, 'M', 'C', 'F', 'R', 'A', 'M', 'E'};

_Static_assert(MAGIC_LEN + 2 + HUB_ID_LEN + DEVICE_ID_LEN == COURIER_START_LEN, "start of a file");
_Static_assert(MARK_LEN + 4 == COURIER_FRAME_HEAD, "head of a frame");

void courier_put_start(struct bytes *out, const struct courier_start *start)
{
	bytes_put(out, MAGIC, sizeof(MAGIC));
	bytes_put_u8(out, FORMAT_VERSION);
	bytes_put_u8(out, (uint8_t)start->direction);
	bytes_put(out, start->hub_id, HUB_ID_LEN);
	bytes_put(out, start->device, DEVICE_ID_LEN);
}

/* Whole or not at all: a file that is full stays a sound one. */
static enum status put_box(struct bytes *out, const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice plain)
{
	size_t len = plain.len + BOX_OVERHEAD;
	if (out->len + COURIER_FRAME_HEAD + len > out->limit)
		return STATUS_LIMIT;
	const uint8_t length[] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
	bytes_put(out, MARK, sizeof(MARK));
	bytes_put(out, length, sizeof(length));
	enum status s = bytes_status(out);
	return s == STATUS_OK ? box_seal(public_key, plain, out) : s;
}

enum status courier_put(struct bytes *out, const uint8_t public_key[static PUBLIC_KEY_LEN], enum courier_kind kind,
			struct slice content)
{
	if (content.len > COURIER_CONTENT_MAX)
		return STATUS_LIMIT;
	struct bytes plain = bytes_new(1 + COURIER_CONTENT_MAX);
	bytes_put_u8(&plain, (uint8_t)kind);
	bytes_put(&plain, content.data, content.len);
	enum status s = bytes_status(&plain);
	if (s == STATUS_OK)
		s = put_box(out, public_key, bytes_slice(&plain));
	bytes_free(&plain);
	return s;
}

enum status courier_put_end(struct bytes *out, const uint8_t public_key[static PUBLIC_KEY_LEN],
			    const struct courier_end *end)
{
	struct bytes content = bytes_new(END_MAX);
	cbor_put_array(&content, END_ITEMS);
	cbor_put_uint(&content, end->frames);
	cbor_put_uint(&content, end->part);
	cbor_put_bool(&content, end->more);
	enum status s = bytes_status(&content);
	if (s == STATUS_OK)
		s = courier_put(out, public_key, COURIER_END, bytes_slice(&content));
	bytes_free(&content);
	return s;
}

enum status courier_start_read(struct slice file, struct courier_start *ret_start)
{
	if (file.len < COURIER_START_LEN || memcmp(file.data, MAGIC, sizeof(MAGIC)) != 0)
		return STATUS_MALFORMED;
	const uint8_t *at = file.data + sizeof(MAGIC);
	if (at[0] != FORMAT_VERSION)
		return STATUS_VERSION;
	if (at[1] != COURIER_TO_HUB && at[1] != COURIER_TO_DEVICE)
		return STATUS_MALFORMED;
	struct courier_start start = {.direction = (enum courier_direction)at[1]};
	memcpy(start.hub_id, at + 2, HUB_ID_LEN);
	memcpy(start.device, at + 2 + HUB_ID_LEN, DEVICE_ID_LEN);
	*ret_start = start;
	return STATUS_OK;
}

struct courier_reader courier_reader_new(struct slice file, const struct box_key *key)
{
	struct courier_start start;
	bool begins = courier_start_read(file, &start) == STATUS_OK;
	return (struct courier_reader){.file = file,
				       .at = begins ? COURIER_START_LEN : 0,
				       .key = key,
				       .plain = bytes_new(1 + COURIER_CONTENT_MAX)};
}

void courier_reader_free(struct courier_reader *r)
{
	bytes_free(&r->plain);
}

static size_t left(const struct courier_reader *r)
{
	return r->file.len - r->at;
}

/* Moves to the next mark with room for a frame behind it; what lies before is lost. */
static bool find_mark(struct courier_reader *r)
{
	if (left(r) == 0)
		return false; /* an empty file may have no address either */
	const uint8_t *from = r->file.data + r->at;
	const uint8_t *end = r->file.data + r->file.len;
	while (end - from >= COURIER_FRAME_HEAD + BOX_MIN) {
		const uint8_t *found =
			memchr(from, MARK[0], (size_t)(end - from) - (COURIER_FRAME_HEAD + BOX_MIN) + 1);
		if (found == NULL)
			break;
		if (memcmp(found, MARK, sizeof(MARK)) == 0) {
			r->lost += (size_t)(found - (r->file.data + r->at));
			r->at = (size_t)(found - r->file.data);
			return true;
		}
		from = found + 1;
	}
	r->lost += left(r);
	r->at = r->file.len;
	return false;
}

/* Opens the frame at the mark; STATUS_FORGED if there is none in truth. */
static enum status open_frame(struct courier_reader *r, size_t *ret_len)
{
	const uint8_t *head = r->file.data + r->at + MARK_LEN;
	size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (len < BOX_MIN || len > BOX_MIN + COURIER_CONTENT_MAX || len > left(r) - COURIER_FRAME_HEAD)
		return STATUS_FORGED;
	bytes_clear(&r->plain);
	enum status s = box_open(r->key, slice_of(head + 4, len), &r->plain);
	if (s == STATUS_OK)
		*ret_len = COURIER_FRAME_HEAD + len;
	return s;
}

static enum status read_end(struct slice content, struct courier_end *ret_end)
{
	struct cbor r = cbor_reader(content.data, content.len);
	struct courier_end end = {0};
	cbor_array_of(&r, END_ITEMS);
	end.frames = cbor_uint(&r, LIMIT_COURIER);
	end.part = (uint32_t)cbor_int(&r, 1, LIMIT_COURIER_PARTS);
	end.more = cbor_bool(&r);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_end = end;
	return s;
}

/* Passes over a mark that leads nowhere. */
static void pass_damage(struct courier_reader *r)
{
	r->damaged++;
	r->lost++;
	r->at++;
	if (r->damaged >= LIMIT_COURIER_DAMAGE) {
		r->lost += left(r);
		r->at = r->file.len;
	}
}

enum status courier_next(struct courier_reader *r, struct courier_frame *ret_frame)
{
	while (find_mark(r)) {
		size_t len = 0;
		enum status s = open_frame(r, &len);
		if (s == STATUS_NO_MEMORY)
			return s;
		if (s != STATUS_OK) {
			pass_damage(r);
			continue;
		}
		r->at += len;
		r->beyond = r->beyond || r->ended;
		struct slice content = slice_of(r->plain.data + 1, r->plain.len - 1);
		if (r->plain.data[0] == COURIER_END) {
			r->ended = read_end(content, &r->end) == STATUS_OK;
			continue;
		}
		r->frames++;
		*ret_frame =
			(struct courier_frame){.kind = (enum courier_kind)r->plain.data[0], .content = content};
		return STATUS_OK;
	}
	return STATUS_EMPTY;
}

bool courier_is_whole(const struct courier_reader *r)
{
	return r->ended && !r->beyond && r->lost == 0 && r->frames == r->end.frames;
}
