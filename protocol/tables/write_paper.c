/* A paper as aligned text and as CSV. */
#include "protocol/tables/paper_parts.h"

#include <string.h>

static void put_cell(const struct paper *p, struct table *t, const struct paper_cell *cell)
{
	char text[PAPER_NUMBER];
	if (!cell->filled) {
		table_cell(t, "");
		return;
	}
	switch (cell->kind) {
	case PAPER_TEXT:
		table_cell(t, paper_string_or_empty(p, cell->text));
		break;
	case PAPER_COUNT:
		table_cell_int(t, cell->value);
		break;
	case PAPER_DATE:
		table_cell(t, date_format((int32_t)cell->value, text));
		break;
	case PAPER_RATE:
		table_cell(t, paper_format_rate(&p->words, cell->value, cell->of, text));
		break;
	case PAPER_DECIMAL:
		table_cell(t, paper_format_decimal(&p->words, cell->value, (unsigned)cell->of, text));
		break;
	}
}

static struct table *text_table(const struct paper *p, const struct paper_block *block)
{
	const char *headings[PAPER_COLUMNS] = {0};
	bool numeric[PAPER_COLUMNS] = {false};
	for (size_t i = 0; i < block->n_columns; i++) {
		const struct paper_head *head = paper_head_at(p, block, i);
		headings[i] = paper_string_or_empty(p, head->brief);
		numeric[i] = paper_is_number(head->kind);
	}
	struct table *t = table_new(block->n_columns, headings, numeric);
	for (size_t row = 0; row < block->n_rows; row++) {
		table_row(t);
		for (size_t i = 0; i < block->n_columns; i++)
			put_cell(p, t, paper_cell_at(p, block, row, i));
	}
	return t;
}

static enum status put_table(const struct paper *p, const struct paper_block *block, FILE *out)
{
	const char *caption = paper_string_or_empty(p, block->title);
	struct table *t = text_table(p, block);
	enum status s = table_status(t);
	if (s == STATUS_OK)
		(void)fprintf(out, "\n%s%s", caption, caption[0] == '\0' ? "" : "\n");
	table_print_text(t, out);
	table_free(t);
	return s;
}

enum status paper_print_text(const struct paper *p, FILE *out)
{
	enum status s = paper_status(p);
	if (s != STATUS_OK)
		return s;
	for (size_t i = 0; i < p->n_said; i++) {
		if (p->said[i] == PAPER_ABOVE || p->said[i] == PAPER_CODE || p->said[i] == PAPER_PARTIES)
			continue;
		if (p->said[i] == PAPER_OFFICE && p->lines[PAPER_CODE] != 0)
			(void)fprintf(out, "%s ", paper_string(p, p->lines[PAPER_CODE]));
		(void)fprintf(out, "%s\n", paper_string(p, p->lines[p->said[i]]));
	}
	for (size_t i = 0; s == STATUS_OK && i < p->blocks.n; i++) {
		const struct paper_block *block = paper_block_at(p, i);
		if (block->kind == PAPER_BLOCK_TABLE && block->use == PAPER_EVERYWHERE && block->n_rows > 0)
			s = put_table(p, block, out);
	}
	for (size_t i = 0; s == STATUS_OK && i < p->notes.n; i++)
		(void)fprintf(out, "%s%s\n", i == 0 ? "\n" : "", paper_note_at(p, i));
	return s;
}

/* The table a spreadsheet gets; NULL: there is none. */
static const struct paper_block *csv_block(const struct paper *p)
{
	const struct paper_block *found = NULL;
	for (size_t i = 0; i < p->blocks.n; i++) {
		const struct paper_block *block = paper_block_at(p, i);
		if (block->kind != PAPER_BLOCK_TABLE || block->use == PAPER_PAGES)
			continue;
		if (block->use == PAPER_DATA)
			return block;
		found = found == NULL ? block : found;
	}
	return found;
}

static void put_csv_cell(const struct paper *p, struct table *t, const struct paper_head *head,
			 const struct paper_cell *cell)
{
	char number[PAPER_NUMBER];
	if (head->kind != PAPER_RATE) {
		if (cell->word != 0)
			table_cell(t, paper_string(p, cell->word));
		else if (cell->filled && cell->kind == PAPER_DECIMAL)
			table_cell(t, paper_format_decimal(NULL, cell->value, (unsigned)cell->of, number));
		else
			put_cell(p, t, cell);
	} else if (!cell->filled || cell->kind != PAPER_RATE) {
		table_cell(t, "");
		table_cell(t, "");
	} else {
		table_cell_int(t, cell->value);
		table_cell_int(t, cell->of);
	}
}

static struct table *csv_table(const struct paper *p, const struct paper_block *block)
{
	enum { KEY = 72 };
	const char *headings[2 * PAPER_COLUMNS] = {0};
	bool numeric[2 * PAPER_COLUMNS] = {false};
	char wholes[PAPER_COLUMNS][KEY];
	size_t n = 0;
	for (size_t i = 0; i < block->n_columns; i++) {
		const struct paper_head *head = paper_head_at(p, block, i);
		numeric[n] = paper_is_number(head->kind);
		headings[n++] = paper_string_or_empty(p, head->key);
		if (head->kind != PAPER_RATE)
			continue;
		(void)snprintf(wholes[i], KEY, "%s_of", headings[n - 1]);
		numeric[n] = true;
		headings[n++] = wholes[i];
	}
	struct table *t = table_new(n, headings, numeric);
	for (size_t row = 0; row < block->n_rows; row++) {
		table_row(t);
		for (size_t i = 0; i < block->n_columns; i++)
			put_csv_cell(p, t, paper_head_at(p, block, i), paper_cell_at(p, block, row, i));
	}
	return t;
}

enum status paper_print_csv(const struct paper *p, FILE *out)
{
	enum status s = paper_status(p);
	const struct paper_block *block = s == STATUS_OK ? csv_block(p) : NULL;
	if (block == NULL)
		return s;
	struct table *t = csv_table(p, block);
	s = table_status(t);
	if (s == STATUS_OK)
		table_print_csv(t, out);
	table_free(t);
	return s;
}
