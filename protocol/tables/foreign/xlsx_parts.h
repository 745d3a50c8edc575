/*
 * What the sheets of a workbook refer to: where its parts lie, texts kept once, the look of numbers. Shared by the
 * files of xlsx.h alone.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_XLSX_PARTS_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_XLSX_PARTS_H

#include "protocol/tables/foreign/markup.h"
#include "protocol/tables/foreign/package.h"
#include "protocol/tables/foreign/rows_out.h"
#include "protocol/tables/foreign/serial_date.h"

enum {
	XLSX_SHEETS = 255,
	XLSX_STRINGS_BYTES = 128 * 1024 * 1024,
	XLSX_STRINGS = 4 * 1024 * 1024,
	XLSX_FORMS = 65536,
	XLSX_NAME = 128 /* of a sheet; Excel allows 31 letters */
};

struct xlsx_sheet {
	char part[PACKAGE_NAME];
	char name[XLSX_NAME + 1];
};

/* Where things lie, by _rels/.rels, the workbook and its relations. */
struct xlsx_book {
	char workbook[PACKAGE_NAME]; /* "" if the package has none */
	char strings[PACKAGE_NAME];
	char styles[PACKAGE_NAME];
	bool since_1904;
	size_t n_sheets; /* that are not hidden */
	struct xlsx_sheet sheets[XLSX_SHEETS];
};
MUST_CHECK enum status xlsx_book_read(struct package *p, struct xlsx_book *book);

/* Text i lies between ends[i - 1] and ends[i]. */
struct xlsx_strings {
	struct bytes text;
	struct bytes ends; /* of size_t */
	size_t n;
};
MUST_CHECK enum status xlsx_strings_read(struct package *p, const char *part, struct xlsx_strings *strings);
void xlsx_strings_free(struct xlsx_strings *strings);
/* "" if there is no such text. */
struct slice xlsx_string(const struct xlsx_strings *strings, uint64_t i);

struct xlsx_styles {
	size_t n;
	struct number_form forms[XLSX_FORMS]; /* of a cell's style */
};
MUST_CHECK enum status xlsx_styles_read(struct package *p, const char *part, struct xlsx_styles *styles);

/* One sheet's rows. STATUS_MALFORMED, STATUS_LIMIT, STATUS_NO_MEMORY, or the sink's status. */
struct xlsx_cells {
	const struct xlsx_strings *strings;
	const struct xlsx_styles *styles;
	bool since_1904;
};
MUST_CHECK enum status xlsx_sheet_read(struct package *p, const char *part, const struct xlsx_cells *cells,
				       struct rows_out *out);

/* Reads one part of the package through events. */
MUST_CHECK enum status xlsx_part_read(struct package *p, const char *part, const struct markup_events *events,
				      void *context);

/* Text as it stands in a file: _x000D_ and the like are the characters of that number. Appends. */
void xlsx_unescape(struct slice text, struct bytes *out);

/* Decimal digits; false if it is something else, or over max. */
bool xlsx_number(const char *text, uint64_t max, uint64_t *ret_number);

#endif
