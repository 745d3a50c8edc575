#include "protocol/tables/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/cbor.h"
#include "protocol/tables/row_part.h"
#include "protocol/tables/text.h"

enum place {
	BEFORE,   /* no header yet */
	HALF,     /* the row after the header, which may be its lower half */
	INSIDE,   /* among the records */
	BEHIND,   /* after a signature */
	ELSEWHERE /* in a sheet that is not read, since another one was */
};

/* Invariant: from HALF on heading is a header that can be used. */
struct sheet {
	struct reader_form form;
	reader_row row_function;
	void *context;
	struct reader_report *report;
	enum place place;
	struct heading heading;
	struct heading said[2]; /* the header as it stood, in one row or two */
	size_t n_said;
	struct heading other; /* of a sheet that is not read, or a row that is looked at */
	int64_t looked;       /* rows of the sheet in which a header was looked for */
	int64_t last_sheet;   /* the greatest number so far */
	bool after_header;    /* the last row was one */
	bool any;             /* some row came */
	bool not_utf8;
	const char *problem; /* why the first rows are no header, if one is odd */
	struct bytes banner;
};

enum status sheet_new(const struct reader_form *form, reader_row row_function, void *context,
		      struct reader_report *report, struct sheet **ret_sheet)
{
	struct sheet *sheet = malloc(sizeof *sheet);
	if (sheet == NULL)
		return STATUS_NO_MEMORY;
	*sheet = (struct sheet){
		.form = *form,
		.row_function = row_function,
		.context = context,
		.report = report,
		.heading = heading_new(),
		.said = {heading_new(), heading_new()},
		.other = heading_new(),
		.banner = bytes_new(LIMIT_LINE),
	};
	*ret_sheet = sheet;
	return STATUS_OK;
}

void sheet_free(struct sheet *sheet)
{
	if (sheet == NULL)
		return;
	heading_free(&sheet->heading);
	heading_free(&sheet->said[0]);
	heading_free(&sheet->said[1]);
	heading_free(&sheet->other);
	bytes_free(&sheet->banner);
	free(sheet);
}

static enum status refuse(struct sheet *sheet, const char *reason)
{
	sheet->report->column[0] = '\0';
	sheet->report->reason = reason;
	return STATUS_REFUSED;
}

static enum status skip(struct sheet *sheet, enum skipped what)
{
	sheet->report->skipped[what]++;
	return STATUS_OK;
}

static bool is_blank(const struct row *row, enum row_fault fault)
{
	for (size_t i = 0; i < row->n_cells; i++)
		if (row->cells[i].type != CELL_EMPTY)
			return false;
	return fault == ROW_OK;
}

static const char *fault_word(enum row_fault fault, bool open_quote)
{
	if (open_quote)
		return "header-quote";
	return fault == ROW_TOO_WIDE ? "too-wide" : "too-long";
}

/* Gives the cells their names, and tells whether one stands where the header has no column. */
static bool name_cells(const struct sheet *sheet, struct row *row)
{
	const struct heading *h = &sheet->heading;
	bool surplus = false;
	size_t n = row->n_cells < h->n ? row->n_cells : h->n;
	for (size_t i = 0; i < row->n_cells; i++) {
		struct cell *cell = &row->cells[i];
		bool named = i < n && h->sense[i] != HEADING_NONE;
		surplus = surplus || (!named && cell->type != CELL_EMPTY);
		if (i < n)
			cell->name = heading_name(h, i);
	}
	row->n_cells = n;
	return surplus;
}

/* What the banner above says of the row, as one more cell. */
static void add_banner(const struct sheet *sheet, struct row *row)
{
	const char *field = sheet->form.map == NULL ? NULL : column_map_banner(sheet->form.map);
	if (field == NULL || sheet->banner.len == 0 || row->n_cells == LIMIT_COLUMNS)
		return;
	row->cells[row->n_cells++] =
		(struct cell){.name = slice_str(field), .type = CELL_TEXT, .text = bytes_slice(&sheet->banner)};
}

static enum status hand_out(struct sheet *sheet, struct row *row, enum row_fault fault)
{
	bool surplus = name_cells(sheet, row);
	if (fault == ROW_OK && surplus)
		fault = ROW_SHAPE;
	add_banner(sheet, row);
	sheet->report->rows++;
	return sheet->row_function(sheet->context, row, fault);
}

/* The header is the rows that were said, one over the other if they are two. */
static enum status settle_header(struct sheet *sheet)
{
	const struct heading *last = &sheet->said[sheet->n_said - 1];
	const struct heading none = {.line = last->line};
	enum status s =
		heading_join(sheet->n_said == 2 ? &sheet->said[0] : &none, last, sheet->form.map, &sheet->heading);
	sheet->report->header = last->line;
	sheet->after_header = true;
	return s == STATUS_OK ? heading_check(&sheet->heading, !sheet->form.search, sheet->report) : s;
}

static enum status look_for_legacy(struct sheet *sheet, const struct row *row)
{
	const char *word = NULL;
	enum status s = heading_legacy(row, sheet->form.map, &word);
	return s == STATUS_OK && word != NULL ? refuse(sheet, word) : s;
}

static bool is_utf8(const struct row *row)
{
	for (size_t i = 0; i < row->n_cells; i++)
		if (!utf8_valid(row->cells[i].text.data, row->cells[i].text.len))
			return false;
	return true;
}

/* The row above a header, if it is the upper half of one: it names what is known and has no name below. */
static enum status try_upper_half(struct sheet *sheet, const struct column_map *map)
{
	const struct heading *lower = &sheet->said[0];
	if (sheet->other.n < 2 || sheet->other.line + 1 != lower->line)
		return STATUS_OK;
	enum status s = heading_join(&sheet->other, lower, map, &sheet->said[1]);
	if (s != STATUS_OK || sheet->said[1].n_known <= lower->n_known)
		return s;
	const struct heading joined = sheet->said[1];
	sheet->said[1] = *lower;
	sheet->said[0] = sheet->other;
	sheet->other = joined;
	sheet->n_said = 2;
	sheet->place = INSIDE;
	return STATUS_OK;
}

/* Why a row is no header, if that is the reason for the whole table; it may still be the upper half of one. */
static enum status pass_over(struct sheet *sheet, const struct row *row)
{
	const struct heading looked_at = sheet->said[0];
	if (sheet->problem == NULL && !is_utf8(row))
		sheet->problem = "not-utf-8";
	else if (sheet->problem == NULL && looked_at.n_known >= 2)
		sheet->problem = "header-no-key";
	sheet->said[0] = sheet->other;
	sheet->other = looked_at;
	enum status s = look_for_legacy(sheet, row);
	return s == STATUS_OK ? skip(sheet, SKIPPED_TITLE) : s;
}

static enum status seek_header(struct sheet *sheet, const struct row *row, enum row_fault fault, bool open_quote)
{
	sheet->looked++;
	if (sheet->looked > LIMIT_HEADER_ROWS)
		return skip(sheet, SKIPPED_TITLE);
	if (fault != ROW_OK) {
		sheet->problem = sheet->problem == NULL ? fault_word(fault, open_quote) : sheet->problem;
		return skip(sheet, SKIPPED_TITLE);
	}
	enum status s = heading_read(&sheet->said[0], row, sheet->form.map);
	if (s != STATUS_OK)
		return s;
	bool fits = heading_fits(&sheet->said[0]) && !sheet->not_utf8;
	if (sheet->form.search && !fits)
		return pass_over(sheet, row);
	sheet->n_said = 1;
	sheet->place = sheet->form.search ? HALF : INSIDE;
	if (sheet->form.search)
		s = try_upper_half(sheet, sheet->form.map);
	if (sheet->n_said == 2)
		sheet->report->skipped[SKIPPED_TITLE]--; /* it was no title after all */
	return s == STATUS_OK ? settle_header(sheet) : s;
}

/* The row after the header: names again make it the lower half. */
static enum status try_lower_half(struct sheet *sheet, const struct row *row, bool *ret_taken)
{
	*ret_taken = false;
	sheet->place = INSIDE;
	if (row_repeats(row, &sheet->said[0]) || !row_may_be_header(row, &sheet->said[0]))
		return STATUS_OK;
	enum status s = heading_read(&sheet->said[1], row, sheet->form.map);
	if (s == STATUS_OK)
		s = heading_join(&sheet->said[0], &sheet->said[1], sheet->form.map, &sheet->other);
	if (s != STATUS_OK)
		return s;
	/* Below a whole header there may stand a row without digits, too: then nothing more is known with it. */
	bool more = sheet->other.n_known > sheet->said[0].n_known || sheet->said[1].n_known >= 2;
	if (!more)
		return STATUS_OK;
	*ret_taken = true;
	sheet->n_said = 2;
	return settle_header(sheet);
}

static bool says_header(const struct sheet *sheet, const struct row *row)
{
	for (size_t i = 0; i < sheet->n_said; i++)
		if (row_repeats(row, &sheet->said[i]))
			return true;
	return false;
}

static enum status take_banner(struct sheet *sheet, struct slice text)
{
	if (text.len > 0)
		bytes_clear(&sheet->banner);
	bytes_put(&sheet->banner, text.data, text.len);
	enum status s = bytes_status(&sheet->banner);
	return s == STATUS_OK ? skip(sheet, SKIPPED_BANNER) : s;
}

static enum status take_record(struct sheet *sheet, struct row *row, enum row_fault fault)
{
	enum row_part part = PART_RECORD;
	struct slice text;
	if (sheet->form.search && fault == ROW_OK) {
		if (says_header(sheet, row) || (sheet->after_header && row_numbers_columns(row))) {
			sheet->after_header = true;
			return skip(sheet, SKIPPED_HEADER);
		}
		enum status s = row_part_of(row, &sheet->heading, sheet->place == BEHIND, &part, &text);
		if (s != STATUS_OK)
			return s;
	}
	sheet->after_header = false;
	sheet->place = part == PART_SIGNATURE || (sheet->place == BEHIND && part != PART_RECORD) ? BEHIND : INSIDE;
	switch (part) {
	case PART_RECORD:
		break;
	case PART_BANNER:
		return take_banner(sheet, text);
	case PART_TOTAL:
		return skip(sheet, SKIPPED_TOTAL);
	case PART_SIGNATURE:
		return skip(sheet, SKIPPED_SIGNATURE);
	}
	return hand_out(sheet, row, fault);
}

/* A page may begin the same table anew on each printed sheet; other tables are named, not read. */
static enum status look_elsewhere(struct sheet *sheet, const struct row *row, enum row_fault fault)
{
	if (fault != ROW_OK || ++sheet->looked > LIMIT_HEADER_ROWS)
		return STATUS_OK;
	if (sheet->form.format == FORMAT_HTML && says_header(sheet, row)) {
		sheet->place = INSIDE;
		sheet->after_header = true;
		return skip(sheet, SKIPPED_HEADER);
	}
	enum status s = heading_read(&sheet->other, row, sheet->form.map);
	if (s != STATUS_OK || !heading_fits(&sheet->other))
		return s;
	sheet->report->unread++;
	sheet->looked = LIMIT_HEADER_ROWS;
	return STATUS_OK;
}

enum status sheet_take(struct sheet *sheet, struct row *row, enum row_fault fault, bool open_quote)
{
	if (is_blank(row, fault))
		return STATUS_OK;
	sheet->any = true;
	if (sheet->place == ELSEWHERE)
		return look_elsewhere(sheet, row, fault);
	if (sheet->place == BEFORE && !sheet->form.search && fault != ROW_OK)
		return refuse(sheet, fault_word(fault, open_quote));
	if (sheet->place == BEFORE)
		return seek_header(sheet, row, fault, open_quote);
	if (sheet->place == HALF && fault == ROW_OK) {
		bool taken = false;
		enum status s = try_lower_half(sheet, row, &taken);
		if (s != STATUS_OK || taken)
			return s;
	}
	return take_record(sheet, row, fault);
}

/* A name that is no text, or too long, is none: it goes to people's screens. */
static enum status keep_name(struct sheet *sheet, struct slice name)
{
	struct bytes normal = bytes_new(LIMIT_SHEET_NAME);
	enum status s = text_normal(name, &normal);
	size_t len = s == STATUS_OK ? normal.len : 0;
	if (len > 0)
		memcpy(sheet->report->sheet_name, normal.data, len);
	sheet->report->sheet_name[len] = '\0';
	bytes_free(&normal);
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}

enum status sheet_begin(struct sheet *sheet, int64_t number, struct slice name)
{
	bool is_new = number > sheet->last_sheet;
	sheet->last_sheet = is_new ? number : sheet->last_sheet;
	sheet->looked = is_new ? 0 : LIMIT_HEADER_ROWS;
	sheet->other.n = 0; /* of another sheet */
	if (sheet->place != BEFORE) {
		sheet->place = ELSEWHERE;
		return STATUS_OK;
	}
	sheet->report->sheet = number;
	return keep_name(sheet, name);
}

void sheet_is_bytes(struct sheet *sheet)
{
	sheet->not_utf8 = true;
	sheet->problem = "not-utf-8";
}

enum status sheet_end(struct sheet *sheet)
{
	if (sheet->place != BEFORE)
		return STATUS_OK;
	sheet->report->sheet = 0;
	sheet->report->sheet_name[0] = '\0';
	if (!sheet->any)
		return refuse(sheet, "empty");
	return refuse(sheet, sheet->problem != NULL ? sheet->problem : "header-unknown");
}
