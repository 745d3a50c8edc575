#include "agent/rejected.h"

#include <stdlib.h>
#include <string.h>

enum { MARK_LEN = 16 };

/* What makes two refusals the same one. */
static enum status mark_of(const struct rejection *r, uint8_t ret_mark[static HASH_LEN])
{
	struct bytes what = bytes_new((size_t)4 * LIMIT_LINE);
	const char *file = r->file == NULL ? "" : r->file;
	cbor_put_array(&what, 6);
	cbor_put_text(&what, file, strlen(file));
	cbor_put_int(&what, r->line);
	cbor_put_text(&what, (const char *)r->name.data, r->name.len);
	cbor_put_text(&what, r->reason, strlen(r->reason));
	cbor_put_bytes(&what, r->record.data, r->record.len);
	cbor_put_int(&what, r->change);
	enum status s = bytes_status(&what);
	if (s == STATUS_OK)
		hash_bytes(bytes_slice(&what), ret_mark);
	bytes_free(&what);
	return s;
}

static void bind_optional(struct query *q, int parameter, int64_t number)
{
	if (number == 0)
		query_null(q, parameter);
	else
		query_int(q, parameter, number);
}

enum status rejected_put(struct database *db, const struct rejection *r)
{
	uint8_t mark[HASH_LEN];
	enum status s = mark_of(r, mark);
	if (s != STATUS_OK)
		return s;
	struct query q =
		query_start(db, "INSERT INTO rejected (mark, at, import, file, line, name, reason, record, change)"
				" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
				" ON CONFLICT (mark) DO UPDATE SET at = ?2, import = ?3");
	query_blob(&q, 1, slice_of(mark, MARK_LEN));
	query_int(&q, 2, r->at);
	bind_optional(&q, 3, r->import);
	query_str(&q, 4, r->file);
	bind_optional(&q, 5, r->line);
	if (r->name.len == 0)
		query_null(&q, 6);
	else
		query_text(&q, 6, r->name);
	query_str(&q, 7, r->reason);
	if (r->record.len == 0)
		query_null(&q, 8);
	else
		query_text(&q, 8, r->record);
	bind_optional(&q, 9, r->change);
	return query_run(&q);
}

enum status rejected_count(struct database *db, int64_t *ret_count)
{
	struct query q = query_start(db, "SELECT count(*) FROM rejected");
	int64_t count = query_row(&q) ? query_get_int(&q, 0) : 0;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_count = count;
	return s;
}

enum status rejected_discard(struct database *db, int64_t id)
{
	struct query q = query_start(db, "DELETE FROM rejected WHERE id = ?1");
	query_int(&q, 1, id);
	enum status s = query_run(&q);
	return s == STATUS_OK && database_changes(db) == 0 ? STATUS_EMPTY : s;
}

static char *copy_text(struct query *q, int column)
{
	struct slice text = query_get_text(q, column);
	return strndup(text.data == NULL ? "" : (const char *)text.data, text.len);
}

static enum status hand_out(struct query *q, rejected_each_function each, void *context)
{
	char *file = copy_text(q, 3);
	char *reason = copy_text(q, 6);
	const struct rejection r = {
		.id = query_get_int(q, 0),
		.at = query_get_int(q, 1),
		.import = query_get_int(q, 2),
		.file = query_is_null(q, 3) ? NULL : file,
		.line = query_get_int(q, 4),
		.name = query_get_text(q, 5),
		.reason = reason,
		.record = query_get_text(q, 7),
		.change = query_get_int(q, 8),
	};
	enum status s = file == NULL || reason == NULL ? STATUS_NO_MEMORY : each(context, &r);
	free(file);
	free(reason);
	return s;
}

enum status rejected_each(struct database *db, int64_t id, rejected_each_function each, void *context)
{
	struct query q = query_start(db, "SELECT id, at, import, file, line, name, reason, record, change"
					 " FROM rejected WHERE ?1 = 0 OR id = ?1 ORDER BY id");
	query_int(&q, 1, id);
	enum status handed = STATUS_OK;
	while (handed == STATUS_OK && query_row(&q))
		handed = hand_out(&q, each, context);
	enum status s = query_finish(&q);
	return handed == STATUS_OK ? s : handed;
}
