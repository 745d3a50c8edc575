/*
 * A report as it lies on paper, said once for every format: heading, tables with typed cells, figures and charts,
 * notes, signatures. The report says it in the order of the page; paper_print_text(), paper_print_csv(),
 * paper_print_html() and hub/report_xlsx.h write it. JSON is each report's own document.
 *
 * All text is copied; what of it is no UTF-8, or U+FFFE or U+FFFF, which no page may contain, becomes U+FFFD. Every
 * call accepts NULL and does nothing; the first failure sticks and is asked once (paper_status()). One user, one
 * thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_PAPER_H
#define MOTCUA_PROTOCOL_TABLES_PAPER_H

#include <stdio.h>

#include "protocol/calendar.h"
#include "protocol/tables/writer.h"

enum {
	PAPER_COLUMNS = 64, /* of a table */
	PAPER_SERIES = 4,   /* of a chart */
	PAPER_SIGNERS = 2,
	PAPER_PLACES = 6,
	PAPER_NUMBER = 40 /* bytes of a number, a rate or a date for people */
};

/* The words that stand on every page, in the language of its readers; borrowed as long as the paper lives. */
struct paper_words {
	const char *language; /* "vi" writes 1.608, 99,69% and 22/05/2024, any other 1,608, 99.69% and 2024-05-22 */
	const char *nation;   /* above right, with the motto; NULL: none */
	const char *motto;
	const char *code;                   /* "Unit code: " before it */
	const char *notes;                  /* the heading above them */
	const char *of;                     /* as in "3 of 8" */
	const char *total;                  /* beside the sums of a chart */
	const char *greatest;               /* beside the greatest of a chart */
	const char *dated;                  /* "…, day … month … year …" above a signature */
	const char *signers[PAPER_SIGNERS]; /* who signs, left to right */
	const char *signing[PAPER_SIGNERS]; /* how: "(signature, full name)" */
	const char *data;                   /* name of the spreadsheet's page that holds the bare data */
	const char *form;                   /* and of the one that is printed */
	const char *page;                   /* "Page &P of &N" at its foot */
	const char *untitled;               /* the title of a paper that has none */
};

struct paper; /* opaque */
/* NULL on no memory. */
struct paper *paper_new(const struct paper_words *words);
void paper_free(struct paper *p);
/*
 * STATUS_OK, STATUS_NO_MEMORY (also for NULL) or STATUS_LIMIT (TABLE_TEXT, PAPER_COLUMNS, PAPER_SERIES); such a
 * paper writes nothing.
 */
MUST_CHECK enum status paper_status(const struct paper *p);

/* --- the heading, in the order of the calls where it is printed as text; a second one of a kind replaces it; NULL
 * says nothing --- */
enum paper_line {
	PAPER_ABOVE,  /* the body above the one that reports: top left, not in text */
	PAPER_OFFICE, /* who reports */
	PAPER_CODE,   /* its code: before its name in text, in small below the heading on pages */
	PAPER_FORM,   /* the form's number and where it is laid down */
	PAPER_TITLE,
	PAPER_PERIOD,  /* "Kỳ báo cáo … (Từ ngày … đến ngày …)" */
	PAPER_PARTIES, /* who reports to whom, below the period; not in text */
	PAPER_UNIT,    /* what is counted: "Đơn vị tính: hồ sơ" */
	PAPER_LINES
};
void paper_line(struct paper *p, enum paper_line line, const char *text);
/* Which day the paper tells of: it dates the file, so that equal input gives equal bytes. Default: 1 January 2000.
 */
void paper_date(struct paper *p, int32_t day);

/* --- tables --- */
enum paper_kind {
	PAPER_TEXT,
	PAPER_COUNT, /* integers, right */
	PAPER_DATE,
	PAPER_RATE,   /* part of a whole, right */
	PAPER_DECIMAL /* a number with places after the point, right */
};

struct paper_column {
	const char *key;      /* the stable word: heading in CSV; a rate has a second column key_of there */
	const char *title;    /* heading for people, who see it with a capital */
	const char *brief;    /* in aligned text; NULL: title */
	const char *above[2]; /* headings over it, likewise, the outer first; neighbours with the same share them.
				 NULL: none */
	const char *number;   /* of the form's columns: "(3)=(4)+(5)+(6)"; NULL: none */
	enum paper_kind kind;
};

/*
 * Where a table is shown. CSV is the first table of PAPER_DATA, without one the first of PAPER_EVERYWHERE. In a
 * spreadsheet PAPER_DATA is a page of its own with the stable words, to be sorted and counted; nobody prints it.
 */
enum paper_use { PAPER_EVERYWHERE, PAPER_PAGES /* XLSX and HTML, not text */, PAPER_DATA };

enum paper_row { PAPER_ROW, PAPER_ROW_GROUP /* heads the rows below it */, PAPER_ROW_TOTAL };

/* Begins a table; caption may be NULL. A table that stays without rows is written with its headings. */
void paper_table(struct paper *p, enum paper_use use, const char *caption, size_t n_columns,
		 const struct paper_column *columns);
/* A whole table of writer.h: table_cell_int() made a number, what is an ISO date a date. */
void paper_take(struct paper *p, enum paper_use use, const char *caption, const struct table *t);
void paper_row(struct paper *p, enum paper_row kind);
/* The next cell of the row; what is not said stays empty, what is too much is dropped. NULL is empty. */
void paper_text(struct paper *p, const char *text);
void paper_slice(struct paper *p, struct slice text);
/* A word of ours, with a capital: "Total". */
void paper_capital(struct paper *p, const char *word);
/* A text for people that is another word in CSV and among bare data: "Đang dùng" and "in_use", "never" and "". */
void paper_word(struct paper *p, const char *word, const char *title);
void paper_count(struct paper *p, int64_t value);
void paper_day(struct paper *p, int32_t day);               /* DAY_UNSET is empty */
void paper_rate(struct paper *p, int64_t part, int64_t of); /* of == 0: there is no rate */
/* value in so many places after the point, at most 6: paper_decimal(p, 1234, 2) is 12.34. */
void paper_decimal(struct paper *p, int64_t value, unsigned places);
void paper_empty(struct paper *p);

/* --- figures and charts: HTML alone --- */
/* What a value means to whoever looks at it; never said by colour alone. */
enum paper_tone { PAPER_PLAIN, PAPER_GOOD, PAPER_WATCH, PAPER_BAD, PAPER_UNKNOWN };

/* Large figures side by side; neighbours stand in one line. note may be NULL. */
void paper_figure(struct paper *p, const char *title, int64_t value, const char *note, enum paper_tone tone);
void paper_figure_rate(struct paper *p, const char *title, int64_t part, int64_t of, enum paper_tone tone);

enum paper_chart {
	PAPER_FLOW,    /* columns over time, one or more series */
	PAPER_RANKING, /* a bar a point: two series, part and whole, in the order given */
	PAPER_AMOUNTS, /* a bar a point: one series, against the greatest */
	PAPER_PARTS    /* one bar divided: one series, the points by their tones */
};
/* series: names of the n_series values of each point. */
void paper_chart(struct paper *p, enum paper_chart kind, const char *title, size_t n_series,
		 const char *const *series);
/* values: n_series of the chart. Negative values are taken as 0. */
void paper_point(struct paper *p, const char *label, const int64_t *values, enum paper_tone tone);
/* A sentence below the chart, as what is left out. */
void paper_remark(struct paper *p, const char *text);

/* --- below --- */
/* A footnote: they stand together below the last table, wherever they are said. */
void paper_note(struct paper *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* Here stand the lines for the signatures. */
void paper_signatures(struct paper *p);

/* --- writing; nothing was written if it fails, errors of the stream are the stream's --- */
MUST_CHECK enum status paper_print_text(const struct paper *p, FILE *out);
MUST_CHECK enum status paper_print_csv(const struct paper *p, FILE *out);
/* One file that asks for nothing else, not even a script. */
MUST_CHECK enum status paper_print_html(const struct paper *p, FILE *out);

/* --- numbers as people write them; each returns out --- */
const char *paper_format_count(const struct paper_words *w, int64_t value, char out[static PAPER_NUMBER]);
/*
 * Two decimals, half up; "–" where of is 0. A part that is not all of it is never shown as 100, one that is
 * something never as 0.
 */
const char *paper_format_rate(const struct paper_words *w, int64_t part, int64_t of, char out[static PAPER_NUMBER]);
/* For people with their decimal mark; NULL words: with a point, for programs. */
const char *paper_format_decimal(const struct paper_words *w, int64_t value, unsigned places,
				 char out[static PAPER_NUMBER]);
const char *paper_format_day(const struct paper_words *w, int32_t day, char out[static PAPER_NUMBER]);

#endif
