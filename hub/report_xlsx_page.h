/*
 * A page of a spreadsheet being filled, for report_xlsx.c: looks, lines over the whole width, tables with their
 * headings. What libxlsxwriter answers first that is no success sticks in the book. One thread.
 */
#ifndef MOTCUA_HUB_REPORT_XLSX_PAGE_H
#define MOTCUA_HUB_REPORT_XLSX_PAGE_H

#include <xlsxwriter.h>

#include "protocol/tables/paper_parts.h"

enum {
	PAGE_WIDTH = 104, /* characters: what the heading needs at least */
	SPARE_WIDTH = 13, /* of a column that only the heading uses */
	LINE_HEIGHT = 16  /* points */
};

enum look {
	LOOK_ABOVE,
	LOOK_STRONG,
	LOOK_TITLE,
	LOOK_PERIOD,
	LOOK_UNIT,
	LOOK_CAPTION,
	LOOK_HEAD,
	LOOK_NUMBER,
	LOOK_NOTE,
	LOOK_CELLS, /* by row and kind */
	LOOK_DATA = LOOK_CELLS + 3 * PAPER_KINDS,
	LOOKS = LOOK_DATA + PAPER_KINDS
};

struct book {
	const struct paper *paper;
	lxw_workbook *file;
	lxw_format *looks[LOOKS];
	lxw_error error;      /* the first one */
	struct bytes escaped; /* the text being written, for page_escape(); whoever made the book frees it */
};

struct page {
	struct book *book;
	lxw_worksheet *sheet;
	lxw_row_t row; /* the next free one */
	lxw_col_t n_columns;
	int widths[PAPER_COLUMNS + PAGE_WIDTH / SPARE_WIDTH + 1]; /* characters */
	bool titled;                                              /* a table's headings are frozen and repeated */
};

void book_note_error(struct book *b, lxw_error error);
void book_make_looks(struct book *b);

/*
 * A text of which nothing is read as the escape of a character: _x0041_ would be an A (ECMA-376 part 1, 22.9.2.19
 * ST_Xstring). Valid until the next one.
 */
const char *page_escape(struct book *b, const char *text);

/* A text over some columns of one row, both ends included. */
void page_put_over(struct page *p, lxw_row_t row, lxw_col_t left, lxw_col_t right, const char *text,
		   enum look look);
/* Over the whole width, in a row as high as it needs: what is merged grows by itself nowhere. */
void page_put_line(struct page *p, const char *text, enum look look);

/* Makes the columns wide enough for a table; page_set_widths() when all that will stand there were asked. */
void page_fit(struct page *p, const struct paper_block *table);
void page_set_widths(struct page *p);
int page_width_between(const struct page *p, lxw_col_t left, lxw_col_t right);

/* Caption, headings, rows, and an empty row below. */
void page_put_table(struct page *p, const struct paper_block *table);
/* Bare: the stable words above, rates as two columns. */
void page_put_data(struct page *p, const struct paper_block *table);

#endif
