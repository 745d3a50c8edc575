#include "protocol/tables/table.h"

enum { GAP = 2 /* blanks between columns */ };

/* Marks that stand upon the letter before them. */
static bool is_combining(uint32_t point)
{
	return (point >= 0x0300 && point <= 0x036F) || (point >= 0x1AB0 && point <= 0x1AFF) ||
	       (point >= 0x1DC0 && point <= 0x1DFF) || (point >= 0x20D0 && point <= 0x20FF) ||
	       (point >= 0xFE20 && point <= 0xFE2F);
}

/* How many columns UTF-8 text takes: one for each code point that is no combining mark. */
static size_t width_of(struct slice text)
{
	size_t width = 0;
	uint32_t point = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool tail = (c & 0xC0U) == 0x80;
		point = tail ? point << 6 | (c & 0x3FU) : c & (c >= 0xE0 ? 0x0FU : c >= 0xC0 ? 0x1FU : 0x7FU);
		bool last = i + 1 == text.len || (text.data[i + 1] & 0xC0U) != 0x80;
		if (last && !is_combining(point))
			width++;
	}
	return width;
}

/* An integer with its thousands grouped takes a dot for every three digits but the first ones. */
static size_t n_dots(struct slice digits)
{
	size_t n = digits.len - (digits.data[0] == '-');
	return n > 0 ? (n - 1) / 3 : 0;
}

static size_t cell_width(const struct table *t, const struct table_cell *cell)
{
	struct slice text = table_text(t, cell);
	return cell->is_int ? text.len + n_dots(text) : width_of(text);
}

static void put_blanks(FILE *out, size_t count, char blank)
{
	for (size_t i = 0; i < count; i++)
		(void)fputc(blank, out);
}

static void put_text(const struct table *t, const struct table_cell *cell, FILE *out)
{
	struct slice text = table_text(t, cell);
	for (size_t i = 0; i < text.len; i++) {
		size_t left = text.len - i;
		bool dot = cell->is_int && i > 0 && left % 3 == 0 && text.data[i - 1] != '-';
		if (dot)
			(void)fputc('.', out);
		/* A line break in a cell would break the table. */
		(void)fputc(text.data[i] < 0x20 ? ' ' : text.data[i], out);
	}
}

static void put_row(const struct table *t, size_t row, const size_t *widths, FILE *out)
{
	size_t owed = 0; /* blanks are written only before something, so that no line ends in one */
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct table_cell *cell = &t->cells[row * t->n_columns + i];
		size_t width = cell_width(t, cell);
		size_t fill = widths[i] - width;
		owed += t->numeric[i] ? fill : 0;
		if (width > 0) {
			put_blanks(out, owed, ' ');
			owed = 0;
			put_text(t, cell, out);
		}
		owed += (t->numeric[i] ? 0 : fill) + GAP;
	}
	(void)fputc('\n', out);
}

static void put_rule(const struct table *t, const size_t *widths, FILE *out)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		put_blanks(out, i > 0 ? GAP : 0, ' ');
		put_blanks(out, widths[i], '-');
	}
	(void)fputc('\n', out);
}

void table_print_text(const struct table *t, FILE *out)
{
	if (table_status(t) != STATUS_OK || t->n_columns == 0)
		return;
	size_t *widths = t->widths; /* made with the table, so that printing cannot fail for memory */
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t width = cell_width(t, &t->cells[i]);
		if (width > widths[i % t->n_columns])
			widths[i % t->n_columns] = width;
	}
	put_row(t, 0, widths, out);
	put_rule(t, widths, out);
	for (size_t row = 1; row <= t->n_rows; row++)
		put_row(t, row, widths, out);
}
