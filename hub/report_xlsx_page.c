#include "hub/report_xlsx_page.h"

#include <ctype.h>

enum {
	NUMBER_WIDTH = 9, /* characters of a column of numbers at least */
	TEXT_WIDTH = 44,  /* of a column of texts at most; longer ones wrap */
	DATA_KEY = 72
};

void book_note_error(struct book *b, lxw_error error)
{
	if (b->error == LXW_NO_ERROR)
		b->error = error;
}

static lxw_format *new_look(struct book *b, bool bold, bool italic, enum lxw_format_alignments align, bool framed)
{
	lxw_format *f = workbook_add_format(b->file);
	if (f == NULL) {
		book_note_error(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
		return NULL;
	}
	format_set_font_name(f, "Times New Roman");
	format_set_font_size(f, 12);
	format_set_text_wrap(f);
	format_set_align(f, (uint8_t)align);
	format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
	if (bold)
		format_set_bold(f);
	if (italic)
		format_set_italic(f);
	if (framed)
		format_set_border(f, LXW_BORDER_THIN);
	return f;
}

/* Of a cell: by its kind, heavier in a heading of rows and in a total. */
static lxw_format *new_cell_look(struct book *b, enum paper_row row, enum paper_kind kind)
{
	static const char *const numbers[] = {[PAPER_COUNT] = "#,##0",
					      [PAPER_DATE] = "dd/mm/yyyy",
					      [PAPER_RATE] = "0.00%",
					      [PAPER_DECIMAL] = "#,##0.00"};
	enum lxw_format_alignments align = kind == PAPER_TEXT   ? LXW_ALIGN_LEFT
					   : kind == PAPER_DATE ? LXW_ALIGN_CENTER
								: LXW_ALIGN_RIGHT;
	lxw_format *f = new_look(b, row != PAPER_ROW, false, align, true);
	if (f != NULL && kind != PAPER_TEXT)
		format_set_num_format(f, numbers[kind]);
	if (f != NULL && row == PAPER_ROW_TOTAL)
		format_set_bg_color(f, 0xE7ECF2);
	return f;
}

void book_make_looks(struct book *b)
{
	static const char *const numbers[] = {
		[PAPER_COUNT] = "0", [PAPER_DATE] = "yyyy-mm-dd", [PAPER_RATE] = "0", [PAPER_DECIMAL] = "General"};
	b->looks[LOOK_ABOVE] = new_look(b, false, false, LXW_ALIGN_CENTER, false);
	b->looks[LOOK_STRONG] = new_look(b, true, false, LXW_ALIGN_CENTER, false);
	b->looks[LOOK_TITLE] = new_look(b, true, false, LXW_ALIGN_CENTER, false);
	b->looks[LOOK_PERIOD] = new_look(b, false, true, LXW_ALIGN_CENTER, false);
	b->looks[LOOK_UNIT] = new_look(b, false, true, LXW_ALIGN_RIGHT, false);
	b->looks[LOOK_CAPTION] = new_look(b, true, false, LXW_ALIGN_LEFT, false);
	b->looks[LOOK_HEAD] = new_look(b, true, false, LXW_ALIGN_CENTER, true);
	b->looks[LOOK_NUMBER] = new_look(b, false, true, LXW_ALIGN_CENTER, true);
	b->looks[LOOK_NOTE] = new_look(b, false, true, LXW_ALIGN_LEFT, false);
	for (int row = PAPER_ROW; row <= PAPER_ROW_TOTAL; row++)
		for (int kind = PAPER_TEXT; kind < PAPER_KINDS; kind++)
			b->looks[LOOK_CELLS + row * PAPER_KINDS + kind] =
				new_cell_look(b, (enum paper_row)row, (enum paper_kind)kind);
	for (int kind = PAPER_TEXT; kind < PAPER_KINDS; kind++) {
		lxw_format *f = b->looks[LOOK_DATA + kind] = workbook_add_format(b->file);
		if (f == NULL)
			book_note_error(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
		else if (kind != PAPER_TEXT)
			format_set_num_format(f, numbers[kind]);
	}
	if (b->error != LXW_NO_ERROR)
		return;
	format_set_font_size(b->looks[LOOK_TITLE], 14);
	format_set_bg_color(b->looks[LOOK_HEAD], 0xE7ECF2);
	format_set_font_size(b->looks[LOOK_NUMBER], 10);
	format_set_font_size(b->looks[LOOK_NOTE], 11);
}

/* --- cells --- */

static bool is_escape(const char *text)
{
	if (text[0] != '_' || text[1] != 'x')
		return false;
	for (int i = 2; i < 6; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return text[6] == '_';
}

const char *page_escape(struct book *b, const char *text)
{
	bytes_clear(&b->escaped);
	for (; *text != '\0'; text++) {
		if (is_escape(text))
			bytes_put_str(&b->escaped, "_x005F");
		bytes_put_u8(&b->escaped, (uint8_t)*text);
	}
	bytes_put_u8(&b->escaped, 0);
	if (bytes_status(&b->escaped) == STATUS_OK)
		return (const char *)b->escaped.data;
	book_note_error(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
	return "";
}

static int width_of(const char *text)
{
	int width = 0;
	for (; *text != '\0'; text++)
		width += ((uint8_t)*text & 0xC0U) != 0x80;
	return width;
}

static double decimal_of(const struct paper_cell *cell)
{
	double unit = 1;
	for (int64_t i = 0; i < cell->of; i++)
		unit *= 10;
	return (double)cell->value / unit;
}

static void put_cell(struct page *p, lxw_row_t row, lxw_col_t column, const struct paper_cell *cell, int look)
{
	struct book *b = p->book;
	lxw_format *f = b->looks[look + (int)cell->kind];
	lxw_datetime date = {0};
	if (!cell->filled) {
		book_note_error(b, worksheet_write_blank(p->sheet, row, column, f));
		return;
	}
	switch (cell->kind) {
	case PAPER_TEXT:
		book_note_error(
			b, worksheet_write_string(p->sheet, row, column,
						  page_escape(b, paper_string_or_empty(b->paper, cell->text)), f));
		break;
	case PAPER_COUNT:
		book_note_error(b, worksheet_write_number(p->sheet, row, column, (double)cell->value, f));
		break;
	case PAPER_DATE:
		date_split((int32_t)cell->value, &date.year, &date.month, &date.day);
		book_note_error(b, worksheet_write_datetime(p->sheet, row, column, &date, f));
		break;
	case PAPER_DECIMAL:
		book_note_error(b, worksheet_write_number(p->sheet, row, column, decimal_of(cell), f));
		break;
	case PAPER_RATE:
		if (cell->of <= 0)
			book_note_error(b, worksheet_write_string(p->sheet, row, column, "–", f));
		else
			book_note_error(b, worksheet_write_number(p->sheet, row, column,
								  (double)cell->value / (double)cell->of, f));
		break;
	}
}

/* A text over some columns and rows, both ends included. */
static void put_over(struct page *p, lxw_row_t top, lxw_row_t bottom, lxw_col_t left, lxw_col_t right,
		     const char *text, enum look look)
{
	struct book *b = p->book;
	const char *escaped = page_escape(b, text);
	if (top == bottom && left == right)
		book_note_error(b, worksheet_write_string(p->sheet, top, left, escaped, b->looks[look]));
	else
		book_note_error(b,
				worksheet_merge_range(p->sheet, top, left, bottom, right, escaped, b->looks[look]));
}

void page_put_over(struct page *p, lxw_row_t row, lxw_col_t left, lxw_col_t right, const char *text, enum look look)
{
	put_over(p, row, row, left, right, text, look);
}

int page_width_between(const struct page *p, lxw_col_t left, lxw_col_t right)
{
	int width = 0;
	for (lxw_col_t i = left; i <= right; i++)
		width += p->widths[i];
	return width;
}

void page_put_line(struct page *p, const char *text, enum look look)
{
	int width = page_width_between(p, 0, (lxw_col_t)(p->n_columns - 1));
	width = width > 0 ? width : PAGE_WIDTH;
	int lines = (width_of(text) * (look == LOOK_TITLE ? 5 : 4)) / (width * 4) + 1;
	page_put_over(p, p->row, 0, (lxw_col_t)(p->n_columns - 1), text, look);
	book_note_error(p->book, worksheet_set_row(p->sheet, p->row,
						   lines * LINE_HEIGHT + (look == LOOK_TITLE ? 6 : 1), NULL));
	p->row++;
}

/* --- tables --- */

/* Between the narrowest and the widest a column of its kind should be. */
static int width_wanted(const struct paper *paper, const struct paper_block *t, size_t column)
{
	char text[PAPER_NUMBER];
	const struct paper_head *head = paper_head_at(paper, t, column);
	int width = head->kind == PAPER_TEXT   ? width_of(paper_string_or_empty(paper, head->title))
		    : head->kind == PAPER_DATE ? NUMBER_WIDTH + 2
					       : NUMBER_WIDTH - 2;
	int numbered = width_of(paper_string_or_empty(paper, head->number)) - 1; /* in small letters */
	width = numbered > width ? numbered : width;
	for (size_t row = 0; row < t->n_rows; row++) {
		const struct paper_cell *cell = paper_cell_at(paper, t, row, column);
		int needed = 0;
		if (cell->filled && cell->kind == PAPER_TEXT)
			needed = width_of(paper_string_or_empty(paper, cell->text));
		else if (cell->filled && cell->kind == PAPER_COUNT)
			needed = width_of(paper_format_count(&paper->words, cell->value, text));
		width = needed > width ? needed : width;
	}
	return (width < TEXT_WIDTH ? width : TEXT_WIDTH) + 2;
}

void page_fit(struct page *p, const struct paper_block *t)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		int width = width_wanted(p->book->paper, t, i);
		p->widths[i] = width > p->widths[i] ? width : p->widths[i];
	}
	if (t->n_columns > p->n_columns)
		p->n_columns = (lxw_col_t)t->n_columns;
}

void page_set_widths(struct page *p)
{
	while (p->n_columns < 2 || page_width_between(p, 0, (lxw_col_t)(p->n_columns - 1)) < PAGE_WIDTH)
		p->widths[p->n_columns++] = SPARE_WIDTH;
	for (lxw_col_t i = 0; i < p->n_columns; i++)
		book_note_error(p->book, worksheet_set_column(p->sheet, i, i, p->widths[i], NULL));
}

/* How many lines a heading takes where it wraps: bold, and broken at blanks. */
static int lines_in(const char *text, int width)
{
	int room = width > 1 ? width * 3 / 4 : 1;
	return (width_of(text) + room - 1) / room;
}

/* The headings over the columns' own, each over all columns that share it. */
static void put_groups(struct page *p, const struct paper_block *t, size_t depth)
{
	const struct paper *paper = p->book->paper;
	for (size_t level = 0; level < depth; level++) {
		lxw_row_t row = p->row + (lxw_row_t)level;
		int most = 1;
		for (size_t i = 0; i < t->n_columns;) {
			size_t span = paper_span(paper, t, level, i);
			lxw_col_t last = (lxw_col_t)(i + span - 1);
			const char *text = paper_string_or_empty(paper, paper_head_at(paper, t, i)->above[level]);
			int lines = span > 0 ? lines_in(text, page_width_between(p, (lxw_col_t)i, last)) : 1;
			most = lines > most ? lines : most;
			if (span > 0)
				page_put_over(p, row, (lxw_col_t)i, last, text, LOOK_HEAD);
			i += span > 0 ? span : 1;
		}
		book_note_error(p->book, worksheet_set_row(p->sheet, row, most * LINE_HEIGHT + 2, NULL));
	}
}

/* How many lines the last row of headings needs: a heading may stand in those above it too. */
static int lines_needed(const struct page *p, const struct paper_block *t, size_t depth)
{
	int most = 1;
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct paper_head *head = paper_head_at(p->book->paper, t, i);
		int above = (int)depth - (head->above[0] != 0) - (head->above[1] != 0);
		int lines = lines_in(paper_string_or_empty(p->book->paper, head->title), p->widths[i]) - above;
		most = lines > most ? lines : most;
	}
	return most;
}

/* The numbers of a form's columns, such as (3)=(4)+(5)+(6). */
static void put_numbers(struct page *p, const struct paper_block *t)
{
	const struct paper *paper = p->book->paper;
	if (!paper_numbered(paper, t))
		return;
	for (size_t i = 0; i < t->n_columns; i++)
		page_put_over(p, p->row, (lxw_col_t)i, (lxw_col_t)i,
			      paper_string_or_empty(paper, paper_head_at(paper, t, i)->number), LOOK_NUMBER);
	p->row++;
}

static void put_headings(struct page *p, const struct paper_block *t)
{
	const struct paper *paper = p->book->paper;
	size_t depth = paper_depth(paper, t);
	lxw_row_t top = p->row;
	lxw_row_t own = top + (lxw_row_t)depth;
	put_groups(p, t, depth);
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct paper_head *head = paper_head_at(paper, t, i);
		lxw_row_t from = top + (head->above[0] != 0) + (head->above[1] != 0);
		put_over(p, from, own, (lxw_col_t)i, (lxw_col_t)i, paper_string_or_empty(paper, head->title),
			 LOOK_HEAD);
	}
	int lines = lines_needed(p, t, depth);
	book_note_error(p->book, worksheet_set_row(p->sheet, own, lines * LINE_HEIGHT + 4, NULL));
	p->row = own + 1;
	put_numbers(p, t);
	if (p->titled)
		return;
	p->titled = true;
	bool named = t->n_columns > 4 && paper_head_at(paper, t, 1)->kind == PAPER_TEXT;
	worksheet_freeze_panes(p->sheet, p->row, named ? 2 : 0);
	book_note_error(p->book, worksheet_repeat_rows(p->sheet, top, p->row - 1));
}

void page_put_table(struct page *p, const struct paper_block *t)
{
	const struct paper *paper = p->book->paper;
	if (t->title != 0)
		page_put_line(p, paper_string(paper, t->title), LOOK_CAPTION);
	put_headings(p, t);
	for (size_t row = 0; row < t->n_rows; row++, p->row++) {
		int look = LOOK_CELLS + (int)paper_row_at(paper, t, row) * PAPER_KINDS;
		for (size_t i = 0; i < t->n_columns; i++) {
			struct paper_cell cell = *paper_cell_at(paper, t, row, i);
			if (!cell.filled)
				cell.kind = paper_head_at(paper, t, i)->kind;
			put_cell(p, p->row, (lxw_col_t)i, &cell, look);
		}
	}
	p->row++;
}

/* The bare value; returns how many columns it took. */
static lxw_col_t put_bare(struct page *p, lxw_row_t row, lxw_col_t column, const struct paper_head *head,
			  const struct paper_cell *cell)
{
	struct paper_cell bare = *cell;
	if (bare.word != 0)
		bare.text = bare.word;
	if (head->kind != PAPER_RATE) {
		put_cell(p, row, column, &bare, LOOK_DATA);
		return 1;
	}
	bare.kind = PAPER_COUNT;
	put_cell(p, row, column, &bare, LOOK_DATA);
	bare.value = bare.of;
	put_cell(p, row, (lxw_col_t)(column + 1), &bare, LOOK_DATA);
	return 2;
}

static lxw_col_t put_keys(struct page *p, const struct paper_block *t)
{
	lxw_col_t column = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct paper_head *head = paper_head_at(p->book->paper, t, i);
		const char *key = paper_string_or_empty(p->book->paper, head->key);
		char whole[DATA_KEY];
		put_over(p, 0, 0, column, column, key, LOOK_HEAD);
		column++;
		if (head->kind != PAPER_RATE)
			continue;
		(void)snprintf(whole, sizeof(whole), "%s_of", key);
		put_over(p, 0, 0, column, column, whole, LOOK_HEAD);
		column++;
	}
	return column;
}

void page_put_data(struct page *p, const struct paper_block *t)
{
	const struct paper *paper = p->book->paper;
	lxw_col_t n_columns = put_keys(p, t);
	for (size_t row = 0; row < t->n_rows; row++) {
		lxw_col_t column = 0;
		for (size_t i = 0; i < t->n_columns; i++)
			column = (lxw_col_t)(column + put_bare(p, (lxw_row_t)row + 1, column,
							       paper_head_at(paper, t, i),
							       paper_cell_at(paper, t, row, i)));
	}
	worksheet_freeze_panes(p->sheet, 1, 0);
	book_note_error(p->book,
			worksheet_autofilter(p->sheet, 0, 0, (lxw_row_t)t->n_rows, (lxw_col_t)(n_columns - 1)));
	book_note_error(p->book, worksheet_set_column(p->sheet, 0, (lxw_col_t)(n_columns - 1), SPARE_WIDTH, NULL));
}
