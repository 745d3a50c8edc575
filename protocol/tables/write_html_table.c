#include "protocol/tables/html_parts.h"

enum {
	LONG_TABLE = 40, /* rows: from there it moves in a window of its own on the screen */
	NARROW_TABLE = 3 /* columns: up to there it needs no whole line */
};

/* A heading over some columns, or over some rows of headings. */
static void put_head(const struct paper *p, FILE *out, const char *scope, size_t columns, size_t rows, size_t text)
{
	(void)fprintf(out, "<th scope=\"%s\"", scope);
	if (columns > 1)
		(void)fprintf(out, " colspan=\"%zu\"", columns);
	if (rows > 1)
		(void)fprintf(out, " rowspan=\"%zu\"", rows);
	html_element(out, ">", paper_string_or_empty(p, text), "</th>");
}

/* One row of headings: those over several columns at this level, and those that reach down to the last row. */
static void put_head_row(const struct paper *p, const struct paper_block *t, size_t level, size_t depth, FILE *out)
{
	(void)fputs("<tr>", out);
	for (size_t i = 0; i < t->n_columns;) {
		const struct paper_head *head = paper_head_at(p, t, i);
		size_t own = (size_t)(head->above[0] != 0) + (size_t)(head->above[0] != 0 && head->above[1] != 0);
		size_t span = level < depth ? paper_span(p, t, level, i) : 0;
		if (span > 0)
			put_head(p, out, "colgroup", span, 1, head->above[level]);
		else if (own == level)
			put_head(p, out, "col", 1, depth - level + 1, head->title);
		i += span > 0 ? span : 1;
	}
	(void)fputs("</tr>\n", out);
}

static void put_numbers(const struct paper *p, const struct paper_block *t, FILE *out)
{
	if (!paper_numbered(p, t))
		return;
	(void)fputs("<tr class=\"no\">", out);
	for (size_t i = 0; i < t->n_columns; i++)
		html_element(out, "<td>", paper_string_or_empty(p, paper_head_at(p, t, i)->number), "</td>");
	(void)fputs("</tr>\n", out);
}

static void put_value(const struct paper *p, const struct paper_cell *cell, FILE *out)
{
	char text[PAPER_NUMBER];
	char iso[DATE_TEXT];
	if (!cell->filled)
		return;
	switch (cell->kind) {
	case PAPER_TEXT:
		html_text(out, paper_string_or_empty(p, cell->text));
		break;
	case PAPER_COUNT:
		html_count(p, out, cell->value);
		break;
	case PAPER_DATE:
		(void)fprintf(out, "<time datetime=\"%s\">%s</time>", date_format((int32_t)cell->value, iso),
			      paper_format_day(&p->words, (int32_t)cell->value, text));
		break;
	case PAPER_DECIMAL:
		(void)fputs(paper_format_decimal(&p->words, cell->value, (unsigned)cell->of, text), out);
		break;
	case PAPER_RATE:
		(void)fputs(paper_format_rate(&p->words, cell->value, cell->of, text), out);
		break;
	}
}

/* The column that names a row: the first text, or the second where two stand together (a code and its name). */
static size_t naming_column(const struct paper *p, const struct paper_block *t)
{
	size_t first = 0;
	while (first < t->n_columns && paper_head_at(p, t, first)->kind != PAPER_TEXT)
		first++;
	if (first == t->n_columns)
		return 0;
	bool two = first + 1 < t->n_columns && paper_head_at(p, t, first + 1)->kind == PAPER_TEXT;
	return two ? first + 1 : first;
}

static void put_row(const struct paper *p, const struct paper_block *t, size_t row, size_t naming, FILE *out)
{
	static const char *const classes[] = {
		[PAPER_ROW] = "", [PAPER_ROW_GROUP] = " class=\"group\"", [PAPER_ROW_TOTAL] = " class=\"total\""};
	(void)fprintf(out, "<tr%s>", classes[paper_row_at(p, t, row)]);
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct paper_cell *cell = paper_cell_at(p, t, row, i);
		bool number = paper_is_number(paper_head_at(p, t, i)->kind);
		(void)fputs(i == naming ? "<th scope=\"row\">" : number ? "<td class=\"n\">" : "<td>", out);
		put_value(p, cell, out);
		(void)fputs(i == naming ? "</th>" : "</td>", out);
	}
	(void)fputs("</tr>\n", out);
}

void html_table(const struct paper *p, const struct paper_block *t, size_t number, FILE *out)
{
	size_t depth = paper_depth(p, t);
	size_t naming = naming_column(p, t);
	const char *title = paper_string(p, t->title != 0 ? t->title : p->lines[PAPER_TITLE]);
	(void)fprintf(out,
		      "<div class=\"scroll%s\" role=\"region\" tabindex=\"0\" aria-labelledby=\"t%zu\">\n<table>",
		      t->n_rows > LONG_TABLE         ? " long"
		      : t->n_columns <= NARROW_TABLE ? " narrow"
						     : "",
		      number);
	(void)fprintf(out, "<caption id=\"t%zu\"%s>", number, t->title != 0 ? "" : " class=\"unseen\"");
	html_element(out, "", title != NULL ? title : p->words.untitled, "</caption>\n<thead>\n");
	for (size_t level = 0; level <= depth; level++)
		put_head_row(p, t, level, depth, out);
	put_numbers(p, t, out);
	(void)fputs("</thead>\n<tbody>\n", out);
	for (size_t row = 0; row < t->n_rows; row++)
		put_row(p, t, row, naming, out);
	(void)fputs("</tbody></table>\n</div>\n", out);
}
