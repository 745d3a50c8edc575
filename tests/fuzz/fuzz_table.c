/*
 * Files of tables, CSV or NDJSON, in pieces of any size: read whatever they are, the same rows however they come,
 * and every row that means something is a sound change whose kept form reads again.
 */
#include "fuzz.h"

#include <string.h>

#include "protocol/tables/reader.h"

struct table {
	struct slice rest;
	size_t piece;
	int64_t rows;
	uint64_t seen; /* of all cells, in their order */
	struct bytes scratch;
	struct bytes json;
};

static enum status hand_out(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct table *t = context;
	size_t n = t->rest.len < t->piece ? t->rest.len : t->piece;
	n = n < len ? n : len;
	if (n > 0)
		memcpy(buf, t->rest.data, n);
	t->rest = slice_of(t->rest.data + n, t->rest.len - n);
	*ret_len = n;
	return STATUS_OK;
}

static void note(struct table *t, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		t->seen = (t->seen ^ text.data[i]) * UINT64_C(0x100000001b3);
	t->seen = (t->seen ^ 0xff) * UINT64_C(0x100000001b3);
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	struct table *t = context;
	struct row_defaults defaults = {.kind = KIND_DOSSIER, .changed_at = SEALED_AT, .unit = slice_str("95801")};
	struct row_result result = {.fault = ROW_OK};
	struct change first;
	struct change second;
	t->rows++;
	hold(row->n_cells <= LIMIT_COLUMNS, "a row is no wider than it may be");
	for (size_t i = 0; i < row->n_cells; i++) {
		note(t, row->cells[i].name);
		note(t, row->cells[i].text);
	}
	if (fault != ROW_OK)
		return STATUS_OK;
	enum status s = row_change(row, &defaults, &t->scratch, &first, &second, NULL, &result);
	hold(s == STATUS_OK || s == STATUS_REFUSED, "what a row can be");
	hold((s == STATUS_OK) == (result.fault == ROW_OK), "a refused row has its fault");
	if (s == STATUS_OK)
		hold(change_check(&first, NULL) == STATUS_OK, "a row that is taken is a sound change");
	bytes_clear(&t->json);
	row_recognised_json(row, &defaults, &t->json);
	return STATUS_OK;
}

static struct table read_table(struct slice text, size_t piece, bool search)
{
	const struct reader_form form = {.format = FORMAT_AUTO, .search = search};
	struct reader_report report;
	struct table t = {.rest = text,
			  .piece = piece,
			  .scratch = bytes_new(4 * LIMIT_LINE),
			  .json = bytes_new(8 * LIMIT_LINE)};
	enum status s = reader_run_form(form, hand_out, &t, take_row, &t, &report);
	hold(s == STATUS_OK || s == STATUS_REFUSED, "what a table can be");
	hold((s == STATUS_OK) == (report.reason == NULL), "a refused table has its reason");
	hold(report.rows == t.rows, "all rows are counted");
	bytes_free(&t.scratch);
	bytes_free(&t.json);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	/* The first byte says how the rest comes, and whether its header is searched for. */
	struct slice text = slice_of(data + 1, len - 1);
	bool search = (data[0] & 1) != 0;
	struct table whole = read_table(text, FUZZ_MAX, search);
	struct table pieces = read_table(text, (size_t)data[0] + 1, search);
	hold(whole.rows == pieces.rows && whole.seen == pieces.seen, "the same rows however they come");
	return 0;
}
