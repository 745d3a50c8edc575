#include "protocol/tables/row.h"
#include "protocol/tables/text.h"

static enum status take_text(const struct row *row, const char *name, struct bytes *text)
{
	enum status s = STATUS_OK;
	bytes_clear(text);
	for (size_t i = 0; i < row->n_cells && s == STATUS_OK; i++)
		if (row->cells[i].type == CELL_TEXT && slice_equal(row->cells[i].name, slice_str(name)))
			s = text_normal(row->cells[i].text, text);
	return s == STATUS_OK || s == STATUS_NO_MEMORY ? s : STATUS_REFUSED;
}

enum status row_texts(const struct row *row, size_t n, const char *const *names, struct bytes *cells,
		      size_t *ret_column)
{
	for (size_t i = 0; i < n; i++) {
		enum status s = take_text(row, names[i], &cells[i]);
		*ret_column = i;
		if (s != STATUS_OK)
			return s;
	}
	return STATUS_OK;
}
