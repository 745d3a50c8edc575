#include "foreign.h"

#include <string.h>

enum status foreign_sink(void *context, struct slice bytes)
{
	struct bytes *out = context;
	bytes_put(out, bytes.data, bytes.len);
	return bytes_status(out);
}

static enum status hand_out(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct slice *rest = context;
	size_t n = rest->len < len ? rest->len : len;
	if (n > 0)
		memcpy(buf, rest->data, n);
	*rest = slice_of(rest->data + n, rest->len - n);
	*ret_len = n;
	return STATUS_OK;
}

static enum status take_row(void *context, const struct row *row, enum row_fault fault)
{
	int64_t *rows = context;
	struct row_defaults defaults = {.kind = KIND_DOSSIER, .changed_at = SEALED_AT, .unit = slice_str("95801")};
	struct bytes scratch = bytes_new(4 * LIMIT_LINE);
	struct row_result result = {.fault = ROW_OK};
	struct change first;
	struct change second;
	(*rows)++;
	hold(row->n_cells <= LIMIT_COLUMNS, "a row is no wider than it may be");
	hold(row->line > 0, "a row has its number");
	if (fault == ROW_OK) {
		enum status s = row_change(row, &defaults, &scratch, &first, &second, NULL, &result);
		hold(s == STATUS_OK || s == STATUS_REFUSED, "what a row can be");
	}
	bytes_free(&scratch);
	return STATUS_OK;
}

void foreign_read_back(enum table_format format, const struct bytes *written)
{
	struct slice rest = bytes_slice(written);
	const struct reader_form form = {.format = format, .search = true, .translated = true};
	struct reader_report report;
	int64_t rows = 0;
	enum status s = reader_run_form(form, hand_out, &rest, take_row, &rows, &report);
	/* A header in two rows of the greatest length is too long for one. */
	hold(s == STATUS_OK || s == STATUS_REFUSED || s == STATUS_LIMIT, "what a table can be");
	hold((s == STATUS_REFUSED) == (report.reason != NULL), "a refused table has its reason");
	hold(report.rows == rows, "all rows are counted");
	bool understood = report.reason == NULL || strcmp(report.reason, "cut-off") != 0;
	hold(understood, "the end is said");
}
