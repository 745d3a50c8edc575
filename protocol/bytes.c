#include "protocol/bytes.h"

#include <stdlib.h>
#include <string.h>

struct bytes bytes_new(size_t limit)
{
	return (struct bytes){.limit = limit};
}

void bytes_free(struct bytes *b)
{
	if (b == NULL)
		return;
	free(b->data);
	*b = bytes_new(b->limit);
}

void bytes_clear(struct bytes *b)
{
	b->len = 0;
	b->error = STATUS_OK;
}

static bool reserve(struct bytes *b, size_t len)
{
	if (b->error != STATUS_OK)
		return false;
	if (len > b->limit || b->len > b->limit - len) {
		b->error = STATUS_LIMIT;
		return false;
	}
	if (len <= b->cap - b->len)
		return true;
	size_t cap = b->cap < 256 ? 256 : b->cap;
	while (cap - b->len < len)
		cap = cap > b->limit / 2 ? b->limit : cap * 2;
	uint8_t *data = realloc(b->data, cap);
	if (data == NULL) {
		b->error = STATUS_NO_MEMORY;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

uint8_t *bytes_grow(struct bytes *b, size_t len)
{
	if (!reserve(b, len))
		return NULL;
	uint8_t *start = b->data + b->len;
	b->len += len;
	return start;
}

void bytes_put(struct bytes *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	uint8_t *start = bytes_grow(b, len);
	if (start != NULL)
		memcpy(start, data, len);
}

void bytes_put_u8(struct bytes *b, uint8_t byte)
{
	if (b->error == STATUS_OK && b->len < b->cap && b->len < b->limit) {
		b->data[b->len++] = byte;
		return;
	}
	uint8_t *start = bytes_grow(b, 1);
	if (start != NULL)
		*start = byte;
}

void bytes_put_str(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text));
}

enum status bytes_status(const struct bytes *b)
{
	return b->error;
}

struct slice bytes_slice(const struct bytes *b)
{
	return (struct slice){.data = b->data, .len = b->len};
}

struct slice slice_of(const void *data, size_t len)
{
	return (struct slice){.data = data, .len = len};
}

struct slice slice_str(const char *text)
{
	return slice_of(text, strlen(text));
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int slice_compare(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}
