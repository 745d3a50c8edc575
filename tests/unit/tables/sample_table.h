/*
 * A table in memory for the tests of the readers: handed out in pieces of any size, its rows written down as text,
 * one a line: "LINE FAULT NAME=VALUE|…".
 */
#ifndef MOTCUA_TESTS_SAMPLE_TABLE_H
#define MOTCUA_TESTS_SAMPLE_TABLE_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/tables/reader.h"

struct sample {
	struct slice table;
	size_t piece;     /* bytes handed out at once */
	enum status fail; /* instead of the end */
	int64_t stop_at;  /* the row function stops after so many rows; 0: never */
	struct bytes seen;
	struct reader_report report;
};

static inline struct sample sample_of(struct slice table, size_t piece)
{
	return (struct sample){.table = table, .piece = piece, .seen = bytes_new(1024 * 1024)};
}

static enum status sample_source(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct sample *s = context;
	size_t n = s->table.len < s->piece ? s->table.len : s->piece;
	n = n < len ? n : len;
	if (n == 0 && s->fail != STATUS_OK)
		return s->fail;
	if (n > 0)
		memcpy(buf, s->table.data, n);
	s->table = slice_of(s->table.data + n, s->table.len - n);
	*ret_len = n;
	return STATUS_OK;
}

static enum status sample_row(void *context, const struct row *row, enum row_fault fault)
{
	static const char *const types[] = {"empty", "null", "", "number", "bool", "other"};
	struct sample *s = context;
	char text[64];
	(void)snprintf(text, sizeof text, "%" PRId64 " %s ", row->line, row_fault_name(fault));
	bytes_put_str(&s->seen, text);
	for (size_t i = 0; i < row->n_cells; i++) {
		const struct cell *cell = &row->cells[i];
		bytes_put_str(&s->seen, i > 0 ? "|" : "");
		bytes_put(&s->seen, cell->name.data, cell->name.len);
		bytes_put_str(&s->seen, "=");
		bytes_put_str(&s->seen, types[cell->type]);
		bytes_put(&s->seen, cell->text.data, cell->text.len);
		(void)snprintf(text, sizeof text, "%" PRId64, cell->number);
		bytes_put_str(&s->seen, cell->type == CELL_NUMBER || cell->type == CELL_BOOL ? text : "");
	}
	bytes_put_str(&s->seen, "\n");
	return s->report.rows == s->stop_at && s->stop_at != 0 ? STATUS_STOPPED : STATUS_OK;
}

static inline enum status sample_run(struct sample *s, enum table_format format)
{
	return reader_run(format, sample_source, s, sample_row, s, &s->report);
}

#endif
