#include "protocol/tables/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for one more row of empty cells. */
static void add_row(struct table *t)
{
	if (bytes_status(&t->text) != STATUS_OK)
		return;
	size_t needed = t->n_cells + t->n_columns;
	if (needed > t->cap_cells) {
		size_t cap = needed * 2;
		struct table_cell *cells = cap > SIZE_MAX / sizeof *cells / 2
						   ? NULL
						   : realloc(t->cells, cap * sizeof *cells);
		if (cells == NULL) {
			t->text.error = STATUS_NO_MEMORY;
			return;
		}
		t->cells = cells;
		t->cap_cells = cap;
	}
	for (size_t i = t->n_cells; i < needed; i++)
		t->cells[i] = (struct table_cell){0};
	t->n_cells = needed;
	t->n_in_row = 0;
}

static void put_cell(struct table *t, const char *text, bool is_int)
{
	if (bytes_status(&t->text) != STATUS_OK || t->n_in_row == t->n_columns)
		return;
	size_t at = t->n_cells - t->n_columns + t->n_in_row++;
	size_t start = t->text.len;
	bytes_put_str(&t->text, text);
	t->cells[at] = (struct table_cell){.start = start, .len = t->text.len - start, .is_int = is_int};
}

struct table *table_new(size_t n_columns, const char *const *headings, const bool *numeric)
{
	struct table *t = malloc(sizeof *t);
	if (t == NULL)
		return NULL;
	*t = (struct table){.n_columns = n_columns, .text = bytes_new(TABLE_TEXT)};
	t->numeric = calloc(n_columns + 1, sizeof *t->numeric);
	t->widths = calloc(n_columns + 1, sizeof *t->widths);
	if (t->numeric == NULL || t->widths == NULL)
		goto out;
	add_row(t);
	for (size_t i = 0; i < n_columns; i++) {
		t->numeric[i] = numeric != NULL && numeric[i];
		put_cell(t, headings[i], false);
	}
	if (bytes_status(&t->text) == STATUS_OK)
		return t;
out:
	table_free(t);
	return NULL;
}

void table_row(struct table *t)
{
	if (t == NULL)
		return;
	add_row(t);
	t->n_rows += bytes_status(&t->text) == STATUS_OK;
}

void table_cell(struct table *t, const char *text)
{
	if (t != NULL && t->n_rows > 0)
		put_cell(t, text != NULL ? text : "", false);
}

void table_cell_int(struct table *t, int64_t value)
{
	char digits[24];
	(void)snprintf(digits, sizeof digits, "%" PRId64, value);
	if (t != NULL && t->n_rows > 0)
		put_cell(t, digits, true);
}

enum status table_status(const struct table *t)
{
	return t != NULL ? bytes_status(&t->text) : STATUS_NO_MEMORY;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	bytes_free(&t->text);
	free(t->cells);
	free(t->numeric);
	free(t->widths);
	free(t);
}

struct slice table_text(const struct table *t, const struct table_cell *cell)
{
	return cell->len > 0 ? slice_of(t->text.data + cell->start, cell->len) : slice_str("");
}

enum status writer_status(FILE *out)
{
	bool failed = ferror(out) != 0;
	errno = 0;
	if (fflush(out) != 0 || failed)
		return errno == ENOSPC ? STATUS_DISK_FULL : STATUS_DISK;
	return STATUS_OK;
}
