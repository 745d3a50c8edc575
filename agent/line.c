#include "agent/line.h"

enum {
	BYTES_OF_CHANGE = 8, /* what one takes in a batch of some hundred: more at once would be sealed in vain */
	SHRINK = 4,
	BATCHES = 4,      /* in a request, so that there are parts to leave out when it breaks off */
	BATCH_LEAST = 768 /* with the request beside it LINE_LEAST */
};

enum status line_read(struct database *db, struct line *ret_line)
{
	int64_t bytes = LINE_START;
	int64_t calm = 0;
	enum status s = store_number(db, STORE_LINE_BYTES, LINE_START, &bytes);
	if (s == STATUS_OK)
		s = store_number(db, STORE_LINE_CALM, 0, &calm);
	if (s != STATUS_OK)
		return s;
	if (bytes < LINE_LEAST || bytes > LINE_MOST)
		bytes = LINE_START;
	if (calm < 0 || calm > LINE_CALM)
		calm = LINE_CALM;
	*ret_line = (struct line){.bytes = (size_t)bytes, .calm = calm};
	return STATUS_OK;
}

enum status line_keep(struct database *db, const struct line *line)
{
	struct line before;
	enum status s = line_read(db, &before);
	if (s == STATUS_OK && before.bytes != line->bytes)
		s = store_set_number(db, STORE_LINE_BYTES, (int64_t)line->bytes);
	if (s == STATUS_OK && before.calm != line->calm)
		s = store_set_number(db, STORE_LINE_CALM, line->calm);
	return s;
}

void line_broke_off(struct line *line, size_t body_len)
{
	size_t tried = body_len < line->bytes ? body_len : line->bytes;
	line->calm = LINE_CALM;
	/* What is as small as can be did not fail for its size. */
	if (body_len > LINE_LEAST)
		line->bytes = tried / SHRINK > LINE_LEAST ? tried / SHRINK : LINE_LEAST;
}

void line_carried(struct line *line, size_t body_len)
{
	/* A small request says nothing about larger ones. */
	if (body_len < line->bytes / 2)
		return;
	if (line->calm > 0)
		line->calm--;
	else
		line->bytes = line->bytes < LINE_MOST / 2 ? line->bytes * 2 : LINE_MOST;
}

static size_t room_beside(size_t bytes, int64_t open_bytes)
{
	return open_bytes >= (int64_t)bytes ? 0 : bytes - (size_t)open_bytes;
}

struct seal_bounds line_bounds(const struct line *line, int64_t open_bytes)
{
	size_t batch = line->bytes / BATCHES > BATCH_LEAST ? line->bytes / BATCHES : BATCH_LEAST;
	size_t changes = batch / BYTES_OF_CHANGE;
	return (struct seal_bounds){
		.changes = changes < BATCH_TAKE ? changes : BATCH_TAKE,
		.batch = batch,
		.total = room_beside(line->bytes, open_bytes),
	};
}

struct seal_bounds line_bounds_ahead(const struct line *line, size_t body_len, int64_t open_bytes)
{
	struct seal_bounds bounds = line_bounds(line, open_bytes);
	struct line next = *line;
	line_carried(&next, body_len);
	bounds.total = room_beside(next.bytes, open_bytes);
	return bounds;
}
