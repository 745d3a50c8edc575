#include <string.h>

#include "protocol/tables/table.h"

static bool is_number(struct slice text)
{
	size_t sign = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');
	for (size_t i = sign; i < text.len; i++)
		if (text.data[i] == '\0' || strchr("0123456789.,%", text.data[i]) == NULL)
			return false;
	return text.len > sign;
}

/* Spreadsheets run what begins like a formula; a leading quote makes it text. */
static bool is_formula(struct slice text)
{
	return text.len > 0 && text.data[0] != '\0' && strchr("=+-@\t\r", text.data[0]) != NULL;
}

static bool needs_quotes(struct slice text)
{
	if (text.len > 0 && (text.data[0] == ' ' || text.data[text.len - 1] == ' '))
		return true;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != '\0' && strchr(",;\"\t\r\n", text.data[i]) != NULL)
			return true;
	return false;
}

static void put_cell(struct slice text, bool numeric, FILE *out)
{
	bool guard = is_formula(text) && !(numeric && is_number(text));
	bool quotes = needs_quotes(text);
	if (quotes)
		(void)fputc('"', out);
	if (guard)
		(void)fputc('\'', out);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			(void)fputc('"', out);
		(void)fputc(text.data[i], out);
	}
	if (quotes)
		(void)fputc('"', out);
}

void table_print_csv(const struct table *t, FILE *out)
{
	if (table_status(t) != STATUS_OK)
		return;
	(void)fputs("\xEF\xBB\xBF", out);
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t column = i % t->n_columns;
		if (column > 0)
			(void)fputc(',', out);
		const struct table_cell *cell = &t->cells[i];
		put_cell(table_text(t, cell), cell->is_int || (i >= t->n_columns && t->numeric[column]), out);
		if (column + 1 == t->n_columns)
			(void)fputs("\r\n", out);
	}
}
