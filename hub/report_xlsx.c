#include "hub/report_xlsx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/datadir.h"
#include "hub/disk_space.h"
#include "hub/report_xlsx_page.h"

enum {
	PAPER_A4 = 9,
	SHORT_TABLE = 20,         /* rows: a table after the first that has no more stands below it */
	SHEET_NAME = 31,          /* characters */
	ROWS_MAX = 1048576 - 200, /* of a page (ECMA-376), less what stands around a table */
	CELL_BYTES = 160,         /* of a cell in the files libxlsxwriter works with, at most but for its text */
	TEXT_TIMES = 8,           /* what escaping makes of a text that stands in two of them */
	CODE_TEXT = 160,
	TITLE_LETTERS = 120,
	TITLE_TEXT = 4 * TITLE_LETTERS + 1,
	FOLDER_TEXT = 512
};

static bool is_table(const struct paper_block *block)
{
	return block->kind == PAPER_BLOCK_TABLE;
}

/* --- the form --- */

static const char *line_of(const struct page *p, enum paper_line line)
{
	return paper_string(p->book->paper, p->book->paper->lines[line]);
}

/* Left who reports, right the nation's lines, as on every official paper. */
static void put_sides(struct page *p, const char *left, const char *right, enum look look_left,
		      enum look look_right)
{
	lxw_col_t last = (lxw_col_t)(p->n_columns - 1);
	lxw_col_t middle = 0;
	while (middle + 1 < last && page_width_between(p, 0, middle) * 5 < page_width_between(p, 0, last) * 2)
		middle++;
	if (left != NULL)
		page_put_over(p, p->row, 0, middle, left, look_left);
	if (right != NULL)
		page_put_over(p, p->row, (lxw_col_t)(middle + 1), last, right, look_right);
	p->row++;
}

static void put_heading(struct page *p)
{
	const struct paper_words *words = &p->book->paper->words;
	static const struct {
		enum paper_line line;
		enum look look;
	} below[] = {{PAPER_FORM, LOOK_PERIOD},
		     {PAPER_TITLE, LOOK_TITLE},
		     {PAPER_PERIOD, LOOK_PERIOD},
		     {PAPER_PARTIES, LOOK_PERIOD}};
	put_sides(p, line_of(p, PAPER_ABOVE), words->nation, LOOK_ABOVE, LOOK_STRONG);
	put_sides(p, line_of(p, PAPER_OFFICE), words->motto, LOOK_STRONG, LOOK_STRONG);
	p->row++;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		if (line_of(p, below[i].line) != NULL)
			page_put_line(p, line_of(p, below[i].line), below[i].look);
	char code[CODE_TEXT];
	const char *said = line_of(p, PAPER_CODE);
	(void)snprintf(code, sizeof(code), "%s%s", words->code, said == NULL ? "" : said);
	put_sides(p, said == NULL ? NULL : code, line_of(p, PAPER_UNIT), LOOK_NOTE, LOOK_UNIT);
}

static void put_notes(struct page *p)
{
	const struct paper *paper = p->book->paper;
	if (paper->notes.n == 0)
		return;
	page_put_line(p, paper->words.notes, LOOK_CAPTION);
	for (size_t i = 0; i < paper->notes.n; i++)
		page_put_line(p, paper_note_at(paper, i), LOOK_NOTE);
}

static void put_signatures(struct page *p)
{
	const struct paper_words *words = &p->book->paper->words;
	p->row++;
	put_sides(p, NULL, words->dated, LOOK_PERIOD, LOOK_PERIOD);
	put_sides(p, words->signers[0], words->signers[1], LOOK_STRONG, LOOK_STRONG);
	put_sides(p, words->signing[0], words->signing[1], LOOK_PERIOD, LOOK_PERIOD);
}

static void set_up(struct page *p)
{
	worksheet_set_landscape(p->sheet);
	worksheet_set_paper(p->sheet, PAPER_A4);
	worksheet_set_margins(p->sheet, 0.5, 0.5, 0.6, 0.6);
	worksheet_center_horizontally(p->sheet);
	worksheet_fit_to_pages(p->sheet, 1, 0);
	book_note_error(p->book, worksheet_set_footer(p->sheet, p->book->paper->words.page));
	if (p->row > 0)
		book_note_error(p->book,
				worksheet_print_area(p->sheet, 0, 0, p->row - 1, (lxw_col_t)(p->n_columns - 1)));
}

/* Whether a table stands on the form's own page; *first is true until one did. */
static bool is_on_form(const struct paper_block *block, bool *first)
{
	if (!is_table(block) || block->use == PAPER_DATA)
		return false;
	bool on = *first || block->n_rows <= SHORT_TABLE;
	*first = false;
	return on;
}

/* --- the pages --- */

/* As much of a text as so many characters, which fit into the buffer with 4 bytes each; returns its length. */
static size_t cut(const char *text, size_t characters, char *to, size_t size)
{
	size_t n = 0;
	for (; text[n] != '\0' && n + 1 < size; n++) {
		bool begins = ((uint8_t)text[n] & 0xC0U) != 0x80;
		if (begins && characters-- == 0)
			break;
		to[n] = text[n];
	}
	to[n] = '\0';
	return n;
}

/* A name for a page: no longer than may be, without what may not stand in one, and no other page's. */
static lxw_worksheet *add_page(struct book *b, const char *wanted)
{
	char name[SHEET_NAME * 4 + 16];
	size_t n = cut(wanted[0] == '\0' ? b->paper->words.form : wanted, SHEET_NAME - 4, name, sizeof(name));
	for (size_t i = 0; i < n; i++)
		if (strchr("[]:*?/\\'", name[i]) != NULL)
			name[i] = ' ';
	for (int i = 2; workbook_get_worksheet_by_name(b->file, name) != NULL; i++)
		(void)snprintf(name + n, sizeof(name) - n, " %d", i);
	lxw_worksheet *sheet = workbook_add_worksheet(b->file, name);
	if (sheet == NULL)
		book_note_error(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
	return sheet;
}

static void put_form(struct book *b)
{
	struct page page = {.book = b, .sheet = add_page(b, b->paper->words.form)};
	bool signatures = false;
	bool first = true;
	if (page.sheet == NULL)
		return;
	for (size_t i = 0; i < b->paper->blocks.n; i++)
		if (is_on_form(paper_block_at(b->paper, i), &first))
			page_fit(&page, paper_block_at(b->paper, i));
	page_set_widths(&page);
	put_heading(&page);
	first = true;
	for (size_t i = 0; i < b->paper->blocks.n; i++) {
		const struct paper_block *block = paper_block_at(b->paper, i);
		if (is_on_form(block, &first))
			page_put_table(&page, block);
		signatures = signatures || block->kind == PAPER_BLOCK_SIGNATURES;
	}
	put_notes(&page);
	if (signatures)
		put_signatures(&page);
	set_up(&page);
}

static void put_own_page(struct book *b, const struct paper_block *table)
{
	struct page page = {.book = b, .sheet = add_page(b, paper_string_or_empty(b->paper, table->title))};
	if (page.sheet == NULL)
		return;
	page_fit(&page, table);
	page_set_widths(&page);
	page_put_table(&page, table);
	set_up(&page);
}

static void put_data(struct book *b, const struct paper_block *table)
{
	struct page page = {.book = b, .sheet = add_page(b, b->paper->words.data)};
	if (page.sheet == NULL)
		return;
	page_put_data(&page, table);
	book_note_error(b, worksheet_repeat_rows(page.sheet, 0, 0));
	set_up(&page);
}

/* Only what the caller said stands in the file: no account, no program's start, no present time. */
static void put_properties(struct book *b)
{
	char title[TITLE_TEXT];
	const char *said = paper_string(b->paper, b->paper->lines[PAPER_TITLE]);
	(void)cut(said == NULL ? b->paper->words.untitled : said, TITLE_LETTERS, title, sizeof(title));
	lxw_doc_properties properties = {.title = title, .created = (time_t)(date_start(b->paper->day) / 1000)};
	book_note_error(b, workbook_set_properties(b->file, &properties));
}

static void fill(struct book *b)
{
	bool first = true;
	book_make_looks(b);
	if (b->error != LXW_NO_ERROR)
		return;
	put_properties(b);
	put_form(b);
	for (size_t i = 0; i < b->paper->blocks.n; i++) {
		const struct paper_block *block = paper_block_at(b->paper, i);
		bool on_form = is_on_form(block, &first);
		if (is_table(block) && block->use == PAPER_DATA)
			put_data(b, block);
		else if (is_table(block) && !on_form)
			put_own_page(b, block);
	}
}

/* --- the file --- */

static enum status status_of(lxw_error error)
{
	switch ((int)error) {
	case LXW_NO_ERROR:
		return STATUS_OK;
	case LXW_ERROR_MEMORY_MALLOC_FAILED:
		return STATUS_NO_MEMORY;
	default:
		return errno == ENOSPC || errno == EDQUOT ? STATUS_DISK_FULL : STATUS_DISK;
	}
}

static enum status write_book(const struct paper *p, const char *path, char *folder)
{
	lxw_workbook_options options = {.tmpdir = folder};
	struct book book = {.paper = p, .file = workbook_new_opt(path, &options), .escaped = bytes_new(TABLE_TEXT)};
	if (book.file == NULL)
		return STATUS_NO_MEMORY;
	fill(&book);
	errno = 0;
	book_note_error(&book, workbook_close(book.file)); /* frees it in any case */
	bytes_free(&book.escaped);
	return status_of(book.error);
}

/* libxlsxwriter does not notice that a file it works with came short: there must be room for all before. */
static enum status check_room(const struct paper *p, const char *folder)
{
	int64_t left = 0;
	int64_t needed = (1 << 20) + (int64_t)p->cells.n * CELL_BYTES + (int64_t)p->text.len * TEXT_TIMES;
	enum status s = disk_space(folder, &left);
	return s == STATUS_OK && left < needed ? STATUS_DISK_FULL : s;
}

static enum status check_rows(const struct paper *p)
{
	for (size_t i = 0; i < p->blocks.n; i++)
		if (paper_block_at(p, i)->n_rows > ROWS_MAX)
			return STATUS_LIMIT;
	return STATUS_OK;
}

static enum status copy_out(const char *path, FILE *out)
{
	struct bytes content = bytes_new((size_t)TABLE_TEXT * 4);
	enum status s = file_read(path, &content);
	if (s == STATUS_OK && fwrite(content.data, 1, content.len, out) != content.len)
		s = STATUS_DISK;
	bytes_free(&content);
	return s;
}

enum status report_xlsx(const struct paper *p, FILE *out)
{
	const char *below = getenv("TMPDIR");
	char folder[FOLDER_TEXT];
	enum status s = paper_status(p);
	if (s == STATUS_OK)
		s = check_rows(p);
	if (s != STATUS_OK)
		return s;
	int n = snprintf(folder, sizeof(folder), "%s/motcua-xlsx-XXXXXX",
			 below == NULL || below[0] == '\0' ? "/tmp" : below);
	if (n < 0 || (size_t)n >= sizeof(folder) || mkdtemp(folder) == NULL)
		return errno == ENOENT ? STATUS_DISK : status_of_errno(errno);
	char *path = path_join(folder, "report.xlsx");
	s = path == NULL ? STATUS_NO_MEMORY : check_room(p, folder);
	if (s == STATUS_OK)
		s = write_book(p, path, folder);
	if (s == STATUS_OK)
		s = copy_out(path, out);
	if (path != NULL)
		(void)unlink(path); /* a folder of /tmp that stays is swept by the system */
	(void)rmdir(folder);
	free(path);
	return s;
}
