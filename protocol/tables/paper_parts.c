#include "protocol/tables/paper_parts.h"

#include <string.h>

bool paper_is_number(enum paper_kind kind)
{
	return kind == PAPER_COUNT || kind == PAPER_RATE || kind == PAPER_DECIMAL;
}

const char *paper_string(const struct paper *p, size_t text)
{
	return text == 0 ? NULL : (const char *)p->text.data + text;
}

const char *paper_string_or_empty(const struct paper *p, size_t text)
{
	return text == 0 ? "" : paper_string(p, text);
}

const struct paper_block *paper_block_at(const struct paper *p, size_t i)
{
	return (const struct paper_block *)p->blocks.items + i;
}

const struct paper_head *paper_head_at(const struct paper *p, const struct paper_block *table, size_t column)
{
	return (const struct paper_head *)p->heads.items + table->first_head + column;
}

enum paper_row paper_row_at(const struct paper *p, const struct paper_block *table, size_t row)
{
	return ((const enum paper_row *)p->rows.items)[table->first_row + row];
}

const struct paper_cell *paper_cell_at(const struct paper *p, const struct paper_block *table, size_t row,
				       size_t column)
{
	return (const struct paper_cell *)p->cells.items + table->first_cell + row * table->n_columns + column;
}

const struct paper_point_part *paper_point_at(const struct paper *p, const struct paper_block *chart, size_t i)
{
	return (const struct paper_point_part *)p->points.items + chart->first_point + i;
}

const char *paper_note_at(const struct paper *p, size_t i)
{
	return paper_string_or_empty(p, ((const size_t *)p->notes.items)[i]);
}

size_t paper_depth(const struct paper *p, const struct paper_block *table)
{
	size_t depth = 0;
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct paper_head *head = paper_head_at(p, table, i);
		size_t levels = head->above[0] == 0 ? 0 : head->above[1] == 0 ? 1 : 2;
		depth = levels > depth ? levels : depth;
	}
	return depth;
}

bool paper_numbered(const struct paper *p, const struct paper_block *table)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (paper_head_at(p, table, i)->number != 0)
			return true;
	return false;
}

/* Whether two columns stand under the same heading at a level and all above it. */
static bool is_shared(const struct paper *p, const struct paper_head *a, const struct paper_head *b, size_t level)
{
	for (size_t i = 0; i <= level; i++)
		if (a->above[i] == 0 || b->above[i] == 0 ||
		    strcmp(paper_string(p, a->above[i]), paper_string(p, b->above[i])) != 0)
			return false;
	return true;
}

size_t paper_span(const struct paper *p, const struct paper_block *table, size_t level, size_t column)
{
	const struct paper_head *first = paper_head_at(p, table, column);
	size_t span = 0;
	while (column + span < table->n_columns &&
	       is_shared(p, first, paper_head_at(p, table, column + span), level))
		span++;
	return span;
}
