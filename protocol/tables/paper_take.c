/* A table of writer.h on a paper. */
#include "protocol/tables/paper.h"
#include "protocol/tables/table.h"

#include <stdlib.h>
#include <string.h>

enum { HEADING = 256 /* bytes of a heading: words of ours */ };

static void put_cell(struct paper *p, const struct table *t, const struct table_cell *cell)
{
	struct slice text = table_text(t, cell);
	char short_text[DATE_TEXT + 16] = "";
	int32_t day = 0;
	if (text.len < sizeof(short_text))
		memcpy(short_text, text.data, text.len);
	if (cell->is_int)
		paper_count(p, strtoll(short_text, NULL, 10)); /* written by table_cell_int() */
	else if (text.len == DATE_TEXT - 1 && short_text[4] == '-' &&
		 date_parse(short_text, text.len, &day) == STATUS_OK)
		paper_day(p, day);
	else
		paper_slice(p, text);
}

void paper_take(struct paper *p, enum paper_use use, const char *caption, const struct table *t)
{
	char names[PAPER_COLUMNS][HEADING];
	struct paper_column columns[PAPER_COLUMNS];
	if (p == NULL || t == NULL || table_status(t) != STATUS_OK)
		return;
	size_t n = t->n_columns;
	for (size_t i = 0; i < n && i < PAPER_COLUMNS; i++) {
		struct slice name = table_text(t, &t->cells[i]);
		(void)snprintf(names[i], HEADING, "%.*s", (int)name.len, (const char *)name.data);
		columns[i] = (struct paper_column){
			.key = names[i], .title = names[i], .kind = t->numeric[i] ? PAPER_COUNT : PAPER_TEXT};
	}
	paper_table(p, use, caption, n, columns);
	for (size_t row = 1; row <= t->n_rows; row++) {
		paper_row(p, PAPER_ROW);
		for (size_t i = 0; i < n; i++)
			put_cell(p, t, &t->cells[row * t->n_columns + i]);
	}
}
