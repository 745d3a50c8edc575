/*
 * What a paper consists of, for the files that write it (paper.h; hub/report_xlsx.c). Texts are offsets into one
 * buffer; 0 is none.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_PAPER_PARTS_H
#define MOTCUA_PROTOCOL_TABLES_PAPER_PARTS_H

#include "protocol/tables/paper.h"

enum { PAPER_KINDS = PAPER_DECIMAL + 1 };

struct paper_cell {
	size_t text;
	size_t word; /* in its place for programs; 0: the same */
	bool filled;
	enum paper_kind kind;
	int64_t value; /* count, day, or the part of a rate */
	int64_t of;    /* the whole of a rate, the places of a decimal */
};

struct paper_head {
	size_t key;
	size_t title;
	size_t brief;
	size_t above[2];
	size_t number;
	enum paper_kind kind;
};

struct paper_point_part {
	size_t label;
	int64_t values[PAPER_SERIES];
	enum paper_tone tone;
};

enum paper_block_kind { PAPER_BLOCK_TABLE, PAPER_BLOCK_CHART, PAPER_BLOCK_FIGURE, PAPER_BLOCK_SIGNATURES };

struct paper_block {
	enum paper_block_kind kind;
	size_t title; /* caption */
	/* table */
	enum paper_use use;
	size_t n_columns;
	size_t first_head; /* in heads */
	size_t n_rows;
	size_t first_row;  /* in rows */
	size_t first_cell; /* in cells, n_columns a row */
	/* chart */
	enum paper_chart chart;
	size_t n_series;
	size_t series[PAPER_SERIES];
	size_t first_point;
	size_t n_points;
	size_t remark;
	/* figure */
	struct paper_cell figure;
	size_t note;
	enum paper_tone tone;
};

/* Growing arrays of one element size. */
struct paper_array {
	void *items;
	size_t n;
	size_t cap;
};

struct paper {
	struct paper_words words;
	struct bytes text; /* every text with its NUL; its error is the paper's */
	int32_t day;
	size_t lines[PAPER_LINES];
	size_t n_said;
	enum paper_line said[PAPER_LINES]; /* in their order */
	struct paper_array blocks;         /* struct paper_block */
	struct paper_array heads;          /* struct paper_head */
	struct paper_array rows;           /* enum paper_row */
	struct paper_array cells;          /* struct paper_cell */
	struct paper_array points;         /* struct paper_point_part */
	struct paper_array notes;          /* size_t */
	size_t in_row;                     /* cells of the last row so far */
};

/* Columns of these kinds stand to the right. */
bool paper_is_number(enum paper_kind kind);
/* NULL for 0. */
const char *paper_string(const struct paper *p, size_t text);
/* The same, "" for 0. */
const char *paper_string_or_empty(const struct paper *p, size_t text);
const struct paper_block *paper_block_at(const struct paper *p, size_t i);
const struct paper_head *paper_head_at(const struct paper *p, const struct paper_block *table, size_t column);
enum paper_row paper_row_at(const struct paper *p, const struct paper_block *table, size_t row);
const struct paper_cell *paper_cell_at(const struct paper *p, const struct paper_block *table, size_t row,
				       size_t column);
const struct paper_point_part *paper_point_at(const struct paper *p, const struct paper_block *chart, size_t i);
const char *paper_note_at(const struct paper *p, size_t i);

/* How many rows of headings stand over a table's own, and whether its columns are numbered. */
size_t paper_depth(const struct paper *p, const struct paper_block *table);
bool paper_numbered(const struct paper *p, const struct paper_block *table);
/* How many columns from this one on share their heading at a level; 0 if this one has none there. */
size_t paper_span(const struct paper *p, const struct paper_block *table, size_t level, size_t column);

#endif
